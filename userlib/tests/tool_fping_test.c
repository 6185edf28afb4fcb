// SPDX-License-Identifier: MIT
/*
 * icmpecho fping, on a device that is not real. scripts/fping-tests compares it with Debian's
 * on the real one; here are the exact lines, and what that comparison masks: the times.
 */
#include "tool.h"

TEST(fping_tells_who_answers)
{
	CHECK_EQ(run_tool("fping -r 1 -t 50 10.9.0.1 10.1.0.1 10.3.0.1"), 1);
	CHECK_TEXT(tool_output, "10.9.0.1 is alive\n10.1.0.1 is unreachable\n"
				"10.3.0.1 is unreachable\n");
	CHECK_TEXT(tool_errors, "10.3.0.1: error while sending ping: Network is unreachable\n");
	CHECK_EQ(run_tool("icmpecho fping -a -e 10.9.0.1 10.9.0.2"), 0);
	CHECK_TEXT(tool_output, "10.9.0.1 (1.00 ms)\n10.9.0.2 (1.10 ms)\n");
	CHECK_EQ(run_tool("fping -u -r 0 -t 50 10.9.0.1 10.1.0.1 10.4.0.1"), 1);
	CHECK_TEXT(tool_output, "10.1.0.1\n10.4.0.1\n");
	CHECK_TEXT(tool_errors, "");
}

TEST(fping_tries_again_with_longer_timeouts)
{
	CHECK_EQ(run_tool("fping -q -s -r 2 -B 2 -t 20 10.1.0.1"), 1);
	CHECK_HAS(tool_errors, "       3 timeouts (waiting for response)\n"
			       "       3 ICMP Echos sent\n");
}

TEST(fping_counts_and_sums_up)
{
	CHECK_EQ(run_tool("fping -c 2 -p 50 -o 10.9.0.1 10.1.0.1"), 1);
	CHECK_HAS(tool_output, "10.9.0.1 : [0], 64 bytes, 1.00 ms (1.00 avg, 0% loss)\n");
	CHECK_HAS(tool_output, "10.9.0.1 : [1], 64 bytes, 1.20 ms (1.10 avg, 0% loss)\n");
	CHECK_HAS(tool_output, "10.1.0.1 : [1], timed out (NaN avg, 100% loss)\n");
	CHECK_TEXT(tool_errors, "\n10.9.0.1 : xmt/rcv/%loss = 2/2/0%, outage(ms) = 0, "
				"min/avg/max = 1.00/1.10/1.20\n"
				"10.1.0.1 : xmt/rcv/%loss = 2/0/100%, outage(ms) = 100\n");
}

TEST(fping_prints_vectors)
{
	CHECK_EQ(run_tool("fping -C 3 -q -p 50 10.9.0.1 10.1.0.1"), 1);
	CHECK_TEXT(tool_output, "");
	CHECK_TEXT(tool_errors, "10.9.0.1 : 1.00 1.20 1.40\n10.1.0.1 : - - -\n");
}

TEST(fping_tells_icmp_errors)
{
	CHECK_EQ(run_tool("fping -r 0 -t 50 10.13.3.1"), 1);
	CHECK_TEXT(tool_errors, "ICMP Unreachable (Communication Administratively Prohibited) "
				"from 10.0.2.254 for ICMP Echo sent to 10.13.3.1\n");
	CHECK_EQ(run_tool("fping -r 0 -t 50 -H 1 10.8.3.1"), 1);
	CHECK_TEXT(tool_errors, "ICMP Time Exceeded from 10.0.1.254 for ICMP Echo sent to "
				"10.8.3.1\n");
	CHECK_EQ(run_tool("fping -q -r 0 -t 50 10.8.3.1 -H 1"), 1);
	CHECK_TEXT(tool_errors, "");
}

TEST(fping_stops_when_enough_answer)
{
	CHECK_EQ(run_tool("fping -X 1 10.9.0.1 10.1.0.1"), 0);
	CHECK_TEXT(tool_output, "Enough hosts reachable (required: 1, reachable: 1)\n");
	CHECK_EQ(run_tool("fping -x 2 -r 0 -t 50 10.9.0.1 10.1.0.1"), 1);
	CHECK_TEXT(tool_output, "Not enough hosts reachable (required: 2, reachable: 1)\n");
}

TEST(fping_generates_targets)
{
	CHECK_EQ(run_tool("fping -a -i 0 -g 10.9.0.0/30"), 0);
	CHECK_TEXT(tool_output, "10.9.0.1\n10.9.0.2\n");
	CHECK_EQ(run_tool("fping -a -i 0 -g 10.9.0.254 10.9.1.1"), 0);
	CHECK_TEXT(tool_output, "10.9.0.254\n10.9.0.255\n10.9.1.0\n10.9.1.1\n");
	CHECK_EQ(run_tool_with("fping -a", "# no\n 10.9.0.1 more\n\n10.9.0.2\n"), 0);
	CHECK_TEXT(tool_output, "10.9.0.1\n10.9.0.2\n");
	CHECK_EQ(run_tool_with("fping", ""), 1);
}

TEST(fping_goes_on_when_the_kernel_is_full)
{
	fake.max_requests = 16;
	CHECK_EQ(run_tool("fping -q -i 0 -r 0 -t 20 -s -g 10.1.0.0/26"), 1);
	CHECK_HAS(tool_errors, "      62 timeouts (waiting for response)\n");
}

TEST(fping_refuses_wrong_use_in_its_words)
{
	CHECK_EQ(run_tool("fping -Z"), 1);
	CHECK_TEXT(tool_errors, "fping: invalid option -- 'Z'\n"
				"see 'fping -h' for usage information\n");
	CHECK_EQ(run_tool("fping --alive=3"), 1);
	CHECK_HAS(tool_errors, "fping: option takes no arguments -- 'alive'\n");
	CHECK_EQ(run_tool("fping --timeout"), 1);
	CHECK_HAS(tool_errors, "fping: option requires an argument -- 'timeout'\n");
	CHECK_EQ(run_tool("fping6 -4 ::1"), 1);
	CHECK_TEXT(tool_errors, "fping6: can't specify both -4 and -6\n");
	CHECK_EQ(run_tool("fping -c nonsense 10.9.0.1"), 1);
	CHECK_HAS(tool_errors, "Usage: fping [options] [targets...]\n");
	CHECK_EQ(run_tool("fping -c 0 10.9.0.1"), 1);
	CHECK_HAS(tool_errors, "Usage: fping [options] [targets...]\n");
	CHECK_EQ(run_tool("fping -O 256 10.9.0.1"), 1);
	CHECK_HAS(tool_errors, "Usage: fping [options] [targets...]\n");
	CHECK_EQ(run_tool("fping -b 65489 10.9.0.1"), 1);
	CHECK_TEXT(tool_errors, "fping: data size 65489 not valid, must be lower than 65488\n");
	CHECK_EQ(run_tool("fping -H 256 10.9.0.1"), 1);
	CHECK_TEXT(tool_errors, "fping: ttl 256 out of range\n");
	CHECK_EQ(run_tool("fping -B 6 10.9.0.1"), 1);
	CHECK_TEXT(tool_errors,
		   "fping: backoff factor 6.0 not valid, must be between 1.0 and 5.0\n");
	CHECK_EQ(run_tool("fping -S nowhere 10.9.0.1"), 1);
	CHECK_TEXT(tool_errors, "fping: can't parse source address: nowhere\n");
	CHECK_EQ(run_tool("fping -h"), 0);
	CHECK_HAS(tool_output, "--netdata");
}

TEST(fping_says_why_there_is_no_device)
{
	fake.open_error = 2;
	CHECK_EQ(run_tool("fping 10.9.0.1"), 4);
	CHECK_HAS(tool_errors, "fping: /dev/icmpecho does not exist");
}
