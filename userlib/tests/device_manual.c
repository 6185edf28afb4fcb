// SPDX-License-Identifier: MIT
/*
 * The examples of the manual pages that need the device, in the network of
 * device_programs.c: they are in the path as manual-NAME.
 */
#define TAP_PART
#include <stdlib.h>
#include <sys/wait.h>

#include "device.h"

/* What a program prints is this word, and a time. */
static void check_time(const char *command, const char *before, const char *after)
{
	const char *const words[] = { before, after, NULL };

	CHECK_EQ(run_program(command), 0);
	CHECK(!strncmp(output, before, strlen(before)) && output_has(words));
}

TEST(manual_programs_get_a_reply)
{
	need_path();
	check_time("manual-ping", "reply after ", " ms\n");
	check_time("manual-ioctl", "status 0 after ", " ns\n");
	check_time("manual-winping", "status 0 after ", " ms\n");
	CHECK_EQ(run_program("manual-event-loop"), 0);
	check_output("1 replies\n");
	CHECK_EQ(run_program("manual-loop"), 0);
	check_output("10 answered\n");
}

TEST(manual_limits_prints_those_of_the_module)
{
	static const char compare[] =
		"manual-limits >printed; n=$(cat /sys/module/icmpecho/parameters/max_requests);"
		"echo \"$n requests in flight, IPv6: yes\" | cmp - printed; status=$?;"
		"rm printed; exit $status";

	need_path();
	CHECK_EQ(run_program(compare), 0);
}

TEST(manual_paced_takes_its_time)
{
	uint64_t start;

	need_path();
	start = now_ms();
	CHECK_EQ(run_program("manual-paced"), 0);
	check_output("30 answered\n");
	CHECK(now_ms() - start >= 29 * 20);
}

TEST(manual_ping_many_tells_of_each)
{
	static const char *const ends[] = { "10.78.2.2: reply\n", "127.0.0.1: reply\n",
					    "10.77.0.9: timed out\n",
					    "203.0.113.1: network unreachable\n" };
	size_t i;

	need_path();
	CHECK_EQ(run_program("manual-ping-many 10.78.2.2 127.0.0.1 10.77.0.9 203.0.113.1"), 0);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		CHECK(strstr(output, ends[i]));
}

TEST(manual_record_route_prints_the_route)
{
	need_path();
	CHECK_EQ(run_program("manual-record-route"), 0);
	CHECK(!strncmp(output, "127.0.0.1\n127.0.0.1\n", 20));
}

TEST(manual_everyone_answers_on_the_link)
{
	need_path();
	/* Among them is the router, whose link-local address this is. */
	CHECK_EQ(run_program("router=$(ip -n $R -6 -o addr show dev r1 scope link | "
			     "sed 's,.*inet6 \\(.*\\)/.*,\\1,'); "
			     "manual-everyone r0 | grep -xF \"$router\""), 0);
	CHECK(!strncmp(output, "fe80::", 6));
}

TEST(manual_may_i_says_why_not)
{
	need_path();
	CHECK_EQ(run_program("manual-may-i"), 0);
	check_output("yes\n");
	CHECK_EQ(run_program("setpriv --reuid 1000 manual-may-i"), 0);
	CHECK(!strncmp(output, "no permission to open /dev/icmpecho: ", 37));
}

TEST(manual_group_lets_a_group_in)
{
	static const char gid[] = "G=$(awk -F: '$1 == \"icmpecho\" { print $3 }' /etc/group);"
				  "[ \"$G\" ] || exit 77;";
	static const char may[] = "%s setpriv --reuid 1000 --regid %s --clear-groups manual-may-i";
	char member[256], stranger[256];

	need_path();
	snprintf(member, sizeof(member), may, gid, "$G");
	snprintf(stranger, sizeof(stranger), may, gid, "1002");
	if (WEXITSTATUS(run_program(member)) == 77)
		SKIP("there is no group icmpecho");
	CHECK(!strncmp(output, "no permission", 13));
	CHECK_EQ(run_program("manual-group.sh"), 0);
	CHECK_EQ(run_program(member), 0);
	check_output("yes\n");
	CHECK_EQ(run_program(stranger), 0);
	CHECK(!strncmp(output, "no permission", 13));
	CHECK_EQ(run_program("chown 0:0 /dev/icmpecho && chmod 600 /dev/icmpecho"), 0);
}

/* uid 1000 may send no more than the burst of the rule, 5 packets, at once. */
TEST(manual_rate_bounds_a_user)
{
	static const char *const some[] = { "not sent ", NULL };

	need_path();
	if (run_program("manual-rate.sh") != 0)
		SKIP("nft does not work here");
	CHECK_EQ(run_program("batch -n 200 10.78.2.2"), 0);
	CHECK_EQ(WEXITSTATUS(run_program("chmod 666 /dev/icmpecho;"
					 "setpriv --reuid 1000 batch -n 200 10.78.2.2; status=$?;"
					 "chmod 600 /dev/icmpecho; exit $status")), 1);
	CHECK(output_has(some));
	CHECK_EQ(run_program("nft delete table inet echo"), 0);
}

TEST(manual_trace_shows_each_step)
{
	static const char trace[] =
		"cd /sys/kernel/tracing/events/icmpecho || exit 77; cd - >/dev/null;"
		"timeout 600 manual-trace.sh >traced & "
		"for i in $(seq 600); do manual-ping >/dev/null; "
		"grep -q icmpecho_reply traced && break; sleep 0.1; done;"
		"kill $!; echo 0 >/sys/kernel/tracing/events/icmpecho/enable;"
		"cat traced; rm traced";
	static const char *const steps[] = { "icmpecho_submit: id=0x", "family=2",
					     "icmpecho_reply: id=0x", " status=0 rtt_ns=", NULL };
	int status;

	need_path();
	status = run_program(trace);
	if (WEXITSTATUS(status) == 77)
		SKIP("this kernel has no tracepoints");
	CHECK_EQ(status, 0);
	CHECK(output_has(steps));
}

TEST(manual_sessions_are_shown)
{
	static const char *const words[] = { "/fdinfo/", "in_flight:\t1\n", NULL };

	need_path();
	CHECK_EQ(run_program("ping-sync -W 600000 10.77.0.9 & "
			     "for i in $(seq 600); do manual-sessions.sh >shown; "
			     "grep -q 'in_flight:.1' shown && break; sleep 0.1; done; "
			     "kill $!; cat shown; rm shown"), 0);
	CHECK(output_has(words));
}

TEST(manual_monitor_reads_its_configuration)
{
	static const char *const words[] = { " gateway (127.0.0.1) is up: answered after ",
					     " 127.0.1.15 is up: answered after ", NULL };

	need_path();
	if (run_program("icmpecho --version") != 0)
		SKIP("the tool was not built");
	CHECK_EQ(run_program("manual-monitor-hosts.sh; status=$?; rm hosts; exit $status"), 0);
	CHECK(output_has(words));
}
