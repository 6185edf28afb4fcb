// SPDX-License-Identifier: MIT
/*
 * The examples on a real device, in the network of device_programs.c: what they print
 * when all goes well, and which cause they name when something is in their way.
 */
#define TAP_PART
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "device.h"

TEST(example_traceroute)
{
	static const char *const way[] = { " 1  10.78.1.2  ", " ms\n 2  10.78.2.2  ", " ms\n",
					   NULL };
	static const char *const way6[] = { " 1  fd78:1::2  ", " ms\n 2  fd78:2::2  ", " ms\n",
					    NULL };
	static const char *const no_way[] = { " 1  *  *\n 2  *  *\n", NULL };

	need_path();
	CHECK_EQ(run_program("traceroute 10.78.2.2"), 0);
	CHECK(output_has(way));
	CHECK_EQ(run_program("traceroute -m 5 -q 1 fd78:2::2"), 0);
	CHECK(output_has(way6));
	CHECK(run_program("traceroute -m 2 -q 2 -w 50 10.77.0.9") != 0);
	CHECK(output_has(no_way));
}

TEST(example_path_mtu)
{
	need_path();
	CHECK_EQ(run_program("path-mtu 10.78.2.2"), 0);
	check_output("1400\n");
	CHECK_EQ(run_program("path-mtu fd78:2::2"), 0);
	check_output("1400\n");
	CHECK_EQ(run_program("path-mtu 10.78.1.2"), 0);
	check_output("1500\n");
	CHECK_EQ(WEXITSTATUS(run_program("path-mtu -w 0 10.78.1.2")), 2);
	CHECK(run_program("path-mtu -w 50 10.77.0.9") != 0);
	check_output("path-mtu: timed out\n");
}

TEST(example_ping_sync)
{
	static const char *const reply6[] = { "reply from fd78:2::2: 56 bytes, ttl 63, ", NULL };
	static const char *const expired[] = { "time to live expired in transit: from 10.78.1.2, ",
					       NULL };

	need_path();
	CHECK_EQ(run_program("ping-sync fd78:2::2"), 0);
	CHECK(output_has(reply6));
	CHECK(run_program("ping-sync -t 1 10.78.2.2") != 0);
	CHECK(output_has(expired));
}

TEST(example_batch)
{
	static const char *const all[] = { "sent 200 to 1 destinations in ",
					   "\nanswered 200, lost 0, errors 0\nrtt min ",
					   NULL };
	static const char *const paced[] = { "sent 31 to 1 destinations in ",
					     "\nanswered 31, lost 0, errors 0\nrtt min ",
					     NULL };
	const char *seconds;

	need_path();
	CHECK_EQ(run_program("batch -n 200 -w 64 10.78.2.2"), 0);
	CHECK(output_has(all));
	/* 30 intervals of 20 ms */
	CHECK_EQ(run_program("batch -n 31 -r 50 10.78.2.2"), 0);
	CHECK(output_has(paced));
	seconds = strstr(output, " in ");
	CHECK(seconds && strtod(seconds + 4, NULL) >= 0.6);
}

TEST(example_ping_cpp)
{
	need_path();
	if (run_program("which ping-cpp") != 0)
		SKIP("it was not built");
	CHECK_EQ(run_program("ping-cpp 10.78.2.2 fd78:2::2"), 0);
	CHECK(strstr(output, "10.78.2.2: 23 bytes, ") && strstr(output, "fd78:2::2: 23 bytes, "));
}

TEST(example_path_mtu_goes_as_far_as_ip_does)
{
	static const char wider[] =
		"ip link set r0 mtu 65535 && ip -n $R link set r1 mtu 65535;"
		"path-mtu 10.78.1.2; path-mtu fd78:1::2;"
		"ip link set r0 mtu 1500; ip -n $R link set r1 mtu 1500";

	need_path();
	CHECK_EQ(run_program("path-mtu 127.0.0.1 && path-mtu ::1"), 0);
	check_output("65535\n65536\n");
	CHECK_EQ(run_program(wider), 0);
	check_output("65535\n65535\n");
	/* The length field of an IPv6 header does not count the header. */
	CHECK_EQ(run_program("unshare -n sh -c 'ip link set lo mtu 100000 up;"
			     "path-mtu 127.0.0.1; path-mtu ::1'"), 0);
	check_output("65535\n65575\n");
}

/* Each destination answers. */
static void check_batch(const char *destinations, unsigned int count)
{
	char command[256], sent[64], answered[64];
	const char *const words[] = { sent, answered, NULL };

	snprintf(command, sizeof(command), "batch %s", destinations);
	snprintf(sent, sizeof(sent), "sent %u to %u destinations in ", count, count);
	snprintf(answered, sizeof(answered), "\nanswered %u, lost 0, errors 0\n", count);
	CHECK_EQ(run_program(command), 0);
	CHECK(output_has(words));
}

TEST(example_batch_takes_names_and_both_families)
{
	need_path();
	CHECK_EQ(run_program("ip -6 route add local fd79::/64 dev lo"), 0);
	check_batch("-w 64 localhost 10.78.2.2 fd78:2::2 fd79::/120 127.0.0.0/30", 263);
	check_batch("fd79::fffe-fd79::1:1 127.0.0.255-127.0.1.1", 7);
	check_batch("fd79::7/128 10.78.2.2/32 fd79::1-fd79::1", 3);
	check_batch("-6 localhost ip6-localhost", 2);
	check_batch("-4 localhost", 1);
	CHECK_EQ(run_program("ip addr add fe80::78/64 dev r0 nodad && batch fe80::78%r0"), 0);
}

TEST(example_batch_refuses_what_is_no_destination)
{
	static const char *const bad[] = {
		"10.0.0.0/33", "10.0.0.0/0", "fd79::/129", "10.0.0.2-10.0.0.1", "10.0.0.1-fd79::1",
		"fd79::2-fd79::1", "10.0.0.0/8", "fd79::/64", "-6 127.0.0.1", "-4 ::1", "''", "-",
		"/", "127.0.0.1/", "no-such-host.invalid",
	};
	char command[64];
	size_t i;

	need_path();
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(command, sizeof(command), "batch %s", bad[i]);
		CHECK_EQ(WEXITSTATUS(run_program(command)), 2);
		CHECK(strstr(output, "batch: ") && strstr(output, "destination"));
	}
}

/* Waits until FIELD in the fdinfo of the program "$!" matches NUMBER. */
#define UNTIL(field, number) \
	"for i in $(seq 600); do " \
		"grep -qsE '^" field ":.(" number ")$' /proc/$!/fdinfo/* && break; sleep 0.1; " \
	"done; "

TEST(example_batch_sums_up_at_sigint)
{
	static const char *const sums[] = {
		"sent 2 to 2 destinations in ",
		"\nanswered 1, lost 0, errors 0, still in flight 1\nrtt min ", NULL
	};

	need_path();
	CHECK_EQ(WEXITSTATUS(run_program("batch -W 600000 127.0.0.1 10.77.0.9 & "
					 UNTIL("in_flight", "1") UNTIL("unreaped", "0")
					 "kill -INT $!; wait $!")), 1);
	CHECK(output_has(sums));
}

TEST(example_batch_sums_up_at_sigterm_though_it_waits_for_its_turn)
{
	static const char *const sums[] = { "sent ", " to 1 destinations in ", "\nanswered ",
					    ", lost 0, errors 0", NULL };

	need_path();
	CHECK_EQ(WEXITSTATUS(run_program("batch -r 1 -n 100000 127.0.0.1 & "
					 UNTIL("replies", "[1-9]") "kill -TERM $!; wait $!")), 1);
	CHECK(output_has(sums));
}

/* The first process takes all memory that its user may have, so the second gets none. */
TEST(example_batch_says_which_limit_lets_nothing_through)
{
	static const char run[] =
		"limit=/sys/module/icmpecho/parameters/max_user_bytes; old=$(cat $limit);"
		"echo 70000 >$limit; batch -W 600000 -w 1000 -n 1000 10.77.0.9 >/dev/null &\n"
		"for i in $(seq 600); do batch 127.0.0.1 >said 2>&1; status=$?;"
		"[ $status -eq 0 ] || break; sleep 0.1; done;"
		"kill -INT $!; wait $!; echo $old >$limit; cat said; rm said; exit $status";
	char expected[128];

	need_path();
	snprintf(expected, sizeof(expected), "batch: submit: %s\n", icmpecho_strerror(EDQUOT));
	CHECK_EQ(WEXITSTATUS(run_program(run)), 2);
	check_output(expected);
}

/* A device holds all packets back for longer than their requests' timeout. */
TEST(example_batch_says_that_it_waits_for_a_queue)
{
	static const char jam[] =
		"set -e; ip link add jam0 type dummy; ip link set jam0 arp off up;"
		"ip addr add 10.79.0.1/24 dev jam0;"
		"tc qdisc add dev jam0 root netem delay 200s limit 1000";
	static const char run[] =
		"batch -W 1 -n 1000000 10.79.0.9 2>said &\n"
		"for i in $(seq 600); do grep -q waiting said && break; sleep 0.1; done;"
		"kill -INT $!; wait $!; cat said; rm said; ip link del jam0";
	static const char *const words[] = {
		"sent ", "\nbatch: waiting: a queue of this host is full", NULL
	};

	need_path();
	if (run_program(jam) != 0)
		SKIP("there is no netem");
	CHECK_EQ(run_program(run), 0);
	CHECK(output_has(words));
}

/* The loops say the same, each in a different kind of loop. */
static void check_loop(const char *program)
{
	static const char *const ends[] = {
		"127.0.0.1: reply from 127.0.0.1, ", "fd78:2::2: reply from fd78:2::2, ",
		"10.78.3.1: network unreachable from 10.78.1.2, ", "10.77.0.9: timed out\n",
		"203.0.113.1: not sent: no route to network\n",
	};
	/* Where net.ipv4.route.error_cost is not 0, a router reports one failed route a second. */
	static const char all[] =
		"$PROGRAM -n 2 -i 1100 -W 200 127.0.0.1 fd78:2::2 10.78.3.1 10.77.0.9 203.0.113.1";
	/* One request fills the session, so that the others wait for POLLOUT. */
	static const char full[] =
		"limit=/sys/module/icmpecho/parameters/max_requests; old=$(cat $limit);"
		"echo 1 >$limit; $PROGRAM -n 3 -i 50 127.0.0.1 127.0.0.2 127.0.0.3 >said;"
		"status=$?; echo $old >$limit; grep -c reply said; rm said; exit $status";
	uint64_t start;
	char *one;
	size_t i;

	setenv("PROGRAM", program, 1);
	if (run_program("which $PROGRAM") != 0)
		return;
	CHECK_EQ(run_program("$PROGRAM -n 3 -i 20 10.78.2.2 fd78:2::2 localhost"), 0);
	CHECK_EQ(WEXITSTATUS(run_program(all)), 1);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		one = strstr(output, ends[i]);
		CHECK(one && strstr(one + 1, ends[i]));
	}
	/* Rounds keep their distance: the last of 11 begins after 10 of 50 ms. */
	start = now_ms();
	CHECK_EQ(run_program("$PROGRAM -n 11 -i 50 127.0.0.1 | wc -l"), 0);
	check_output("11\n");
	CHECK(now_ms() - start >= 500);
	CHECK_EQ(run_program(full), 0);
	check_output("9\n");
	CHECK_EQ(WEXITSTATUS(run_program("$PROGRAM -n 0 127.0.0.1")), 2);
	CHECK_EQ(WEXITSTATUS(run_program("$PROGRAM no-such-host.invalid")), 2);
}

TEST(example_loops)
{
	need_path();
	CHECK_EQ(run_program("ip route add 10.78.3.0/24 via 10.78.1.2"), 0);
	check_loop("loop-epoll");
	check_loop("loop-libuv");
	check_loop("loop-io-uring");
	CHECK_EQ(run_program("ip route del 10.78.3.0/24"), 0);
}

/* The programs that name their errors; a program that is not built is left out. */
static const char *const programs[] = { "ping-sync", "traceroute", "path-mtu", "batch",
					"ping-cpp", "loop-epoll", "loop-libuv", "loop-io-uring" };
#define PROGRAM_COUNT (sizeof(programs) / sizeof(*programs))

/* Each program, as $PROGRAM in the command, must name the cause of this errno. */
static void check_open_fails(const char *command, int error)
{
	char expected[512];
	size_t i;

	for (i = 0; i < PROGRAM_COUNT; i++) {
		setenv("PROGRAM", programs[i], 1);
		if (run_program("which $PROGRAM") != 0)
			continue;
		snprintf(expected, sizeof(expected), "%s: %s\n", programs[i],
			 icmpecho_strerror_open(error));
		CHECK_EQ(WEXITSTATUS(run_program(command)), 2);
		check_output(expected);
	}
}

/* The module is loaded, but a container has a /dev of its own. */
TEST(example_names_a_node_that_is_missing)
{
	need_path();
	check_open_fails("unshare -m sh -c 'mount -t tmpfs none /dev; $PROGRAM 127.0.0.1'", ENOENT);
	CHECK(run_program("unshare -m sh -c 'mount -t tmpfs none /dev; win32-ping 127.0.0.1'"));
	check_output("win32-ping: IcmpCreateFile failed with error 50\n");
}

TEST(example_names_a_node_without_a_module)
{
	need_path();
	check_open_fails("unshare -m sh -c 'mount -t tmpfs none /dev;"
			 "mknod /dev/icmpecho c 10 3; $PROGRAM 127.0.0.1'", ENODEV);
	check_open_fails("unshare -m sh -c 'mount -t tmpfs none /dev;"
			 "mknod /dev/icmpecho c 120 3; $PROGRAM 127.0.0.1'", ENXIO);
}

TEST(example_names_a_mode_that_forbids_it)
{
	need_path();
	check_open_fails("setpriv --reuid 1000 $PROGRAM 127.0.0.1", EACCES);
}

TEST(example_names_a_device_cgroup)
{
	static const char make[] =
		"set -e; mkdir devices; mount -t cgroup -o devices none devices;"
		"mkdir devices/none && echo a >devices/none/devices.deny";

	need_path();
	if (run_program(make) != 0)
		SKIP("there are no device cgroups");
	check_open_fails("sh -c 'echo 0 >devices/none/cgroup.procs; $PROGRAM 127.0.0.1'", EPERM);
	CHECK(run_program("sh -c 'echo 0 >devices/none/cgroup.procs; win32-ping 127.0.0.1'"));
	check_output("win32-ping: IcmpCreateFile failed with error 5\n");
	CHECK_EQ(run_program("rmdir devices/none && umount devices && rmdir devices"), 0);
}

#define CONFINED_BY(profile, command) \
	"sh -c 'echo exec " profile " >/proc/self/attr/apparmor/exec; exec " command "'"

/* Profiles that allow all files, or all but the node, and neither capability nor network. */
static bool load_profiles(void)
{
	return !run_program("set -e; cd /sys/kernel/security; [ -d apparmor ] ||"
			    "mount -t securityfs none .;"
			    "echo 'profile no-node { file, deny /dev/icmpecho rw, }"
			    "profile no-network { file, }' | apparmor_parser --skip-cache -r");
}

TEST(example_names_a_security_module)
{
	need_path();
	if (!load_profiles())
		SKIP("there is no AppArmor, or no parser of its profiles");
	check_open_fails(CONFINED_BY("no-node", "$PROGRAM 127.0.0.1"), EACCES);
	CHECK(run_program(CONFINED_BY("no-node", "win32-ping 127.0.0.1")));
	check_output("win32-ping: IcmpCreateFile failed with error 5\n");
}

/* Opening it asks for CAP_NET_RAW, which no log may complain of. */
TEST(example_runs_without_capability_and_network)
{
	size_t i;

	need_path();
	if (!load_profiles())
		SKIP("there is no AppArmor, or no parser of its profiles");
	for (i = 0; i < PROGRAM_COUNT; i++) {
		setenv("PROGRAM", programs[i], 1);
		if (run_program("which $PROGRAM") == 0)
			CHECK_EQ(run_program(CONFINED_BY("no-network", "$PROGRAM 127.0.0.1")), 0);
	}
	CHECK_EQ(run_program(CONFINED_BY("no-network", "win32-ping 127.0.0.1")), 0);
	CHECK(run_program(CONFINED_BY("no-network", "ping -c 1 127.0.0.1")));
	/* A capability that is denied comes into the log after all that was denied before. */
	CHECK(run_program(CONFINED_BY("no-network", "hostname $(hostname)")));
	CHECK_EQ(run_program("for i in $(seq 100); do sleep 0.1; dmesg | grep no-network |"
			     "grep -q DENIED.*sys_admin && exit; done; exit 1"), 0);
	CHECK(run_program("dmesg | grep no-network | grep DENIED | grep -v sys_admin"));
	check_output("");
}

static void check_firewall(const char *host)
{
	const char *const words[] = { "not sent", icmpecho_strerror(EPERM), NULL };
	char command[64];
	size_t i;

	for (i = 0; i < PROGRAM_COUNT; i++) {
		snprintf(command, sizeof(command), "%s %s", programs[i], host);
		setenv("PROGRAM", programs[i], 1);
		if (run_program("which $PROGRAM") != 0)
			continue;
		run_program(command);
		CHECK(output_has(words));
	}
}

TEST(example_names_a_firewall_that_drops_its_requests)
{
	static const char add[] =
		"nft 'add table inet icmpecho;"
		"add chain inet icmpecho out { type filter hook output priority 0; };"
		"add rule inet icmpecho out ip daddr 10.78.2.2 drop;"
		"add rule inet icmpecho out ip6 daddr fd78:2::2 drop'";

	need_path();
	if (run_program(add) != 0)
		SKIP("nft does not work here");
	check_firewall("10.78.2.2");
	check_firewall("fd78:2::2");
	CHECK_EQ(run_program("nft delete table inet icmpecho"), 0);
	CHECK_EQ(run_program("ping-sync 10.78.2.2 && ping-sync fd78:2::2"), 0);
}
