// SPDX-License-Identifier: GPL-2.0
/* Facts 86 to 90: IcmpParseReplies(). Icmp6ParseReplies() is in contract_icmp6.c. */
#include "contract_test.h"

/* A reply and a copy of it, with all their padding. */
static ICMP_ECHO_REPLY reply, before;

static void make_reply(USHORT reserved, ULONG status)
{
	memset(&reply, 0xa5, sizeof(reply));
	reply.Reserved = reserved;
	reply.Status = status;
	memcpy(&before, &reply, sizeof(reply));
	SetLastError(UNTOUCHED);
}

static bool is_unchanged(void)
{
	return !memcmp(&before, &reply, sizeof(reply));
}

TEST(fact_086_parse_returns_and_zeroes_reserved)
{
	static const USHORT counts[] = { 1, 3 };
	int i;

	for (i = 0; i < 2; i++) {
		make_reply(counts[i], i ? 12345 : IP_SUCCESS);
		EXPECT_EQ(counts[i], IcmpParseReplies(&reply, sizeof(reply)));
		EXPECT_EQ(UNTOUCHED, GetLastError());
		EXPECT_EQ(0, reply.Reserved);
		before.Reserved = 0;
		EXPECT_TRUE(is_unchanged());
	}
}

TEST(fact_087_no_reply_makes_the_status_the_last_error)
{
	make_reply(0, IP_SUCCESS);
	EXPECT_FAILURE(0, IcmpParseReplies(&reply, sizeof(reply)));
	EXPECT_TRUE(is_unchanged());

	make_reply(0, 12345);
	EXPECT_FAILURE(12345, IcmpParseReplies(&reply, sizeof(reply)));
	EXPECT_TRUE(is_unchanged());
}

TEST(fact_088_second_parse_returns_nothing)
{
	make_reply(1, 12345);
	EXPECT_EQ(1, IcmpParseReplies(&reply, sizeof(reply)));
	EXPECT_FAILURE(12345, IcmpParseReplies(&reply, sizeof(reply)));
}

TEST(fact_088_second_parse_of_an_asynchronous_reply_returns_nothing)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	EXPECT_SIGNALLED(call.event);
	EXPECT_EQ(1, IcmpParseReplies(call.reply, call.reply_size));
	SetLastError(UNTOUCHED);
	EXPECT_FAILURE(0, IcmpParseReplies(call.reply, call.reply_size));
	EXPECT_ECHO(&call, LOOPBACK);
}

TEST(fact_088_parse_after_a_synchronous_call_returns_nothing)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	EXPECT_REPLY(&call);
	SetLastError(UNTOUCHED);
	EXPECT_FAILURE(0, IcmpParseReplies(call.reply, call.reply_size));
	EXPECT_ECHO(&call, LOOPBACK);
}

TEST(fact_089_count_is_not_checked_against_the_size)
{
	make_reply(3, IP_SUCCESS);
	EXPECT_EQ(3, IcmpParseReplies(&reply, sizeof(reply)));
	make_reply(1, IP_SUCCESS);
	EXPECT_EQ(1, IcmpParseReplies(&reply, 1));
}

TEST(fact_089_size_may_be_that_of_the_structure_alone)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	EXPECT_SIGNALLED(call.event);
	EXPECT_EQ(1, IcmpParseReplies(call.reply, sizeof(ICMP_ECHO_REPLY)));
	EXPECT_ECHO(&call, LOOPBACK);
}

/* Ours */
TEST(fact_090_no_buffer_is_invalid_parameter)
{
	make_reply(1, IP_SUCCESS);
	EXPECT_FAILURE(ERROR_INVALID_PARAMETER, IcmpParseReplies(NULL, sizeof(reply)));
	SetLastError(UNTOUCHED);
	EXPECT_FAILURE(ERROR_INVALID_PARAMETER, IcmpParseReplies(&reply, 0));
	EXPECT_TRUE(is_unchanged());
}

TEST_HARNESS_MAIN
