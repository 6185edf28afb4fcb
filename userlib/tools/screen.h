/* SPDX-License-Identifier: MIT */
/*
 * A full screen on the terminal, for --live. However the program ends, the terminal becomes
 * what it was. While the screen is there, what complain() says waits until it is closed: the
 * last lines of it, if there are many.
 *
 *	screen_begin();
 *	screen_print(0, 0, SCREEN_BOLD, "%s", title);
 *	screen_end();
 */
#ifndef TOOLS_SCREEN_H
#define TOOLS_SCREEN_H

#include <stdbool.h>

enum screen_style {
	SCREEN_PLAIN,
	SCREEN_BOLD,
	SCREEN_REVERSE,
	SCREEN_GOOD,			/* the colours of output.h */
	SCREEN_WARNING,
	SCREEN_BAD,
	SCREEN_DIM,
};

/* Keys that are no characters */
enum screen_key {
	SCREEN_UP = 0x100,
	SCREEN_DOWN,
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END,
};

/*
 * Signals that an engine must deliver while there is a screen, up to a 0: pass them to
 * screen_signalled(), besides SIGINT and SIGTERM.
 */
extern const int screen_signals[];

/* Whether the program was built with ncurses. */
bool screen_is_built_in(void);

/*
 * Takes the terminal, and gives it back. @said gets what complain() says at once, too, without
 * the name of the program; it may be NULL. Returns 0, or -1 after a message: there is no
 * terminal, or the program was built without ncurses.
 */
int screen_open(void (*said)(const char *text));
void screen_close(void);

/* Returns whether the signal asks the program to end, and not for another size. */
int screen_signalled(int signal);

/* A key that was pressed, or 0. Standard input says when there is one: poll(2). */
int screen_key(void);

/* The size of the screen, which may change at any time. */
int screen_rows(void);
int screen_columns(void);

/* Whether block elements and other characters of Unicode can be shown. */
int screen_has_unicode(void);

/* An empty picture; what follows goes into it; and shows it. */
void screen_begin(void);
void screen_end(void);

/* What is beyond the screen is cut. */
__attribute__((format(printf, 4, 5)))
void screen_print(int row, int column, enum screen_style style, const char *format, ...);

/* A line from one side to the other. */
void screen_rule(int row);

/* The next picture is drawn as a whole: something else may have written on the terminal. */
void screen_forget(void);

#endif /* TOOLS_SCREEN_H */
