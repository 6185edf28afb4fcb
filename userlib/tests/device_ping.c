// SPDX-License-Identifier: MIT
/*
 * icmpecho ping and sweep on a real device, in the network of device_programs.c: near is
 * 10.78.1.1, the router 10.78.1.2, far 10.78.2.2, and behind that 10.64.0.0/16, of which
 * 4,096 addresses answer and the others are silent.
 */
#define TAP_PART
#include "device.h"
#include "device_tool.h"
#include "tmux.h"

/* Skips the test if there is no /16 behind the far host. */
static void need_wide_network(void)
{
	static int is_ready = -1;

	need_tool();
	if (is_ready < 0)
		is_ready = run_program("ip route add 10.64.0.0/16 via 10.78.1.2 && "
				       "ip -n $R route add 10.64.0.0/16 via 10.78.2.2 && "
				       "ip -n $F route add blackhole 10.64.0.0/16 && "
				       "ip -n $F link set lo up && "
				       "ip -n $F route add local 10.64.16.0/20 dev lo") == 0;
	if (!is_ready)
		SKIP("there can be no wide network here");
}

TEST(tool_ping_has_a_line_for_each_answer)
{
	need_tool();
	CHECK_TOOL("icmpecho ping -c 2 -i 0.1 10.78.1.1", 0,
		   "10.78.1.1 seq=1 56 bytes ttl=64 time=", "10.78.1.1 seq=2 ",
		   "--- 10.78.1.1: 2 sent, 2 answered, 0 lost (0.0 %)\nrtt min ", "jitter ", "p99");
	CHECK_TOOL("icmpecho ping -c 1 10.78.2.2", 0, "10.78.2.2 seq=1 56 bytes ttl=63 time=");
	CHECK_TOOL("icmpecho ping -c 1 -s 9000 10.78.2.2", 0, "10.78.2.2 seq=1 9000 bytes ttl=63");
	CHECK_TOOL("icmpecho ping -c 1 -p ff00 -Q 0x10 10.78.1.2", 0, " 1 answered");
}

TEST(tool_ping_asks_several_hosts_and_tells_losses_apart)
{
	need_tool();
	CHECK_TOOL("icmpecho ping -q -c 1 -W 0.2 10.78.1.2 fd78:2::2 10.77.0.9 203.0.113.1", 1,
		   "--- 10.78.1.2: 1 sent, 1 answered, 0 lost (0.0 %)\n",
		   "--- fd78:2::2: 1 sent, 1 answered, 0 lost (0.0 %)\n",
		   "--- 10.77.0.9: 1 sent, 0 answered, 1 lost (100.0 %), 1 timed out\n",
		   "--- 203.0.113.1: 0 sent, 0 answered, 0 lost (0.0 %), 1 not sent\n");
	CHECK_TOOL("icmpecho ping -c 1 -W 0.2 10.77.0.9", 1, "10.77.0.9 seq=1 timed out\n");
	CHECK_TOOL("icmpecho ping -c 1 203.0.113.1", 1, "seq=1 not sent: no route to network\n");
	CHECK_TOOL("icmpecho ping -c 1 -t 1 10.78.2.2", 1,
		   "10.78.2.2 seq=1 time to live expired in transit from 10.78.1.2 time=");
	CHECK_TOOL("icmpecho ping -c 1 -M do -s 1400 10.78.2.2", 1,
		   "10.78.2.2 seq=1 packet too big and fragmentation forbidden ", "mtu=1400\n");
	CHECK_TOOL("icmpecho ping -c 1 -M do -s 1400 fd78:2::2", 1,
		   "fd78:2::2 seq=1 packet too big", "mtu=1400\n");
}

TEST(tool_ping_records_the_route)
{
	need_tool();
	CHECK_TOOL("icmpecho ping -c 1 -R 10.78.2.2", 0, "10.78.2.2 seq=1 56 bytes ttl=63",
		   "10.78.2.1", "10.78.2.2");
}

TEST(tool_ping_sends_from_what_it_is_told)
{
	need_tool();
	CHECK_EQ(run_program("ip addr add 10.78.9.9/32 dev lo"), 0);
	CHECK_TOOL("icmpecho ping -c 1 -S 10.78.9.9 10.78.1.1", 0, " 1 answered");
	CHECK_TOOL("icmpecho ping -c 1 -I silent -W 0.1 10.77.0.9", 1, "timed out");
	CHECK_TOOL("icmpecho ping -c 1 -S 192.0.2.1 10.78.1.2", 1,
		   "seq=1 not sent: source is not a local address\n");
	CHECK_TOOL("icmpecho ping -c 1 -I nonesuch 10.78.1.2", 2, "nonesuch");
	CHECK_TOOL("setpriv --reuid 65534 --regid 65534 --clear-groups "
		   "icmpecho ping -c 1 10.78.1.2", 2, "no permission to open /dev/icmpecho");
}

TEST(tool_ping_finds_all_who_answer)
{
	need_tool();
	CHECK_TOOL("icmpecho ping -c 1 -W 0.5 10.78.1.255", 0, "10.78.1.", "10.78.1.",
		   "1 sent, 1 answered, 0 lost (0.0 %)");
	CHECK_TOOL("icmpecho ping -c 1 -W 0.5 -I r1 ff02::1", 2, "r1");
}

TEST(tool_ping_prints_the_summary_at_sigquit)
{
	need_tool();
	CHECK_TOOL("icmpecho ping -i 0.05 10.78.2.2 >said 2>&1 &\n"
		   "for i in $(seq 600); do grep -q seq=3 said && break; sleep 0.1; done;"
		   "kill -QUIT $!;"
		   "for i in $(seq 600); do grep -q -e --- said && break; sleep 0.1; done;"
		   "kill -INT $!; wait $!; s=$?; grep -v seq= said; rm said; exit $s", 0,
		   "--- 10.78.2.2: ", " sent, ", "rtt min ", "--- 10.78.2.2: ", "rtt min ");
}

TEST(tool_ping_has_json_and_csv)
{
	need_tool();
	CHECK_TOOL("icmpecho ping --json -c 1 -W 0.1 10.78.2.2 10.77.0.9", 1,
		   "{\"type\":\"answer\",", "\"host\":\"10.78.2.2\"", "\"outcome\":\"answered\"",
		   "\"from\":\"10.78.2.2\"", "\"ttl\":63",
		   "\"host\":\"10.77.0.9\"", "\"outcome\":\"timed_out\"", "\"rtt_ms\":null",
		   "{\"type\":\"summary\",", "\"host\":\"10.78.2.2\"", "\"loss_percent\":0.0",
		   "\"host\":\"10.77.0.9\"", "\"loss_percent\":100.0", "\"rtt_min_ms\":null");
	CHECK_TOOL("icmpecho ping --csv -c 1 10.78.2.2", 0,
		   "time,host,address,seq,outcome,reason,from,rtt_ms,ttl,tos,bytes,",
		   ",10.78.2.2,10.78.2.2,1,answered,,10.78.2.2,");
}

TEST(tool_sweep_shows_who_answers)
{
	need_tool();
	CHECK_TOOL("icmpecho sweep -W 0.3 -r 0 10.78.1.0/30 fd78:2::2 10.77.0.9 203.0.113.1", 1,
		   "10.78.1.1 ", " ms\n", "10.78.1.2 ", " ms\n", "fd78:2::2 ", " ms\n", "alive");
	CHECK_TOOL("icmpecho sweep --alive -r 0 -W 0.3 10.78.2.2 10.78.1.1-10.78.1.2 10.77.0.9", 1,
		   "10.78.1.1\n10.78.1.2\n10.78.2.2\n");
	CHECK_TOOL("icmpecho sweep --dead -r 0 -W 0.3 10.78.2.2 10.77.0.9", 1, "10.77.0.9\n");
	CHECK_TOOL("printf '10.78.1.2\\nfd78:2::2\\n' | icmpecho sweep --alive -", 0,
		   "10.78.1.2\nfd78:2::2\n");
	CHECK_TOOL("icmpecho sweep --json -r 0 -W 0.3 10.78.2.2 10.77.0.9", 1,
		   "{\"type\":\"target\",\"host\":\"10.77.0.9\",\"address\":\"10.77.0.9\","
		   "\"alive\":false,\"outcome\":\"timed_out\",\"reason\":\"timed out\",",
		   "\"rtt_ms\":null", "{\"type\":\"target\",\"host\":\"10.78.2.2\",",
		   "\"alive\":true,\"outcome\":\"answered\",\"reason\":null,",
		   "{\"type\":\"summary\",\"targets\":2,\"alive\":1,\"timed_out\":1,");
	CHECK_TOOL("icmpecho sweep --csv -r 0 10.78.2.2", 0, "host,address,alive,outcome,reason,",
		   "10.78.2.2,10.78.2.2,true,answered,,10.78.2.2,");
}

/* In the order of the addresses, and only these. */
TEST(tool_sweep_of_65536_addresses_finds_each_live_host)
{
	static const char command[] =
		"icmpecho sweep --alive -r 0 10.64.0.0/16 >alive; s=$?;"
		"for i in $(seq 16 31); do for j in $(seq 0 255); do echo 10.64.$i.$j; done; done |"
		"cmp - alive; rm alive; exit $s";

	need_wide_network();
	CHECK_EQ(WEXITSTATUS(run_program(command)), 1);
	check_output("");
}

TEST(tool_sweep_shows_how_far_it_is)
{
	need_wide_network();
	tmux_run(90, 20, "icmpecho sweep --dead -i 2ms -r 0 10.64.16.0/21");
	CHECK_SHOWS("[##");
	CHECK_SHOWS(" left");
	CHECK_SHOWS("first\nstatus 0\nterminal restored");
	CHECK_LOSES(" left");
	tmux_end();
}
