// SPDX-License-Identifier: MIT
/*
 * icmpecho status, trace and mtu on a real device, in the network of device_programs.c: one
 * router, 10.78.1.2, and behind it a link with an MTU of 1400.
 */
#define TAP_PART
#include "device.h"
#include "device_tool.h"
#include "tmux.h"

TEST(tool_status_of_a_device_that_can_be_used)
{
	need_tool();
	CHECK_TOOL("icmpecho status", 0, "/dev/icmpecho can be used\n",
		   "node:       character device ", "module:     loaded, version ",
		   "interface:  version 1: IPv4, IPv6, ", "limits: ", "dropped: ", "open in:    ");
	CHECK_TOOL("icmpecho status --json", 0,
		   "{\"type\":\"status\",\"usable\":true,\"cause\":null",
		   "\"module_loaded\":true", "\"abi_version\":1", "\"netns\":");
	CHECK_TOOL("icmpecho status --csv", 0, "usable,cause,", "\ntrue,,");
}

/* The process that waits for an answer is in the list, with its request. */
TEST(tool_status_shows_who_has_the_device_open)
{
	need_tool();
	CHECK_EQ(run_program("batch -W 600000 10.77.0.9 >/dev/null 2>&1 & echo $! >waiting; "
			     "for i in $(seq 600); do "
			     "grep -qsE '^in_flight:.1$' /proc/$!/fdinfo/* && break; sleep 0.1; "
			     "done"), 0);
	CHECK_TOOL("icmpecho status", 0, "PID USER       PROGRAM", " root       batch ");
	CHECK_TOOL("icmpecho status --json", 0, "\"sessions\":[", "\"program\":\"batch\"",
		   "\"in_flight\":1,");
	CHECK_EQ(run_program("kill -INT $(cat waiting); rm waiting"), 0);
}

TEST(tool_status_says_whose_the_device_is)
{
	static const char as_nobody[] =
		"setpriv --reuid 65534 --regid 65534 --clear-groups icmpecho status";
	char command[256];

	need_tool();
	CHECK_TOOL(as_nobody, 1, "cannot be used", ": only root may open /dev/icmpecho (mode 0600",
		   "usermod -aG icmpecho ");
	snprintf(command, sizeof(command), "chmod 660 /dev/icmpecho; chgrp 12345 /dev/icmpecho; %s;"
		 "s=$?; chmod 600 /dev/icmpecho; chgrp 0 /dev/icmpecho; exit $s", as_nobody);
	CHECK_TOOL(command, 1, " is not in group 12345, which may use ", "sudo usermod -aG 12345 ");
	CHECK_TOOL("chmod 660 /dev/icmpecho; chgrp 12345 /dev/icmpecho; "
		   "setpriv --reuid 65534 --regid 12345 --clear-groups icmpecho status; s=$?;"
		   "chmod 600 /dev/icmpecho; chgrp 0 /dev/icmpecho; exit $s", 0, "can be used");
}

/* Below a /dev of its own, as a service with PrivateDevices= or a container has it. */
static void check_sandbox(const char *prepare, const char *reason, const char *remedy)
{
	const char *const words[] = { "cannot be used", reason, remedy, NULL };
	char command[512];

	snprintf(command, sizeof(command),
		 "n=$(stat -c %%t /dev/icmpecho); n=$((0x$n)); export n; "
		 "unshare -m sh -c 'mount -t tmpfs none /dev; %s; icmpecho status'", prepare);
	CHECK_EQ(WEXITSTATUS(run_program(command)), 1);
	CHECK(output_has(words));
}

TEST(tool_status_knows_a_sandbox)
{
	need_tool();
	check_sandbox("true", "not passed into this sandbox", "--dev-bind /dev/icmpecho");
	check_sandbox("mknod /dev/icmpecho c 251 77", "since it was loaded again",
		      "start this container or service anew");
	check_sandbox("mkdir /dev/icmpecho", "is no device", "modprobe icmpecho");
	check_sandbox("mount -t tmpfs -o nodev none /dev; mknod /dev/icmpecho c $n 0",
		      "mounted with nodev", "--dev-bind");
	check_sandbox("mknod /dev/icmpecho c 1 3", "is not the module icmpecho", "modprobe");
}

TEST(tool_trace_shows_the_path)
{
	need_tool();
	CHECK_TOOL("icmpecho trace -n 10.78.2.2", 0, "10.78.2.2, 30 hops at most, packets of 84",
		   "\n 1  10.78.1.2  ", " ms\n 2  10.78.2.2  ",
		   " ms\n10.78.2.2: reached at hop 2\n");
	CHECK_TOOL("icmpecho trace -n -c 1 fd78:2::2", 0, "packets of 104 bytes",
		   "\n 1  fd78:1::2  ", "\n 2  fd78:2::2  ", "reached at hop 2\n");
	CHECK_TOOL("icmpecho trace -n -t 3 -W 0.2 10.77.0.9", 1, "10.77.0.9: not reached");
	CHECK_TOOL("icmpecho trace -n 203.0.113.1", 1, "nothing was sent: no route to network");
	CHECK_TOOL("icmpecho trace -n -c 20 10.78.2.2", 0, "Loss%  Sent  Last", "\n 1. 10.78.1.2 ",
		   "  0.0    20 ", "\n 2. 10.78.2.2 ");
}

TEST(tool_trace_shows_names)
{
	need_tool();
	CHECK_TOOL("cp /etc/hosts /tmp/hosts; echo 10.78.1.2 router.test >>/etc/hosts; "
		   "icmpecho trace -c 1 10.78.2.2; icmpecho trace --json -c 1 10.78.2.2; "
		   "cat /tmp/hosts >/etc/hosts", 0,
		   "\n 1  router.test (10.78.1.2)  ", "\n 2  10.78.2.2  ",
		   "\"from\":\"10.78.1.2\",\"name\":\"router.test\"");
}

TEST(tool_trace_shows_where_the_mtu_changes)
{
	need_tool();
	CHECK_TOOL("icmpecho trace -n --mtu 10.78.2.2", 0, "\n 1  10.78.1.2  ",
		   "\n    MTU 1400 from here on (10.78.1.2 says so)\n 2  10.78.2.2  ",
		   "reached at hop 2, with packets of 1400 bytes\n");
	CHECK_TOOL("icmpecho trace -n --mtu fd78:2::2", 0,
		   "\n    MTU 1400 from here on (fd78:1::2 says so)\n 2  fd78:2::2  ",
		   "with packets of 1400 bytes\n");
	CHECK_TOOL("icmpecho trace -n -M do -s 9000 10.78.1.2", 0,
		   "reached at hop 1, with packets of 1500 bytes\n");
}

TEST(tool_trace_marks_errors)
{
	static const char add[] =
		"nsenter --net=/run/netns/$R nft 'add table inet icmpecho;"
		"add chain inet icmpecho no { type filter hook forward priority 0; };"
		"add rule inet icmpecho no ip daddr 10.78.2.2 reject with icmp type admin-prohibited;"
		"add rule inet icmpecho no ip6 daddr fd78:2::2 reject with icmpv6 type no-route'";

	need_tool();
	CHECK_TOOL("icmpecho trace -n 10.78.2.77", 1, "\n 1  10.78.1.2  ");
	if (run_program(add) != 0)
		SKIP("nft does not work here");
	CHECK_TOOL("icmpecho trace -n -c 1 10.78.2.2", 1, "\n 1  10.78.1.2  ", " ms !X\n",
		   "!X: prohibited by an administrator\n", "not reached: an error came at hop 2");
	CHECK_TOOL("icmpecho trace -n -c 1 fd78:2::2", 1, " ms !N\n", "!N: network unreachable");
	CHECK_EQ(run_program("nsenter --net=/run/netns/$R nft delete table inet icmpecho"), 0);
}

TEST(tool_trace_has_json_and_csv)
{
	need_tool();
	CHECK_TOOL("icmpecho trace -n --json 10.78.2.2", 0,
		   "{\"type\":\"hop\",\"host\":\"10.78.2.2\",\"address\":\"10.78.2.2\",\"ttl\":1,"
		   "\"outcome\":\"expired\",\"reason\":null,\"from\":\"10.78.1.2\"",
		   "\"ttl\":2,\"outcome\":\"answered\"",
		   "{\"type\":\"trace\",", "\"reached\":true,\"hops\":2,");
	CHECK_TOOL("icmpecho trace -n --csv 10.78.2.2", 0, "host,address,ttl,outcome,reason,from",
		   "\n10.78.2.2,10.78.2.2,1,expired,,10.78.1.2,,3,3,0,0,0.000,",
		   "\n10.78.2.2,10.78.2.2,2,answered,,10.78.2.2,,3,3,");
}

TEST(tool_trace_live_shows_the_path)
{
	need_tool();
	tmux_run(90, 20, "icmpecho trace --live -n -i 100ms 10.78.2.2");
	CHECK_SHOWS("icmpecho trace: 10.78.2.2");
	CHECK_SHOWS(" 1. 10.78.1.2 ");
	CHECK_SHOWS(" 2. 10.78.2.2 ");
	tmux("send-keys d");
	CHECK_SHOWS("the last times");
	tmux("send-keys q");
	CHECK_SHOWS("10.78.2.2: reached at hop 2\nstatus 0\nterminal restored");
	tmux_end();
}

TEST(tool_mtu_names_the_router)
{
	need_tool();
	CHECK_TOOL("icmpecho mtu -n 10.78.2.2", 0,
		   "10.78.2.2: path MTU 1400 bytes (1372 bytes of payload)\n"
		   "   1500  the interface of this host\n   1400  10.78.1.2\n");
	CHECK_TOOL("icmpecho mtu -n fd78:2::2", 0,
		   "fd78:2::2: path MTU 1400 bytes (1352 bytes of payload)\n"
		   "   1500  the interface of this host\n   1400  fd78:1::2\n");
	CHECK_EQ(run_program("icmpecho mtu -n 10.78.1.2"), 0);
	check_output("10.78.1.2: path MTU 1500 bytes (1472 bytes of payload)\n"
		     "   1500  the interface of this host\n");
	CHECK_EQ(run_program("icmpecho mtu -q 127.0.0.1; icmpecho mtu -q ::1"), 0);
	check_output("65535\n65536\n");
	CHECK_TOOL("icmpecho mtu -n --json 10.78.2.2", 0, "\"mtu\":1400", "\"limit\":\"router\"",
		   "\"from\":\"10.78.1.2\"", "\"black_hole\":false", "\"interface_mtu\":1500");
	CHECK_TOOL("icmpecho mtu -W 0.2 -n 10.77.0.9", 1, "10.77.0.9: unknown: ");
}

TEST(tool_mtu_tells_a_black_hole)
{
	static const char add[] =
		"nsenter --net=/run/netns/$R nft 'add table inet icmpecho;"
		"add chain inet icmpecho no { type filter hook forward priority 0; };"
		"add rule inet icmpecho no meta length > 1333 drop'";

	need_tool();
	if (run_program(add) != 0)
		SKIP("nft does not work here");
	CHECK_TOOL("icmpecho mtu -n 10.78.2.2", 0, "10.78.2.2: path MTU 1333 bytes",
		   "\n   1400  10.78.1.2\n   1333  black hole: ",
		   "packets of 1334 bytes get as far as hop 1, 10.78.1.2\n");
	CHECK_TOOL("icmpecho mtu -n fd78:2::2", 0, "fd78:2::2: path MTU 1333 bytes",
		   "black hole", "as far as hop 1, fd78:1::2\n");
	CHECK_EQ(run_program("nsenter --net=/run/netns/$R nft delete table inet icmpecho"), 0);
}
