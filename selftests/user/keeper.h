/* SPDX-License-Identifier: GPL-2.0 */
/* Inside user_fuzz; the map of files is in user.h. */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdio.h>
#include <sys/types.h>

#include "user.h"

/* grammar.c */
void grammar_begin(__u32 seed);
__u32 pick(__u32 n);
void grammar_make(struct program *program);
void grammar_change(struct program *program);

/* program.c: a call is a line, and an empty line ends a program. */
void program_print(FILE *file, const struct program *program, const char *prefix);
/* Read the next program. Returns 1, 0 at the end of @file, or -1 for a line that makes no sense. */
int program_read(FILE *file, struct program *program);

/* corpus.c */
/* Returns how many programs @path has; -1 if one is wrong, which is printed. */
int corpus_read(const char *path);
void corpus_add(const struct program *program);
/* A program to run. Returns false if it is a seed, true if it is changed or new. */
bool corpus_next(struct program *program, bool only_seeds);
unsigned int corpus_size(void);

/* life.c */
struct life {
	pid_t pid;
	int pidfd;
	int orders;
	unsigned int programs;
};

enum fate { FATE_RAN, FATE_DIED, FATE_HUNG };

/* How a life is made; @memory is a limit of its cgroup in MiB, or 0. */
struct conditions {
	bool narrow;		/* runs the program of 32 bits */
	unsigned int memory;
};

/* The memory that all lives share with the keeper */
struct shared *life_memory(void);
/* Open coverage for all lives. Returns whether the kernel has it. */
bool life_open_kcov(void);
bool life_has_narrow(void);
void life_begin(struct life *life, int ns, const struct conditions *conditions);
/* Run the program in shared memory. If @kill_us is not 0, end the life after so long. */
enum fate life_run(struct life *life, __u32 kill_us);
/* Returns false, and says what hangs, if the processes do not go away. */
bool life_end(struct life *life);

/* ledger.c */
struct ledger {
	__u64 accepted;
	__u64 maybe;
	__u64 completed;	/* by the module's tracepoints; */
	__u64 published;	/* not all of these are accepted */
};

/* Count the module's events from now on. Returns false if the kernel has no such counters. */
bool ledger_open(void);
/* Add what the callers of the program know, once all of its processes have ended. */
void ledger_add_program(struct ledger *ledger, struct shared *shared);
/* Count what was published and completed since the last time. */
void ledger_count(struct ledger *ledger);
/* Does it agree? If so, add it to @sum, and begin anew. */
bool ledger_agrees(struct ledger *ledger, struct ledger *sum);

#endif /* KEEPER_H */
