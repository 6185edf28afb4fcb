// SPDX-License-Identifier: MIT
/* Completion records in a buffer, well-formed and not. */
#include <arpa/inet.h>
#include <errno.h>
#include <icmpecho.h>
#include <stdlib.h>

#include "record.h"
#include "tap.h"

static struct record record;

/* What is there is refused, with the record in a heap block of its own size. */
static bool refused(size_t buffer_len)
{
	void *buffer = malloc(buffer_len ? buffer_len : 1);
	bool ret;

	memcpy(buffer, &record, buffer_len);
	errno = 0;
	ret = !icmpecho_next_completion(buffer, buffer_len, NULL) && errno == EBADMSG;
	free(buffer);
	return ret;
}

TEST(records_follow_each_other)
{
	unsigned char buffer[1024] __attribute__((aligned(8)));
	const struct icmpecho_completion *c = NULL;
	size_t used = 0;
	uint32_t i;

	for (i = 0; i < 4; i++) {
		record_init(&record, ICMPECHO_STATUS_SUCCESS, i * 5);
		record.header.user_data = 100 + i;
		memcpy(buffer + used, &record, record.header.record_len);
		used += record.header.record_len;
	}
	for (i = 0; i < 4; i++) {
		c = icmpecho_next_completion(buffer, used, c);
		if (!c)
			break;
		CHECK_EQ(c->user_data, 100 + i);
		CHECK_EQ(c->data_len, i * 5);
	}
	CHECK_EQ(i, 4);
	CHECK(!icmpecho_next_completion(buffer, used, c));
	CHECK_EQ(errno, EBADMSG);
}

TEST(exact_buffer_is_enough)
{
	record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
	CHECK(icmpecho_next_completion(&record, record.header.record_len, NULL));
}

TEST(data_is_found_behind_options_of_any_length)
{
	static const unsigned char options[40] = { 7, 39, 4 };
	const struct icmpecho_completion *c;
	uint16_t len;

	for (len = 0; len <= sizeof(options); len++) {
		record_init(&record, ICMPECHO_STATUS_SUCCESS, 16);
		record_add_options(&record, options, len);
		c = icmpecho_next_completion(&record, sizeof(record), NULL);
		if (!c) {
			CHECK(c);
			continue;
		}
		CHECK(!memcmp(icmpecho_completion_options(c), options, len));
		CHECK_EQ(*((const unsigned char *)icmpecho_completion_data(c) + 15), 15);
	}
}

TEST(longer_header_of_a_newer_kernel_is_skipped)
{
	const struct icmpecho_completion *c;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 8);
	memmove(record.rest + 16, record.rest, 8);
	record.header.header_len += 16;
	record.header.record_len += 16;
	c = icmpecho_next_completion(&record, sizeof(record), NULL);
	CHECK(c && icmpecho_completion_data(c) == record.rest + 16);
}

TEST(short_buffer_is_refused)
{
	size_t len;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
	for (len = 0; len < record.header.record_len; len++)
		CHECK(refused(len));
}

TEST(lengths_that_lead_outside_are_refused)
{
	static const uint32_t bad_record_lens[] = { 0, 1, 8, 95, 100, 136, 0xfffffff8, ~0U };
	static const uint16_t bad_header_lens[] = { 0, 88, 100, 136, 0xfff8, 0xffff };
	static const uint32_t bad_data_lens[] = { 33, 40, 0x7fffffff, 0xffffffa0, ~0U };
	size_t i;

	for (i = 0; i < sizeof(bad_record_lens) / sizeof(*bad_record_lens); i++) {
		record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
		record.header.record_len = bad_record_lens[i];
		CHECK(refused(128));
	}
	for (i = 0; i < sizeof(bad_header_lens) / sizeof(*bad_header_lens); i++) {
		record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
		record.header.header_len = bad_header_lens[i];
		CHECK(refused(128));
	}
	for (i = 0; i < sizeof(bad_data_lens) / sizeof(*bad_data_lens); i++) {
		record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
		record.header.data_len = bad_data_lens[i];
		CHECK(refused(128));
	}
	record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
	record.header.options_len = 0xffff;
	CHECK(refused(128));
}

TEST(unaligned_buffer_is_refused)
{
	record_init(&record, ICMPECHO_STATUS_SUCCESS, 32);
	memmove((unsigned char *)&record + 4, &record, 128);
	CHECK(!icmpecho_next_completion((unsigned char *)&record + 4, 1024, NULL));
}

TEST(record_len_holds_every_record)
{
	CHECK_EQ(ICMPECHO_RECORD_LEN(0) % 8, 0);
	CHECK_EQ(ICMPECHO_RECORD_LEN(1), sizeof(struct icmpecho_completion) + 48);
	CHECK_EQ(ICMPECHO_RECORD_LEN(8), ICMPECHO_RECORD_LEN(1));
}

TEST(echo_ipv4_leaves_the_rest_zero)
{
	struct icmpecho_echo echo, expected;
	struct in_addr dst = { .s_addr = htonl(0x0a010203) };

	memset(&echo, 0xff, sizeof(echo));
	icmpecho_echo_ipv4(&echo, dst, &record, 17, 99);
	memset(&expected, 0, sizeof(expected));
	expected.family = AF_INET;
	memcpy(expected.dst, "\x0a\x01\x02\x03", 4);
	expected.payload = (uintptr_t)&record;
	expected.payload_len = 17;
	expected.reply_capacity = 17;
	expected.timeout_ns = 99;
	CHECK(!memcmp(&echo, &expected, sizeof(echo)));
}

TEST(echo_ipv6_leaves_the_rest_zero)
{
	struct icmpecho_echo echo, expected;

	memset(&echo, 0xff, sizeof(echo));
	icmpecho_echo_ipv6(&echo, &in6addr_loopback, 7, &record, 17, 99);
	memset(&expected, 0, sizeof(expected));
	expected.family = AF_INET6;
	expected.dst[15] = 1;
	expected.scope_id = 7;
	expected.payload = (uintptr_t)&record;
	expected.payload_len = 17;
	expected.reply_capacity = 17;
	expected.timeout_ns = 99;
	CHECK(!memcmp(&echo, &expected, sizeof(echo)));
}

TEST(echo_sockaddr_takes_either_family)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback,
				    .sin6_port = 9, .sin6_scope_id = 7 };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 9 };
	struct icmpecho_echo echo, expected;

	in.sin_addr.s_addr = htonl(0x0a010203);
	icmpecho_echo_ipv4(&expected, in.sin_addr, "x", 1, 99);
	expected.payload = (uintptr_t)&record;
	CHECK_EQ(icmpecho_echo_sockaddr(&echo, (const struct sockaddr *)&in, sizeof(in), &record,
					1, 99), 0);
	CHECK(!memcmp(&echo, &expected, sizeof(echo)));
	icmpecho_echo_ipv6(&expected, &in6addr_loopback, 7, &record, 1, 99);
	CHECK_EQ(icmpecho_echo_sockaddr(&echo, (const struct sockaddr *)&in6, sizeof(in6),
					&record, 1, 99), 0);
	CHECK(!memcmp(&echo, &expected, sizeof(echo)));
}

TEST(echo_sockaddr_refuses_what_it_does_not_know)
{
	struct sockaddr_storage address = { .ss_family = AF_UNIX };
	struct icmpecho_echo echo;

	CHECK_EQ(icmpecho_echo_sockaddr(&echo, (const struct sockaddr *)&address, sizeof(address),
					NULL, 0, 0), -1);
	CHECK_EQ(errno, EAFNOSUPPORT);
	CHECK_EQ(icmpecho_echo_sockaddr(&echo, (const struct sockaddr *)&address, 1, NULL, 0, 0),
		 -1);
	CHECK_EQ(errno, EAFNOSUPPORT);
	address.ss_family = AF_INET6;
	CHECK_EQ(icmpecho_echo_sockaddr(&echo, (const struct sockaddr *)&address,
					sizeof(struct sockaddr_in6) - 1, NULL, 0, 0), -1);
	CHECK_EQ(errno, EINVAL);
}

TEST(echo_options_are_none_or_some)
{
	static const unsigned char options[4] = { 7, 3, 4 };
	struct icmpecho_echo echo;
	struct in_addr dst = { 0 };

	icmpecho_echo_ipv4(&echo, dst, NULL, 0, 0);
	icmpecho_echo_set_options(&echo, options, sizeof(options));
	CHECK(echo.options == (uintptr_t)options && echo.options_len == 4);
	icmpecho_echo_set_options(&echo, options, 0);
	CHECK(!echo.options && !echo.options_len);
}

/* Three answers with 8 bytes of data each, in one record. */
#define ANSWER_LEN (sizeof(struct icmpecho_completion) + 8)

static void make_answers(void)
{
	struct icmpecho_completion *c;
	unsigned char *pos;
	size_t i;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 8);
	for (i = 1; i < 3; i++) {
		pos = (unsigned char *)&record + i * ANSWER_LEN;
		memcpy(pos, &record, ANSWER_LEN);
		c = (struct icmpecho_completion *)(void *)pos;
		c->from[3] = (uint8_t)i;
		c->next = i == 1 ? ANSWER_LEN : 0;
	}
	record.header.next = ANSWER_LEN;
	record.header.record_len = 3 * ANSWER_LEN;
}

TEST(answers_follow_each_other)
{
	const struct icmpecho_completion *c, *a;
	unsigned int count = 0;

	make_answers();
	c = icmpecho_next_completion(&record, 3 * ANSWER_LEN, NULL);
	for (a = c; a; a = icmpecho_next_answer(c, a)) {
		CHECK_EQ(a->from[3], count ? count : 7);
		CHECK_EQ(a->data_len, 8);
		CHECK(!memcmp(icmpecho_completion_data(a), record.rest, 8));
		count++;
	}
	CHECK_EQ(count, 3);
	CHECK_EQ(errno, 0);
}

TEST(answers_that_lead_outside_are_refused)
{
	static const uint32_t bad_nexts[] = { 1, 8, 96, 105, 2 * ANSWER_LEN + 8, 3 * ANSWER_LEN,
					      3 * ANSWER_LEN - 8, 0xfffffff8, ~0U };
	const struct icmpecho_completion *second;
	size_t i;

	for (i = 0; i < sizeof(bad_nexts) / sizeof(*bad_nexts); i++) {
		make_answers();
		record.header.next = bad_nexts[i];
		CHECK(!icmpecho_next_answer(&record.header, &record.header));
		CHECK_EQ(errno, EBADMSG);
	}
	make_answers();
	second = icmpecho_next_answer(&record.header, &record.header);
	CHECK(second != NULL);
	/* Of the third answer only a part is left. */
	record.header.record_len -= 8;
	CHECK(second && !icmpecho_next_answer(&record.header, second));
	CHECK_EQ(errno, EBADMSG);
}

TEST(answer_has_a_socket_address)
{
	struct sockaddr_storage from;
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	record_init(&record, ICMPECHO_STATUS_SUCCESS, 0);
	CHECK_EQ(icmpecho_completion_from(&record.header, &from), sizeof(in));
	memcpy(&in, &from, sizeof(in));
	CHECK(in.sin_family == AF_INET && in.sin_addr.s_addr == inet_addr("192.0.2.7"));
	record.header.family = AF_INET6;
	record.header.scope_id = 3;
	CHECK_EQ(icmpecho_completion_from(&record.header, &from), sizeof(in6));
	memcpy(&in6, &from, sizeof(in6));
	CHECK(in6.sin6_family == AF_INET6 && in6.sin6_scope_id == 3);
	CHECK(!memcmp(&in6.sin6_addr, record.header.from, 16));
	record_init_unanswered(&record, ICMPECHO_STATUS_TIMED_OUT);
	CHECK_EQ(icmpecho_completion_from(&record.header, &from), 0);
	CHECK_EQ(from.ss_family, AF_UNSPEC);
}

TEST(deadline_never_wraps)
{
	uint64_t now_ns = icmpecho_deadline_ns(0);

	CHECK(now_ns > 0);
	CHECK(icmpecho_deadline_ns(1000000000) >= now_ns + 1000000000);
	CHECK_EQ(icmpecho_deadline_ns(ICMPECHO_FOREVER), ICMPECHO_FOREVER);
	CHECK_EQ(icmpecho_deadline_ns(ICMPECHO_FOREVER - 1), ICMPECHO_FOREVER);
}
