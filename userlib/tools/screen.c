// SPDX-License-Identifier: MIT
/* The screen, by ncurses. This is the only file that knows it. */
#include <signal.h>

#include "message.h"
#include "screen.h"

const int screen_signals[] = { SIGWINCH, SIGHUP, SIGQUIT, 0 };

#ifdef HAS_NCURSES
#include <curses.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define MESSAGES_LEN	4096
#define MAX_PRINT	1024

static struct {
	SCREEN *screen;
	struct termios termios;		/* before */
	char restore[256];		/* what makes the terminal as it was */
	char messages[MESSAGES_LEN];	/* what complain() has said meanwhile */
	size_t messages_len;
	void (*said)(const char *text);
	bool has_handlers;
} state;

bool screen_is_built_in(void)
{
	return true;
}

/* The oldest lines make room. */
static void drop_messages(size_t len)
{
	size_t dropped = 0;

	while (state.messages_len - dropped + len >= sizeof(state.messages))
		dropped += strcspn(state.messages + dropped, "\n") + 1;
	state.messages_len -= dropped;
	memmove(state.messages, state.messages + dropped, state.messages_len + 1);
}

static void keep_message(const char *text)
{
	char line[MESSAGES_LEN / 4];
	int len = snprintf(line, sizeof(line) - 1, "%s: %s", program_name, text);

	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	drop_messages((size_t)len);
	memcpy(state.messages + state.messages_len, line, (size_t)len);
	state.messages_len += (size_t)len;
	state.messages[state.messages_len] = '\0';
	if (state.said)
		state.said(text);
}

void screen_close(void)
{
	if (!state.screen)
		return;
	endwin();
	delscreen(state.screen);
	state.screen = NULL;
	message_hook = NULL;
	fputs(state.messages, stderr);
	state.messages_len = 0;
	state.messages[0] = '\0';
}

/* A signal that kills: nothing but system calls may be made here. */
static void die(int signal)
{
	ssize_t written;

	if (state.screen) {
		written = write(STDOUT_FILENO, state.restore, strlen(state.restore));
		(void)written;
		tcsetattr(STDIN_FILENO, TCSANOW, &state.termios);
	}
	/* The handler was reset, so this is the default action. */
	raise(signal);
}

static void handle_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGHUP, SIGQUIT,
				       SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = die, .sa_flags = (int)SA_RESETHAND };
	size_t i;

	if (state.has_handlers)
		return;
	state.has_handlers = true;
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	atexit(screen_close);
}

/* A string of terminfo; "" if this terminal has none. */
static const char *capability(const char *name)
{
	/* tigetstr() wants a char *, and does not change it. */
	char copy[16];
	const char *string;

	snprintf(copy, sizeof(copy), "%s", name);
	string = tigetstr(copy);
	return string && string != (const char *)-1 ? string : "";
}

static void set_up(void)
{
	snprintf(state.restore, sizeof(state.restore), "%.80s%.80s%.80s", capability("sgr0"),
		 capability("cnorm"), capability("rmcup"));
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	if (has_colors() && !getenv("NO_COLOR")) {
		start_color();
		use_default_colors();
		init_pair(SCREEN_GOOD, COLOR_GREEN, -1);
		init_pair(SCREEN_WARNING, COLOR_YELLOW, -1);
		init_pair(SCREEN_BAD, COLOR_RED, -1);
	}
}

int screen_open(void (*said)(const char *text))
{
	const char *terminal = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return complain("option --live needs a terminal as standard input and output");
	tcgetattr(STDIN_FILENO, &state.termios);
	state.screen = newterm(NULL, stdout, stdin);
	if (!state.screen)
		return complain("option --live: terminfo does not know the terminal '%s' (TERM)",
				terminal ? terminal : "");
	set_up();
	handle_signals();
	state.said = said;
	message_hook = keep_message;
	return 0;
}

int screen_signalled(int signal)
{
	struct winsize size;

	if (signal != SIGWINCH)
		return 1;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	return 0;
}

static int translate(int key)
{
	switch (key) {
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case KEY_LEFT:
		return SCREEN_LEFT;
	case KEY_RIGHT:
		return SCREEN_RIGHT;
	case KEY_PPAGE:
		return SCREEN_PAGE_UP;
	case KEY_NPAGE:
		return SCREEN_PAGE_DOWN;
	case KEY_HOME:
		return SCREEN_HOME;
	case KEY_END:
		return SCREEN_END;
	default:
		return key < 0x100 ? key : 0;
	}
}

/* Passes over keys that nobody knows, and over KEY_RESIZE, to those behind them. */
int screen_key(void)
{
	int key = getch();

	while (key != ERR && !translate(key))
		key = getch();
	return key == ERR ? 0 : translate(key);
}

int screen_rows(void)
{
	return LINES;
}

int screen_columns(void)
{
	return COLS;
}

int screen_has_unicode(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

void screen_begin(void)
{
	erase();
}

void screen_end(void)
{
	refresh();
}

static attr_t attribute_of(enum screen_style style)
{
	switch (style) {
	case SCREEN_BOLD:
		return A_BOLD;
	case SCREEN_REVERSE:
		return A_REVERSE;
	case SCREEN_DIM:
		return A_DIM;
	case SCREEN_GOOD:
	case SCREEN_WARNING:
	case SCREEN_BAD:
		return (attr_t)COLOR_PAIR(style);
	default:
		return A_NORMAL;
	}
}

/* What the locale has no character for becomes a ?. */
static void widen(const char *text, wchar_t *wide)
{
	mbstate_t shift = { 0 };
	size_t len;

	while (*text) {
		len = mbrtowc(wide, text, MB_CUR_MAX, &shift);
		if (len > MB_CUR_MAX) {
			*wide = L'?';
			len = 1;
			memset(&shift, 0, sizeof(shift));
		}
		wide++;
		text += len;
	}
	*wide = L'\0';
}

void screen_print(int row, int column, enum screen_style style, const char *format, ...)
{
	wchar_t wide[MAX_PRINT];
	char text[MAX_PRINT];
	va_list arguments;

	if (row < 0 || row >= LINES || column < 0 || column >= COLS)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	widen(text, wide);
	/* Cut between characters, which have several bytes; it would go on in the next row. */
	attrset(attribute_of(style));
	mvaddnwstr(row, column, wide, COLS - column);
	attrset(A_NORMAL);
}

void screen_rule(int row)
{
	mvhline(row, 0, 0, COLS);
}

void screen_forget(void)
{
	clearok(stdscr, TRUE);
}

#else /* HAS_NCURSES */

bool screen_is_built_in(void)
{
	return false;
}

int screen_open(void (*said)(const char *text))
{
	(void)said;
	return complain("option --live was left out when this program was built, for lack of "
			"ncurses (Debian: libncurses-dev)");
}

void screen_close(void)
{
}

int screen_signalled(int signal)
{
	return signal != SIGWINCH;
}

int screen_key(void)
{
	return 0;
}

int screen_rows(void)
{
	return 0;
}

int screen_columns(void)
{
	return 0;
}

int screen_has_unicode(void)
{
	return 0;
}

void screen_begin(void)
{
}

void screen_end(void)
{
}

void screen_print(int row, int column, enum screen_style style, const char *format, ...)
{
	(void)row;
	(void)column;
	(void)style;
	(void)format;
}

void screen_rule(int row)
{
	(void)row;
}

void screen_forget(void)
{
}

#endif /* HAS_NCURSES */
