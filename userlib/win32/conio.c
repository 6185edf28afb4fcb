// SPDX-License-Identifier: MIT
/* Keys of the console: the terminal of this process. */
#include <conio.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../export.h"

/* The terminal during a call: it gives each key at once, without echo. */
struct console {
	int fd;
	struct termios before;
};

/* A background process would be stopped if it changed the terminal's settings. */
static int open_console(struct console *console)
{
	struct termios keys;

	console->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (console->fd < 0)
		return 0;
	if (tcgetpgrp(console->fd) == getpgrp() && tcgetattr(console->fd, &console->before) == 0) {
		keys = console->before;
		keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		keys.c_cc[VMIN] = 1;
		keys.c_cc[VTIME] = 0;
		if (tcsetattr(console->fd, TCSANOW, &keys) == 0)
			return 1;
	}
	close(console->fd);
	return 0;
}

static void close_console(const struct console *console)
{
	tcsetattr(console->fd, TCSANOW, &console->before);
	close(console->fd);
}

EXPORT int _kbhit(void)
{
	struct console console;
	struct pollfd pollfd = { .events = POLLIN };
	int hit;

	if (!open_console(&console))
		return 0;
	pollfd.fd = console.fd;
	hit = poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLIN;
	close_console(&console);
	return hit;
}

EXPORT int _getch(void)
{
	struct console console;
	unsigned char c;
	ssize_t n;

	if (!open_console(&console))
		return EOF;
	do {
		n = read(console.fd, &c, 1);
	} while (n < 0 && errno == EINTR);
	close_console(&console);
	return n == 1 ? c : EOF;
}

static int write_console(const void *text, size_t len)
{
	int fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len;
}

EXPORT int _putch(int c)
{
	unsigned char byte = (unsigned char)c;

	return write_console(&byte, 1) ? c : EOF;
}

EXPORT int _getche(void)
{
	int c = _getch();

	return c == EOF ? EOF : _putch(c);
}

EXPORT int _cputs(const char *text)
{
	return write_console(text, strlen(text)) ? 0 : EOF;
}
