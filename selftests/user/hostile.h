/* SPDX-License-Identifier: GPL-2.0 */
/* Inside hostile_user; the map of files is in user.h. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdlib.h>
#include <sys/types.h>

#include "user.h"

/* A thread of the program, or a process that does some calls of one */
struct actor {
	unsigned int thread;
	unsigned int number;		/* in shared->pending */
	__u32 previous;			/* what its last call came to; for feedback */
	__u64 *kcov;			/* area of coverage, or NULL */
};

extern struct shared *shared;
extern int slots[NR_SESSIONS];		/* descriptors of sessions, or -1 */
extern pid_t tids[NR_THREADS];

__u64 clock_ms(void);
/* The program's time is over. */
bool is_stopping(void);

/* hostile_user.c: do the calls of the actor's thread, @n of them from @first on. */
void act_calls(struct actor *actor, unsigned int first, unsigned int n);

/* act.c */
void act_open(void);
void act(struct actor *actor, const struct op *op);
/* Give @fd, a new session, a number and an account of its own. Returns the descriptor or -1. */
int session_adopt(int fd);
/* Index in shared->accounts, or -1 */
int account_of(int fd);

/* people.c: a process does the next calls of the thread. Returns how many that are. */
unsigned int people_fork(struct actor *actor, const struct op *op, unsigned int next);
void people_stop(__u64 us);
/* In a program that was executed to carry on */
int people_carry_on(char **argv);

/* memory.c */
void memory_open(void);
unsigned long memory_address(const struct actor *actor, __u64 pointer);
void memory_write(const struct actor *actor, __u64 pointer, const void *data, size_t len);
/* Only of memory that is always there; NULL for other */
unsigned char *memory_at(const struct actor *actor, __u64 pointer, size_t len);
void memory_change(__u64 region, __u64 change);
void memory_serve(__u64 how);
void memory_scribble(__u64 thread, __u64 offset, __u64 value, __u64 times);
/* From now on nobody waits for memory. */
void memory_release(void);

/* settle.c */
void pending_begin(const struct actor *actor, int fd, __u32 accept, __u32 collect);
void pending_end(const struct actor *actor);
void account_add(int fd, __u64 accepted, __u64 maybe_accepted, __u64 collected);
/* All threads and processes of the program have ended: complain about what does not add up. */
void settle(void);

/* feedback.c */
void feedback_open(struct actor *actor);
void feedback_close(struct actor *actor);
void feedback_begin(struct actor *actor);
void feedback_end(struct actor *actor, const struct op *op, long result);

#endif /* HOSTILE_H */
