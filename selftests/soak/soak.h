/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many processes use the device in all ways at once, while their network, the machine and they
 * themselves come and go. Its parts:
 *
 *	worker.c	a process with one session after the other: what it does with it
 *	echoes.c	the requests of these: random ones, of every kind
 *	tally.c		what a session was given and gave back, and whether that adds up
 *	world.c		pairs of network namespaces, in which the workers are
 *	crew.c		starts, stops and kills the workers
 *	chaos.c		what happens to all that, one thing after the other, as of
 *	chaos_network.c	links and routes, and of
 *	chaos_machine.c	clock, CPUs, memory, module
 *	leftovers.c	what the machine holds, before and after
 *	soak_chaos.c	runs it all, and judges
 *
 * One process, the first, makes all of the chaos. It shares the tallies with the workers, so
 * that it can judge the session of one that it has killed.
 */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <sys/types.h>

#include "kselftest.h"
#include "icmpecho_calls.h"
#include "netns.h"

#define NR_PAIRS	10
#define NR_WORKERS	50
/* Requests that a session has in flight or unreaped at most */
#define NR_SLOTS	512
#define MAX_BATCH	32

/* How a request ends, in the order of enum icmpecho_outcome of the module */
enum end {
	END_REPLY,
	END_ERROR,
	END_TIMEOUT,
	END_CANCELLED,
	END_NOT_SENT,
	NR_ENDS,
};

/* What is known of a session's requests from the calls, or about all sessions together */
struct counts {
	__u64 accepted;
	__u64 collected[NR_ENDS];
	__u64 ended[NR_ENDS];		/* by fdinfo */
	__u64 dropped;			/* in flight when it was closed */
	__u64 unreaped;			/* completed, but not collected when it was closed */
	__u64 lost;			/* collected by a call in which the process was killed */
};

/*
 * A worker's session. The worker alone writes it; when it was killed, others read it. A call
 * that may accept or collect requests is announced before, so that one who was killed within it
 * is known to have been there.
 */
struct tally {
	pid_t pid;			/* 0: there is no worker */
	int fd;				/* of the session; -1: none, or it is about to be closed */
	unsigned int serial;		/* of the session, among this worker's */
	unsigned int submitting;	/* requests of the SUBMIT that is running, or 0 */
	unsigned int sending;		/* a SEND of a new request is running */
	unsigned int collecting;	/* records at most of the call that is running, or 0 */
	__u64 accepted_before;		/* the SUBMIT or SEND that is running */
	struct counts counts;
	struct icmpecho_echo echoes[MAX_BATCH];	/* of that SUBMIT: the kernel writes the ids */
	struct icmpecho_send send;		/* and here */
};

/* In memory that all processes share */
struct soak {
	bool stop;			/* workers end their sessions, and exit */
	unsigned int failures;
	struct counts total;		/* of all sessions that were judged */
	__u64 judged;
	__u64 unseen;			/* sessions that went with their worker, unjudged */
	__u64 calls;
	__u64 refused;
	__u64 started;			/* workers */
	__u64 starved;			/* workers that the kernel has killed for their memory */
	__u64 waiting;			/* packets in queues when the module was unloaded */
	struct tally tallies[NR_WORKERS];
};

extern struct soak *soak;
extern __u32 soak_seed;

/* Count a failure, and say which. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void add(__u64 *sum, __u64 n)
{
	__atomic_fetch_add(sum, n, __ATOMIC_RELAXED);
}

/* Say that a call begins or, with 0, that its results are in the tally. */
static inline void announce(unsigned int *call, unsigned int n)
{
	__atomic_store_n(call, n, __ATOMIC_SEQ_CST);
}

/* Before a session's first call, and instead of its last: closes @fd */
void tally_begin(struct tally *tally, int fd);
void tally_end(struct tally *tally);
/* Judge the session behind @fd, whose worker was killed, and close @fd. */
void tally_judge_killed(struct tally *tally, int fd);
__u64 tally_sum(const __u64 *ends);

enum end end_of(const struct icmpecho_completion *c);

/* Set up @echo at random; its payload stays where it is. @event is an eventfd. */
void echoes_make(struct icmpecho_echo *echo, int event);

void worker_run(unsigned int index) __attribute__((noreturn));

struct soak_pair {
	struct pair ns;			/* descriptors */
	bool broken;			/* something is lost for good */
};

extern struct soak_pair pairs[NR_PAIRS];
void world_open(void);
void world_build(struct soak_pair *pair);
void world_drop(struct soak_pair *pair);
void world_close(void);
/* The pair in which a worker is */
static inline struct soak_pair *pair_of(unsigned int index)
{
	return &pairs[index % NR_PAIRS];
}

/* Run a line of sh in a namespace; it may fail. */
void run_in(int ns, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Packets in the queues of the pairs' links */
unsigned long packets_waiting(void);

void workers_start(void);
void workers_stop(void);
/* With a @witness, the session of the killed is judged. Without, it goes with its owner. */
void worker_kill(struct tally *tally, bool witness);

void chaos_open(void);
/* Do one thing: first each of them, in turn, then at random. */
void chaos_step(void);
void chaos_close(void);
void chaos_show(void);
/* Has everything happened once? */
bool chaos_is_complete(void);

/* The things that may happen, of chaos_network.c */
void link_flap(void);
void link_rename(void);
void link_move(void);
void link_delete(void);
void link_impair(void);
void routes_change(void);

/* and of chaos_machine.c, to open before and close after */
void machine_open(void);
void machine_close(void);
/* Some workers have little memory. */
void memory_limit_enter(unsigned int index);
void clock_set(void);
void cpu_toggle(void);
void memory_press(void);
void parameter_set(void);
void module_reload(void);

#define NR_LEFTOVERS	8
struct leftovers {
	long values[NR_LEFTOVERS];
};

extern const char *const leftover_names[NR_LEFTOVERS];
void leftovers_read(struct leftovers *l);
/* Wait until no more is left than there was @before, for two minutes at most. */
void leftovers_wait(const struct leftovers *before, struct leftovers *after);

#endif /* SOAK_H */
