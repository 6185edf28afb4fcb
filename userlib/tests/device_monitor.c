// SPDX-License-Identifier: MIT
/*
 * icmpecho monitor on a real device, in the network of device_programs.c: states, metrics
 * over HTTP, and what it may do without when it runs as a service.
 */
#define TAP_PART
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "device.h"

/* Lines of sh around a monitor that runs in the background and writes to the file "said". */
#define UNTIL_SAID(words) \
	"for i in $(seq 300); do grep -q '" words "' said && break; sleep 0.1; done;"
#define END	"kill -TERM $!; wait $!; status=$?; cat said; rm -f said; exit $status"

static void need_tool(void)
{
	need_path();
	if (run_program("icmpecho monitor --version") != 0)
		SKIP("the tool was not built");
}

static void need_web(void)
{
	need_tool();
	run_program("icmpecho monitor --listen x 127.0.0.1");
	if (strstr(output, "was left out"))
		SKIP("the tool was built without libmicrohttpd");
}

TEST(monitor_tells_who_is_up_and_who_is_down)
{
	static const char *const up[] = { " 10.78.2.2 is up: answered after ", " ms\n", NULL };
	static const char *const up6[] = { " fd78:2::2 is up: answered after ", " ms\n", NULL };
	static const char *const down[] = { " 10.77.0.9 is down: timed out, 3 in a row\n", NULL };

	need_tool();
	CHECK_EQ(WEXITSTATUS(run_program("icmpecho monitor -c 4 -i 0.2 -W 0.1 "
					 "10.78.2.2 fd78:2::2 10.77.0.9 >said; status=$?;"
					 "grep ' is ' said; rm said; exit $status")), 1);
	CHECK(output_has(up));
	CHECK(output_has(up6));
	CHECK(output_has(down));
	CHECK_EQ(run_program("icmpecho monitor -c 2 -i 0.2 10.78.2.2 fd78:2::2"), 0);
}

TEST(monitor_has_json_and_csv)
{
	static const char *const json[] = {
		"{\"type\":\"state\",", "\"address\":\"10.78.2.2\"", "{\"type\":\"summary\",", NULL
	};
	static const char *const csv[] = { "time,", ",10.78.2.2,", NULL };

	need_tool();
	CHECK_EQ(run_program("icmpecho monitor --json -c 2 -i 0.2 10.78.2.2"), 0);
	CHECK(output_has(json));
	CHECK_EQ(run_program("icmpecho monitor --csv -c 2 -i 0.2 10.78.2.2"), 0);
	CHECK(output_has(csv));
}

TEST(monitor_follows_a_host_that_goes_and_comes_back)
{
	static const char *const changes[] = {
		" far (10.78.2.2) is up: answered after ",
		" far (10.78.2.2) is down: ", "3 in a row; was up for ",
		" far (10.78.2.2) is up: answered after ", "; was down for ", NULL
	};

	need_tool();
	CHECK_EQ(run_program("echo 10.78.2.2 name=far interval=100ms timeout=100ms >hosts;"
			     "icmpecho monitor -f hosts >said &\n" UNTIL_SAID("is up")
			     "ip -n $F link set f1 down;" UNTIL_SAID("is down")
			     "ip -n $F link set f1 up;"
			     "ip -n $F route add default via 10.78.2.1;"
			     "ip -n $F addr add fd78:2::2/64 dev f1 nodad;"
			     "ip -n $F -6 route add default via fd78:2::1;"
			     UNTIL_SAID("was down") "rm hosts;" END), 0);
	CHECK(output_has(changes));
}

TEST(monitor_reads_its_configuration_again_at_sighup)
{
	static const char *const changes[] = { "10.78.1.2 is up", "fd78:2::2 is up", NULL };

	need_tool();
	CHECK_EQ(run_program("echo 10.78.1.2 interval=0.1 >hosts;"
			     "icmpecho monitor -f hosts >said 2>&1 &\n" UNTIL_SAID("is up")
			     "echo fd78:2::2 >>hosts; kill -HUP $!;" UNTIL_SAID("fd78:2::2 is up")
			     "echo 10.78.1.2 nonsense >>hosts; kill -HUP $!;" UNTIL_SAID("stays")
			     "rm hosts;" END), 0);
	CHECK(output_has(changes));
	CHECK(strstr(output, "hosts:3: 'nonsense' is not OPTION=VALUE\n"));
}

TEST(monitor_serves_metrics_and_probes)
{
	static const char *const samples[] = {
		"icmpecho_requests_total{target=\"10.78.2.2\"} ",
		"icmpecho_rtt_seconds_bucket{target=\"10.78.2.2\",le=\"60\"} ",
		"icmpecho_target_up{target=\"10.78.2.2\"} 1\n",
		"probe_success 1\n", "probe_icmp_reply_hop_limit 63\n", "probe_success 0\n",
		"403 Forbidden", NULL
	};

	need_web();
	CHECK_EQ(run_program("icmpecho monitor -i 0.1 --listen 127.0.0.1:9427 "
			     "--probe-allow 10.78.0.0/16 --probe-allow 10.77.0.9 10.78.2.2 >said &\n"
			     UNTIL_SAID("is up")
			     "get() { busybox wget -q -O - \"http://127.0.0.1:9427/$1\"; };"
			     "get metrics | grep -E 'requests_total|le=\"60\"|target_up';"
			     "get 'probe?target=10.78.2.2' | grep -E '^probe_(success|icmp_reply)';"
			     "get 'probe?target=10.77.0.9' | grep ^probe_success;"
			     "busybox wget -O - 'http://127.0.0.1:9427/probe?target=127.0.0.1';"
			     END), 0);
	CHECK(output_has(samples));
}

TEST(promtool_accepts_what_monitor_serves)
{
	need_web();
	if (run_program("command -v promtool") != 0)
		SKIP("there is no promtool");
	CHECK_EQ(run_program("icmpecho monitor -i 0.1 --listen 127.0.0.1:9427 --probe-allow ::/0 "
			     "10.78.2.2 10.77.0.9 fd78:2::2 >said &\n" UNTIL_SAID("is up")
			     "busybox wget -q -O metrics http://127.0.0.1:9427/metrics;"
			     "promtool check metrics <metrics && echo good;"
			     "busybox wget -q -O metrics 'http://127.0.0.1:9427/probe?target=::1';"
			     "promtool check metrics <metrics && echo good; rm metrics;" END), 0);
	CHECK(!strncmp(output, "good\ngood\n", 10));
}

/* As a unit without capabilities and with RestrictAddressFamilies=AF_UNIX. */
TEST(monitor_needs_no_privilege_and_no_socket_of_the_internet)
{
	static const char run[] =
		"chmod 666 /dev/icmpecho; mkdir -m 777 free; cd free;"
		"setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "
		"--bounding-set=-all --no-new-privs "
		"strace -f -qq -e trace=socket -o calls "
		"icmpecho monitor -c 3 -i 0.1 --textfile metrics --svg picture 10.78.2.2 fd78:2::2;"
		"status=$?; grep -c AF_INET calls; grep -c icmpecho_target_up metrics;"
		"cd ..; rm -r free; chmod 600 /dev/icmpecho; exit $status";

	need_tool();
	CHECK_EQ(run_program(run), 0);
	/* No line of sockets, and the description and two samples. */
	CHECK(strstr(output, "\n0\n4\n"));
}

TEST(monitor_keeps_the_old_file_while_the_disk_is_full)
{
	static const char run[] =
		"mkdir disk; mount -t tmpfs -o size=16k none disk;"
		"trap 'umount disk; rmdir disk' EXIT; echo old >disk/metrics;"
		"dd if=/dev/zero of=disk/filler 2>/dev/null;"
		"icmpecho monitor -i 0.1 --write-every 0.1 --textfile disk/metrics 10.78.2.2 "
		">said 2>&1 &\n" UNTIL_SAID("cannot write")
		"sleep 1; cat disk/metrics; rm disk/filler;" UNTIL_SAID("written again")
		"ls disk; grep -c icmpecho_target_up disk/metrics;" END;
	static const char *const words[] = {
		"old\n", "metrics\n", "icmpecho monitor: cannot write disk/metrics: No space left",
		"the old file stays\n", "icmpecho monitor: disk/metrics is written again\n", NULL
	};

	need_tool();
	CHECK_EQ(run_program(run), 0);
	CHECK(output_has(words));
	/* Each is told once, though it tries ten times a second. */
	CHECK(!strstr(strstr(output, "cannot write") + 1, "cannot write"));
}

TEST(monitor_ends_when_nobody_reads_its_output)
{
	need_tool();
	CHECK_EQ(run_program("{ icmpecho monitor -i 0.1 -W 0.1 10.78.2.2 2>said;"
			     "echo status $? >>said; } | true; cat said; rm said"), 0);
	CHECK(strstr(output, "icmpecho monitor: cannot write to standard output: Broken pipe\n"
			     "status 2\n"));
}
