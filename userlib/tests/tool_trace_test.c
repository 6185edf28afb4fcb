// SPDX-License-Identifier: MIT
/* icmpecho trace: what completions say about a path, and what is printed of it. */
#include <arpa/inet.h>
#include <errno.h>

#include "../tools/hop_view.h"
#include "../tools/hops.h"
#include "record.h"
#include "tool.h"

TEST(requests_are_named_by_their_user_data)
{
	static const struct probe_id ids[] = {
		{ 1, 0, 0, 28, 0 },
		{ 255, (1U << 28) - 1, 7, 65575, 255 },
		{ 30, 4711, 3, 1500, 12 },
	};
	struct probe_id id;
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		id = probe_id_unpack(probe_id_pack(&ids[i]));
		CHECK(!memcmp(&id, &ids[i], sizeof(id)));
	}
}

/* A completion of this kind, from 192.0.2.N. */
static const struct icmpecho_completion *answer(uint16_t family, uint32_t status, uint8_t type,
						uint8_t code, uint8_t n)
{
	static struct icmpecho_completion c;

	memset(&c, 0, sizeof(c));
	c.header_len = sizeof(c);
	c.record_len = sizeof(c);
	c.family = family;
	c.status = status;
	c.type = type;
	c.code = code;
	c.rtt_ns = 1000000;
	inet_pton(AF_INET, "192.0.2.0", c.from);
	c.from[3] = n;
	if (family == AF_INET6)
		inet_pton(AF_INET6, "2001:db8::1", c.from);
	return &c;
}

TEST(errors_have_the_marks_of_traceroute)
{
	static const struct {
		uint16_t family;
		uint8_t type, code;
		const char *mark;
	} cases[] = {
		{ AF_INET, 3, 0, "!N" },   { AF_INET, 3, 1, "!H" },   { AF_INET, 3, 2, "!P" },
		{ AF_INET, 3, 3, "!U" },   { AF_INET, 3, 4, "!F" },   { AF_INET, 3, 9, "!X" },
		{ AF_INET, 3, 10, "!X" },  { AF_INET, 3, 13, "!X" },  { AF_INET, 3, 14, "!V" },
		{ AF_INET, 3, 15, "!C" },  { AF_INET, 11, 1, "!R" },  { AF_INET, 3, 99, "!3-99" },
		{ AF_INET6, 1, 0, "!N" },  { AF_INET6, 1, 1, "!X" },  { AF_INET6, 1, 2, "!S" },
		{ AF_INET6, 1, 3, "!H" },  { AF_INET6, 1, 4, "!U" },  { AF_INET6, 1, 6, "!X" },
		{ AF_INET6, 2, 0, "!F" },  { AF_INET6, 3, 1, "!R" },  { AF_INET6, 4, 1, "!4-1" },
	};
	char mark[MARK_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mark_of(answer(cases[i].family, ICMPECHO_STATUS_ICMP_ERROR, cases[i].type,
			       cases[i].code, 1), mark);
		CHECK_TEXT(mark, cases[i].mark);
		CHECK(!mark_words(mark) == (strlen(mark) > 2));
	}
	CHECK_TEXT(mark_of(answer(AF_INET, ICMPECHO_STATUS_SUCCESS, 0, 0, 1), mark), "");
	CHECK_TEXT(mark_of(answer(AF_INET, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, 11, 0, 1), mark),
		   "");
}

/* A path whose requests are answered by hand. */
static struct path path;

static void new_path(uint16_t family, uint32_t payload_len)
{
	memset(&path, 0, sizeof(path));
	path.first_ttl = 1;
	path.max_ttl = 8;
	path_init(&path, family, payload_len);
}

static bool count(uint32_t ttl, uint32_t status, uint8_t from)
{
	struct probe_id id = path_ask(&path, ttl);

	return path_count(&path, &id, answer(AF_INET, status, status ? 11 : 0, 0, from));
}

TEST(the_path_ends_at_the_first_reply)
{
	new_path(AF_INET, 56);
	CHECK_EQ(path_end(&path), 0);
	CHECK_EQ(path_last_answer(&path), 0);
	count(3, ICMPECHO_STATUS_SUCCESS, 9);
	CHECK_EQ(path_end(&path), 3);
	count(2, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, 2);
	CHECK_EQ(path_end(&path), 3);
	CHECK(path_is_reached(&path));
	CHECK_EQ(path_last_answer(&path), 3);
	/* The route has changed: what was the destination is a router now. */
	count(3, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, 3);
	count(4, ICMPECHO_STATUS_SUCCESS, 9);
	CHECK_EQ(path_end(&path), 4);
	path_free(&path);
}

TEST(the_path_ends_at_an_error_but_is_not_reached)
{
	new_path(AF_INET, 56);
	count(2, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, 2);
	CHECK_EQ(path_end(&path), 2);
	CHECK(!path_is_reached(&path));
	path_free(&path);
}

TEST(all_who_answer_for_a_hop_are_kept)
{
	const struct hop *hop;
	uint8_t i;

	new_path(AF_INET, 56);
	for (i = 0; i < HOP_RESPONDERS + 2; i++)
		count(1, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, i);
	count(1, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, 1);
	hop = path_hop(&path, 1);
	CHECK_EQ(hop->responders_len, HOP_RESPONDERS);
	CHECK_EQ(hop->responders[1].count, 2);
	CHECK_EQ(hop->last, 1);
	CHECK_EQ(hop->probes[0].responder, 0);
	CHECK_EQ(hop->probes[HOP_RESPONDERS].responder, HOP_RESPONDERS);
	CHECK_EQ(hop->stats.answered, HOP_RESPONDERS + 3);
	path_free(&path);
}

TEST(answers_from_before_a_reset_do_not_count)
{
	struct probe_id id;

	new_path(AF_INET, 56);
	id = path_ask(&path, 1);
	path_reset(&path);
	path_count(&path, &id, answer(AF_INET, ICMPECHO_STATUS_SUCCESS, 0, 0, 1));
	path_count_refused(&path, &id, EPERM);
	path_drop(&path, &id);
	CHECK_EQ(path_hop(&path, 1)->completed, 0);
	CHECK_EQ(path_end(&path), 0);
	CHECK_EQ(path.error, 0);
	path_free(&path);
}

/* A request for @ttl was too long, and router N says that @mtu is not. */
static bool too_long(uint32_t ttl, uint32_t len, uint32_t mtu, uint8_t from, uint32_t tries)
{
	struct icmpecho_completion c = *answer(AF_INET, ICMPECHO_STATUS_PACKET_TOO_BIG, 3, 4, from);
	struct probe_id id = path_ask(&path, ttl);

	id.packet_len = len;
	id.tries = tries;
	c.info = mtu;
	return path_count(&path, &id, &c);
}

TEST(packets_become_as_short_as_a_router_says)
{
	new_path(AF_INET, 1472);
	path.may_shrink = true;
	CHECK(too_long(6, 1500, 1400, 2, 0));
	CHECK_EQ(path.packet_len, 1400);
	CHECK(too_long(3, 1500, 1400, 2, 0));
	CHECK(too_long(8, 1500, 1300, 4, 0));
	CHECK(too_long(5, 1400, 1300, 4, 0));
	CHECK_EQ(path.packet_len, 1300);
	/* Router 2 is hop 2, since packets for hop 3 are too long there; router 4 is hop 4. */
	CHECK(path_mtu_at(&path, 2) && path_mtu_at(&path, 2)->mtu == 1400);
	CHECK(path_mtu_at(&path, 4) && path_mtu_at(&path, 4)->mtu == 1300);
	CHECK(!path_mtu_at(&path, 3) && !path_mtu_at(&path, 0));
	path_free(&path);
}

TEST(a_router_that_says_nonsense_is_not_obeyed)
{
	new_path(AF_INET, 1472);
	path.may_shrink = true;
	CHECK(!too_long(2, 1500, 1500, 1, 0));
	CHECK(!too_long(2, 1500, 0, 1, 0));
	CHECK(!too_long(2, 1500, 20, 1, 0));
	CHECK_EQ(path.packet_len, 1500);
	CHECK_TEXT(path_hop(&path, 2)->probes[0].mark, "!F");
	CHECK(path_hop(&path, 2)->is_end);
	/* One that asks for less each time is obeyed so often only. */
	CHECK(too_long(3, 1500, 1499, 1, 6));
	CHECK(!too_long(3, 1499, 1498, 1, 7));
	path_free(&path);
}

/* The times differ from run to run. */
static const char *mask(char *text)
{
	char *from = text, *to = text, *end;

	while (*from) {
		strtod(from, &end);
		if (*from != ' ' && end > from && !strncmp(end, " ms", 3)) {
			*to++ = 'T';
			from = end + 3;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return text;
}

static const struct {
	const char *name, *arguments;
	int status;
	const char *output;
} texts[] = {
	{ "hops_and_destination", "-n 10.8.3.1", 0,
	  "10.8.3.1, 30 hops at most, packets of 84 bytes\n"
	  " 1  10.0.1.254  T  T  T\n 2  10.0.2.254  T  T  T\n 3  10.8.3.1  T  T  T\n"
	  "10.8.3.1: reached at hop 3\n" },
	{ "a_hop_that_keeps_silent", "-n -W 0.05 10.12.3.1", 0,
	  "10.12.3.1, 30 hops at most, packets of 84 bytes\n"
	  " 1  10.0.1.254  T  T  T\n 2  *  *  *\n 3  10.12.3.1  T  T  T\n"
	  "10.12.3.1: reached at hop 3\n" },
	{ "a_hop_of_two_routers", "-n -s 0 10.14.3.1", 0,
	  "10.14.3.1, 30 hops at most, packets of 28 bytes\n"
	  " 1  10.0.1.254  T  T  T\n"
	  " 2  10.0.2.254  T\n    10.0.2.253  T\n    10.0.2.254  T\n"
	  " 3  10.14.3.1  T  T  T\n10.14.3.1: reached at hop 3\n" },
	{ "an_error", "-n -c 2 10.13.4.1", 1,
	  "10.13.4.1, 30 hops at most, packets of 84 bytes\n"
	  " 1  10.0.1.254  T  T\n 2  10.0.2.254  T  T\n 3  10.0.2.254  T !X  T !X\n"
	  "!X: prohibited by an administrator\n"
	  "10.13.4.1: not reached: an error came at hop 3\n" },
	{ "part_of_a_path", "-n -f 2 -t 4 -c 1 10.8.9.1", 1,
	  "10.8.9.1, 4 hops at most, packets of 84 bytes\n"
	  " 2  10.0.2.254  T\n 3  10.0.3.254  T\n 4  10.0.4.254  T\n"
	  "10.8.9.1: not reached: the last answer came from hop 4\n" },
	{ "nobody_at_the_end", "-n -W 0.05 -t 5 10.1.0.1", 1,
	  "10.1.0.1, 5 hops at most, packets of 84 bytes\n"
	  " 1  10.0.0.254  T  T  T\n 2-5  no answer\n"
	  "10.1.0.1: not reached: the last answer came from hop 1\n" },
	{ "a_narrow_link", "-n --mtu 10.10.4.1", 0,
	  "10.10.4.1, 30 hops at most, packets of 1500 bytes\n"
	  " 1  10.0.1.254  T  T  T\n 2  10.0.2.254  T  T  T\n"
	  "    MTU 1400 from here on (10.0.2.254 says so)\n"
	  " 3  10.0.3.254  T  T  T\n 4  10.10.4.1  T  T  T\n"
	  "10.10.4.1: reached at hop 4, with packets of 1400 bytes\n" },
	{ "a_narrow_interface", "-n -M do -s 8000 10.8.1.1", 0,
	  "10.8.1.1, 30 hops at most, packets of 8028 bytes\n 1  10.8.1.1  T  T  T\n"
	  "10.8.1.1: reached at hop 1, with packets of 1500 bytes\n" },
	{ "rounds_one_by_one", "-n -c 2 -i 10ms 10.8.2.1", 0,
	  "10.8.2.1, 30 hops at most, packets of 84 bytes\n"
	  " 1  10.0.1.254  T  T\n 2  10.8.2.1  T  T\n10.8.2.1: reached at hop 2\n" },
	{ "only_the_verdict", "-n -q 10.8.2.1", 0, "10.8.2.1: reached at hop 2\n" },
	{ "name_and_address", "-4 -c 1 localhost", 0,
	  "localhost (127.0.0.1), 30 hops at most, packets of 84 bytes\n"
	  " 1  10.0.0.254  T\n 2  localhost (127.0.0.1)  T\nlocalhost: reached at hop 2\n" },
};

TEST_CASES(text)
{
	char line[128];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tap_failed = false;
		snprintf(line, sizeof(line), "icmpecho trace %s", texts[i].arguments);
		CHECK_EQ(run_tool(line), texts[i].status);
		CHECK_TEXT(mask(tool_output), texts[i].output);
		CHECK_TEXT(tool_errors, "");
		report(!tap_failed, texts[i].name);
	}
}

TEST(many_requests_make_a_table)
{
	CHECK_EQ(run_tool("icmpecho trace -n -c 6 10.8.2.1"), 0);
	CHECK_HAS(tool_output,
		  "    Host (times in ms)          Loss%  Sent  Last   Avg  Best Worst StDev Jitter\n"
		  " 1. 10.0.1.254                    0.0     6 16.00 8.500 1.000 16.00 5.123  3.000\n"
		  " 2. 10.8.2.1                      0.0     6 16.10 8.600 1.100 16.10 5.123  3.000\n");
}

TEST(what_is_not_sent_says_why)
{
	CHECK_EQ(run_tool("icmpecho trace -n 10.4.0.1"), 1);
	CHECK_HAS(tool_output, "10.4.0.1: not reached: nothing was sent: this host's firewall");
	CHECK_HAS_NOT(tool_output, " 1  ");
	CHECK_EQ(run_tool("icmpecho trace -n -f 2 10.3.0.1"), 1);
	CHECK_HAS(tool_output, "10.3.0.1: not reached: nothing was sent: no route to network\n");
}

/* All requests of the first round are on their way before any is answered. */
TEST(all_hops_leave_in_one_batch)
{
	CHECK_EQ(run_tool("icmpecho trace -n -c 2 -W 0.05 -t 32 10.1.0.1"), 1);
	/* The first hop of each round is answered at once. */
	CHECK_HAS(tool_output, " 2-32  no answer\n");
}

TEST(json_has_a_line_for_each_hop_and_one_for_the_path)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho trace -n --mtu --json 10.10.3.1"), 0);
	object = tool_json(1);
	CHECK_TEXT(tool_member(object, "type"), "hop");
	CHECK_TEXT(tool_member(object, "ttl"), "2");
	CHECK_TEXT(tool_member(object, "outcome"), "expired");
	CHECK_TEXT(tool_member(object, "from"), "10.0.2.254");
	CHECK_TEXT(tool_member(object, "name"), "null");
	CHECK_TEXT(tool_member(object, "reason"), "null");
	CHECK_TEXT(tool_member(object, "sent"), "3");
	CHECK_TEXT(tool_member(object, "answered"), "3");
	CHECK_TEXT(tool_member(object, "loss_percent"), "0.000");
	CHECK_TEXT(tool_member(object, "rtt_min_ms"), "1.100000");
	CHECK_TEXT(tool_member(object, "mtu"), "1400");
	CHECK_TEXT(tool_member(object, "mtu_from"), "10.0.2.254");
	CHECK_TEXT(tool_member(object, "responders"),
		   "[ { \"from\": \"10.0.2.254\", \"count\": 3 } ]");
	json_object_put(object);
	object = tool_json(3);
	CHECK_TEXT(tool_member(object, "type"), "trace");
	CHECK_TEXT(tool_member(object, "reached"), "true");
	CHECK_TEXT(tool_member(object, "hops"), "3");
	CHECK_TEXT(tool_member(object, "packet_bytes"), "1400");
	json_object_put(object);
	CHECK(!tool_json(4));
}

/* The hops that keep silent are lines of their own, and have no times. */
TEST(json_of_silence_has_nulls)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho trace -n -t 3 -W 0.05 --json 10.1.0.1"), 1);
	object = tool_json(2);
	CHECK_TEXT(tool_member(object, "ttl"), "3");
	CHECK_TEXT(tool_member(object, "outcome"), "timed_out");
	CHECK_TEXT(tool_member(object, "timed_out"), "3");
	CHECK_TEXT(tool_member(object, "loss_percent"), "100.000");
	CHECK_TEXT(tool_member(object, "from"), "null");
	CHECK_TEXT(tool_member(object, "rtt_last_ms"), "null");
	CHECK_TEXT(tool_member(object, "jitter_ms"), "null");
	json_object_put(object);
	object = tool_json(3);
	CHECK_TEXT(tool_member(object, "reached"), "false");
	CHECK_TEXT(tool_member(object, "hops"), "null");
	json_object_put(object);
}

/* There is no difference between times where there is one time only. */
TEST(jitter_of_one_answer_is_null)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho trace -n -c 1 --json 10.8.1.1"), 0);
	object = tool_json(0);
	CHECK_TEXT(tool_member(object, "rtt_stddev_ms"), "0.000000");
	CHECK_TEXT(tool_member(object, "jitter_ms"), "null");
	json_object_put(object);
	CHECK_EQ(run_tool("icmpecho trace -n -t 1 -c 2 --json 10.8.1.1"), 0);
	object = tool_json(0);
	CHECK_TEXT(tool_member(object, "jitter_ms"), "0.100000");
	json_object_put(object);
}

TEST(csv_has_a_row_for_each_hop)
{
	CHECK_EQ(run_tool("icmpecho trace -n -c 1 --csv 10.13.3.1"), 1);
	CHECK_HAS(tool_output, "host,address,ttl,outcome,reason,from,name,sent,answered,");
	CHECK_HAS(tool_output, "\n10.13.3.1,10.13.3.1,1,expired,,10.0.1.254,,1,1,0,0,0.000,");
	CHECK_HAS(tool_output, "\n10.13.3.1,10.13.3.1,3,error,prohibited by an administrator,"
			       "10.0.2.254,,1,1,0,0,");
	CHECK_HAS(tool_output, ",mtu,mtu_from,responders\n");
	CHECK_HAS(tool_output, ",,\"[{\"\"from\"\":\"\"10.0.1.254\"\",\"\"count\"\":1}]\"\n");
}

TEST(wrong_use_is_told)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho trace", "icmpecho trace: name one host; see icmpecho trace --help\n" },
		{ "icmpecho trace 10.8.1.1 10.8.2.1", "icmpecho trace: name one host; see" },
		{ "icmpecho trace 10.8.1.0/24", "there are more than 1 targets" },
		{ "icmpecho trace -t 0 10.8.1.1", "option -t: '0' is not a number from 1 to 255" },
		{ "icmpecho trace -f 9 -t 8 10.8.1.1", "option -f: hop 9 is beyond hop 8" },
		{ "icmpecho trace --live --json 10.8.1.1", "option --live draws a screen" },
		{ "icmpecho trace --live -i 0 10.8.1.1", "a round takes 20ms at least" },
		{ "icmpecho trace --live 10.8.1.1", "option --live " },
		{ 0 }
	};

	tool_check_mistakes(mistakes);
}
