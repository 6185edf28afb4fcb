/* SPDX-License-Identifier: MIT */
/*
 * icmpecho fping: behaves as fping 5.1 does, so that a program which runs fping can run this
 * instead. fping.c joins the parts: fping_options.c reads the command line, fping_hosts.c
 * makes the list of hosts, fping_run.c sends and collects, fping_report.c prints.
 */
#ifndef TOOLS_FPING_H
#define TOOLS_FPING_H

#include <stdio.h>

#include "engine.h"
#include "schedule.h"
#include "targets.h"

/* The exit statuses of fping, which are not those of the other subcommands. */
enum fping_status {
	FPING_ALL_REACHABLE = 0,
	FPING_SOME_UNREACHABLE = 1,
	FPING_WRONG_USE = 1,
	FPING_UNKNOWN_ADDRESS = 2,
	FPING_SYSTEM_FAILURE = 4,
};

struct fping_options {
	bool ipv4, ipv6;
	bool alive, unreach;		/* -a, -u: only these, by their name alone */
	bool by_address;		/* -A */
	bool reverse_numeric, reverse_all;	/* -n, -d */
	bool elapsed, outage, stats, timestamp;	/* -e, -o, -s, -D */
	bool quiet;			/* -q, -Q */
	bool netdata;			/* -N */
	bool generate;			/* -g */
	bool all_addresses;		/* -m */
	bool loop;			/* -l */
	bool vector;			/* -C */
	bool dont_fragment, random;	/* -M, -R */
	const char *file;		/* -f */
	uint32_t count;			/* -c, -C; or 0 */
	uint32_t retries;		/* -r */
	uint32_t size;			/* -b */
	int64_t reachable, fast_reachable;	/* -x, -X; or 0 */
	double backoff;			/* -B */
	uint64_t interval_ns;		/* -i */
	uint64_t period_ns;		/* -p */
	uint64_t timeout_ns;		/* -t; UINT64_MAX: not given */
	uint64_t report_ns;		/* -Q, or 0 */
	uint32_t ifindex;		/* -I */
	struct address source;		/* -S, or no address */
	uint8_t ttl, tos;		/* -H, -O */
	/* What follows from them: */
	int family;
	bool repeats;			/* -c, -C or -l: each host is asked again and again */
	bool verbose;			/* a line for each event */
};

/* The answers of one host, since the beginning or since the last interval report. */
struct fping_tally {
	uint32_t sent;			/* and decided: answered, timed out or not sent */
	uint32_t received;
	uint64_t min_ns, max_ns, total_ns;
};

struct fping_host {
	struct target *target;
	char *label;			/* what to call it; NULL: its address */
	uint32_t requested;		/* how many requests were written */
	bool done;			/* nothing more is to be sent or waited for */
	uint64_t timeout_ns;		/* of the next request: -B makes it grow */
	struct fping_tally all, interval;
	uint64_t *times_ns;		/* -C: of each request; 0: no answer */
};

/*
 * A request whose answer is awaited: user_data of the request is its number. The timeout of
 * fping is not that of the kernel, which waits longer, as fping prints late ICMP errors.
 */
struct fping_slot {
	uint32_t host, seq;
	bool awaited;			/* neither answered nor timed out */
	uint8_t users;			/* the kernel, and the schedule of timeouts */
};

struct fping {
	struct fping_options options;
	struct targets targets;
	struct fping_host *hosts;	/* one for each target */
	uint32_t unknown;		/* names without an address */
	uint32_t undone;		/* hosts that are not done */
	int label_width;
	struct engine *engine;
	int failure;			/* exit status of what has stopped the run, or 0 */
	int signal;			/* that has stopped it, if it is to end the program, too */

	struct icmpecho_echo echo;	/* what all requests have in common */
	unsigned char *payloads;	/* -R: one for each request of a batch */
	struct schedule requests;	/* of host numbers */
	struct schedule timeouts;	/* of slot numbers */
	struct fping_slot *slots;
	uint32_t *free_slots;
	uint32_t free_count;
	uint64_t kernel_timeout_ns;
	uint64_t begin_ns, next_send_ns, next_report_ns;
	bool has_charts;		/* -N: they were defined */

	uint32_t alive;
	uint64_t sent, timed_out, other_received;
	struct fping_tally times;	/* of all hosts */
};

/*
 * Returns 0 and *@first, the index of the first word that is no option, or the status to exit
 * with, after a message. -h and -v end the program.
 */
int fping_parse(struct fping_options *options, int argc, char **argv, int *first);
void fping_print_usage(FILE *stream);

/* Makes the list of hosts. Returns 0, or the status to exit with. */
int fping_make_hosts(struct fping *fping, int argc, char **argv);
void fping_free_hosts(struct fping *fping);

/* What a host is called: a string of its own, or in @text, of ADDRESS_TEXT_LEN bytes. */
const char *fping_label(const struct fping_host *host, char *text);

/* Asks all hosts. Returns 0, or the status to exit with, after a message. */
int fping_run(struct fping *fping);
void fping_free_run(struct fping *fping);

/* One event each, if the options want to know. @seq is the number of the request. */
void fping_tell_reply(const struct fping *fping, const struct fping_host *host, uint32_t seq,
		      const struct icmpecho_completion *c);
void fping_tell_timeout(const struct fping *fping, const struct fping_host *host, uint32_t seq);
void fping_tell_unsent(const struct fping *fping, const struct fping_host *host, int error);
void fping_tell_icmp_error(const struct fping *fping, const struct fping_host *host,
			   const struct icmpecho_completion *c);
/* What became of the requests since the last time, and begins a new interval. */
void fping_report_interval(struct fping *fping, bool as_netdata);
void fping_report_end(const struct fping *fping);

#endif /* TOOLS_FPING_H */
