// SPDX-License-Identifier: MIT
/* The parts of the tool: numbers, addresses, targets, schedule, histogram, statistics. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "../tools/histogram.h"
#include "../tools/message.h"
#include "../tools/options.h"
#include "../tools/parse.h"
#include "../tools/schedule.h"
#include "../tools/stats.h"
#include "../tools/targets.h"
#include "record.h"
#include "tool.h"

TEST(numbers_are_read_whole_or_not_at_all)
{
	static const char *const bad[] = { "", " 1", "+1", "-1", "1 ", "1x", "0x", "0xg", "a",
					   "18446744073709551616", "101", "0x65", "1.0" };
	uint64_t number;
	size_t i;

	CHECK(!parse_number("100", 1, 100, &number) && number == 100);
	CHECK(!parse_number("0x64", 1, 100, &number) && number == 100);
	CHECK(!parse_number("0", 0, 100, &number) && number == 0);
	CHECK(!parse_number("007", 0, 100, &number) && number == 7);
	CHECK(parse_number("0", 1, 100, &number));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(parse_number(bad[i], 0, 100, &number));
}

TEST(durations_have_fractions_and_units)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "1", NS_PER_S },		{ "0", 0 },
		{ "0.2", 200 * NS_PER_MS },	{ "1.5ms", 1500 * NS_PER_US },
		{ "10us", 10 * NS_PER_US },	{ "7ns", 7 },
		{ "0.000000001", 1 },		{ "0.0000000001", 0 },
		{ "2m", 120 * NS_PER_S },	{ "1h", 3600 * NS_PER_S },
		{ "3600s", 3600 * NS_PER_S },
	};
	static const char *const bad[] = { "", ".5", "1.", "1.s", "-1", " 1", "1 s", "1sec", "1d",
					   "1e3", "3600.1", "61m", "18446744073709551616", "x" };
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CHECK(!parse_duration(good[i].text, NS_PER_S, 3600 * NS_PER_S, &ns));
		CHECK_EQ(ns, good[i].ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(parse_duration(bad[i], NS_PER_S, 3600 * NS_PER_S, &ns));
	CHECK(!parse_duration("25", NS_PER_MS, NS_PER_S, &ns) && ns == 25 * NS_PER_MS);
}

TEST(patterns_are_hexadecimal_bytes)
{
	unsigned char bytes[4];

	CHECK_EQ(parse_hex("00fF1a", bytes, 4), 3);
	CHECK(bytes[0] == 0 && bytes[1] == 0xff && bytes[2] == 0x1a);
	CHECK_EQ(parse_hex("", bytes, 4), -1);
	CHECK_EQ(parse_hex("f", bytes, 4), -1);
	CHECK_EQ(parse_hex("fg", bytes, 4), -1);
	CHECK_EQ(parse_hex("0x", bytes, 4), -1);
	CHECK_EQ(parse_hex("0011223344", bytes, 4), -1);
}

TEST(addresses_are_read_and_written)
{
	static const char *const same[] = { "10.9.0.1", "255.255.255.255", "::", "fd78:2::2",
					    "::1", "fe80::1%lo" };
	static const char *const bad[] = { "", "10.9.0", "10.9.0.256", "10.9.0.1.", "::g", "1",
					   "localhost", "fe80::1%", "fe80::1%no-such", ":::" };
	char text[ADDRESS_TEXT_LEN];
	struct address address;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(*same); i++) {
		CHECK(!address_parse(&address, same[i], AF_UNSPEC));
		CHECK_TEXT(address_format(&address, text), same[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(address_parse(&address, bad[i], AF_UNSPEC));
	CHECK(address_parse(&address, "10.9.0.1", AF_INET6));
	CHECK(address_parse(&address, "::1", AF_INET));
	/* An index without an interface stays a number. */
	CHECK(!address_parse(&address, "fe80::1%4000000", AF_UNSPEC));
	CHECK_TEXT(address_format(&address, text), "fe80::1%4000000");
}

static int order_of(const char *left, const char *right)
{
	struct address a, b;

	if (address_parse(&a, left, AF_UNSPEC) || address_parse(&b, right, AF_UNSPEC))
		return 2;
	return (address_compare(&a, &b) > 0) - (address_compare(&a, &b) < 0);
}

TEST(addresses_are_in_order)
{
	CHECK_EQ(order_of("10.9.0.1", "10.9.0.1"), 0);
	CHECK_EQ(order_of("9.255.0.1", "10.0.0.0"), -1);
	CHECK_EQ(order_of("200.0.0.1", "100.0.0.1"), 1);
	CHECK_EQ(order_of("255.255.255.255", "::"), -1);
	CHECK_EQ(order_of("::1", "10.0.0.1"), 1);
	CHECK_EQ(order_of("fe80::1%1", "fe80::1%2"), -1);
}

static uint64_t span_of(const char *first, const char *last)
{
	struct address a, b;

	if (address_parse(&a, first, AF_UNSPEC) || address_parse(&b, last, AF_UNSPEC))
		return 0;
	return address_span(&a, &b);
}

TEST(spans_count_addresses)
{
	CHECK_EQ(span_of("10.0.0.255", "10.0.1.0"), 2);
	CHECK_EQ(span_of("0.0.0.0", "255.255.255.255"), 1ULL << 32);
	CHECK_EQ(span_of("10.255.255.255", "11.0.0.0"), 2);
	CHECK_EQ(span_of("::1", "::1"), 1);
	CHECK_EQ(span_of("fd79::fffe", "fd79::1:1"), 4);
	CHECK_EQ(span_of("fd79::", "fd79::ffff:ffff:ffff:ffff"), UINT64_MAX);
	CHECK_EQ(span_of("fd79::", "fd79:0:0:1::"), UINT64_MAX);
	CHECK_EQ(span_of("fd78:ffff::", "fd79::"), UINT64_MAX);
	CHECK_EQ(span_of("::", "ffff::"), UINT64_MAX);
}

/* What targets_add() makes of it, as a list with blanks; "refused". */
static const char *targets_of(const char *text, int family)
{
	static char list[4096];
	char address[ADDRESS_TEXT_LEN];
	struct targets targets;
	size_t i;

	targets_init(&targets, family);
	targets.max = 300;
	if (targets_add(&targets, text)) {
		targets_free(&targets);
		return "refused";
	}
	list[0] = '\0';
	for (i = 0; i < targets.count; i++) {
		if (i)
			strcat(list, " ");
		strcat(list, address_format(&targets.list[i].address, address));
	}
	targets_free(&targets);
	return list;
}

TEST(targets_are_addresses_prefixes_and_ranges)
{
	CHECK_TEXT(targets_of("10.9.0.7", AF_UNSPEC), "10.9.0.7");
	CHECK_TEXT(targets_of("10.9.0.7/31", AF_UNSPEC), "10.9.0.6 10.9.0.7");
	CHECK_TEXT(targets_of("10.9.0.7/32", AF_UNSPEC), "10.9.0.7");
	CHECK_TEXT(targets_of("10.9.0.254-10.9.1.1", AF_UNSPEC),
		   "10.9.0.254 10.9.0.255 10.9.1.0 10.9.1.1");
	CHECK_TEXT(targets_of("fd79::fffe-fd79::1:0", AF_UNSPEC),
		   "fd79::fffe fd79::ffff fd79::1:0");
	CHECK_TEXT(targets_of("fd79::3/127", AF_UNSPEC), "fd79::2 fd79::3");
	CHECK_TEXT(targets_of("fe80::1%lo-fe80::2%lo", AF_UNSPEC), "fe80::1%lo fe80::2%lo");
}

TEST(targets_are_refused)
{
	static const char *const bad[] = {
		"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8", "0.0.0.0/0", "fd79::/129",
		"fd79::/64", "::/0", "10.0.0.2-10.0.0.1", "10.0.0.1-fd79::1", "fd79::2-fd79::1",
		"10.0.0.0-10.0.255.255", "fe80::1-fe80::2%lo", "", "/", "-", "no-such-host.invalid",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_TEXT(targets_of(bad[i], AF_UNSPEC), "refused");
	CHECK_TEXT(targets_of("127.0.0.1", AF_INET6), "refused");
	CHECK_TEXT(targets_of("::1", AF_INET), "refused");
	CHECK_TEXT(targets_of("10.0.0.0/31", AF_INET6), "refused");
}

static FILE *file_of(const char *text, char *path)
{
	FILE *file = tmpfile();

	fputs(text, file);
	fflush(file);
	sprintf(path, "/proc/self/fd/%d", fileno(file));
	return file;
}

TEST(targets_come_from_a_file)
{
	char path[64], text[ADDRESS_TEXT_LEN];
	struct targets targets;
	FILE *file = file_of("# hosts\n10.9.0.3 # the third\n\n\t10.9.0.0/31 ignored\n10.9.0.9",
			     path);

	targets_init(&targets, AF_UNSPEC);
	CHECK_EQ(targets_add_file(&targets, path), 0);
	CHECK_EQ(targets.count, 4);
	CHECK_TEXT(target_name(&targets.list[0], text), "10.9.0.3");
	CHECK_TEXT(target_name(&targets.list[1], text), "10.9.0.0");
	CHECK_TEXT(target_name(&targets.list[3], text), "10.9.0.9");
	CHECK(targets_add_file(&targets, "/no/such/file"));
	CHECK(targets_add_file(&targets, "/"));
	targets_free(&targets);
	fclose(file);
}

TEST(sorted_targets_are_there_once)
{
	static const char *const words[] = { "10.9.0.3", "fd79::1", "10.9.0.0/30", "10.9.0.1",
					     "9.0.0.1", "fd79::1" };
	struct targets targets;
	char text[ADDRESS_TEXT_LEN], list[256] = "";
	size_t i;

	targets_init(&targets, AF_UNSPEC);
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		CHECK_EQ(targets_add(&targets, words[i]), 0);
	targets_sort(&targets);
	for (i = 0; i < targets.count; i++)
		sprintf(list + strlen(list), "%s ", address_format(&targets.list[i].address, text));
	CHECK_TEXT(list, "9.0.0.1 10.9.0.0 10.9.0.1 10.9.0.2 10.9.0.3 fd79::1 ");
	targets_free(&targets);
}

TEST(schedule_gives_the_earliest_first)
{
	struct schedule schedule;
	uint64_t last_ns = 0, due_ns;
	unsigned int i, seed = 1;

	schedule_init(&schedule, 1000);
	CHECK_EQ(schedule_next_ns(&schedule), SCHEDULE_NEVER);
	for (i = 0; i < 1000; i++) {
		seed = seed * 1103515245 + 12345;
		schedule_add(&schedule, i, seed >> 16 & 0xff);
	}
	for (i = 0; i < 5000; i++) {
		due_ns = schedule_next_ns(&schedule);
		CHECK(due_ns >= last_ns);
		last_ns = due_ns;
		seed = seed * 1103515245 + 12345;
		schedule_add(&schedule, schedule_take(&schedule), due_ns + (seed >> 16 & 0xff));
	}
	for (i = 0; i < 1000; i++) {
		CHECK(schedule_next_ns(&schedule) >= last_ns);
		last_ns = schedule_next_ns(&schedule);
		schedule_take(&schedule);
	}
	CHECK_EQ(schedule_next_ns(&schedule), SCHEDULE_NEVER);
	schedule_free(&schedule);
}

TEST(items_that_are_due_at_once_come_in_order)
{
	struct schedule schedule;
	size_t i;

	schedule_init(&schedule, 64);
	for (i = 64; i--;)
		schedule_add(&schedule, i, 5);
	for (i = 0; i < 64; i++)
		CHECK_EQ(schedule_take(&schedule), i);
	schedule_free(&schedule);
}

/* Each bucket's percentile is within 1 % or one of the finest buckets of what was counted. */
TEST(histogram_is_exact_to_a_hundredth)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));
	uint64_t ns, back_ns, tolerance;

	for (ns = 1; ns < 1ULL << HISTOGRAM_MAX_BITS; ns += ns / 7 + 1) {
		memset(histogram, 0, sizeof(*histogram));
		histogram_count(histogram, ns);
		back_ns = histogram_percentile(histogram, 50);
		tolerance = ns / 100 > 64 ? ns / 100 : 64;
		CHECK(back_ns + tolerance >= ns && back_ns <= ns + tolerance);
		CHECK_EQ(histogram_percentile(histogram, 100), back_ns);
	}
	free(histogram);
}

TEST(histogram_takes_any_value)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));

	CHECK_EQ(histogram_percentile(histogram, 50), 0);
	histogram_count(histogram, 0);
	histogram_count(histogram, UINT64_MAX);
	histogram_count(histogram, 1ULL << HISTOGRAM_MAX_BITS);
	histogram_count(histogram, (1ULL << HISTOGRAM_MAX_BITS) - 1);
	CHECK_EQ(histogram->total, 4);
	CHECK_EQ(histogram->counts[0], 1);
	CHECK_EQ(histogram->counts[HISTOGRAM_BUCKETS - 1], 3);
	free(histogram);
}

TEST(percentiles_are_of_what_was_counted)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram)), *sum;
	uint64_t ns;
	int i;

	for (i = 1; i <= 1000; i++)
		histogram_count(histogram, (uint64_t)i * NS_PER_US);
	for (i = 1; i <= 99; i++) {
		ns = histogram_percentile(histogram, i);
		CHECK(ns >= (uint64_t)i * 9900 && ns <= (uint64_t)i * 10100 + 64);
	}
	ns = histogram_count_up_to(histogram, 500 * NS_PER_US);
	CHECK(ns >= 500 && ns <= 508);
	CHECK_EQ(histogram_count_up_to(histogram, UINT64_MAX), 1000);
	CHECK_EQ(histogram_count_up_to(histogram, 0), 0);
	sum = calloc(1, sizeof(*sum));
	histogram_merge(sum, histogram);
	histogram_merge(sum, histogram);
	CHECK_EQ(sum->total, 2000);
	CHECK_EQ(histogram_percentile(sum, 50), histogram_percentile(histogram, 50));
	free(sum);
	free(histogram);
}

static struct record record;

/* A completion with this status, and a round-trip time in microseconds. */
static enum outcome count(struct stats *stats, uint32_t status, uint64_t us)
{
	if (us)
		record_init(&record, status, 0);
	else
		record_init_unanswered(&record, status);
	record.header.rtt_ns = us * NS_PER_US;
	return stats_count(stats, (const void *)&record);
}

TEST(statistics_are_those_of_the_times)
{
	static const uint64_t times_us[] = { 100, 300, 200, 600 };
	struct stats stats;
	size_t i;

	stats_init(&stats, true);
	CHECK_EQ(stats_percentile_ns(&stats, 50), 0);
	CHECK(stats_loss_percent(&stats) == 0 && stats_jitter_ns(&stats) == 0);
	for (i = 0; i < 4; i++)
		CHECK_EQ(count(&stats, ICMPECHO_STATUS_SUCCESS, times_us[i]), OUTCOME_ANSWERED);
	CHECK_EQ(stats.sent, 4);
	CHECK_EQ(stats.answered, 4);
	CHECK_EQ(stats.min_ns, 100000);
	CHECK_EQ(stats.max_ns, 600000);
	CHECK(fabs(stats.mean_ns - 300000) < 1);
	/* The square root of (200² + 0² + 100² + 300²) / 4 */
	CHECK(fabs(stats_stddev_ns(&stats) - 187082.87) < 1);
	/* (200 + 100 + 400) / 3 */
	CHECK(fabs(stats_jitter_ns(&stats) - 233333.33) < 1);
	CHECK(stats_loss_percent(&stats) == 0);
	CHECK_EQ(stats_percentile_ns(&stats, 0.001), 100000);
	CHECK_EQ(stats_percentile_ns(&stats, 100), 600000);
	stats_reset(&stats);
	CHECK_EQ(stats.sent, 0);
	CHECK_EQ(stats_percentile_ns(&stats, 50), 0);
	stats_free(&stats);
}

TEST(loss_is_told_apart)
{
	struct stats stats;
	char text[256];

	stats_init(&stats, false);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_SUCCESS, 1), OUTCOME_ANSWERED);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_TIMED_OUT, 0), OUTCOME_TIMED_OUT);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, 5), OUTCOME_ERROR);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, 6), OUTCOME_ERROR);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, 7), OUTCOME_ERROR);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_CANCELLED, 0), OUTCOME_CANCELLED);
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_BAD_OPTION, 0), OUTCOME_UNSENT);
	stats_count_refused(&stats, EPERM);
	CHECK_EQ(stats.sent, 5);
	CHECK_EQ(stats.answered, 1);
	CHECK_EQ(stats.timed_out, 1);
	CHECK_EQ(stats.errors, 3);
	CHECK_EQ(stats.unsent, 2);
	CHECK(fabs(stats_loss_percent(&stats) - 80) < 0.001);
	CHECK_EQ(stats.causes[0].count, 2);
	CHECK_TEXT(cause_format(&stats.causes[0], text, sizeof(text)),
		   "host unreachable (from 192.0.2.7)");
	CHECK_EQ(stats.causes[1].count, 1);
	CHECK_TEXT(cause_format(&stats.causes[2], text, sizeof(text)), "malformed IP option");
	CHECK_TEXT(cause_format(&stats.causes[3], text, sizeof(text)), icmpecho_strerror(EPERM));
	CHECK_EQ(count(&stats, ICMPECHO_STATUS_BAD_ROUTE, 8), OUTCOME_ERROR);
	CHECK_EQ(stats.other_causes, 1);
}

TEST(local_failures_were_not_sent)
{
	struct stats stats;

	stats_init(&stats, false);
	record_init(&record, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, 0);
	record.header.flags = ICMPECHO_LOCAL;
	record.header.error = EHOSTUNREACH;
	CHECK_EQ(stats_count(&stats, (const void *)&record), OUTCOME_UNSENT);
	CHECK_TEXT(outcome_reason((const void *)&record), icmpecho_strerror(EHOSTUNREACH));
	CHECK_EQ(stats.sent, 0);
	CHECK_EQ(stats.unsent, 1);
}
