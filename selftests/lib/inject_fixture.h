/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture "wire" of programs over IPv4: a session in near, whose request the
 * test takes off the wire and answers as the world. What goes and comes is in
 * the variables here. It is made of the harness's macros, so it is included after
 * kselftest_harness.h.
 */
#ifndef INJECT_FIXTURE_H
#define INJECT_FIXTURE_H

#include "icmpecho_test.h"
#include "netns.h"
#include "inject.h"

static struct record record;
static struct packet request, answer;
static unsigned char payload[65507];

FIXTURE(wire)
{
	int fd;
	int injector;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(wire)
{
	struct pair pair = netns_pair();

	fill_payload(payload, sizeof(payload));
	self->injector = injector_open(pair.world, "world0", AF_INET);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(BEYOND, payload, 56);
}

FIXTURE_TEARDOWN(wire)
{
	close(self->fd);
}

static void submit_and_capture(struct __test_metadata *_metadata,
			       FIXTURE_DATA(wire) *self)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector, &request);
}

static void answer_and_reap(struct __test_metadata *_metadata,
			    FIXTURE_DATA(wire) *self)
{
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
}

#endif /* INJECT_FIXTURE_H */
