/* SPDX-License-Identifier: MIT */
/*
 * What the files of device_test share: its network, and requests of 32 bytes.
 *
 *	127.0.0.1, ::1			answer
 *	10.77.0.9, fd77::9		have a route, but do not answer
 *	203.0.113.1, 2001:db8::1	have no route
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <winsock2.h>
#include <icmpapi.h>
#include <icmpecho.h>

#include "tap.h"

#define PAYLOAD_SIZE 32
#define REPLY_SIZE (sizeof(ICMP_ECHO_REPLY) + PAYLOAD_SIZE)
#define REPLY6_SIZE (sizeof(ICMPV6_ECHO_REPLY) + PAYLOAD_SIZE)

extern char pattern[PAYLOAD_SIZE];

/* Skips the test without a device. Makes the network when it is first called. */
void need_device(void);

IPAddr loopback(void);
IPAddr silent(void);
uint64_t now_ms(void);

/* A heap block of exactly @size bytes: the sanitizer sees a write beyond it. */
PICMP_ECHO_REPLY new_reply(size_t size);
bool is_whole_reply(const ICMP_ECHO_REPLY *reply);

/* Skips the test if the network of device_programs.c cannot be made. */
void need_path(void);

/*
 * Runs a line of sh, with the programs in the path. Returns its wait status, and
 * leaves in output what it printed.
 */
int run_program(const char *command);
extern char output[4096];
void check_output(const char *expected);

/* Whether the output has these words in this order; NULL ends the list. */
bool output_has(const char *const *words);

#endif /* DEVICE_H */
