/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An exchange: a session in near sends a request, and the test takes that off the
 * wire and answers it as the world. The packets and the completion are in the
 * variables here. The functions assert by the harness's macros, so this is included
 * after kselftest_harness.h.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "family.h"
#include "icmpecho_test.h"

static struct record record;
static struct packet request, answer;
/* As long as the longest of either family, and a byte longer */
static unsigned char payload[65527 + 1];

struct exchange {
	const struct family *family;
	struct pair pair;
	int fd;
	int injector;
	struct icmpecho_echo echo;
};

static inline void exchange_open(struct __test_metadata *_metadata, struct exchange *x,
				 const struct family *family)
{
	fill_payload(payload, sizeof(payload));
	x->family = family;
	x->pair = family->pair();
	x->injector = injector_open(x->pair.world, "world0", family->family);
	x->fd = echo_open();
	ASSERT_LE(0, x->fd);
	x->echo = echo_with(family->beyond, payload, 56);
}

static inline void exchange_close(struct exchange *x)
{
	close(x->fd);
}

static inline void submit_and_capture(struct __test_metadata *_metadata, struct exchange *x)
{
	ASSERT_EQ(1, echo_submit(x->fd, &x->echo, 1));
	injector_request(x->injector, &request);
}

static inline void answer_and_reap(struct __test_metadata *_metadata, struct exchange *x)
{
	injector_send(x->injector, &answer);
	ASSERT_EQ(1, reap_one(x->fd, &record));
}

#endif /* EXCHANGE_H */
