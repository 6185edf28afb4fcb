/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark's program: it measures in one boot, on the same work, other
 * pingers and icmpecho, and prints a line of JSON for each row.
 *
 *	main.c		what is measured, and in which order
 *	world.c		the network namespaces
 *	meter.c		instructions
 *	row.c		the lines that are printed
 *	echo.c		packets, and whether an answer is the right one
 *	child.c		other programs
 *
 *	engine.c	the list of ways to send, and the main table
 *	by_*.c		one way each
 *	tools.c		fping and so on, as Debian has them
 *	scaling.c, flight.c, rtt.c, calls.c	the other tables
 */
#ifndef BENCH_H
#define BENCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "../lib/netns.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* More than this in flight, and the far side may drop some. */
#define MAX_BATCH	256
#define MAX_PAYLOAD	1400

/* ---- world.c: near, where all of it runs, and far, which answers */

#define WORLD_NEAR	"192.0.2.1"
#define WORLD_NEAR6	"fd00:1::1"
/* Who answers, behind one neighbour */
#define WORLD_PREFIX6	"fd00:64::"
#define WORLD_HOSTS	4096
/* So many addresses, of which the first WORLD_HOSTS answer, and no other does */
#define WORLD_SWEPT_FIRST "10.64.0.0"
#define WORLD_SWEPT_LAST "10.64.255.255"
#define WORLD_SWEPT	65536
/* Who never answers */
#define WORLD_SILENT_HOSTS (1 << 20)

extern const unsigned char world_near_mac[6];
extern const unsigned char world_far_mac[6];

/* Build near and far, and enter near. */
void world_build(void);

/* Have far's answers wait, or not (0). */
void world_delay_us(unsigned int us);

/* Destination @index, modulo their number, as a sockaddr_in or sockaddr_in6. */
struct world_address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

struct world_address world_address(int family, unsigned int index);
struct in_addr world_host(unsigned int index);
struct in_addr world_silent_host(unsigned int index);
unsigned int world_host_index(struct in_addr address);

/* How many echo replies near has received so far. */
long world_replies(int family);

/* Wait until nobody in near receives by raw ICMP sockets any more. */
void world_wait_for_quiet(void);

/* ---- meter.c */

/* Choose how to count: with the benchmark's module, or with perf events. */
void meter_open(void);
/* Executed so far, by all but the idle loop. */
uint64_t meter_now(void);
/* Wait until next to nothing is executed. */
void meter_settle(void);
const char *meter_name(void);

/* ---- row.c: {"section": ..., "name": ..., "family": ..., "payload": ...} */

struct row_key {
	const char *section;
	const char *name;
	int family;
	unsigned int payload;
};

/* Print what cost one echo; the row is rejected unless all were good. */
void row_cost(const struct row_key *key, int64_t cost, unsigned int count,
	      unsigned int good);
/* Print any number. */
void row_value(const struct row_key *key, const char *unit, double value);
/* Print all of them. */
void row_values(const struct row_key *key, const char *unit, const double *values,
		unsigned int count, unsigned int wanted);
/* Print that the row could not be measured here. */
void row_skip(const struct row_key *key, const char *why);
void row_reject(const struct row_key *key, const char *why);

/* ---- echo.c */

/* What to send */
struct load {
	int family;
	unsigned int payload;	/* bytes after the ICMP header, at least 8 */
	unsigned int batch;	/* in flight, at most MAX_BATCH */
	bool ping_socket;
	bool variant;		/* as the way to send understands it */
	bool fresh;		/* each destination for the first time */
};

struct echo_packet {
	unsigned char bytes[8 + MAX_PAYLOAD];
};

/* Requests in flight: a packet for each, and which are answered */
struct echoes {
	const struct load *load;
	struct echo_packet packet[MAX_BATCH];
	struct world_address to[MAX_BATCH];
	unsigned int base_sum;
	unsigned int first;	/* number of the first of the batch */
	unsigned int count;	/* how many are in the batch */
	unsigned int good;
	unsigned int bad;
	unsigned char answered[MAX_BATCH];
	uint16_t id;
};

void echoes_init(struct echoes *e, const struct load *load, unsigned int start);
/* Make the packets of the next batch, of @count. */
void echoes_next(struct echoes *e, unsigned int count);
static inline size_t echoes_packet_len(const struct echoes *e)
{
	return 8 + e->load->payload;
}

/* Judge an ICMP message that came from @from; false if it is none of ours. */
bool echoes_answer(struct echoes *e, const struct sockaddr *from, const void *icmp, size_t len);
/* The same for what a raw or ping socket delivers. */
bool echoes_received(struct echoes *e, const struct sockaddr *from, const void *packet,
		     size_t len);
/* Judge the answer of @number. */
bool echoes_judge(struct echoes *e, unsigned int number, bool right);
static inline bool echoes_done(const struct echoes *e)
{
	return e->good + e->bad >= e->count;
}

/* A socket for this load: raw with a filter, or ping; it waits for 1 s at most. */
int echo_socket(const struct load *load);

/* ---- engine.c and by_*.c: ways to send */

struct engine {
	const char *name;
	/* Returns NULL if this cannot be had here. */
	void *(*open)(const struct load *load, unsigned int start);
	/* Send @count and collect the answers; returns how many were right. */
	unsigned int (*run)(void *state, unsigned int count);
	void (*close)(void *state);
	bool ipv4_only;
};

extern const struct engine engine_naive;
extern const struct engine engine_mmsg;
extern const struct engine engine_each;
extern const struct engine engine_uring;
extern const struct engine engine_rings;
extern const struct engine engine_us;
extern const struct engine engine_us_sync;
extern const struct engine engine_floor_socket;
extern const struct engine engine_floor_packet;

/* An engine with a load, as rows name it */
struct way {
	const char *name;
	const struct engine *engine;
	struct load load;
};

const struct way *way_find(const char *name);

/* Measure a way, or all that are not of icmpecho, all that are, all floors. */
void way_measure(const char *section, const char *label, const char *name, int family,
		 unsigned int payload, unsigned int count);
void ways_rivals(int family, unsigned int payload, unsigned int count);
void ways_ours(int family, unsigned int payload, unsigned int count);
void ways_floors(int family, unsigned int payload, unsigned int count);
void ways_delayed(bool of_us, unsigned int count);
/* Only send, so that something else can look at it; returns how many were good. */
unsigned int way_run(const char *name, int family, unsigned int payload, unsigned int count);

/* ---- child.c */

/*
 * Run a program with its output going to a file of ours; dies if it cannot be
 * started, returns its exit status.
 */
int child_run(char *const argv[]);
/* What the last program printed. */
FILE *child_output(void);
/* Print the beginning of it, for people. */
void child_explain(void);
bool child_exists(const char *program);

/* ---- module.c */

bool module_load(void);

/* ---- the tables */

void tools_measure(int family, unsigned int payload, bool all);
/* What people do with fping, or what they do with icmpecho's tool instead. */
void commands_measure(bool ours);
/* Write the first @count destinations to a file, return its name. */
const char *tools_targets(int family, unsigned int count);
/*
 * The words of a short or a longer run for strace, which is slow. Returns how
 * many echoes more the longer one has, or 0 if there is no such program here.
 */
unsigned int tools_words(const char *name, bool longer, char *argv[]);
void scaling_measure(bool ours, bool quick);
void flight_measure(bool quick);
void rtt_measure(bool ours, bool quick);
void calls_measure(bool ours, bool quick);

#endif /* BENCH_H */
