// SPDX-License-Identifier: MIT
/* The service manager's protocols. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine.h"
#include "message.h"
#include "parse.h"
#include "systemd.h"

#define FIRST_PASSED_FD	3

void systemd_notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(address.sun_path) || !strchr("/@", *path))
		return;
	memcpy(address.sun_path, path, len);
	/* A name of Linux' abstract namespace begins with a zero byte. */
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	len += offsetof(struct sockaddr_un, sun_path);
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)len) < 0)
		complain("cannot notify the service manager at %s", path);
	close(fd);
}

void systemd_notify_reloading(void)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 engine_now_ns() / NS_PER_US);
	systemd_notify(text);
}

int systemd_passed_fd(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t number;

	if (!pid || !fds || parse_number(pid, 1, INT32_MAX, &number) ||
	    number != (uint64_t)getpid() || parse_number(fds, 1, INT32_MAX, &number))
		return -1;
	if (number > 1) {
		complain("the service manager passes %d sockets instead of one", (int)number);
		return -2;
	}
	fcntl(FIRST_PASSED_FD, F_SETFD, FD_CLOEXEC);
	return FIRST_PASSED_FD;
}
