/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hostile user of the device. Two programs share this header. user_fuzz, the keeper, is
 * root: it makes programs of calls, lets hostile_user run them, and looks at what is left.
 *
 *	user_fuzz.c	the test: lives of hostile users, one after the other
 *	grammar.c	makes programs, and changes those that have reached something new
 *	program.c	a program as text, and back
 *	corpus.c	programs worth changing: the seeds, and what was found
 *	life.c		starts a hostile user, watches it, ends it
 *	ledger.c	how many requests were accepted, and how many completed
 *
 * hostile_user runs without rights, in user and network namespaces of its own. It is built
 * for 32 bits, too.
 *
 *	hostile_user.c	a process for each program, with its threads and sessions
 *	act.c		the calls
 *	people.c	other processes: forked, executed, traced, in other namespaces
 *	memory.c	memory that is there, ends, goes away or comes late
 *	settle.c	whether the sessions have accounted for each request
 *	feedback.c	what a call has reached
 *
 * calls.c, which both have, is the table of calls.
 */
#ifndef USER_H
#define USER_H

#include <linux/icmpecho.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define NR_THREADS	4
#define NR_OPS		32
#define NR_FIELDS	24
/* Slots for descriptors of sessions */
#define NR_SESSIONS	4
/* Sessions that a program may open, and threads and processes that it may have */
#define NR_ACCOUNTS	16
#define NR_ACTORS	64
/* Programs of one life */
#define NR_PROGRAMS	16
#define MAP_BITS	65536
/* Words of an area of coverage */
#define KCOV_WORDS	65536

#define HOSTILE_UID	1000

/* Only a broken kernel makes a call take so long after a signal. */
#define BOUND_MS	60000

/* Descriptors that hostile_user starts with */
#define FD_SHARED	10
#define FD_ORDERS	11
#define FD_KCOV		12	/* NR_THREADS of them, or none */
/* What the programs open themselves has numbers of its own, never used twice in a program. */
#define FD_OWN		100
#define FDS_OF_ACCOUNT	16

enum call_number {
	CALL_ECHO,
	CALL_SUBMIT,
	CALL_SEND,
	CALL_REAP,
	CALL_CANCEL,
	CALL_EVENTFD,
	CALL_PACE,
	CALL_INFO,
	CALL_IOCTL,
	CALL_POLL,
	CALL_FDINFO,
	CALL_OPEN,
	CALL_CLOSE,
	CALL_DUP,
	CALL_NONBLOCK,
	CALL_PASS,
	CALL_MEMORY,
	CALL_SERVE,
	CALL_SCRIBBLE,
	CALL_SIGNAL,
	CALL_STOP,
	CALL_SLEEP,
	CALL_FORK,
	NR_CALLS,
};

/* What a value of a field means */
enum kind {
	NUMBER,
	POINTER,	/* enum region << 32 | offset */
	ADDRESS,	/* index of addresses[] */
	DESCRIPTOR,	/* index of descriptors[] */
	ID,		/* up to NR_ECHOES: id in this echo, less 1; then NR_SENDS: of a SEND */
	DEADLINE,	/* ns from now, or ICMPECHO_FOREVER */
};

enum region {
	REGION_NULL,
	REGION_OWN,	/* of this thread alone, but for "scribble" */
	REGION_ECHOES,	/* the array of echoes that all share */
	REGION_EDGE,	/* ends where nothing can be accessed */
	REGION_READONLY,
	REGION_NONE,	/* cannot be accessed */
	REGION_GONE,	/* comes and goes, by "memory" */
	REGION_LATE,	/* comes when "serve" says so (userfaultfd) */
	REGION_KERNEL,	/* addresses of the kernel */
	NR_REGIONS,
};

#define POINTER_TO(region, offset)	((__u64)(region) << 32 | (__u32)(offset))

#define PAGE		4096
#define OWN_SIZE	(192 * 1024)
/* The structure that an ioctl takes, unless the program says otherwise */
#define OWN_ARGUMENT	(OWN_SIZE - PAGE)
#define NR_ECHOES	256
#define NR_SENDS	8
#define ID_OF_SEND	(NR_ECHOES + 1)
#define ID_NUMBERS	(ID_OF_SEND + NR_SENDS)	/* from here on an id means itself */

/* How "fork" makes another process */
#define FORK_NAMESPACES	(1 << 0)	/* it enters other namespaces, */
#define FORK_PASS	(1 << 1)	/* has its sessions by SCM_RIGHTS, */
#define FORK_EXEC	(1 << 2)	/* executes this program, */
#define FORK_EXEC_OTHER	(1 << 3)	/* or the one for the other number of bits, */
#define FORK_TRACED	(1 << 4)	/* is traced, */
#define FORK_KILLED	(1 << 5)	/* is killed soon. */

/* What "memory" does to a region */
enum change { CHANGE_UNMAP, CHANGE_MAP, CHANGE_READONLY, CHANGE_NONE, CHANGE_DISCARD, NR_CHANGES };

/* What "serve" does to REGION_LATE */
enum serve { SERVE_PAGE, SERVE_NOTHING, SERVE_AGAIN, NR_SERVES };

struct field {
	const char *name;
	__u16 offset;
	__u8 size;
	__u8 kind;
	__u64 usual;
};

struct call {
	const char *name;
	unsigned int command;	/* of ioctl(), or 0 */
	unsigned int size;	/* of its structure */
	unsigned int weight;	/* how often the grammar takes it */
	const struct field *fields;
	unsigned int nr_fields;
};

extern const struct call calls[NR_CALLS];
/* In text form, each NULL behind the last */
extern const char *const regions[];
extern const char *const addresses[];
extern const char *const descriptors[];

enum descriptor { DESCRIPTOR_NONE, DESCRIPTOR_EVENT, DESCRIPTOR_SESSION, DESCRIPTOR_FILE,
		  DESCRIPTOR_CLOSED, NR_DESCRIPTORS };

/* Field numbers that the code names */
enum { ECHO_FIRST, ECHO_RUN };
enum { IOCTL_AT };	/* field 0 of each call with a structure: where that is */
enum { RAW_AT, RAW_COMMAND };
enum { FORK_HOW, FORK_CALLS };
enum { MEMORY_REGION, MEMORY_CHANGE };
enum { SCRIBBLE_THREAD, SCRIBBLE_OFFSET, SCRIBBLE_VALUE, SCRIBBLE_TIMES };
enum { SIGNAL_THREAD, SIGNAL_RESTARTS };
enum { SLOT_TO, SLOT_LEAVE };

/* The same for 32 and 64 bits: all members have a fixed width. */
struct op {
	__u8 call;
	__u8 thread;
	__u8 session;
	__u8 reserved;
	__u32 given;		/* which values are not the usual ones */
	__aligned_u64 values[NR_FIELDS];
};

struct program {
	__u32 nr_ops;
	__u32 ms;		/* calls that have not ended by then are interrupted */
	__u32 abrupt;		/* leave without waiting: the last close has work to do */
	__u32 reserved;
	struct op ops[NR_OPS];
};

/* Of one session: what its callers know */
struct account {
	__aligned_u64 accepted;
	__aligned_u64 maybe_accepted;	/* so many more, by calls that did not say */
	__aligned_u64 collected;
	__aligned_u64 maybe_collected;
};

/* A call in progress: what it may yet turn out to have done */
struct pending {
	__u32 account;		/* index + 1 */
	__u32 accept;
	__u32 collect;
	__u32 reserved;
};

struct tally {
	__aligned_u64 good;
	__aligned_u64 refused;
};

/* Between the keeper and hostile_user */
struct shared {
	struct program program;
	struct account accounts[NR_ACCOUNTS];
	struct pending pending[NR_ACTORS];
	__u32 nr_accounts;
	__u32 nr_actors;
	__u32 has_kcov;
	__u32 news;			/* bits of @seen that this program has set */
	__u32 seen[MAP_BITS / 32];	/* what any program has reached; see feedback.c */
	struct tally tallies[NR_CALLS];
	char complaint[512];		/* empty: all is well */
};

/* Say what is wrong; the first complaint counts. */
void complain(struct shared *shared, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* USER_H */
