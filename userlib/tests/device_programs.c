// SPDX-License-Identifier: MIT
/*
 * The programs of tests/winstyle, which compile for Windows unchanged, on a real device:
 * they are in the working directory or in the path as winstyle-NAME. Also the network
 * that they and the examples of device_examples.c run in, of two hops, the second of
 * which has an MTU of 1400:
 *
 *	we 10.78.1.1 ── 10.78.1.2 router 10.78.2.1 ── 10.78.2.2 far
 *	   fd78:1::1 ── fd78:1::2        fd78:2::1 ── fd78:2::2
 */
#define TAP_PART
#include <unistd.h>

#include "device.h"

char output[4096];

static void remove_path(void)
{
	if (system("ip netns del icmpecho-router; ip netns del icmpecho-far"))
		puts("# network namespaces are left");
}

/* "R" is the router and "F" the far host, as in make_path(). */
static const char *const path_commands[] = {
	"mkdir -p /run/netns",
	"ip netns add $R",
	"ip netns add $F",
	"ip link add r0 type veth peer name r1 netns $R",
	"ip -n $R link add f0 type veth peer name f1 netns $F",
	"ip link set r0 up",
	"ip -n $R link set r1 up",
	"ip -n $R link set f0 mtu 1400 up",
	"ip -n $F link set f1 mtu 1400 up",
	"ip addr add 10.78.1.1/24 dev r0",
	"ip addr add fd78:1::1/64 dev r0 nodad",
	"ip -n $R addr add 10.78.1.2/24 dev r1",
	"ip -n $R addr add fd78:1::2/64 dev r1 nodad",
	"ip -n $R addr add 10.78.2.1/24 dev f0",
	"ip -n $R addr add fd78:2::1/64 dev f0 nodad",
	"ip -n $F addr add 10.78.2.2/24 dev f1",
	"ip -n $F addr add fd78:2::2/64 dev f1 nodad",
	"ip route add 10.78.2.0/24 via 10.78.1.2",
	"ip route add fd78:2::/64 via fd78:1::2",
	"ip -n $F route add default via 10.78.2.1",
	"ip -n $F -6 route add default via fd78:2::1",
	"nsenter --net=/run/netns/$R sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'",
	"nsenter --net=/run/netns/$R sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'",
	"nsenter --net=/run/netns/$R sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'",
	"nsenter --net=/run/netns/$R sh -c 'cd /proc/sys/net/ipv4; echo 0 >icmp_echo_ignore_broadcasts'",
	"echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts",
	"nsenter --net=/run/netns/$R sh -c 'echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'",
	/* Wait until packets really go there and back. */
	"for i in $(seq 50); do ping -c 1 -W 1 10.78.2.2 && exit 0; done >/dev/null; exit 1",
	"for i in $(seq 50); do ping -c 1 -W 1 fd78:2::2 && exit 0; done >/dev/null; exit 1",
};

static bool make_path(void)
{
	size_t i;

	setenv("R", "icmpecho-router", 1);
	setenv("F", "icmpecho-far", 1);
	atexit(remove_path);
	for (i = 0; i < sizeof(path_commands) / sizeof(*path_commands); i++) {
		if (system(path_commands[i]) == 0)
			continue;
		printf("# failed: %s\n", path_commands[i]);
		return false;
	}
	return true;
}

void need_path(void)
{
	static int is_ready = -1;

	need_device();
	if (is_ready < 0)
		is_ready = make_path();
	if (!is_ready)
		SKIP("no path can be made here");
}

/*
 * Shows what the tool has printed as JSON or CSV, behind its words, so that
 * scripts/device-tests can check it against the schema.
 */
static void show_record(const char *command)
{
	const char *text = output, *end;
	bool is_csv = strstr(command, " --csv");

	if (strncmp(command, "icmpecho ", 9) || strpbrk(command, ";|&<>") ||
	    (!is_csv && !strstr(command, " --json")))
		return;
	for (; (end = strchr(text, '\n')); text = end + 1) {
		if (is_csv || *text == '{')
			printf("# record %s\t%.*s\n", command, (int)(end - text), text);
	}
}

int run_program(const char *command)
{
	char line[1024];
	FILE *pipe;
	size_t n;

	snprintf(line, sizeof(line), "PATH=.:$PATH; { %s\n} 2>&1", command);
	fflush(stdout);
	pipe = popen(line, "r");
	n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	show_record(command);
	return pclose(pipe);
}

void check_output(const char *expected)
{
	if (!strcmp(output, expected))
		return;
	printf("# output is:\n%s# and not:\n%s", output, expected);
	tap_failed = true;
}

/* This host and the router answer. */
TEST(broadcast_is_answered_by_two_hosts)
{
	size_t size = 4 * REPLY_SIZE;
	PICMP_ECHO_REPLY replies;
	IPAddr both, either;
	HANDLE icmp;
	size_t i;

	need_path();
	icmp = IcmpCreateFile();
	replies = new_reply(size);
	CHECK_EQ(IcmpSendEcho(icmp, inet_addr("10.78.1.255"), pattern, PAYLOAD_SIZE, NULL,
			      replies, (DWORD)size, 500), 2);
	both = replies[0].Address ^ replies[1].Address;
	either = inet_addr("10.78.1.1") ^ inet_addr("10.78.1.2");
	CHECK_EQ(both, either);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(replies[i].Status, IP_SUCCESS);
		CHECK_EQ(replies[i].Reserved, 0);
		CHECK_EQ(replies[i].DataSize, PAYLOAD_SIZE);
		CHECK(replies[i].Data == (PUCHAR)(replies + 2) + i * PAYLOAD_SIZE);
		CHECK(!memcmp(replies[i].Data, pattern, PAYLOAD_SIZE));
	}
	free(replies);
	IcmpCloseHandle(icmp);
}

TEST(winstyle_ping)
{
	need_path();
	CHECK_EQ(run_program("winstyle-ping 127.0.0.1 2"), 0);
	check_output("32 bytes from 127.0.0.1, the same\n"
		     "32 bytes from 127.0.0.1, the same\n2 of 2\n");
	CHECK_EQ(run_program("winstyle-ping 10.78.2.2 1 10000"), 0);
	check_output("10000 bytes from 10.78.2.2, the same\n1 of 1\n");
	CHECK(run_program("winstyle-ping 203.0.113.1") != 0);
	check_output("error 1231: There is no route to the network.\r\n0 of 1\n");
	CHECK(run_program("winstyle-ping 10.77.0.9") != 0);
	check_output("error 11010: The request timed out.\r\n0 of 1\n");
}

TEST(winstyle_prober)
{
	need_path();
	CHECK_EQ(run_program("winstyle-prober 3 10.78.2.2 fd78:2::2 10.77.0.9 2001:db8::1"), 0);
	check_output("10.78.2.2 ttl 1: 11013 from 10.78.1.2\n"
		     "10.78.2.2 ttl 2: 0 from 10.78.2.2\n"
		     "10.78.2.2 ttl 3: 0 from 10.78.2.2\n"
		     "fd78:2::2 ttl 1: 11013 from fd78:1::2\n"
		     "fd78:2::2 ttl 2: 0 from fd78:2::2\n"
		     "fd78:2::2 ttl 3: 0 from fd78:2::2\n"
		     "10.77.0.9 ttl 1: 11010 from nobody\n"
		     "10.77.0.9 ttl 2: 11010 from nobody\n"
		     "10.77.0.9 ttl 3: 11010 from nobody\n"
		     "2001:db8::1 ttl 1: 1231 from nobody\n"
		     "2001:db8::1 ttl 2: 1231 from nobody\n"
		     "2001:db8::1 ttl 3: 1231 from nobody\n");
}

TEST(winstyle_events)
{
	static const char command[] =
		"winstyle-events 10.78.1.1 10.78.2.2 10.77.0.9 203.0.113.1 10.78.1.2";

	need_path();
	CHECK_EQ(run_program(command), 0);
	check_output("203.0.113.1: refused, error 1231\n"
		     "10.78.2.2: status 0 from 10.78.2.2\n"
		     "10.77.0.9: error 11010\n"
		     "10.78.1.2: status 0 from 10.78.1.2\n3 sent, in time\n");
	CHECK_EQ(run_program("winstyle-events 192.0.2.1 10.78.2.2"), 0);
	check_output("10.78.2.2: refused, error 1214\n0 sent, in time\n");
}

TEST(winstyle_tracer)
{
	need_path();
	CHECK_EQ(run_program("winstyle-tracer 10.78.2.2"), 0);
	check_output("1 10.78.1.2 status 11013, 2 answers\n2 10.78.2.2 status 0, 2 answers\n");
}

TEST(winstyle_loader)
{
	need_path();
	CHECK_EQ(run_program("winstyle-loader 10.78.2.2"), 0);
	check_output("ICMP.DLL: 1 replies, 16 bytes: at run time\n"
		     "iphlpapi: 1 replies, 16 bytes: at run time\nerror 126\n");
}

TEST(winstyle_monitor)
{
	need_path();
	CHECK_EQ(run_program("winstyle-monitor 2 127.0.0.1 10.78.2.2 10.77.0.9"), 0);
	check_output("127.0.0.1 is up\n10.78.2.2 is up\n10.77.0.9 is down\n");
}

TEST(winstyle_console)
{
	need_path();
	CHECK_EQ(run_program("timeout -s INT 2 winstyle-console 10.78.2.2; true"), 0);
	check_output("all answered, stopped by Ctrl+C\n");
}

TEST(winstyle_pool)
{
	need_path();
	CHECK_EQ(run_program("winstyle-pool 10.78.2.2 127.0.0.1 10.77.0.9 203.0.113.1"), 0);
	check_output("10.78.2.2: 0\n127.0.0.1: 0\n10.77.0.9: 11010\n203.0.113.1: 1231\n"
		     "1 abandoned\n");
}

TEST(winstyle_courier)
{
	need_path();
	CHECK_EQ(run_program("winstyle-courier 10.78.2.2 10.77.0.9 203.0.113.1 127.0.0.1"), 0);
	check_output("10.78.2.2: 0\n10.77.0.9: 11010\n203.0.113.1: 1231\n127.0.0.1: 0\n"
		     "4 answered\n");
}

TEST(winstyle_names)
{
	need_path();
	CHECK_EQ(run_program("winstyle-names ::1 [fd78:2::2]:7 2001:db8::1 fd78:2::2%x"), 0);
	check_output("::1 ::1 ::1: 0\n"
		     "[fd78:2::2]:7 [fd78:2::2]:7 fd78:2::2: 0\n"
		     "2001:db8::1 2001:db8::1 2001:db8::1: 1231\n"
		     "fd78:2::2%x: not an address\n");
}

bool output_has(const char *const *words)
{
	const char *pos = output;

	for (; *words && pos; words++) {
		pos = strstr(pos, *words);
		if (!pos)
			printf("# there is no \"%s\" in the output, which is:\n%s", *words, output);
	}
	return pos != NULL;
}
