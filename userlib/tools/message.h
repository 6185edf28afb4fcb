/* SPDX-License-Identifier: MIT */
/*
 * What the tool says on standard error, and the statuses with which it exits.
 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

enum exit_status {
	EXIT_ALL_ANSWERED = 0,
	EXIT_SOME_LOST = 1,
	EXIT_WRONG_USE = 2,		/* and every other failure: nothing was measured */
};

/* What messages begin with, for example "icmpecho ping". main() sets it. */
extern const char *program_name;

/* While this is not NULL, what a message begins with behind that: "FILE:LINE". */
extern const char *message_place;

/* Takes messages while the terminal is in use; NULL: they go to standard error. */
extern void (*message_hook)(const char *text);

/* Prints "PROGRAM: TEXT". Returns -1, for callers that fail with it. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

/* The same, with what icmpecho_strerror() says about errno behind it. */
__attribute__((format(printf, 1, 2))) int complain_errno(const char *format, ...);

/* calloc() that ends the program when there is no memory. */
void *allocate(unsigned long count, unsigned long size);

#endif /* TOOLS_MESSAGE_H */
