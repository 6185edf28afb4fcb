// SPDX-License-Identifier: MIT
/* icmpecho sweep on a device that is not real. */
#include <inttypes.h>

#include "tool.h"

TEST(sweep_prints_who_answers_in_order)
{
	CHECK_EQ(run_tool("icmpecho sweep -W 0.05 10.9.0.2/31 10.1.0.0/31 10.2.0.1 10.3.0.1 "
			  "10.4.0.1"), 1);
	CHECK_HAS(tool_output, "10.9.0.2        1.400 ms\n10.9.0.3        1.500 ms\n"
			       "--- 7 addresses, 2 alive, 2 timed out, 1 errors, 2 not sent; "
			       "9 requests in 0.");
	CHECK_TEXT(tool_errors, "");
}

TEST(sweep_prints_the_living_or_the_dead)
{
	CHECK_EQ(run_tool("icmpecho sweep --alive -W 0.05 10.9.0.0/31 10.1.0.1 10.2.0.1"), 1);
	CHECK_TEXT(tool_output, "10.9.0.0\n10.9.0.1\n");
	CHECK_EQ(run_tool("icmpecho sweep --dead -W 0.05 10.9.0.0/31 10.1.0.1 10.2.0.1"), 1);
	CHECK_TEXT(tool_output, "10.1.0.1\n10.2.0.1\n");
	CHECK_EQ(run_tool("icmpecho sweep --alive --dead -W 0.05 10.9.0.0 10.1.0.1"), 1);
	CHECK_TEXT(tool_output, "10.1.0.1 dead\n10.9.0.0 alive\n");
	CHECK_EQ(run_tool("icmpecho sweep --alive 10.9.0.0/31"), 0);
	CHECK_EQ(run_tool("icmpecho sweep --dead 10.9.0.0/31"), 0);
	CHECK_TEXT(tool_output, "");
}

TEST(sweep_asks_the_silent_again)
{
	CHECK_EQ(run_tool("icmpecho sweep --csv -W 0.02 -r 3 10.1.0.1 10.2.0.1 10.9.0.1"), 1);
	CHECK_TEXT(tool_output, "host,address,alive,outcome,reason,from,rtt_ms,requests\n"
				"10.1.0.1,10.1.0.1,false,timed_out,timed out,,,4\n"
				"10.2.0.1,10.2.0.1,false,error,host unreachable,10.0.0.254,1.100000,1\n"
				"10.9.0.1,10.9.0.1,true,answered,,10.9.0.1,1.200000,1\n");
	CHECK_EQ(run_tool("icmpecho sweep --csv -W 0.02 -r 0 10.1.0.1"), 1);
	CHECK_HAS(tool_output, "timed_out,timed out,,,1\n");
}

TEST(sweep_prints_json)
{
	CHECK_EQ(run_tool("icmpecho sweep --json -W 0.02 -r 0 10.1.0.1 10.9.0.1"), 1);
	CHECK_HAS(tool_output,
		  "{\"type\":\"target\",\"host\":\"10.1.0.1\",\"address\":\"10.1.0.1\","
		  "\"alive\":false,\"outcome\":\"timed_out\",\"reason\":\"timed out\","
		  "\"from\":null,\"rtt_ms\":null,\"requests\":1}\n"
		  "{\"type\":\"target\",\"host\":\"10.9.0.1\",\"address\":\"10.9.0.1\","
		  "\"alive\":true,\"outcome\":\"answered\",\"reason\":null,"
		  "\"from\":\"10.9.0.1\",\"rtt_ms\":1.100000,\"requests\":1}\n"
		  "{\"type\":\"summary\",\"targets\":2,\"alive\":1,\"timed_out\":1,\"errors\":0,"
		  "\"unsent\":0,\"unknown\":0,\"requests\":2,\"seconds\":0.");
	CHECK_EQ(run_tool("icmpecho sweep --csv -q 10.9.0.0/30"), 0);
	CHECK_HAS(tool_output, "targets,alive,timed_out,errors,unsent,unknown,requests,seconds\n"
			       "4,4,0,0,0,0,4,0.");
}

TEST(sweep_asks_everybody_once)
{
	CHECK_EQ(run_tool_with("icmpecho sweep --alive -i 1us 10.9.0.0/24 - 10.9.0.128/25",
			       "10.9.0.7\n10.9.0.250-10.9.1.255\n"), 0);
	CHECK_HAS(tool_output, "10.9.0.0\n10.9.0.1\n");
	CHECK_EQ(strlen(tool_output), 2 * (10 * 9 + 90 * 10 + 156 * 11));
}

/* Both pace and window, whatever the device has room for. */
TEST(sweep_finds_all_through_a_narrow_device)
{
	fake.max_requests = 100;
	fake.refuse_every = 300;
	CHECK_EQ(run_tool("icmpecho sweep --csv -q -i 0 10.9.0.0/20"), 0);
	CHECK_HAS(tool_output, "\n4096,4096,0,0,0,0,4096,");
	CHECK_EQ(run_tool("icmpecho sweep --csv -q -i 5us 10.9.0.0/20"), 0);
	CHECK_HAS(tool_output, "\n4096,4096,0,0,0,0,4096,");
	CHECK_TEXT(tool_errors, "");
}

TEST(sweep_reads_files)
{
	FILE *file = tmpfile();
	char line[128];

	fputs("10.9.0.9\n\n10.9.0.0/31 # two\n", file);
	fflush(file);
	sprintf(line, "icmpecho sweep --alive /proc/%d/fd/%d", getpid(), fileno(file));
	CHECK_EQ(run_tool(line), 0);
	CHECK_TEXT(tool_output, "10.9.0.0\n10.9.0.1\n10.9.0.9\n");
	fclose(file);
	CHECK_EQ(run_tool_with("icmpecho sweep -", "10.9.0.9\n10.9.0.0/33\n"), 2);
	CHECK_HAS(tool_errors, "icmpecho sweep: -:2: 10.9.0.0/33: the prefix length is not");
}

TEST(sweep_that_is_interrupted_says_what_it_knows)
{
	struct tool_run run;

	tool_begin(&run, "icmpecho sweep -W 60 10.1.0.1 10.9.0.1");
	usleep(300000);
	CHECK_EQ(tool_finish(&run, SIGINT), 1);
	CHECK_HAS(tool_output, "10.9.0.1        1.100 ms\n--- 2 addresses, 1 alive, 1 not known; ");
}

TEST(sweep_refuses_wrong_use)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho sweep", "icmpecho sweep: no target was given" },
		{ "icmpecho sweep -c 1 10.9.0.1", "there is no option -c" },
		{ "icmpecho sweep -r 101 10.9.0.1", "option -r: '101' is not a number from" },
		{ "icmpecho sweep -i -1 10.9.0.1", "option -i: '-1' is not a duration" },
		{ "icmpecho sweep 0.0.0.0/0", "there are more than 16777216 targets" },
		{ 0 }
	};

	tool_check_mistakes(mistakes);
}
