/* SPDX-License-Identifier: MIT */
/*
 * What a service manager and its service tell each other: sd_notify(3) and sd_listen_fds(3)
 * without their library. Both do nothing without a service manager.
 */
#ifndef TOOLS_SYSTEMD_H
#define TOOLS_SYSTEMD_H

/* Sends "READY=1", "STATUS=..." and the like, one for each line. */
void systemd_notify(const char *text);

/* Begins a reload, which systemd_notify("READY=1") ends. */
void systemd_notify_reloading(void);

/* The descriptor that was passed in, or -1 if none was. More than one: -2 after a message. */
int systemd_passed_fd(void);

#endif /* TOOLS_SYSTEMD_H */
