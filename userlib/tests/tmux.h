/* SPDX-License-Identifier: MIT */
/* Live screens, driven in tmux: a command in a terminal, keys for it, and what that shows. */
#ifndef TMUX_H
#define TMUX_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

static char tmux_screen[1 << 16];
/* Of the command */
static const char *tmux_locale = "C.UTF-8";
/* Each terminal has a server of its own: the last one may still be ending. */
static unsigned int tmux_server;

/* Runs a tmux command; returns 0, or another number if it fails. */
__attribute__((format(printf, 1, 2)))
static inline int tmux(const char *format, ...)
{
	char command[2048];
	va_list arguments;
	int len = snprintf(command, sizeof(command), "tmux -L icmpecho-%d-%u -f /dev/null ",
			   getpid(), tmux_server);

	va_start(arguments, format);
	vsnprintf(command + len, sizeof(command) - (size_t)len, format, arguments);
	va_end(arguments);
	fflush(stdout);
	return system(command);
}

static inline void tmux_end(void)
{
	if (tmux("kill-server 2>/dev/null"))
		puts("# tmux had no server");
}

/*
 * Runs a command of the shell in a new terminal of this size. When it has ended, "status N" is
 * there, and "terminal restored" if its settings are what they were. Skips the test without
 * tmux. The command has no ' in it.
 */
static inline void tmux_run(int columns, int rows, const char *command)
{
	if (system("tmux -V >/dev/null 2>&1"))
		SKIP("there is no tmux");
	tmux_server++;
	tmux("new-session -d -x %d -y %d 'export LC_ALL=%s; echo first; old=$(stty -g); "
	     "%s; echo status $?; [ \"$old\" = \"$(stty -g)\" ] && echo terminal restored; "
	     "exec sleep 600'", columns, rows, tmux_locale, command);
}

static inline void tmux_look(void)
{
	char command[80];
	FILE *pipe;

	snprintf(command, sizeof(command), "tmux -L icmpecho-%d-%u capture-pane -p 2>&1",
		 getpid(), tmux_server);
	fflush(stdout);
	pipe = popen(command, "r");
	tmux_screen[fread(tmux_screen, 1, sizeof(tmux_screen) - 1, pipe)] = '\0';
	pclose(pipe);
}

/* Waits until the terminal shows a text, or until it does not. */
static inline bool tmux_wait(const char *text, bool wanted)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int i;

	for (i = 0; i < 400; i++) {
		tmux_look();
		if (!strstr(tmux_screen, text) != wanted)
			return true;
		nanosleep(&pause, NULL);
	}
	printf("# it does not %s \"%s\":\n%s\n", wanted ? "show" : "lose", text, tmux_screen);
	return false;
}

#define CHECK_SHOWS(text) CHECK(tmux_wait(text, true))
#define CHECK_LOSES(text) CHECK(tmux_wait(text, false))

#endif /* TMUX_H */
