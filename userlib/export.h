/* SPDX-License-Identifier: MIT */
#ifndef EXPORT_H
#define EXPORT_H

/* Marks what the library exports; icmpecho.map lists the same names. */
#define EXPORT __attribute__((visibility("default")))

#endif /* EXPORT_H */
