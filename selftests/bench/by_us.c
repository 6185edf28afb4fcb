// SPDX-License-Identifier: GPL-2.0
/*
 * icmpecho, as programs use it: by its library's public functions. Batches, and
 * one synchronous call after the other. The variant has an eventfd signalled and
 * waits for it.
 */
#include <errno.h>
#include <icmpecho.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"

#define TIMEOUT_NS	1000000000ULL

struct us {
	struct echoes echoes;
	struct icmpecho *handle;
	int eventfd;
	struct icmpecho_echo echo[MAX_BATCH];
	unsigned char buffer[MAX_BATCH * ICMPECHO_RECORD_LEN(MAX_PAYLOAD)]
		__attribute__((aligned(8)));
};

/* The library's payload is what follows the header that the kernel makes. */
static void describe(struct us *us, unsigned int i)
{
	const unsigned char *payload = us->echoes.packet[i].bytes + 8;
	uint32_t len = us->echoes.load->payload;

	if (us->echoes.load->family == AF_INET)
		icmpecho_echo_ipv4(&us->echo[i], (struct in_addr) { 0 }, payload, len, TIMEOUT_NS);
	else
		icmpecho_echo_ipv6(&us->echo[i], &in6addr_any, 0, payload, len, TIMEOUT_NS);
}

/* As with the rivals' packets, only what differs from the last one is changed. */
static void address(struct us *us, unsigned int i)
{
	const struct world_address *to = &us->echoes.to[i];

	if (to->sa.sa_family == AF_INET)
		memcpy(us->echo[i].dst, &to->in.sin_addr, sizeof(to->in.sin_addr));
	else
		memcpy(us->echo[i].dst, &to->in6.sin6_addr, sizeof(to->in6.sin6_addr));
	us->echo[i].user_data = us->echoes.first + i;
}

static void *us_open(const struct load *load, unsigned int start)
{
	struct us *us = calloc(1, sizeof(*us));
	unsigned int i;

	echoes_init(&us->echoes, load, start);
	for (i = 0; i < load->batch; i++)
		describe(us, i);
	us->eventfd = -1;
	us->handle = icmpecho_open();
	if (!us->handle) {
		free(us);
		return NULL;
	}
	if (!load->variant)
		return us;
	us->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (us->eventfd < 0 || icmpecho_set_eventfd(us->handle, us->eventfd))
		die("eventfd");
	return us;
}

static bool from_destination(const struct icmpecho_completion *c, const struct world_address *to)
{
	if (to->sa.sa_family == AF_INET)
		return !memcmp(c->from, &to->in.sin_addr, sizeof(to->in.sin_addr));
	return !memcmp(c->from, &to->in6.sin6_addr, sizeof(to->in6.sin6_addr));
}

static void judge(struct us *us, const struct icmpecho_completion *c)
{
	struct echoes *e = &us->echoes;
	unsigned int i = c->user_data - e->first;

	echoes_judge(e, c->user_data,
		     i < e->count && c->status == ICMPECHO_STATUS_SUCCESS &&
		     c->data_len == e->load->payload && from_destination(c, &e->to[i]) &&
		     !memcmp(icmpecho_completion_data(c), e->packet[i].bytes + 8,
			     e->load->payload));
}

static void submit(struct us *us)
{
	unsigned int done = 0;
	int ret;

	while (done < us->echoes.count) {
		ret = icmpecho_submit(us->handle, us->echo + done, us->echoes.count - done);
		if (ret <= 0)
			die("icmpecho_submit");
		done += ret;
	}
}

static void wait_for_event(struct us *us)
{
	struct pollfd fd = { .fd = us->eventfd, .events = POLLIN };
	eventfd_t count;

	if (poll(&fd, 1, 2000) != 1 || eventfd_read(us->eventfd, &count))
		die("eventfd");
}

static void reap(struct us *us, unsigned int min)
{
	const struct icmpecho_completion *c = NULL;
	int got, i;

	got = icmpecho_reap(us->handle, us->buffer, sizeof(us->buffer), min,
			    us->echoes.count, ICMPECHO_FOREVER);
	if (got < 0)
		die("icmpecho_reap");
	for (i = 0; i < got; i++) {
		c = icmpecho_next_completion(us->buffer, sizeof(us->buffer), c);
		if (!c)
			die("icmpecho_next_completion");
		judge(us, c);
	}
}

static unsigned int us_run(void *state, unsigned int count)
{
	struct us *us = state;
	struct echoes *e = &us->echoes;
	unsigned int good = 0, left, n, i;

	for (left = count; left; left -= n) {
		n = left < e->load->batch ? left : e->load->batch;
		echoes_next(e, n);
		for (i = 0; i < n; i++)
			address(us, i);
		submit(us);
		while (!echoes_done(e)) {
			if (us->eventfd >= 0)
				wait_for_event(us);
			reap(us, us->eventfd >= 0 ? 0 : e->count - e->good - e->bad);
		}
		good += e->good;
	}
	return good;
}

static unsigned int us_sync_run(void *state, unsigned int count)
{
	const struct icmpecho_completion *c;
	struct us *us = state;
	struct echoes *e = &us->echoes;
	unsigned int good = 0, i;

	for (i = 0; i < count; i++) {
		echoes_next(e, 1);
		address(us, 0);
		if (icmpecho_send(us->handle, &us->echo[0], us->buffer, sizeof(us->buffer), NULL))
			die("icmpecho_send");
		c = icmpecho_next_completion(us->buffer, sizeof(us->buffer), NULL);
		if (!c)
			die("icmpecho_next_completion");
		judge(us, c);
		good += e->good;
	}
	return good;
}

static void us_close(void *state)
{
	struct us *us = state;

	icmpecho_close(us->handle);
	if (us->eventfd >= 0)
		close(us->eventfd);
	free(us);
}

const struct engine engine_us = {
	"icmpecho", us_open, us_run, us_close,
};

const struct engine engine_us_sync = {
	"icmpecho_send", us_open, us_sync_run, us_close,
};
