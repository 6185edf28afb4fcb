// SPDX-License-Identifier: MIT
/* icmpecho monitor on a device that is not real: its parts, and the whole command. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "../tools/hosts.h"
#include "../tools/metrics.h"
#include "../tools/parse.h"
#include "../tools/plain.h"
#include "../tools/probe_rules.h"
#include "../tools/screen.h"
#include "../tools/svg.h"
#include "../tools/web.h"
#include "tool.h"

static const struct host_rules rules = { .fall = 3, .rise = 2, .window = 20, .lossy_percent = 20 };

/* A file of this test's own, which the next one overwrites. */
static const char *write_config(const char *text)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/icmpecho-monitor-%d.conf", (int)getpid());
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	return path;
}

static int run_config(const char *options, const char *text)
{
	char line[256];

	snprintf(line, sizeof(line), "icmpecho monitor %s -f %s", options, write_config(text));
	return run_tool(line);
}

static void count_answer(struct host *host, uint64_t rtt_ns)
{
	const struct icmpecho_completion c = { .status = ICMPECHO_STATUS_SUCCESS,
					       .family = AF_INET, .rtt_ns = rtt_ns };

	host_count(host, &rules, &c);
}

static void count_loss(struct host *host)
{
	const struct icmpecho_completion c = { .status = ICMPECHO_STATUS_TIMED_OUT,
					       .family = AF_INET };

	host_count(host, &rules, &c);
}

TEST(one_loss_changes_no_state)
{
	struct host *host = host_new("a");

	CHECK_EQ(host->state, HOST_UNKNOWN);
	count_answer(host, 1);
	CHECK_EQ(host->state, HOST_UP);
	count_loss(host);
	count_loss(host);
	CHECK_EQ(host->state, HOST_UP);
	count_answer(host, 1);
	CHECK_EQ(host->state, HOST_UP);
	host_free(host);
}

TEST(a_host_is_down_after_losses_in_a_row_and_up_after_answers_in_a_row)
{
	struct host *host = host_new("a");

	count_loss(host);
	count_loss(host);
	CHECK_EQ(host->state, HOST_UNKNOWN);
	count_loss(host);
	CHECK_EQ(host->state, HOST_DOWN);
	count_answer(host, 1);
	count_loss(host);
	count_answer(host, 1);
	CHECK_EQ(host->state, HOST_DOWN);
	count_answer(host, 1);
	CHECK_EQ(host->state, HOST_UP);
	/* The losses of before do not make it lossy now. */
	count_loss(host);
	CHECK_EQ(host->state, HOST_UP);
	host_free(host);
}

TEST(a_host_is_lossy_until_half_of_the_limit)
{
	struct host *host = host_new("a");
	unsigned int i;

	for (i = 0; i < 20; i++)
		count_answer(host, 1);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(host->state, HOST_UP);
		count_loss(host);
		count_answer(host, 1);
	}
	CHECK_EQ(host->state, HOST_LOSSY);
	/* Of the 20 that count, those lost are the 2nd, 4th, 6th and 8th before the last. */
	for (i = 0; i < 14; i++)
		count_answer(host, 1);
	CHECK_EQ(host->state, HOST_LOSSY);
	count_answer(host, 1);
	CHECK_EQ(host->state, HOST_UP);
	host_free(host);
}

TEST(refused_requests_make_a_host_down)
{
	struct host *host = host_new("a");
	unsigned int i;

	for (i = 0; i < 3; i++)
		host_count_refused(host, &rules, EPERM);
	CHECK_EQ(host->state, HOST_DOWN);
	CHECK_EQ(host->failures[FAILURE_UNSENT], 3);
	CHECK_EQ(host->stats.sent, 0);
	host_free(host);
}

static void read_config(struct hosts *hosts, struct options *options, const char *text)
{
	options_init(options);
	hosts_init(hosts, options);
	CHECK_EQ(hosts_add_file(hosts, write_config(text)), 0);
}

TEST(configuration_sets_each_host)
{
	struct options options;
	struct hosts hosts;
	struct host *host;

	read_config(&hosts, &options,
		    "# hosts\n\n 10.0.0.1 interval=200ms timeout=3 size=1400 name=\"a \\\"b\\\" c\""
		    " label=site:Berlin label=role:\"access point\"  # the first\r\n"
		    "10.0.0.8/30\n::1\tfamily=6\n");
	CHECK_EQ(hosts.count, 6);
	host = hosts.list[0];
	CHECK_TEXT(host->name, "a \"b\" c");
	CHECK_TEXT(host->labels, ",site=\"Berlin\",role=\"access point\"");
	CHECK_EQ(host->interval_ns, 200 * NS_PER_MS);
	CHECK_EQ(host->timeout_ns, 3 * NS_PER_S);
	CHECK_EQ(host->size, 1400);
	CHECK_EQ(host->line, 3);
	CHECK_TEXT(hosts.list[4]->name, "10.0.0.11");
	CHECK_EQ(hosts.list[4]->interval_ns, NS_PER_S);
	CHECK_EQ(hosts.list[4]->size, 56);
	CHECK_EQ(hosts.list[5]->address.family, AF_INET6);
	hosts_free(&hosts);
}

/* Each line is the second of a configuration, which names it. */
TEST(configuration_errors_name_file_and_line)
{
	static const struct {
		const char *line, *message;
	} bad[] = {
		{ "10.0.0.1 speed=3", "there is no option 'speed'" },
		{ "10.0.0.1 interval", "'interval' is not OPTION=VALUE" },
		{ "10.0.0.1 interval=soon", "option interval: 'soon' is not a duration" },
		{ "10.0.0.1 interval=1ms", "option interval: '1ms' is less than 10 ms" },
		{ "10.0.0.1 size=99999", "option size: '99999' is not a number" },
		{ "10.0.0.1 family=5", "option family: '5' is neither 4 nor 6" },
		{ "10.0.0.1 name=", "option name: '' is empty" },
		{ "10.0.0.1 name=a\001b", "not plain text in UTF-8" },
		{ "10.0.0.1 name=a\377b", "not plain text in UTF-8" },
		{ "10.0.0.1 name=\"a b", "a quotation mark has no counterpart" },
		{ "10.0.0.1 label=site", "option label: 'site' is not NAME:VALUE" },
		{ "10.0.0.1 label=1a:x", "option label: '1a' cannot be the name of a label" },
		{ "10.0.0.1 label=le:x", "option label: 'le' cannot be the name of a label" },
		{ "10.0.0.1 label=__a:x", "option label: '__a' cannot be the name of a label" },
		{ "10.0.0.1 label=a:1 label=a:2", "option label: 'a' is there twice" },
		{ "10.0.0.0/30 name=net", "'net' is the name of 4 hosts at once" },
		{ "10.0.0.0/33", "the prefix length is not a number" },
		{ "10.9.0.1", "the host '10.9.0.1' is on line 1 already" },
	};
	char text[256], expected[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "10.9.0.1\n%s\n", bad[i].line);
		CHECK_EQ(run_config("-c 1", text), 2);
		snprintf(expected, sizeof(expected), "icmpecho monitor: %s:2: %s",
			 write_config(text), bad[i].message);
		CHECK(strlen(expected) < sizeof(expected) - 1);
		if (strncmp(tool_errors, expected, strlen(write_config(text)) + 21) ||
		    !strstr(tool_errors, bad[i].message))
			CHECK_TEXT(tool_errors, expected);
		CHECK_TEXT(tool_output, "");
	}
}

TEST(plain_text_is_utf8_without_control_characters)
{
	CHECK(is_plain_text(""));
	CHECK(is_plain_text("Zo\303\253 \342\202\254 \360\237\230\200"));
	CHECK(!is_plain_text("\t"));
	CHECK(!is_plain_text("\177"));
	CHECK(!is_plain_text("\302\200"));
	CHECK(!is_plain_text("\300\200"));
	CHECK(!is_plain_text("\340\200\200"));
	CHECK(!is_plain_text("\355\240\200"));
	CHECK(!is_plain_text("\364\220\200\200"));
	CHECK(!is_plain_text("\342\202"));
	CHECK(!is_plain_text("\357\277\277"));
}

TEST(clients_get_the_format_that_they_like_best)
{
	static const char prometheus[] =
		"application/openmetrics-text;version=1.0.0,"
		"application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
		"*/*;q=0.1";

	CHECK_EQ(metrics_negotiate(NULL), METRICS_TEXT);
	CHECK_EQ(metrics_negotiate("*/*"), METRICS_TEXT);
	CHECK_EQ(metrics_negotiate("text/html, text/plain"), METRICS_TEXT);
	CHECK_EQ(metrics_negotiate(prometheus), METRICS_OPENMETRICS);
	CHECK_EQ(metrics_negotiate("Application/OpenMetrics-Text"), METRICS_OPENMETRICS);
	CHECK_EQ(metrics_negotiate("text/plain, application/openmetrics-text;q=0.5"),
		 METRICS_TEXT);
	CHECK_EQ(metrics_negotiate("application/openmetrics-text; version=1.0.0; q=0"),
		 METRICS_TEXT);
	CHECK_EQ(metrics_negotiate(",;,"), METRICS_TEXT);
}

/* Two hosts with some counters, as text in one of the formats, or as a picture. */
static const char *render(void (*write)(FILE *stream, const struct monitor_view *view,
					enum metrics_format format),
			  enum metrics_format format)
{
	static char text[1 << 16];
	struct options options;
	struct hosts hosts;
	const struct monitor_view view = { .hosts = &hosts, .rules = &rules, .started_ns = 1,
					   .is_reload_good = true };
	FILE *stream = fmemopen(text, sizeof(text), "w");
	unsigned int i;

	read_config(&hosts, &options,
		    "10.0.0.1 name=\"<a> & \\\"b\\\\\" label=site:\"x\\\"y\"\n10.0.0.2\n");
	host_keep_recent(hosts.list[0]);
	for (i = 1; i <= 10; i++)
		count_answer(hosts.list[0], i * NS_PER_MS);
	count_loss(hosts.list[0]);
	host_stamp(hosts.list[0], 5 * NS_PER_S);
	write(stream, &view, format);
	fclose(stream);
	hosts_free(&hosts);
	return text;
}

TEST(metrics_have_escaped_labels_and_a_histogram)
{
	static const char labels[] =
		"{target=\"<a> & \\\"b\\\\\",site=\"x\\\"y\"";
	static const char *const samples[] = {
		"icmpecho_target_info%s,address=\"10.0.0.1\"} 1\n",
		"icmpecho_requests_total%s} 11\n",
		"icmpecho_replies_total%s} 10\n",
		"icmpecho_failures_total%s,reason=\"timed_out\"} 1\n",
		"icmpecho_rtt_seconds_bucket%s,le=\"0.0005\"} 0\n",
		"icmpecho_rtt_seconds_bucket%s,le=\"0.002\"} 2\n",
		"icmpecho_rtt_seconds_bucket%s,le=\"0.01\"} 10\n",
		"icmpecho_rtt_seconds_bucket%s,le=\"+Inf\"} 10\n",
		"icmpecho_rtt_seconds_sum%s} 0.055000000\n",
		"icmpecho_rtt_seconds_count%s} 10\n",
		"icmpecho_last_rtt_seconds%s} 0.010000000\n",
		"icmpecho_target_up%s} 1\n",
		"icmpecho_target_state%s,icmpecho_target_state=\"up\"} 1\n",
		"icmpecho_target_state%s,icmpecho_target_state=\"down\"} 0\n",
		"icmpecho_target_state_since_timestamp_seconds%s} 5.000000000\n",
	};
	const char *text = render(metrics_write, METRICS_TEXT);
	char expected[256];
	size_t i;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(expected, sizeof(expected), samples[i], labels);
#pragma GCC diagnostic pop
		CHECK_HAS(text, expected);
	}
	/* What was not measured is absent. */
	CHECK_HAS_NOT(text, "icmpecho_last_rtt_seconds{target=\"10.0.0.2\"");
	CHECK_HAS_NOT(text, "icmpecho_target_up{target=\"10.0.0.2\"");
}

TEST(metrics_have_the_types_of_their_format)
{
	const char *text = render(metrics_write, METRICS_TEXT);

	CHECK_HAS(text, "# TYPE icmpecho_requests_total counter\n");
	CHECK_HAS(text, "# TYPE icmpecho_target_state gauge\n");
	CHECK_HAS(text, "# TYPE icmpecho_build_info gauge\n");
	CHECK_HAS_NOT(text, "# EOF");
	text = render(metrics_write, METRICS_OPENMETRICS);
	CHECK_HAS(text, "# TYPE icmpecho_requests counter\n");
	CHECK_HAS(text, "# TYPE icmpecho_target_state stateset\n");
	CHECK_HAS(text, "# TYPE icmpecho_build info\nicmpecho_build_info{version=");
	CHECK_HAS(text, "le=\"1.0\"} 10\n");
	CHECK(!strcmp(text + strlen(text) - 6, "# EOF\n"));
}

TEST(promtool_finds_no_fault_in_the_metrics)
{
	const char *text = render(metrics_write, METRICS_TEXT);
	FILE *pipe;

	if (system("command -v promtool >/dev/null"))
		SKIP("there is no promtool");
	pipe = popen("promtool check metrics >/tmp/icmpecho-promtool 2>&1", "w");
	fputs(text, pipe);
	CHECK_EQ(pclose(pipe), 0);
	CHECK_EQ(system("test ! -s /tmp/icmpecho-promtool || cat /tmp/icmpecho-promtool"), 0);
	CHECK_EQ(system("test ! -s /tmp/icmpecho-promtool; rm /tmp/icmpecho-promtool"), 0);
}

static void write_svg(FILE *stream, const struct monitor_view *view, enum metrics_format format)
{
	(void)format;
	svg_write(stream, view, 1000 * NS_PER_S);
}

/* Whether each element ends where it must, and no bare & or < is in the way. */
static bool is_well_formed(const char *text)
{
	const char *stack[32], *end;
	size_t depth = 0, len;

	for (; *text; text++) {
		if (*text == '&' && strncmp(text, "&amp;", 5) && strncmp(text, "&lt;", 4) &&
		    strncmp(text, "&gt;", 4) && strncmp(text, "&quot;", 6))
			return false;
		if (*text != '<')
			continue;
		end = text + 1 + strcspn(text + 1, "<>");
		if (*end != '>')
			return false;
		if (text[1] == '/') {
			len = (size_t)(end - text) - 2;
			if (!depth-- || strncmp(stack[depth], text + 2, len))
				return false;
		} else if (text[1] != '?' && end[-1] != '/') {
			if (depth == 32)
				return false;
			stack[depth++] = text + 1;
		}
		text = end;
	}
	return !depth;
}

TEST(svg_is_well_formed)
{
	const char *text = render(write_svg, METRICS_TEXT);

	CHECK(is_well_formed(text));
	CHECK_HAS(text, ">&lt;a&gt; &amp; &quot;b\\</text>");
	CHECK_HAS(text, "<polyline class=\"rtt\"");
	CHECK_HAS(text, "<path class=\"lost\"");
	CHECK_HAS(text, "<rect class=\"bar\"");
	CHECK(!is_well_formed("<a><b></a></b>"));
	CHECK(!is_well_formed("<a>&</a>"));
	CHECK(!is_well_formed("<a>"));
}

static bool permits(struct probe_rules *probe_rules, const char *text)
{
	struct address address;

	CHECK_EQ(address_parse(&address, text, AF_UNSPEC), 0);
	return probe_rules_permit(probe_rules, &address);
}

TEST(probes_go_to_allowed_prefixes_only)
{
	struct probe_rules probe_rules = { .max = 1 };

	CHECK(!permits(&probe_rules, "10.0.0.1"));
	CHECK_EQ(probe_rules_allow(&probe_rules, "-", "10.0.0.0/9"), 0);
	CHECK_EQ(probe_rules_allow(&probe_rules, "-", "192.0.2.7"), 0);
	CHECK_EQ(probe_rules_allow(&probe_rules, "-", "2001:db8::/33"), 0);
	CHECK(permits(&probe_rules, "10.127.255.255"));
	CHECK(!permits(&probe_rules, "10.128.0.0"));
	CHECK(permits(&probe_rules, "192.0.2.7"));
	CHECK(!permits(&probe_rules, "192.0.2.6"));
	CHECK(permits(&probe_rules, "2001:db8:7fff::1"));
	CHECK(!permits(&probe_rules, "2001:db8:8000::1"));
	CHECK(!permits(&probe_rules, "::1"));
	CHECK_EQ(probe_rules_allow(&probe_rules, "-", "0.0.0.0/0"), 0);
	CHECK(permits(&probe_rules, "198.51.100.1"));
	CHECK(!permits(&probe_rules, "224.0.0.1"));
	CHECK(!permits(&probe_rules, "ff02::1"));
	free(probe_rules.allowed);
}

TEST(monitor_prints_changes_of_state)
{
	CHECK_EQ(run_tool("icmpecho monitor -c 4 -i 0.05 -W 0.02 10.9.0.1 10.1.0.1 10.2.0.1 "
			  "10.4.0.1"), 1);
	CHECK_HAS(tool_output, " 10.9.0.1 is up: answered after 1.000 ms\n");
	CHECK_HAS(tool_output, " 10.1.0.1 is down: timed out, 3 in a row\n");
	CHECK_HAS(tool_output,
		  " 10.2.0.1 is down: host unreachable from 10.0.0.254, 3 in a row\n");
	CHECK_HAS(tool_output, " 10.4.0.1 is down: this host's firewall forbids it");
	CHECK_HAS(tool_output, "--- 10.9.0.1: 4 sent, 4 answered, 0 lost (0.0 %)\n");
	CHECK_HAS(tool_output, "--- 10.1.0.1: 4 sent, 0 answered, 4 lost (100.0 %)");
	CHECK_TEXT(tool_errors, "");
	CHECK_EQ(run_tool("icmpecho monitor -q -c 2 -i 0.05 10.9.0.1 10.9.0.2"), 0);
	CHECK_HAS_NOT(tool_output, " is up");
}

TEST(monitor_prints_one_table)
{
	CHECK_EQ(run_tool("icmpecho monitor --csv -c 3 -i 0.02 -W 0.02 10.1.0.1 10.9.0.1"), 1);
	CHECK(!strncmp(tool_output, "time,host,address,state,previous,previous_s,reason,from,"
				    "rtt_ms,recently_lost,recently_sent\n", 91));
	CHECK_HAS(tool_output, ",10.9.0.1,10.9.0.1,up,unknown,,,,1.");
	CHECK_HAS(tool_output, ",10.1.0.1,10.1.0.1,down,unknown,,timed out,,,3,3\n");
	CHECK_HAS_NOT(tool_output, "loss_percent");
	CHECK_EQ(run_tool("icmpecho monitor --csv -q -c 3 -i 0.02 -W 0.02 10.1.0.1"), 1);
	CHECK(!strncmp(tool_output, "host,address,state,sent,answered,", 33));
	CHECK_HAS(tool_output, "\n10.1.0.1,10.1.0.1,down,3,0,3,0,0,0,0,100.000,,,,,,,,,,\n");
}

TEST(monitor_prints_json)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho monitor --json -c 3 -i 0.02 -W 0.02 10.1.0.1"), 1);
	object = tool_json(0);
	CHECK(object);
	CHECK_TEXT(tool_member(object, "state"), "down");
	CHECK_TEXT(tool_member(object, "previous"), "unknown");
	CHECK_TEXT(tool_member(object, "reason"), "timed out");
	CHECK_TEXT(tool_member(object, "rtt_ms"), "null");
	CHECK_TEXT(tool_member(object, "previous_s"), "null");
	json_object_put(object);
}

TEST(monitor_says_who_has_sent_an_error)
{
	CHECK_EQ(run_tool("icmpecho monitor --csv -c 3 -i 0.02 -W 0.02 10.1.0.1 10.2.0.1"), 1);
	CHECK_HAS(tool_output, "time,host,address,state,previous,previous_s,reason,from,rtt_ms,"
			       "recently_lost,recently_sent\n");
	CHECK_HAS(tool_output, ",10.1.0.1,10.1.0.1,down,unknown,,timed out,,,3,3\n");
	CHECK_HAS(tool_output,
		  ",10.2.0.1,10.2.0.1,down,unknown,,host unreachable,10.0.0.254,,3,3\n");
}

TEST(monitor_batches_what_is_due_within_a_tick)
{
	int status, pipes[2];

	/* The child counts its calls: it has the device. */
	CHECK_EQ(pipe(pipes), 0);
	fflush(stdout);
	if (!fork()) {
		char name[] = "icmpecho", command[] = "monitor", quiet[] = "-q", count[] = "-c2";
		char hosts[] = "10.9.0.0/23";

		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		status = tool_main(5, (char *[]){ name, command, quiet, count, hosts, NULL });
		if (write(pipes[1], &fake, sizeof(fake)) != sizeof(fake))
			status = 3;
		exit(status);
	}
	CHECK_EQ(read(pipes[0], &fake, sizeof(fake)), sizeof(fake));
	wait(&status);
	CHECK_EQ(tool_status(status), 0);
	CHECK_EQ(fake.submitted, 1024);
	/* 512 a second, and 20 ticks: about 40, unless this machine is slow */
	CHECK(fake.submits < 512);
	close(pipes[0]);
	close(pipes[1]);
}

TEST(sighup_reads_the_configuration_again_and_keeps_counters)
{
	struct tool_run run;
	const char *once;
	char line[256];

	snprintf(line, sizeof(line), "icmpecho monitor -i 0.05 -W 0.05 -f %s",
		 write_config("10.9.0.1 name=stays\n10.9.0.2\n10.1.0.1 timeout=1000\n"));
	tool_begin(&run, line);
	CHECK(tool_prints(&run, "stays (10.9.0.1) is up"));
	CHECK(tool_prints(&run, "10.9.0.2 is up"));
	/* The last one's requests are in flight when it goes. */
	write_config("10.9.0.3\n10.9.0.1 name=stays interval=20ms\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, "10.9.0.3 is up"));
	write_config("10.9.0.4\nnonsense=1 nonsense\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, "the old configuration stays"));
	kill(run.child, SIGQUIT);
	CHECK(tool_prints(&run, "--- 10.9.0.3: "));
	CHECK_EQ(tool_finish(&run, SIGINT), 0);
	/* It has not become up twice: it has kept its state. */
	once = strstr(tool_output, "stays (10.9.0.1) is up");
	CHECK(once && !strstr(once + 1, "stays (10.9.0.1) is up"));
	CHECK_HAS_NOT(tool_output, "10.9.0.4");
	CHECK_HAS_NOT(tool_output, "--- 10.9.0.2");
}

TEST(sigterm_ends_a_service_with_status_0)
{
	struct tool_run run;

	tool_begin(&run, "icmpecho monitor -i 0.02 -W 0.02 10.1.0.1");
	CHECK(tool_prints(&run, "10.1.0.1 is down"));
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	CHECK_HAS_NOT(tool_output, "---");
	tool_begin(&run, "icmpecho monitor -i 0.02 -W 0.02 10.1.0.1");
	CHECK(tool_prints(&run, "10.1.0.1 is down"));
	CHECK_EQ(tool_finish(&run, SIGINT), 1);
	CHECK_HAS(tool_output, "--- 10.1.0.1");
}

TEST(service_manager_is_told_when_it_is_ready)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = 20 };
	struct tool_run run;
	char text[256] = "", line[256];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t len;

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/icmpecho-notify-%d",
		 (int)getpid());
	CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	snprintf(line, sizeof(line), "icmpecho monitor -f %s", write_config("10.9.0.1\n"));
	tool_begin(&run, line);
	unsetenv("NOTIFY_SOCKET");
	len = recv(fd, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	CHECK_TEXT(text, "READY=1\nSTATUS=1 hosts");
	kill(run.child, SIGHUP);
	len = recv(fd, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	CHECK_HAS(text, "RELOADING=1\nMONOTONIC_USEC=");
	len = recv(fd, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	CHECK_TEXT(text, "READY=1\nSTATUS=1 hosts");
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	len = recv(fd, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	CHECK_TEXT(text, "STOPPING=1");
	close(fd);
	unlink(address.sun_path);
}

TEST(files_are_replaced_as_a_whole)
{
	char line[256], path[64], text[4096] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/icmpecho-metrics-%d.prom", (int)getpid());
	snprintf(line, sizeof(line), "icmpecho monitor -q -c 2 -i 0.05 --textfile %s 10.9.0.1",
		 path);
	CHECK_EQ(run_tool(line), 0);
	file = fopen(path, "r");
	CHECK(file);
	if (!file)
		return;
	CHECK(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	CHECK_HAS(text, "icmpecho_replies_total{target=\"10.9.0.1\"} 2\n");
	unlink(path);
}

/* A file system where no file may grow stands for a full disk. */
TEST(full_disk_leaves_the_old_file_and_is_told_once)
{
	char line[256], path[64], text[16] = "", said[1024];
	struct rlimit limit, none = { 0 };
	struct tool_run run;
	int pipes[2];
	FILE *file;
	ssize_t len;

	snprintf(path, sizeof(path), "/tmp/icmpecho-full-%d.prom", (int)getpid());
	file = fopen(path, "w");
	fputs("old\n", file);
	fclose(file);
	snprintf(line, sizeof(line),
		 "icmpecho monitor -q -i 0.05 --write-every 0.1 --textfile %s 10.9.0.1", path);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	none.rlim_max = limit.rlim_max;
	/* What it prints goes to a pipe, which has no such limit. */
	CHECK_EQ(pipe(pipes), 0);
	run.out = fdopen(dup(pipes[1]), "w");
	run.err = fdopen(pipes[1], "w");
	setrlimit(RLIMIT_FSIZE, &none);
	run.child = tool_start(line, -1, run.out, run.err);
	setrlimit(RLIMIT_FSIZE, &limit);
	len = read(pipes[0], said, sizeof(said) - 1);
	said[len > 0 ? len : 0] = '\0';
	CHECK_HAS(said, "the old file stays\n");
	usleep(300000);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	CHECK_EQ(read(pipes[0], said, 1), (size_t)-1);
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	close(pipes[0]);
	file = fopen(path, "r");
	CHECK(fgets(text, sizeof(text), file));
	fclose(file);
	CHECK_TEXT(text, "old\n");
	unlink(path);
}

TEST(output_that_cannot_be_written_ends_it)
{
	tool_check_output_errors("icmpecho monitor -i 0.02 10.9.0.1");
	CHECK_HAS(tool_errors, "icmpecho monitor: ");
}

/* A monitor that gets a listening socket from its service manager: from this test. */
static uint16_t start_listening(struct tool_run *run, const char *line)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char pid[16];

	CHECK_EQ(bind(fd, (struct sockaddr *)&address, len), 0);
	CHECK_EQ(listen(fd, 8), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	run->out = tmpfile();
	run->err = tmpfile();
	fflush(stdout);
	run->child = fork();
	if (!run->child) {
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
		/* Out of the way of descriptor 3 */
		dup2(dup2(fileno(run->out), 100), STDOUT_FILENO);
		dup2(dup2(fileno(run->err), 101), STDERR_FILENO);
		dup2(fd, 3);
		tool_exec(line, -1, 100, 101);
	}
	close(fd);
	return ntohs(address.sin_port);
}

/* The response to a request, with its headers. */
static const char *request(uint16_t port, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval limit = { .tv_sec = 20 };
	static char response[1 << 16];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t len = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return "no connection";
	dprintf(fd, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", text);
	while ((n = read(fd, response + len, sizeof(response) - 1 - len)) > 0)
		len += (size_t)n;
	response[len] = '\0';
	close(fd);
	return response;
}

/* Header lines may stand behind the version. */
static const char *request_with(uint16_t port, const char *text, const char *header)
{
	char full[512];

	snprintf(full, sizeof(full), "%s HTTP/1.1\r\n%s\r\nX-Rest:", text, header);
	return request(port, full);
}

TEST(metrics_are_served_on_a_socket_that_is_passed_in)
{
	struct tool_run run;
	const char *text;
	uint16_t port;

	if (!web_is_built_in())
		SKIP("there is no libmicrohttpd");
	port = start_listening(&run, "icmpecho monitor -i 0.05 10.9.0.1");
	CHECK(tool_prints(&run, "10.9.0.1 is up"));
	text = request(port, "GET /metrics");
	CHECK_HAS(text, "HTTP/1.1 200 OK\r\n");
	CHECK_HAS(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	CHECK_HAS(text, "\nicmpecho_target_up{target=\"10.9.0.1\"} 1\n");
	text = request_with(port, "GET /metrics", "Accept: application/openmetrics-text");
	CHECK_HAS(text, "Content-Type: application/openmetrics-text; version=1.0.0;");
	CHECK_HAS(text, "\n# EOF\n");
	CHECK_HAS(request(port, "HEAD /metrics"), "HTTP/1.1 200 OK\r\n");
	CHECK_HAS(request(port, "GET /"), "<h1>icmpecho monitor</h1>");
	CHECK_HAS(request(port, "GET /nonsense"), "HTTP/1.1 404 ");
	CHECK_HAS(request(port, "DELETE /metrics"), "HTTP/1.1 405 ");
	CHECK_HAS(request(port, "GET /probe?target=10.9.0.1"), "HTTP/1.1 403 ");
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	CHECK_TEXT(tool_errors, "");
}

TEST(listening_without_its_library_is_refused)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho monitor -c 1 --listen 127.0.0.1:0 10.9.0.1",
		  "icmpecho monitor: pages by HTTP need libmicrohttpd.so.12, which is in the "
		  "package libmicrohttpd or" },
		{ 0 }
	};

	if (!web_is_built_in())
		SKIP("there is no libmicrohttpd");
	fake.library = "libicmpecho-no-such.so";
	tool_check_mistakes(mistakes);
	CHECK_HAS(tool_errors, "libicmpecho-no-such.so: cannot open");
	/* It is not needed for anything else. */
	CHECK_EQ(run_tool("icmpecho monitor -c 1 -i 0.05 10.9.0.1"), 0);
	CHECK_TEXT(tool_errors, "");
	/* A library without its functions */
	fake.library = "libc.so.6";
	tool_check_mistakes(mistakes);
	CHECK_HAS(tool_errors, "MHD_add_response_header");
}

TEST(probe_asks_allowed_targets_once)
{
	struct tool_run run;
	const char *text;
	uint16_t port;

	if (!web_is_built_in())
		SKIP("there is no libmicrohttpd");
	port = start_listening(&run, "icmpecho monitor --probe-allow 10.0.0.0/8 "
					 "--probe-allow 127.0.0.1 --probe-allow 224.0.0.0/4");
	text = request(port, "GET /probe?target=10.9.0.1");
	CHECK_HAS(text, "HTTP/1.1 200 OK\r\n");
	CHECK_HAS(text, "\nprobe_success 1\n");
	CHECK_HAS(text, "\nprobe_icmp_duration_seconds{phase=\"rtt\"} 0.001\n");
	CHECK_HAS(text, "\nprobe_icmp_reply_hop_limit 63\n");
	CHECK_HAS(text, "\nprobe_ip_protocol 4\n");
	text = request_with(port, "GET /probe?target=10.1.0.1",
			    "X-Prometheus-Scrape-Timeout-Seconds: 0.2");
	CHECK_HAS(text, "\nprobe_success 0\n");
	CHECK_HAS_NOT(text, "hop_limit");
	CHECK_HAS(request(port, "GET /probe?target=10.4.0.1"), "\nprobe_success 0\n");
	CHECK_HAS(request(port, "GET /probe?target=localhost&family=4"), "\nprobe_success 1\n");
	CHECK_HAS(request(port, "GET /probe?target=no-such-host.invalid"),
		  "\nprobe_success 0\n");
	CHECK_HAS(request(port, "GET /probe?target=11.0.0.1"), "HTTP/1.1 403 ");
	CHECK_HAS(request(port, "GET /probe?target=224.0.0.1"), "HTTP/1.1 403 ");
	CHECK_HAS(request(port, "GET /probe?target="), "HTTP/1.1 400 ");
	CHECK_HAS(request(port, "GET /probe"), "HTTP/1.1 400 ");
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	CHECK_TEXT(tool_errors, "");
}

/* What names stand for from now on. Replaced as a whole, since threads read it. */
static void write_names(const char *text)
{
	static char path[64];
	char new[80];
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/icmpecho-names-%d", (int)getpid());
	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "w");
	fputs(text, file);
	fclose(file);
	rename(new, path);
	fake.names = path;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

TEST(a_slow_lookup_does_not_hold_up_the_end)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	double start = seconds();
	struct tool_run run;
	char text[4096] = "";

	if (!web_is_built_in())
		SKIP("there is no libmicrohttpd");
	write_names("slow.test 10.9.0.1 10000\n");
	address.sin_port = htons(start_listening(&run,
						 "icmpecho monitor --probe-allow 10.0.0.0/8"));
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	dprintf(fd, "GET /probe?target=slow.test HTTP/1.1\r\nHost: x\r\n"
		    "Connection: close\r\n\r\n");
	/* It is under way when others are answered that came later. */
	CHECK_HAS(request(ntohs(address.sin_port), "GET /probe?target=10.9.0.1"),
		  "\nprobe_success 1\n");
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	CHECK(seconds() - start < 10);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK_HAS(text, "HTTP/1.1 503 ");
	close(fd);
	unlink(fake.names);
}

TEST(probes_are_bounded)
{
	static const char command[] = "icmpecho monitor --probe-allow 10.0.0.0/8 --probe-max 1";
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct tool_run run;
	char text[4096] = "";
	int fd = socket(AF_INET, SOCK_STREAM, 0), i;

	if (!web_is_built_in())
		SKIP("there is no libmicrohttpd");
	address.sin_port = htons(start_listening(&run, command));
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	/* This one waits for longer than the test takes. */
	dprintf(fd, "GET /probe?target=10.1.0.1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	for (i = 0; i < 100; i++) {
		if (strstr(request(ntohs(address.sin_port), "GET /probe?target=10.9.0.1"),
			   "HTTP/1.1 503 "))
			break;
		usleep(10000);
	}
	CHECK(i < 100);
	/* At the end each client gets its answer. */
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK_HAS(text, "HTTP/1.1 503 ");
	close(fd);
}

/*
 * Whether the terminal shows that within 30 seconds. A screen changes by single characters, so
 * @redraw asks for all of it again and again.
 */
static bool terminal_shows(int master, const char *part, bool redraw)
{
	struct pollfd poll_fd = { .fd = master, .events = POLLIN };
	unsigned int tries, len = 0;
	ssize_t n;

	for (tries = 0; tries < 300; tries++) {
		if (redraw && write(master, "\f", 1) != 1)
			return false;
		usleep(100000);
		while (poll(&poll_fd, 1, 0) > 0 && len < sizeof(tool_output) - 1) {
			n = read(master, tool_output + len, sizeof(tool_output) - 1 - len);
			if (n <= 0)
				return false;
			len += (unsigned int)n;
			tool_output[len] = '\0';
			if (strstr(tool_output, part))
				return true;
		}
	}
	return false;
}

TEST(live_screen_shows_hosts_and_changes_and_ends_at_q)
{
	const struct winsize size = { .ws_row = 30, .ws_col = 120 };
	int master, slave, status;
	pid_t child;

	if (!screen_is_built_in())
		SKIP("there is no ncurses");
	CHECK_EQ(openpty(&master, &slave, NULL, NULL, &size), 0);
	setenv("TERM", "vt100", 1);
	fflush(stdout);
	child = fork();
	if (!child)
		tool_exec("icmpecho monitor --live -i 0.05 -W 0.02 10.9.0.1 10.1.0.1", slave,
			  slave, slave);
	close(slave);
	CHECK(terminal_shows(master, "HOST                    STATE", true));
	CHECK(terminal_shows(master, "10.1.0.1 is down: timed out, 3 in a row", true));
	CHECK(terminal_shows(master, "2 hosts: 1 up, 0 lossy, 1 down", true));
	CHECK_EQ(write(master, "q", 1), 1);
	/* The summary is for the terminal, too, when it is a terminal again. */
	CHECK(terminal_shows(master, "--- 10.1.0.1: ", false));
	waitpid(child, &status, 0);
	CHECK_EQ(tool_status(status), 1);
	close(master);
}

TEST(monitor_without_hosts_waits_for_sighup)
{
	struct tool_run run;
	sigset_t hangup;
	char line[256];

	snprintf(line, sizeof(line), "icmpecho monitor -f %s", write_config("# none yet\n"));
	/* Until the monitor takes it, the signal waits. */
	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hangup, NULL);
	tool_begin(&run, line);
	sigprocmask(SIG_UNBLOCK, &hangup, NULL);
	/* It must be there still when it is told of a host. */
	usleep(300000);
	write_config("10.9.0.1\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, "10.9.0.1 is up"));
	CHECK_EQ(tool_finish(&run, SIGTERM), 0);
}

TEST(a_name_that_is_not_resolved_is_told_and_tried_again)
{
	struct tool_run run;
	const char *once;

	write_names("");
	tool_begin(&run, "icmpecho monitor -i 0.02 ghost.test 10.9.0.1");
	CHECK(tool_prints(&run, " 10.9.0.1 is up"));
	CHECK(tool_prints(&run, " ghost.test is down: not resolved, 3 in a row\n"));
	write_names("ghost.test 10.9.0.7 0\n");
	CHECK(tool_prints(&run, " ghost.test (10.9.0.7) is up: answered after"));
	CHECK_EQ(tool_finish(&run, SIGINT), 0);
	once = "icmpecho monitor: ghost.test is not resolved: Name or service not known; it will "
	       "be tried again\n";
	CHECK_TEXT(tool_errors, once);
	CHECK_HAS(tool_output, " not sent: not resolved\n");
	unlink(fake.names);
}

TEST(lookups_do_not_hold_up_other_hosts)
{
	double start = seconds();
	struct tool_run run;
	char line[128];

	write_names("slow.test 10.9.0.2 10000\n");
	snprintf(line, sizeof(line), "icmpecho monitor -i 0.02 -f %s",
		 write_config("slow.test\n10.9.0.1\n"));
	tool_begin(&run, line);
	CHECK(tool_prints(&run, " 10.9.0.1 is up"));
	/* Also of a configuration that is read again */
	write_config("slow.test\n10.9.0.1\n10.9.0.3\nslow.test name=other\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, " 10.9.0.3 is up"));
	/* Nor do they hold up the end. */
	CHECK_EQ(tool_finish(&run, SIGINT), 1);
	CHECK(seconds() - start < 10);
	CHECK_HAS_NOT(tool_output, "slow.test is ");
	CHECK_TEXT(tool_errors, "");
	unlink(fake.names);
}

TEST(sighup_looks_names_up_again)
{
	struct tool_run run;
	char line[128];

	write_names("a.test 10.9.0.1 0\n");
	snprintf(line, sizeof(line), "icmpecho monitor -i 0.02 -W 0.02 -f %s",
		 write_config("a.test name=a\n"));
	tool_begin(&run, line);
	CHECK(tool_prints(&run, " a (10.9.0.1) is up"));
	write_names("a.test 10.1.0.1 0\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, " a (10.1.0.1) is down: timed out"));
	write_names("");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, "a.test is not resolved: Name or service not known; the old "
				"address stays\n"));
	/* Another name without an address does not get this one's. */
	write_config("b.test name=a\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, "b.test is not resolved: Name or service not known; it will be"));
	write_config("10.9.0.2 name=a\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, " a (10.9.0.2) is up"));
	CHECK_EQ(tool_finish(&run, SIGINT), 0);
	unlink(fake.names);
}

TEST(a_lookup_that_is_overtaken_by_sighup_is_forgotten)
{
	struct tool_run run;
	char line[128];

	write_names("a.test 10.1.0.1 300\nb.test 10.9.0.2 0\ngone.test 10.9.0.3 300\n");
	snprintf(line, sizeof(line), "icmpecho monitor -i 0.02 -W 0.02 -f %s",
		 write_config("a.test name=a\na.test name=b\ngone.test\n10.9.0.4\n"));
	tool_begin(&run, line);
	CHECK(tool_prints(&run, " 10.9.0.4 is up"));
	write_config("b.test name=a\n10.9.0.5 name=b\n");
	kill(run.child, SIGHUP);
	CHECK(tool_prints(&run, " b (10.9.0.5) is up"));
	CHECK(tool_prints(&run, " a (10.9.0.2) is up"));
	CHECK_EQ(tool_finish(&run, SIGINT), 0);
	CHECK_HAS_NOT(tool_output, "10.1.0.1");
	CHECK_HAS_NOT(tool_output, "10.9.0.3");
	CHECK_TEXT(tool_errors, "");
	unlink(fake.names);
}

/* More than there are threads */
TEST(many_names_are_resolved)
{
	char names[8192] = "", config[4096] = "", line[128];
	unsigned int i;

	for (i = 0; i < 100; i++) {
		sprintf(names + strlen(names), "n%u.test 10.9.1.%u 20\n", i, i);
		sprintf(config + strlen(config), "n%u.test\n", i);
	}
	write_names(names);
	snprintf(line, sizeof(line), "icmpecho monitor -c 2 -i 0.05 -f %s", write_config(config));
	CHECK_EQ(run_tool(line), 0);
	CHECK_HAS(tool_output, " n0.test (10.9.1.0) is up");
	CHECK_HAS(tool_output, " n99.test (10.9.1.99) is up");
	CHECK_HAS(tool_output, "--- n99.test: 2 sent, 2 answered");
	unlink(fake.names);
}

TEST(failed_lookups_count_as_requests_that_were_not_sent)
{
	struct json_object *object;

	write_names("");
	CHECK_EQ(run_tool("icmpecho monitor -c 3 -i 0.02 ghost.test"), 1);
	CHECK_HAS(tool_output, "--- ghost.test: 0 sent, 0 answered, 0 lost (0.0 %), 3 not sent\n"
			       "  3 not sent: not resolved\n");
	CHECK_EQ(run_tool("icmpecho monitor -c 3 -i 0.02 --json --textfile /tmp/icmpecho-ghost "
			  "ghost.test"), 1);
	object = tool_json(0);
	CHECK_TEXT(tool_member(object, "address"), "null");
	CHECK_TEXT(tool_member(object, "state"), "down");
	CHECK_TEXT(tool_member(object, "reason"), "not resolved");
	json_object_put(object);
	CHECK_EQ(system("grep -q '^icmpecho_failures_total{target=\"ghost.test\","
			"reason=\"unresolved\"} 3$' /tmp/icmpecho-ghost"), 0);
	CHECK(system("grep -q '^icmpecho_target_info' /tmp/icmpecho-ghost") != 0);
	unlink("/tmp/icmpecho-ghost");
	unlink(fake.names);
}

TEST(what_cannot_be_a_name_is_refused)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho monitor -6 10.9.0.1", "10.9.0.1: Address family for hostname not" },
		{ "icmpecho monitor -4 ::1", "::1: Address family for hostname not supported" },
		{ "icmpecho monitor -6 10.9.0.0/24", "10.9.0.0/24: Name or service not known" },
		{ 0 }
	};

	tool_check_mistakes(mistakes);
}

TEST(options_that_do_not_go_together_are_refused)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho monitor", "no host was given" },
		{ "icmpecho monitor --down 0 10.9.0.1", "option --down: '0' is not a number" },
		{ "icmpecho monitor --window 65 10.9.0.1", "option --window: '65' is not" },
		{ "icmpecho monitor -i 0.001 10.9.0.1", "option -i: the interval is less than" },
		{ "icmpecho monitor --write-every 0.01 10.9.0.1", "option --write-every" },
		{ "icmpecho monitor --probe-allow 10.0.0.0/33 a", "is not a number from 0 to 32" },
		{ "icmpecho monitor --probe-allow x a", "'x' is not an address or a prefix" },
		{ "icmpecho monitor -f /nonsense/file", "cannot open /nonsense/file" },
		{ 0 }
	};

	tool_check_mistakes(mistakes);
}

TEST(live_screen_excludes_other_outputs)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho monitor --live 10.9.0.1", "--live needs a terminal" },
		{ "icmpecho monitor --live --json 10.9.0.1", "excludes --json" },
		{ "icmpecho monitor --live -q 10.9.0.1", "exclude each other" },
		{ 0 }
	};

	if (!screen_is_built_in())
		SKIP("there is no ncurses");
	tool_check_mistakes(mistakes);
}

TEST(addresses_to_listen_on_are_checked)
{
	static const struct tool_mistake mistakes[] = {
		{ "icmpecho monitor --listen 9427 10.9.0.1", "'9427' is not ADDRESS:PORT" },
		{ "icmpecho monitor --listen [::1:1 10.9.0.1", "is not ADDRESS:PORT" },
		{ "icmpecho monitor --listen 192.0.2.1:9427 10.9.0.1", "cannot listen on" },
		{ "icmpecho monitor --probe-allow 10.0.0.0/8", "--probe-allow needs --listen" },
		{ 0 }
	};

	if (!web_is_built_in())
		SKIP("there is no libmicrohttpd");
	tool_check_mistakes(mistakes);
}
