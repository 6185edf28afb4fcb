// SPDX-License-Identifier: MIT
/* icmpecho trace --live and icmpecho monitor --live, in a terminal. */
#include "tool_tmux.h"

#define HEADER	"Loss%  Sent  Last   Avg  Best Worst StDev Jitter"

TEST(live_trace_shows_statistics_of_each_hop)
{
	tmux_run_tool(90, 20, "icmpecho trace --live -n -c 12 -i 50ms 10.14.4.1");
	CHECK_SHOWS("icmpecho trace: 10.14.4.1");
	CHECK_SHOWS(HEADER);
	CHECK_SHOWS(" 1. 10.0.1.254 ");
	/* Both that answer for the second hop */
	CHECK_SHOWS(" 2. 10.0.2.25");
	CHECK_SHOWS("\n    10.0.2.25");
	CHECK_SHOWS(" 4. 10.14.4.1 ");
	CHECK_LOSES(" 5. ");
	CHECK_SHOWS("  0.0    12 ");
	tmux("send-keys q");
	CHECK_SHOWS("status 0");
	tmux_end();
}

TEST(live_trace_obeys_its_keys)
{
	tmux_run_tool(90, 20, "icmpecho trace --live -i 100ms 10.12.3.1 -W 0.05");
	CHECK_SHOWS(HEADER);
	CHECK_SHOWS(" 2. ???  ");
	tmux("send-keys d");
	CHECK_SHOWS("the last times");
	CHECK_SHOWS("█");
	CHECK_SHOWS("???");
	CHECK_LOSES(HEADER);
	tmux("send-keys d");
	CHECK_SHOWS(HEADER);
	tmux("send-keys p");
	CHECK_SHOWS("paused");
	/* Nothing is asked any more, so nothing comes back. */
	tmux("send-keys r");
	CHECK_LOSES("10.0.1.254");
	tmux("send-keys Space");
	CHECK_SHOWS("10.0.1.254");
	CHECK_LOSES("paused");
	tmux("send-keys Down");
	CHECK_LOSES("10.0.1.254");
	tmux("send-keys Up");
	CHECK_SHOWS("10.0.1.254");
	tmux("send-keys q");
	CHECK_SHOWS("status 0");
	tmux_end();
}

TEST(live_trace_shows_names_or_addresses)
{
	tmux_run_tool(90, 20, "icmpecho trace --live -4 -i 100ms localhost");
	CHECK_SHOWS(" 2. localhost (127.0.0.1) ");
	tmux("send-keys n");
	CHECK_SHOWS(" 2. 127.0.0.1  ");
	tmux("send-keys n");
	CHECK_SHOWS(" 2. localhost (127.0.0.1) ");
	tmux_end();
}

TEST(live_trace_follows_the_size_of_the_terminal)
{
	tmux_run_tool(90, 20, "icmpecho trace --live -n -i 100ms 10.8.12.1");
	CHECK_SHOWS("12. 10.8.12.1 ");
	CHECK_SHOWS(HEADER);
	tmux("resize-window -x 60 -y 10");
	CHECK_LOSES("12. 10.8.12.1 ");
	CHECK_LOSES("Jitter");
	CHECK_SHOWS(" 6. 10.0.6.254 ");
	tmux("resize-window -x 120 -y 30");
	CHECK_SHOWS("12. 10.8.12.1 ");
	CHECK_SHOWS(HEADER);
	tmux_end();
}

/* A screen, and words that it shows. */
struct picture {
	const char *line, *words, *help;
};

static const struct picture trace = {
	"icmpecho trace --live -n -i 50ms 10.8.2.1", " 2. 10.8.2.1 ", "q quit"
};

static const struct picture monitor = {
	"icmpecho monitor --live -i 50ms -W 50ms 10.9.0.1", "10.9.0.1 is up", "q: end"
};

/* It ends by keys or, without keys, by a signal; and the terminal is as it was. */
static void check_end(const struct picture *picture, const char *keys, int signal,
		      const char *status)
{
	tmux_run_tool(90, 20, picture->line);
	CHECK_SHOWS(picture->words);
	CHECK_SHOWS(picture->help);
	CHECK_LOSES("first");
	if (keys)
		tmux("send-keys %s", keys);
	else
		tmux_kill(signal);
	CHECK_SHOWS(status);
	CHECK_SHOWS("terminal restored");
	CHECK_SHOWS("first");
	CHECK_LOSES(picture->help);
	tmux_end();
}

TEST(live_trace_restores_the_terminal_after_q)
{
	check_end(&trace, "q", 0, "status 0");
}

TEST(live_trace_restores_the_terminal_after_interrupt)
{
	check_end(&trace, "C-c", 0, "status 0");
}

TEST(live_trace_restores_the_terminal_after_quit)
{
	check_end(&trace, "'C-\\'", 0, "status 0");
}

TEST(live_trace_restores_the_terminal_after_sigterm)
{
	check_end(&trace, NULL, SIGTERM, "status 0");
}

TEST(live_trace_restores_the_terminal_after_a_crash)
{
	check_end(&trace, NULL, SIGSEGV, "status 139");
}

TEST(live_trace_leaves_its_table_behind)
{
	tmux_run_tool(90, 20, "icmpecho trace --live -n -i 50ms 10.8.2.1");
	CHECK_SHOWS(" 2. 10.8.2.1 ");
	tmux("send-keys q");
	CHECK_SHOWS("10.8.2.1: reached at hop 2\nstatus 0");
	CHECK_SHOWS(" 1. 10.0.1.254 ");
	tmux_end();
}

TEST(live_trace_ends_asking_after_the_last_round)
{
	tmux_run_tool(90, 20, "icmpecho trace --live -n -c 2 -i 50ms 10.8.2.1");
	CHECK_SHOWS("done");
	CHECK_SHOWS("  0.0     2 ");
	tmux("send-keys q");
	CHECK_SHOWS("status 0");
	tmux_end();
}

TEST(live_trace_says_why_nothing_is_sent)
{
	tmux_run_tool(100, 20, "icmpecho trace --live -n -i 50ms 10.4.2.1");
	CHECK_SHOWS("nothing was sent: this host");
	tmux("send-keys q");
	CHECK_SHOWS("status 1");
	tmux_end();
}

TEST(live_screen_needs_a_terminal)
{
	CHECK_EQ(run_tool("icmpecho trace --live 10.8.2.1"), 2);
	CHECK_HAS(tool_errors, "option --live needs a terminal");
}

TEST(live_monitor_restores_the_terminal_after_q)
{
	check_end(&monitor, "q", 0, "status 0");
}

TEST(live_monitor_restores_the_terminal_after_interrupt)
{
	check_end(&monitor, "C-c", 0, "status 0");
}

TEST(live_monitor_restores_the_terminal_after_sigterm)
{
	check_end(&monitor, NULL, SIGTERM, "status 0");
}

TEST(live_monitor_restores_the_terminal_after_a_crash)
{
	check_end(&monitor, NULL, SIGSEGV, "status 139");
}

/* SIGHUP and SIGQUIT mean something else to a monitor. */
TEST(live_monitor_goes_on_after_other_signals)
{
	tmux_run_tool(90, 20, monitor.line);
	CHECK_SHOWS(monitor.words);
	tmux_kill(SIGQUIT);
	tmux_kill(SIGHUP);
	tmux("resize-window -x 70 -y 15");
	tmux("resize-window -x 90 -y 20");
	CHECK_SHOWS(monitor.words);
	CHECK_SHOWS("1 hosts: 1 up");
	tmux("send-keys q");
	CHECK_SHOWS("status 0");
	tmux_end();
}

TEST(live_monitor_follows_the_size_of_the_terminal)
{
	tmux_run_tool(120, 30, "icmpecho monitor --live -i 50ms -W 50ms 10.9.0.0/28");
	CHECK_SHOWS("10.9.0.15               up ");
	CHECK_SHOWS("RECENT");
	tmux("resize-window -x 60 -y 10");
	CHECK_LOSES("10.9.0.15  ");
	CHECK_LOSES("RECENT");
	CHECK_SHOWS("10.9.0.6                up ");
	tmux("resize-window -x 120 -y 30");
	CHECK_SHOWS("10.9.0.15               up ");
	CHECK_SHOWS("RECENT");
	tmux_end();
}

TEST(live_monitor_scrolls)
{
	tmux_run_tool(90, 10, "icmpecho monitor --live -i 50ms -W 50ms 10.9.0.0/28");
	CHECK_SHOWS("10.9.0.0                up ");
	CHECK_LOSES("10.9.0.7 ");
	tmux("send-keys Down");
	CHECK_SHOWS("10.9.0.7                up ");
	CHECK_LOSES("10.9.0.0 ");
	tmux("send-keys NPage");
	CHECK_SHOWS("10.9.0.14               up ");
	tmux("send-keys End");
	CHECK_SHOWS("10.9.0.15               up ");
	tmux("send-keys Up");
	CHECK_LOSES("10.9.0.15 ");
	tmux("send-keys PPage");
	CHECK_SHOWS("10.9.0.1                up ");
	tmux("send-keys Home");
	CHECK_SHOWS("10.9.0.0                up ");
	tmux_end();
}

TEST(live_monitor_says_messages_on_the_screen_and_again_behind_it)
{
	tmux_run_tool(90, 20, "icmpecho monitor --live -i 50ms --write-every 0.1 "
			      "--textfile /nonsense/file 10.9.0.1");
	CHECK_SHOWS("\ncannot write /nonsense/file: No such file or directory; the old file stays");
	tmux("send-keys q");
	CHECK_SHOWS("\nicmpecho monitor: cannot write /nonsense/file: No such");
	CHECK_SHOWS("status 0");
	tmux_end();
}

/* Where the locale has no such characters, a name is readable as far as it can be. */
TEST(live_monitor_shows_names_in_any_locale)
{
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/icmpecho-live-%d.conf", (int)getpid());
	file = fopen(path, "w");
	fputs("10.9.0.1 name=Zo\303\253\n", file);
	fclose(file);
	snprintf(line, sizeof(line), "icmpecho monitor --live -i 50ms -f %s", path);
	tmux_run_tool(90, 20, line);
	CHECK_SHOWS("Zo\303\253                     up ");
	tmux_end();
	tmux_locale = "C";
	tmux_run_tool(90, 20, line);
	CHECK_SHOWS("Zo??");
	tmux_end();
	tmux_locale = "C.UTF-8";
	unlink(path);
}
