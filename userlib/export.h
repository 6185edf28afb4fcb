/* SPDX-License-Identifier: MIT */
#ifndef EXPORT_H
#define EXPORT_H

/* Marks what a library exports; icmpecho.map or icmpecho-win32.map lists the same. */
#define EXPORT __attribute__((visibility("default")))

#endif /* EXPORT_H */
