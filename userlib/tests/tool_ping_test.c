// SPDX-License-Identifier: MIT
/* icmpecho ping, and what all subcommands do alike, on a device that is not real. */
#include <errno.h>
#include <icmpecho.h>
#include <inttypes.h>
#include <time.h>

#include "tool.h"

static unsigned int lines_of(const char *text)
{
	unsigned int lines = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		lines++;
	}
	return lines;
}

TEST(ping_tells_each_answer_and_sums_up)
{
	CHECK_EQ(run_tool("icmpecho ping -c 2 -i 0 10.9.0.1"), 0);
	CHECK_TEXT(tool_output,
		   "10.9.0.1 seq=1 56 bytes ttl=63 time=1.000 ms\n"
		   "10.9.0.1 seq=2 56 bytes ttl=63 time=1.100 ms\n"
		   "--- 10.9.0.1: 2 sent, 2 answered, 0 lost (0.0 %)\n"
		   "rtt min 1.000 ms, mean 1.050 ms, max 1.100 ms, stddev 0.0500 ms, jitter 0.1000 ms\n"
		   "rtt p50 1.004 ms, p90 1.100 ms, p95 1.100 ms, p99 1.100 ms\n");
	CHECK_TEXT(tool_errors, "");
}

TEST(ping_tells_losses_apart)
{
	CHECK_EQ(run_tool("icmpecho ping -c 1 -W 0.05 10.1.0.1 10.2.0.1 10.3.0.1 10.4.0.1 "
			  "10.5.0.1 10.7.0.1"), 1);
	CHECK_HAS(tool_output, "10.1.0.1 seq=1 timed out\n");
	CHECK_HAS(tool_output, "10.2.0.1 seq=1 host unreachable from 10.0.0.254 time=1.100 ms\n");
	CHECK_HAS(tool_output, "10.3.0.1 seq=1 not sent: no route to network\n");
	CHECK_HAS(tool_output, "10.4.0.1 seq=1 not sent: this host's firewall forbids it");
	CHECK_HAS(tool_output, "10.5.0.1 seq=1 packet too big and fragmentation forbidden "
			       "from 10.0.0.254 time=1.300 ms mtu=1400\n");
	CHECK_HAS(tool_output, "10.7.0.1 seq=1 56 bytes ttl=63 time=1.400 ms "
			       "(not the payload that was sent)\n");
	CHECK_HAS(tool_output,
		  "--- 10.1.0.1: 1 sent, 0 answered, 1 lost (100.0 %), 1 timed out\n");
	CHECK_HAS(tool_output, "--- 10.2.0.1: 1 sent, 0 answered, 1 lost (100.0 %), 1 errors\n"
			       "  1 errors: host unreachable (from 10.0.0.254)\n");
	CHECK_HAS(tool_output, "--- 10.3.0.1: 0 sent, 0 answered, 0 lost (0.0 %), 1 not sent\n"
			       "  1 not sent: no route to network\n");
	CHECK_HAS(tool_output, "--- 10.7.0.1: 1 sent, 1 answered, 0 lost (0.0 %), 1 corrupted\n");
}

TEST(exit_status_is_of_all_requests)
{
	CHECK_EQ(run_tool("icmpecho ping -q -c 1 10.9.0.1 10.9.0.2"), 0);
	CHECK_EQ(run_tool("icmpecho ping -q -c 1 10.9.0.1 10.2.0.1"), 1);
	CHECK_EQ(run_tool("icmpecho ping -q -c 1 10.9.0.1 10.3.0.1"), 1);
	CHECK_EQ(run_tool("icmpecho ping -q -c 1 10.9.0.1 10.4.0.1"), 1);
}

TEST(ping_collects_duplicates)
{
	CHECK_EQ(run_tool("icmpecho ping -c 1 10.6.0.1"), 0);
	CHECK_HAS_NOT(tool_output, "duplicate");
	CHECK_EQ(run_tool("icmpecho ping -c 1 -W 0.05 --replies 5 10.6.0.1"), 0);
	CHECK_HAS(tool_output, "seq=1 56 bytes ttl=63 time=1.000 ms\n"
			       "10.6.0.1 seq=1 56 bytes ttl=63 time=1.000 ms (duplicate)\n");
	CHECK_HAS(tool_output, "1 sent, 1 answered, 0 lost (0.0 %), 1 duplicates\n");
}

TEST(json_is_one_object_a_line)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho ping --json -c 1 -W 0.05 10.9.0.1 10.1.0.1 10.2.0.1"), 1);
	CHECK_EQ(lines_of(tool_output), 6);
	object = tool_json(0);
	CHECK_TEXT(tool_member(object, "type"), "answer");
	CHECK_TEXT(tool_member(object, "host"), "10.9.0.1");
	CHECK_TEXT(tool_member(object, "seq"), "1");
	CHECK_TEXT(tool_member(object, "outcome"), "answered");
	CHECK_TEXT(tool_member(object, "reason"), "null");
	CHECK_TEXT(tool_member(object, "rtt_ms"), "1.000000");
	CHECK_TEXT(tool_member(object, "ttl"), "63");
	json_object_put(object);
	object = tool_json(1);
	CHECK_TEXT(tool_member(object, "outcome"), "error");
	CHECK_TEXT(tool_member(object, "reason"), "host unreachable");
	CHECK_TEXT(tool_member(object, "from"), "10.0.0.254");
	json_object_put(object);
	object = tool_json(4);
	CHECK_TEXT(tool_member(object, "type"), "summary");
	CHECK_TEXT(tool_member(object, "address"), "10.1.0.1");
	CHECK_TEXT(tool_member(object, "timed_out"), "1");
	CHECK_TEXT(tool_member(object, "loss_percent"), "100.000");
	json_object_put(object);
}

TEST(loss_is_null_and_never_zero)
{
	static const char *const names[] = { "rtt_ms", "from", "ttl", "tos", "bytes", "mtu" };
	static const char *const times[] = { "rtt_min_ms", "rtt_mean_ms", "rtt_max_ms",
					     "rtt_stddev_ms", "rtt_p50_ms", "rtt_p99_ms",
					     "jitter_ms" };
	struct json_object *object;
	size_t i;

	CHECK_EQ(run_tool("icmpecho ping --json -c 1 -W 0.05 10.1.0.1"), 1);
	object = tool_json(0);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK_TEXT(tool_member(object, names[i]), "null");
	json_object_put(object);
	object = tool_json(1);
	for (i = 0; i < sizeof(times) / sizeof(*times); i++)
		CHECK_TEXT(tool_member(object, times[i]), "null");
	json_object_put(object);
	CHECK_EQ(run_tool("icmpecho ping --json -c 1 10.3.0.1"), 1);
	object = tool_json(1);
	CHECK_TEXT(tool_member(object, "sent"), "0");
	CHECK_TEXT(tool_member(object, "loss_percent"), "null");
	json_object_put(object);
}

TEST(csv_is_one_table)
{
	CHECK_EQ(run_tool("icmpecho ping --csv -c 1 -W 0.05 10.9.0.1 10.1.0.1"), 1);
	CHECK_EQ(lines_of(tool_output), 3);
	CHECK_HAS(tool_output, "time,host,address,seq,outcome,reason,from,rtt_ms,ttl,tos,bytes,"
			       "mtu,duplicate,corrupted\n");
	CHECK_HAS(tool_output, ",10.9.0.1,10.9.0.1,1,answered,,10.9.0.1,1.000000,63,0,56,,false,"
			       "false\n");
	CHECK_HAS(tool_output, ",10.1.0.1,10.1.0.1,1,timed_out,timed out,,,,,,,false,false\n");
	CHECK_EQ(run_tool("icmpecho ping --csv -q -c 1 -W 0.05 10.9.0.1 10.1.0.1"), 1);
	CHECK_EQ(lines_of(tool_output), 3);
	CHECK_HAS(tool_output, "host,address,sent,answered,");
	CHECK_HAS(tool_output, "\n10.1.0.1,10.1.0.1,1,0,1,0,0,0,0,100.000,,,,,,,,,,\n");
}

/* Also of a request that no route came back for. */
TEST(recorded_routes_are_in_all_formats)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho ping -R -c 1 10.9.0.1"), 0);
	CHECK_HAS(tool_output, "ms\n    route: 10.0.0.254\n");
	CHECK_HAS_NOT(tool_output, "not the payload");
	CHECK_EQ(run_tool("icmpecho ping -R -c 1 -W 0.05 --json 10.9.0.1 10.1.0.1"), 1);
	object = tool_json(0);
	CHECK_TEXT(tool_member(object, "route"), "[ \"10.0.0.254\" ]");
	json_object_put(object);
	object = tool_json(1);
	CHECK_TEXT(tool_member(object, "route"), "null");
	json_object_put(object);
	CHECK_EQ(run_tool("icmpecho ping -R -c 1 -W 0.05 --csv 10.9.0.1 10.1.0.1"), 1);
	CHECK_HAS(tool_output, ",duplicate,corrupted,route\n");
	CHECK_HAS(tool_output, ",false,false,10.0.0.254\n");
	CHECK_HAS(tool_output, ",10.1.0.1,1,timed_out,timed out,,,,,,,false,false,\n");
	CHECK_EQ(run_tool("icmpecho ping --csv -c 1 10.9.0.1"), 0);
	CHECK_HAS_NOT(tool_output, "route");
}

TEST(csv_has_the_causes_of_errors)
{
	CHECK_EQ(run_tool("icmpecho ping -q --csv -c 1 10.2.0.1 10.9.0.1"), 1);
	CHECK_HAS(tool_output, ",rtt_p99_ms,causes\n");
	CHECK_HAS(tool_output, ",\"[{\"\"reason\"\":\"\"host unreachable\"\","
			       "\"\"from\"\":\"\"10.0.0.254\"\",\"\"count\"\":1}]\"\n");
	CHECK_HAS(tool_output, "1.100000,\n");
}

TEST(requests_are_as_the_options_say)
{
	run_tool("icmpecho ping -c 1 -t 1 10.9.0.1");
	CHECK_HAS(tool_output, "time to live expired in transit from 10.0.0.254");
	run_tool("icmpecho ping -c 1 -s 1000 10.9.0.1");
	CHECK_HAS(tool_output, " 1000 bytes ");
	run_tool("icmpecho ping -c 1 -s 0 10.9.0.1");
	CHECK_HAS(tool_output, " 0 bytes ");
	CHECK_HAS_NOT(tool_output, "not the payload");
	run_tool("icmpecho ping -c 1 -s 65000 10.9.0.1");
	CHECK_HAS(tool_output, " 65000 bytes ");
}

TEST(wrong_options_are_named)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho ping", "icmpecho ping: no target was given" },
		{ "icmpecho ping -x 10.9.0.1", "there is no option -x; see icmpecho ping --help" },
		{ "icmpecho ping --nothing 10.9.0.1", "there is no option --nothing" },
		{ "icmpecho ping --quiet=1 10.9.0.1", "--quiet=1" },
		{ "icmpecho ping 10.9.0.1 -c", "option -c needs a value" },
		{ "icmpecho ping -c 0 10.9.0.1",
		  "option -c: '0' is not a number from 1 to 4294967295" },
		{ "icmpecho ping -t 256 10.9.0.1",
		  "option -t: '256' is not a number from 1 to 255" },
		{ "icmpecho ping -Q 256 10.9.0.1", "option -Q: '256'" },
		{ "icmpecho ping -m x 10.9.0.1", "option -m: 'x'" },
		{ "icmpecho ping -s 65528 10.9.0.1", "option -s: '65528'" },
		{ "icmpecho ping -i 1x 10.9.0.1", "option -i: '1x' is not a duration" },
		{ "icmpecho ping -W -1 10.9.0.1", "option -W: '-1' is not a duration" },
		{ "icmpecho ping -p f 10.9.0.1", "option -p: 'f' is not 1 to 16 bytes" },
		{ "icmpecho ping -M maybe 10.9.0.1", "option -M: 'maybe' is neither do nor dont" },
		{ "icmpecho ping -I none 10.9.0.1",
		  "option -I: there is no network interface 'none'" },
		{ "icmpecho ping -I 127.0.0.1 10.9.0.1",
		  "option -I: '127.0.0.1' is an address, for which there is -S" },
		{ "icmpecho ping -S here 10.9.0.1", "option -S: 'here'" },
		{ "icmpecho ping -4 -6 10.9.0.1", "-4 and -6 exclude each other" },
		{ "icmpecho ping -6 10.9.0.1", "10.9.0.1: " },
		{ "icmpecho ping -R ::1", "::1: " },
		{ "icmpecho ping -R -6 ::1", "option -R is for IPv4 only" },
		{ "icmpecho ping -S 127.0.0.1 ::1", "::1: " },
		{ "icmpecho ping no-such-host.invalid", "no-such-host.invalid: " },
		{ "icmpecho ping 10.9.0.0/33", "10.9.0.0/33: the prefix length is not" },
		{ "icmpecho pong", "there is no command 'pong'; see icmpecho --help" },
		{ "icmpecho", "usage: icmpecho COMMAND" },
		{ 0 }
	};

	tool_finds_leaks = false;
	tool_check_mistakes(mistakes);
	tool_finds_leaks = true;
}

TEST(help_and_version_are_no_errors)
{
	CHECK_EQ(run_tool("icmpecho --help"), 0);
	CHECK_HAS(tool_output, "usage: icmpecho COMMAND");
	CHECK_HAS(tool_output, "\n  ping ");
	CHECK_EQ(run_tool("icmpecho ping --help"), 0);
	CHECK_HAS(tool_output, "usage: icmpecho ping [OPTION...] HOST...\n");
	CHECK_HAS(tool_output, "--record-route");
	CHECK_EQ(run_tool("icmpecho --version"), 0);
	CHECK_TEXT(tool_output, "icmpecho " ICMPECHO_VERSION "\n");
	CHECK_EQ(run_tool("icmpecho ping --version"), 0);
	CHECK_TEXT(tool_output, "icmpecho ping (icmpecho) " ICMPECHO_VERSION "\n");
	CHECK_EQ(run_tool("/usr/bin/ping --version"), 0);
	CHECK_TEXT(tool_output, "ping (icmpecho) " ICMPECHO_VERSION "\n");
}

TEST(a_device_that_cannot_be_opened_is_told)
{
	fake.open_error = EACCES;
	CHECK_EQ(run_tool("icmpecho ping 10.9.0.1"), 2);
	CHECK_HAS(tool_errors, "icmpecho ping: no permission to open " ICMPECHO_DEVICE);
	CHECK_TEXT(tool_output, "");
}

TEST(targets_come_from_standard_input)
{
	CHECK_EQ(run_tool_with("icmpecho ping -q -c 1 -", "10.9.0.1\n10.9.0.4/31\n"), 0);
	CHECK_HAS(tool_output, "--- 10.9.0.1: 1 sent, 1 answered");
	CHECK_HAS(tool_output, "--- 10.9.0.5: 1 sent, 1 answered");
	CHECK_EQ(run_tool_with("icmpecho ping -q -c 1 -f - 10.9.0.7", "10.9.0.1\n"), 0);
	CHECK_HAS(tool_output, "--- 10.9.0.1: 1 sent, 1 answered");
	CHECK_HAS(tool_output, "--- 10.9.0.7: 1 sent, 1 answered");
	CHECK_EQ(run_tool_with("icmpecho ping -", ""), 2);
	CHECK_HAS(tool_errors, "no target was given");
}

/* 600 at once, of which the device takes 50 at a time, and says now and then that it is full. */
TEST(requests_wait_for_room)
{
	fake.max_requests = 50;
	fake.refuse_every = 70;
	CHECK_EQ(run_tool("icmpecho ping -c 3 -i 0.01 10.9.0.0-10.9.0.199"), 0);
	CHECK_HAS(tool_output, "--- 10.9.0.0: 3 sent, 3 answered, 0 lost (0.0 %)");
	CHECK_HAS(tool_output, "--- 10.9.0.199: 3 sent, 3 answered, 0 lost (0.0 %)");
	CHECK_EQ(lines_of(tool_output), 600 + 3 * 200);
	CHECK_TEXT(tool_errors, "");
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

TEST(intervals_are_kept)
{
	double start = seconds(), end;

	CHECK_EQ(run_tool("icmpecho ping -q -c 6 -i 0.1 10.9.0.1 10.1.0.1 -W 0.2"), 1);
	end = seconds();
	/* Five intervals, and the last timeout */
	CHECK(end - start >= 0.7);
	CHECK_HAS(tool_output, "--- 10.9.0.1: 6 sent, 6 answered");
	CHECK_HAS(tool_output, "--- 10.1.0.1: 6 sent, 0 answered, 6 lost (100.0 %), 6 timed out");
}

TEST(deadline_ends_it)
{
	double start = seconds();

	CHECK_EQ(run_tool("icmpecho ping -q -w 1 -i 0.4 10.9.0.1"), 0);
	CHECK(seconds() - start >= 1);
	CHECK_HAS(tool_output, "3 sent, 3 answered");
}

TEST(sigquit_sums_up_and_sigint_ends)
{
	struct tool_run run;

	tool_begin(&run, "icmpecho ping -i 60 10.9.0.1 10.1.0.1 -W 60");
	CHECK(tool_prints(&run, "seq=1"));
	kill(run.child, SIGQUIT);
	CHECK(tool_prints(&run, "--- 10.1.0.1: 0 sent"));
	/* One answer is outstanding, so nothing is known of its host. */
	CHECK_EQ(tool_finish(&run, SIGINT), 1);
	CHECK_EQ(lines_of(tool_output), 1 + 2 * 4);
}

TEST(output_that_cannot_be_written_is_told)
{
	tool_check_output_errors("icmpecho ping -i 60 10.9.0.1");
	CHECK_HAS(tool_errors, "icmpecho ping: ");
}
