/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that are almost, but not quite, the answer to our request. None may
 * complete it, so after each forged packet comes the right answer with another
 * TTL, and that one must be what the completion tells of.
 *
 * The fixtures "reply" and "error" do so with what a variant makes of a packet that
 * would otherwise be right. A program adds the variants by REPLY() and ERROR().
 */
#ifndef FORGERY_H
#define FORGERY_H

#include "exchange.h"

#define FORGED_TTL 99
#define RIGHT_TTL 33

static struct packet forged, right;

/*
 * Submit a request. Its source is given, since the system would choose the address
 * that came last; source_test.c is about that.
 */
static inline void forgery_open(struct __test_metadata *_metadata, struct exchange *x,
				const struct family *family)
{
	exchange_open(_metadata, x, family);
	link_add_address("near0", family->alias_on_link);
	x->echo = echo_with(family->beyond, payload, 64);
	set_address(x->echo.src, family->near);
	x->echo.timeout_ns = NEVER_NS;
	submit_and_capture(_metadata, x);
}

static inline void expect_right_one(struct __test_metadata *_metadata, struct exchange *x)
{
	*ip_ttl(right.bytes) = RIGHT_TTL;
	packet_seal(&right);
	injector_send(x->injector, &right);
	ASSERT_EQ(1, reap_one(x->fd, &record));
	EXPECT_EQ(RIGHT_TTL, record.c.ttl);
}

/**
 * struct forgery - how to forge a packet
 * @family: of this family
 * @forge: changes something in @forged, which is sealed afterwards
 * @unseal: the same, but what it changes is the seal
 */
struct forgery {
	const struct family *family;
	void (*forge)(const struct family *family);
	void (*unseal)(void);
};

/* Forge a packet of the right one, send both, and expect the right one's completion. */
static inline void expect_ignored(struct __test_metadata *_metadata, struct exchange *x,
				  const struct forgery *forgery)
{
	forged = right;
	*ip_ttl(forged.bytes) = FORGED_TTL;
	if (forgery->forge)
		forgery->forge(x->family);
	packet_seal(&forged);
	if (forgery->unseal)
		forgery->unseal();
	injector_send(x->injector, &forged);
	expect_right_one(_metadata, x);
	EXPECT_EQ(0, reap_now(x->fd, &record));
}

FIXTURE(reply)
{
	struct exchange x;
};

FIXTURE_VARIANT(reply)
{
	struct forgery forgery;
};

#define REPLY(family_, name, ...)						\
	FIXTURE_VARIANT_ADD(reply, family_##_##name)				\
	{									\
		.forgery = { .family = &family_##_family, __VA_ARGS__ },	\
	}

FIXTURE_SETUP(reply)
{
	forgery_open(_metadata, &self->x, variant->forgery.family);
}

FIXTURE_TEARDOWN(reply)
{
	exchange_close(&self->x);
}

TEST_F(reply, is_ignored)
{
	packet_reply(&right, &request);
	expect_ignored(_metadata, &self->x, &variant->forgery);
}

FIXTURE(error)
{
	struct exchange x;
};

FIXTURE_VARIANT(error)
{
	struct forgery forgery;
};

#define ERROR(family_, name, ...)						\
	FIXTURE_VARIANT_ADD(error, family_##_##name)				\
	{									\
		.forgery = { .family = &family_##_family, __VA_ARGS__ },	\
	}

FIXTURE_SETUP(error)
{
	forgery_open(_metadata, &self->x, variant->forgery.family);
}

FIXTURE_TEARDOWN(error)
{
	exchange_close(&self->x);
}

TEST_F(error, is_ignored)
{
	family_error(self->x.family, &right, &request, self->x.family->unreachable);
	expect_ignored(_metadata, &self->x, &variant->forgery);
}

#endif /* FORGERY_H */
