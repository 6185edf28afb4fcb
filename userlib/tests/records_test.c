// SPDX-License-Identifier: MIT
/* Completion records in a buffer, well-formed and not. */
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

TEST(deadline_never_wraps)
{
	uint64_t now_ns = icmpecho_deadline_ns(0);

	CHECK(now_ns > 0);
	CHECK(icmpecho_deadline_ns(1000000000) >= now_ns + 1000000000);
	CHECK_EQ(icmpecho_deadline_ns(ICMPECHO_FOREVER), ICMPECHO_FOREVER);
	CHECK_EQ(icmpecho_deadline_ns(ICMPECHO_FOREVER - 1), ICMPECHO_FOREVER);
}
