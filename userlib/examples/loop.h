/* SPDX-License-Identifier: MIT */
/*
 * What the examples of event loops do alike: in each round they send one echo request to
 * each host, and say how it ended. A timer begins the rounds. The loop calls
 *
 *	loop_tick()	when the timer fires
 *	loop_reap()	when the descriptor of the session is readable
 *	loop_send()	when it is writable, and loop->wants_room says so
 *
 * until loop_has_ended(). None of them waits. An example defines PROGRAM and includes this.
 */
#ifndef LOOP_H
#define LOOP_H

#include <fcntl.h>
#include <inttypes.h>

#include "example.h"

#define LOOP_BATCH 64 /* completions per call */

struct loop {
	struct icmpecho *handle;
	char **hosts; /* as the command line has them */
	struct icmpecho_echo *echoes; /* one for each host */
	uint32_t count, sent; /* of the hosts; in this round */
	unsigned long rounds; /* that are still to begin */
	unsigned long interval_ms;
	unsigned long in_flight, lost;
	int wants_room; /* the kernel could not take all requests */
};

static const char loop_usage[] =
	"usage: " PROGRAM " [-n ROUNDS] [-i INTERVAL_MS] [-W TIMEOUT_MS] HOST...\n"
	"       " PROGRAM " --help | --version\n"
	"Exit status: 0 if all requests were answered, 1 if not, 2 on failure.\n";

/* Sends the rest of the round, as far as there is room. */
static inline void loop_send(struct loop *loop)
{
	int accepted;

	loop->wants_room = 0;
	while (loop->sent < loop->count && !loop->wants_room) {
		accepted = icmpecho_submit(loop->handle, loop->echoes + loop->sent,
					   loop->count - loop->sent);
		if (accepted > 0) {
			loop->sent += (uint32_t)accepted;
			loop->in_flight += (unsigned long)accepted;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			loop->wants_room = 1;
		} else if (errno != EINTR) {
			/* The kernel has refused this one, but perhaps not the next. */
			printf("%s: not sent: %s\n", loop->hosts[loop->sent++],
			       icmpecho_strerror(errno));
			loop->lost++;
		}
	}
}

/* Begins a round, unless the last one still waits for room. */
static inline void loop_tick(struct loop *loop)
{
	if (!loop->rounds || loop->wants_room)
		return;
	loop->rounds--;
	loop->sent = 0;
	loop_send(loop);
}

static inline void loop_print(const struct loop *loop, const struct icmpecho_completion *c)
{
	struct sockaddr_storage address;
	socklen_t len = icmpecho_completion_from(c, &address);
	char from[NI_MAXHOST] = "";

	printf("%s: ", loop->hosts[c->user_data]);
	getnameinfo((struct sockaddr *)&address, len, from, sizeof(from), NULL, 0, NI_NUMERICHOST);
	if (c->flags & ICMPECHO_LOCAL)
		printf("not sent: %s\n", outcome(c));
	else if (len)
		printf("%s from %s, %.3f ms\n", outcome(c), from, (double)c->rtt_ns / 1e6);
	else
		printf("%s\n", outcome(c));
}

/* Says how requests ended, as far as they have. Returns -1 on failure. */
static inline int loop_reap(struct loop *loop)
{
	static unsigned char records[LOOP_BATCH * ICMPECHO_RECORD_LEN(0)]
		__attribute__((aligned(8)));
	const struct icmpecho_completion *c;
	int n, i;

	do {
		n = icmpecho_reap(loop->handle, records, sizeof(records), 0, LOOP_BATCH, 0);
		if (n < 0)
			return failed("reap");
		for (i = 0, c = NULL; i < n; i++) {
			c = icmpecho_next_completion(records, sizeof(records), c);
			if (!c)
				return failed("record");
			loop_print(loop, c);
			loop->in_flight--;
			if (c->status != ICMPECHO_STATUS_SUCCESS)
				loop->lost++;
		}
	} while (n == LOOP_BATCH);
	return 0;
}

static inline int loop_has_ended(const struct loop *loop)
{
	return !loop->rounds && loop->sent == loop->count && !loop->in_flight;
}

/* One request for each of @hosts. Returns -1 with a message. */
static inline int loop_make_echoes(struct loop *loop, uint64_t timeout_ns)
{
	static const unsigned char payload[56];
	struct addrinfo *info;
	uint32_t i;
	int error;

	loop->echoes = calloc(loop->count, sizeof(*loop->echoes));
	if (!loop->echoes)
		return failed("hosts");
	for (i = 0; i < loop->count; i++) {
		info = look_up(loop->hosts[i]);
		if (!info)
			return -1;
		error = icmpecho_echo_sockaddr(&loop->echoes[i], info->ai_addr, info->ai_addrlen,
					       payload, sizeof(payload), timeout_ns);
		freeaddrinfo(info);
		if (error)
			return failed(loop->hosts[i]);
		loop->echoes[i].user_data = i;
		/* No bytes of the replies are needed. */
		loop->echoes[i].reply_capacity = 0;
	}
	loop->sent = loop->count;
	return 0;
}

/* Non-blocking, so that no submit would wait for its turn if the session had a pace. */
static inline int loop_open(struct loop *loop)
{
	loop->handle = icmpecho_open();
	if (!loop->handle) {
		fprintf(stderr, PROGRAM ": %s\n", icmpecho_strerror_open(errno));
		return -1;
	}
	return fcntl(icmpecho_get_fd(loop->handle), F_SETFL, O_NONBLOCK) ? failed("fcntl") : 0;
}

/* From the command line. Returns -1 with a message. */
static inline int loop_begin(struct loop *loop, int argc, char **argv)
{
	unsigned long timeout_ms = 1000;
	int option, bad = 0;

	loop->rounds = 1;
	loop->interval_ms = 1000;
	while ((option = next_option(argc, argv, "n:i:W:", loop_usage)) != -1) {
		switch (option) {
		case 'n':
			bad |= parse_number(optarg, 1, 1000000000, &loop->rounds);
			break;
		case 'i':
			bad |= parse_number(optarg, 1, UINT32_MAX, &loop->interval_ms);
			break;
		case 'W':
			bad |= parse_number(optarg, 0, UINT32_MAX, &timeout_ms);
			break;
		default:
			bad = 1;
		}
	}
	if (bad || optind == argc) {
		fputs(loop_usage, stderr);
		return -1;
	}
	loop->hosts = argv + optind;
	loop->count = (uint32_t)(argc - optind);
	return loop_make_echoes(loop, (uint64_t)timeout_ms * 1000000) || loop_open(loop) ? -1 : 0;
}

/* Frees all, and returns the exit status; @error is what the loop returned. */
static inline int loop_end(struct loop *loop, int error)
{
	icmpecho_close(loop->handle);
	free(loop->echoes);
	if (error)
		return 2;
	return loop->lost ? 1 : 0;
}

#endif /* LOOP_H */
