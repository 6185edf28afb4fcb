/* SPDX-License-Identifier: MIT */
#ifndef EXPORT_H
#define EXPORT_H

/* Marks an exported function; icmpecho.map or icmpecho-win32.map lists the same ones. */
#define EXPORT __attribute__((visibility("default")))

#endif /* EXPORT_H */
