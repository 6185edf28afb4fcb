// SPDX-License-Identifier: MIT
/*
 * Completion record to reply buffer. Buffers are heap blocks of the exact size, so that
 * the sanitizer sees a write beyond them.
 */
#include "../win32/internal.h"
#include "record.h"
#include "tap.h"

static struct record record;

static ICMP_ECHO_REPLY reply_of(const void *buffer)
{
	ICMP_ECHO_REPLY reply;

	memcpy(&reply, buffer, sizeof(reply));
	return reply;
}

/* A block of @len bytes, each 0xa5. */
static unsigned char *new_buffer(size_t len)
{
	unsigned char *buffer = malloc(len);

	memset(buffer, 0xa5, len);
	return buffer;
}

static bool untouched(const unsigned char *bytes, size_t len)
{
	while (len--) {
		if (*bytes++ != 0xa5)
			return false;
	}
	return true;
}

static bool is_zero_but_status(const void *buffer, DWORD status)
{
	ICMP_ECHO_REPLY expected;

	memset(&expected, 0, sizeof(expected));
	expected.Status = status;
	return !memcmp(buffer, &expected, sizeof(expected));
}

TEST(exact_buffer_is_enough)
{
	static const DWORD lens[] = { 0, 1, 8, 32, 1472, 65507 };
	const unsigned char *data;
	unsigned char *buffer;
	ICMP_ECHO_REPLY reply;
	size_t i, size;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		size = sizeof(reply) + lens[i];
		buffer = new_buffer(size);
		record_init(&record, ICMPECHO_STATUS_SUCCESS, lens[i]);
		reply_fill(buffer, (DWORD)size, &record.header);
		reply = reply_of(buffer);
		data = buffer + sizeof(reply);
		CHECK_EQ(reply.Status, IP_SUCCESS);
		CHECK_EQ(reply.DataSize, lens[i]);
		CHECK_EQ(reply.Reserved, 1);
		CHECK(reply.Data == data);
		CHECK(!memcmp(data, record.rest, lens[i]));
		free(buffer);
	}
}

TEST(one_byte_short_is_general_failure)
{
	static const DWORD lens[] = { 1, 8, 9, 32, 1472, 65507 };
	unsigned char *buffer;
	size_t i, size;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		size = sizeof(ICMP_ECHO_REPLY) + lens[i] - 1;
		buffer = new_buffer(size);
		record_init(&record, ICMPECHO_STATUS_SUCCESS, lens[i]);
		reply_fill(buffer, (DWORD)size, &record.header);
		CHECK(is_zero_but_status(buffer, IP_GENERAL_FAILURE));
		CHECK(untouched(buffer + sizeof(ICMP_ECHO_REPLY), lens[i] - 1));
		free(buffer);
	}
}

TEST(truncated_reply_is_general_failure)
{
	unsigned char buffer[200];

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 16);
	record.header.wire_len = 17;
	record.header.flags = ICMPECHO_TRUNCATED;
	reply_fill(buffer, sizeof(buffer), &record.header);
	CHECK(is_zero_but_status(buffer, IP_GENERAL_FAILURE));
}

TEST(overstated_size_is_not_believed)
{
	size_t size = sizeof(ICMP_ECHO_REPLY) + 32;
	unsigned char *buffer = new_buffer(size);

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
	reply_fill(buffer, (DWORD)size + 10, &record.header);
	CHECK_EQ(reply_of(buffer).Status, IP_SUCCESS);
	reply_fill(buffer, ~0U, &record.header);
	CHECK_EQ(reply_of(buffer).Status, IP_SUCCESS);
	free(buffer);
}

TEST(bytes_behind_the_data_stay)
{
	size_t used = sizeof(ICMP_ECHO_REPLY) + 13;
	unsigned char *buffer = new_buffer(1000);

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 13);
	reply_fill(buffer, 1000, &record.header);
	CHECK(untouched(buffer + used, 1000 - used));
	free(buffer);
}

TEST(unaligned_buffer_works)
{
	unsigned char *buffer = new_buffer(sizeof(ICMP_ECHO_REPLY) + 32 + 1);

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
	reply_fill(buffer + 1, sizeof(ICMP_ECHO_REPLY) + 32, &record.header);
	CHECK_EQ(reply_take_count(buffer + 1), 1);
	CHECK_EQ(reply_status(buffer + 1), IP_SUCCESS);
	CHECK(untouched(buffer, 1));
	free(buffer);
}

TEST(reply_tells_of_the_packet)
{
	unsigned char buffer[sizeof(ICMP_ECHO_REPLY) + 4];
	ICMP_ECHO_REPLY reply;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 4);
	record.header.flags = ICMPECHO_ANSWER_DF;
	reply_fill(buffer, sizeof(buffer), &record.header);
	reply = reply_of(buffer);
	CHECK_EQ(reply.Address, inet_addr("192.0.2.7"));
	CHECK_EQ(reply.Options.Ttl, 57);
	CHECK_EQ(reply.Options.Tos, 0x20);
	CHECK_EQ(reply.Options.Flags, IP_FLAG_DF);
	CHECK_EQ(reply.Options.OptionsSize, 0);
	CHECK(!reply.Options.OptionsData);
}

TEST(round_trip_time_is_rounded_down)
{
	static const struct {
		uint64_t rtt_ns;
		ULONG expected_ms;
	} times[] = {
		{ 0, 0 }, { 999999, 0 }, { 1000000, 1 }, { 1999999, 1 }, { 12999999, 12 },
		{ 4294967295000000, 4294967295 },
	};
	unsigned char buffer[sizeof(ICMP_ECHO_REPLY)];
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		record_init(&record, ICMPECHO_STATUS_SUCCESS, 0);
		record.header.rtt_ns = times[i].rtt_ns;
		reply_fill(buffer, sizeof(buffer), &record.header);
		CHECK_EQ(reply_of(buffer).RoundTripTime, times[i].expected_ms);
	}
}

TEST(short_reply_is_a_success)
{
	unsigned char buffer[sizeof(ICMP_ECHO_REPLY) + 1424];

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 68);
	reply_fill(buffer, sizeof(buffer), &record.header);
	CHECK_EQ(reply_of(buffer).Status, IP_SUCCESS);
	CHECK_EQ(reply_of(buffer).DataSize, 68);
}

TEST(icmp_error_is_one_reply_of_the_router)
{
	static const uint32_t statuses[] = { 11002, 11003, 11004, 11005, 11009, 11012, 11013,
					     11014, 11015 };
	unsigned char *buffer = new_buffer(sizeof(ICMP_ECHO_REPLY));
	ICMP_ECHO_REPLY reply;
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		record_init(&record, statuses[i], 0);
		reply_fill(buffer, sizeof(reply), &record.header);
		reply = reply_of(buffer);
		CHECK_EQ(reply.Status, statuses[i]);
		CHECK_EQ(reply.Address, inet_addr("192.0.2.7"));
		CHECK_EQ(reply.RoundTripTime, 12);
		CHECK_EQ(reply.Reserved, 1);
		CHECK_EQ(reply.DataSize, 0);
		CHECK(!reply.Data);
		CHECK_EQ(reply.Options.Ttl, 57);
	}
	free(buffer);
}

TEST(quoted_packet_of_an_error_is_not_delivered)
{
	unsigned char *buffer = new_buffer(200);

	record_init(&record, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, 28);
	reply_fill(buffer, 200, &record.header);
	CHECK_EQ(reply_of(buffer).DataSize, 0);
	CHECK(!reply_of(buffer).Data);
	CHECK(untouched(buffer + sizeof(ICMP_ECHO_REPLY), 200 - sizeof(ICMP_ECHO_REPLY)));
	free(buffer);
}

TEST(time_out_is_no_reply)
{
	unsigned char *buffer = new_buffer(sizeof(ICMP_ECHO_REPLY));

	record_init_unanswered(&record, ICMPECHO_STATUS_TIMED_OUT);
	reply_fill(buffer, sizeof(ICMP_ECHO_REPLY), &record.header);
	CHECK(is_zero_but_status(buffer, IP_REQ_TIMED_OUT));
	free(buffer);
}

TEST(local_failure_is_no_reply)
{
	unsigned char *buffer = new_buffer(sizeof(ICMP_ECHO_REPLY));

	record_init_unanswered(&record, ICMPECHO_STATUS_PACKET_TOO_BIG);
	record.header.flags = ICMPECHO_LOCAL;
	record.header.error = 90;
	reply_fill(buffer, sizeof(ICMP_ECHO_REPLY), &record.header);
	CHECK(is_zero_but_status(buffer, IP_PACKET_TOO_BIG));
	free(buffer);
}

TEST(cancelled_is_general_failure)
{
	unsigned char buffer[sizeof(ICMP_ECHO_REPLY)];

	record_init_unanswered(&record, ICMPECHO_STATUS_CANCELLED);
	reply_fill(buffer, sizeof(buffer), &record.header);
	CHECK(is_zero_but_status(buffer, IP_GENERAL_FAILURE));
}

TEST(options_come_before_the_data)
{
	static const unsigned char route[7] = { 7, 7, 8, 10, 0, 0, 1 };
	size_t size = sizeof(ICMP_ECHO_REPLY) + 8 + 16;
	unsigned char *buffer = new_buffer(size);
	ICMP_ECHO_REPLY reply;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 16);
	record_add_options(&record, route, sizeof(route));
	reply_fill(buffer, (DWORD)size, &record.header);
	reply = reply_of(buffer);
	CHECK_EQ(reply.Options.OptionsSize, 7);
	CHECK(reply.Options.OptionsData == buffer + sizeof(reply));
	CHECK(!memcmp(buffer + sizeof(reply), route, sizeof(route)));
	CHECK_EQ(buffer[sizeof(reply) + 7], 0);
	CHECK(reply.Data == buffer + sizeof(reply) + 8);
	CHECK_EQ(buffer[size - 1], 15);
	free(buffer);
}

TEST(options_without_room_are_general_failure)
{
	static const unsigned char route[7] = { 7, 7, 8, 10, 0, 0, 1 };
	size_t size = sizeof(ICMP_ECHO_REPLY) + 8 + 16 - 1;
	unsigned char *buffer = new_buffer(size);

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 16);
	record_add_options(&record, route, sizeof(route));
	reply_fill(buffer, (DWORD)size, &record.header);
	CHECK(is_zero_but_status(buffer, IP_GENERAL_FAILURE));
	CHECK(untouched(buffer + sizeof(ICMP_ECHO_REPLY), 23));
	free(buffer);
}

/* Many replies */

#define ANSWERS 3

/*
 * Three answers of @data_len bytes from 192.0.2.7, .8, .9, the second of them
 * with the given status and flags.
 */
static void make_answers(uint32_t data_len, uint32_t second_status, uint16_t second_flags)
{
	struct icmpecho_completion *c = &record.header;
	uint32_t len, i;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, data_len);
	len = c->record_len;
	for (i = 1; i < ANSWERS; i++) {
		memcpy((unsigned char *)&record + i * len, &record, len);
		c = (struct icmpecho_completion *)(void *)((unsigned char *)&record + i * len);
		c->from[3] = (uint8_t)(7 + i);
		c->next = i + 1 < ANSWERS ? len : 0;
		if (i != 1)
			continue;
		c->status = second_status;
		c->flags = second_flags;
		c->type = second_status ? 3 : 0;
		if (second_status)
			c->data_len = 0;
	}
	record.header.next = len;
	record.header.record_len = ANSWERS * len;
}

TEST(many_replies_are_an_array_and_then_their_data)
{
	size_t size = ANSWERS * (sizeof(ICMP_ECHO_REPLY) + 13), i;
	unsigned char *buffer = new_buffer(size);
	ICMP_ECHO_REPLY reply;

	make_answers(13, ICMPECHO_STATUS_SUCCESS, 0);
	CHECK_EQ(reply_fill(buffer, (DWORD)size, &record.header), size);
	for (i = 0; i < ANSWERS; i++) {
		reply = reply_of(buffer + i * sizeof(reply));
		CHECK_EQ(ntohl(reply.Address), 0xc0000207 + i);
		CHECK_EQ(reply.Reserved, i ? 0 : ANSWERS);
		CHECK_EQ(reply.DataSize, 13);
		CHECK(reply.Data == buffer + ANSWERS * sizeof(reply) + i * 13);
		CHECK(!memcmp(reply.Data, record.rest, 13));
	}
	CHECK_EQ(reply_take_count(buffer), ANSWERS);
	CHECK_EQ(reply_take_count(buffer), 0);
	free(buffer);
}

TEST(replies_beyond_the_buffer_are_dropped)
{
	size_t size = ANSWERS * (sizeof(ICMP_ECHO_REPLY) + 13) - 1;
	unsigned char *buffer = new_buffer(size);

	make_answers(13, ICMPECHO_STATUS_SUCCESS, 0);
	CHECK_EQ(reply_fill(buffer, (DWORD)size, &record.header),
		 2 * (sizeof(ICMP_ECHO_REPLY) + 13));
	CHECK_EQ(reply_take_count(buffer), 2);
	CHECK(reply_of(buffer).Data == buffer + 2 * sizeof(ICMP_ECHO_REPLY));
	free(buffer);
}

TEST(reply_among_many_that_does_not_fit_is_left_out)
{
	size_t size = 2 * (sizeof(ICMP_ECHO_REPLY) + 13);
	unsigned char *buffer = new_buffer(size);

	make_answers(13, ICMPECHO_STATUS_SUCCESS, ICMPECHO_TRUNCATED);
	CHECK_EQ(reply_fill(buffer, (DWORD)size, &record.header), size);
	CHECK_EQ(reply_take_count(buffer), 2);
	CHECK_EQ(ntohl(reply_of(buffer + sizeof(ICMP_ECHO_REPLY)).Address), 0xc0000209);
	free(buffer);
}

TEST(icmp_error_among_many_is_one_of_them)
{
	size_t size = ANSWERS * sizeof(ICMP_ECHO_REPLY) + 2 * 13;
	unsigned char *buffer = new_buffer(size);
	ICMP_ECHO_REPLY reply;

	make_answers(13, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, 0);
	CHECK_EQ(reply_fill(buffer, (DWORD)size, &record.header), size);
	CHECK_EQ(reply_take_count(buffer), ANSWERS);
	reply = reply_of(buffer + sizeof(reply));
	CHECK_EQ(reply.Status, IP_DEST_HOST_UNREACHABLE);
	CHECK(!reply.Data && !reply.DataSize);
	free(buffer);
}

/* IPv6 */

static void make_record6(uint32_t status, uint32_t data_len)
{
	record_init(&record, status, data_len);
	record.header.family = AF_INET6;
	record.header.type = status ? 3 : 129;
	memset(record.header.from, 0xfd, 16);
	record.header.scope_id = 0x01020304;
}

static bool is_zero_but_status6(const void *buffer, DWORD status)
{
	ICMPV6_ECHO_REPLY expected;

	memset(&expected, 0, sizeof(expected));
	expected.Status = status;
	return !memcmp(buffer, &expected, sizeof(expected));
}

TEST(ipv6_exact_buffer_is_enough)
{
	static const DWORD lens[] = { 0, 1, 32, 65527 };
	ICMPV6_ECHO_REPLY reply;
	unsigned char *buffer;
	size_t i, size;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		size = sizeof(reply) + lens[i];
		buffer = new_buffer(size);
		make_record6(ICMPECHO_STATUS_SUCCESS, lens[i]);
		CHECK_EQ(reply_fill(buffer, (DWORD)size, &record.header), size);
		memcpy(&reply, buffer, sizeof(reply));
		CHECK_EQ(reply.Status, IP_SUCCESS);
		CHECK_EQ(reply.RoundTripTime, 12);
		CHECK_EQ(reply.Address.sin6_port, 0);
		CHECK_EQ(reply.Address.sin6_flowinfo, 0);
		CHECK_EQ(reply.Address.sin6_scope_id, 0x01020304);
		CHECK(!memcmp(reply.Address.sin6_addr, record.header.from, 16));
		CHECK(!memcmp(buffer + 36, record.rest, lens[i]));
		free(buffer);
		if (!lens[i])
			continue;
		buffer = new_buffer(size - 1);
		CHECK_EQ(reply_fill(buffer, (DWORD)size - 1, &record.header), sizeof(reply));
		CHECK(is_zero_but_status6(buffer, IP_GENERAL_FAILURE));
		free(buffer);
	}
}

TEST(ipv6_error_tells_who_sent_it)
{
	unsigned char *buffer = new_buffer(sizeof(ICMPV6_ECHO_REPLY));
	ICMPV6_ECHO_REPLY reply;

	make_record6(ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED, 0);
	CHECK_EQ(reply_fill(buffer, sizeof(reply), &record.header), sizeof(reply));
	memcpy(&reply, buffer, sizeof(reply));
	CHECK_EQ(reply.Status, IP_HOP_LIMIT_EXCEEDED);
	CHECK_EQ(reply.RoundTripTime, 12);
	CHECK(!memcmp(reply.Address.sin6_addr, record.header.from, 16));
	record_init_unanswered(&record, ICMPECHO_STATUS_TIMED_OUT);
	record.header.family = AF_INET6;
	reply_fill(buffer, sizeof(reply), &record.header);
	CHECK(is_zero_but_status6(buffer, IP_REQ_TIMED_OUT));
	free(buffer);
}

TEST(ipv6_parse_counts_replies_and_hop_limits)
{
	static const struct {
		ULONG status;
		DWORD count;
	} cases[] = {
		{ IP_SUCCESS, 1 }, { IP_HOP_LIMIT_EXCEEDED, 1 }, { IP_REQ_TIMED_OUT, 0 },
		{ IP_DEST_NO_ROUTE, 0 }, { IP_REASSEMBLY_TIME_EXCEEDED, 0 }, { 12345, 0 },
	};
	ICMPV6_ECHO_REPLY reply;
	size_t i, again;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&reply, 0, sizeof(reply));
		reply.Status = cases[i].status;
		for (again = 0; again < 2; again++) {
			SetLastError(0xdeadbeef);
			CHECK_EQ(Icmp6ParseReplies(&reply, sizeof(reply)), cases[i].count);
			if (cases[i].count)
				CHECK_EQ(GetLastError(), 0xdeadbeef);
			else
				CHECK_EQ(GetLastError(), cases[i].status);
			CHECK(is_zero_but_status6(&reply, cases[i].status));
		}
	}
	CHECK_EQ(Icmp6ParseReplies(NULL, sizeof(reply)), 0);
	CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
	SetLastError(0);
	CHECK_EQ(Icmp6ParseReplies(&reply, 0), 0);
	CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
}

TEST(parse_returns_the_count_and_clears_it)
{
	ICMP_ECHO_REPLY reply;
	USHORT count;

	for (count = 1; count <= 3; count += 2) {
		memset(&reply, 0xa5, sizeof(reply));
		reply.Reserved = count;
		SetLastError(0xdeadbeef);
		CHECK_EQ(IcmpParseReplies(&reply, sizeof(reply)), count);
		CHECK_EQ(GetLastError(), 0xdeadbeef);
		CHECK_EQ(reply.Reserved, 0);
		reply.Reserved = 0xa5a5;
		CHECK(untouched((unsigned char *)&reply, sizeof(reply)));
	}
}

TEST(parse_without_replies_makes_the_status_the_last_error)
{
	static const ULONG statuses[] = { 0, 12345, IP_REQ_TIMED_OUT };
	ICMP_ECHO_REPLY reply;
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		memset(&reply, 0, sizeof(reply));
		reply.Status = statuses[i];
		SetLastError(0xdeadbeef);
		CHECK_EQ(IcmpParseReplies(&reply, sizeof(reply)), 0);
		CHECK_EQ(GetLastError(), statuses[i]);
		CHECK(is_zero_but_status(&reply, statuses[i]));
	}
}

TEST(second_parse_returns_nothing)
{
	ICMP_ECHO_REPLY reply;

	memset(&reply, 0, sizeof(reply));
	reply.Reserved = 1;
	CHECK_EQ(IcmpParseReplies(&reply, sizeof(reply)), 1);
	SetLastError(0xdeadbeef);
	CHECK_EQ(IcmpParseReplies(&reply, sizeof(reply)), 0);
	CHECK_EQ(GetLastError(), 0);
}

TEST(parse_of_nothing_is_an_invalid_parameter)
{
	ICMP_ECHO_REPLY reply = { .Reserved = 1 };

	SetLastError(0);
	CHECK_EQ(IcmpParseReplies(NULL, sizeof(reply)), 0);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	SetLastError(0);
	CHECK_EQ(IcmpParseReplies(&reply, 0), 0);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	CHECK_EQ(reply.Reserved, 1);
}
