// SPDX-License-Identifier: MIT
/* Control events and keys of the console. Needs no device. */
#include <windows.h>
#include <conio.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tap.h"

/*
 * A child of fork() has no thread that calls handlers. So the tests with children come
 * before this process starts that thread.
 */
static int note_pipe[2];

static BOOL WINAPI note_and_refuse(DWORD event)
{
	char byte = (char)event;

	return write(note_pipe[1], &byte, 1) != 1;
}

static BOOL WINAPI note_and_accept(DWORD event)
{
	return !note_and_refuse(event);
}

/* Returns the signal that ends a child with this handler, and what the handler noted. */
static int end_of_child(PHANDLER_ROUTINE handler, int number, char *noted)
{
	int status = 0;
	pid_t pid;

	*noted = 0x7f;
	CHECK(pipe(note_pipe) == 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		signal(number, SIG_DFL);
		SetConsoleCtrlHandler(handler, TRUE);
		kill(getpid(), number);
		Sleep(60000);
		_exit(1);
	}
	close(note_pipe[1]);
	waitpid(pid, &status, 0);
	CHECK(read(note_pipe[0], noted, 1) == 1);
	close(note_pipe[0]);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(event_that_no_handler_handles_ends_the_process)
{
	char noted;

	CHECK_EQ(end_of_child(note_and_refuse, SIGINT, &noted), SIGINT);
	CHECK_EQ(noted, CTRL_C_EVENT);
}

TEST(close_event_ends_the_process_after_its_handler)
{
	char noted;

	CHECK_EQ(end_of_child(note_and_accept, SIGTERM, &noted), SIGTERM);
	CHECK_EQ(noted, CTRL_CLOSE_EVENT);
	CHECK_EQ(end_of_child(note_and_accept, SIGHUP, &noted), SIGHUP);
	CHECK_EQ(noted, CTRL_CLOSE_EVENT);
}

/* A child with a terminal of its own, of which *fd is the other end. */
static pid_t start_on_terminal(int (*child)(void), int *fd)
{
	pid_t pid;
	int slave;

	*fd = posix_openpt(O_RDWR | O_NOCTTY);
	if (*fd < 0)
		SKIP("no pseudo terminal can be opened here");
	CHECK(grantpt(*fd) == 0 && unlockpt(*fd) == 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setsid();
		slave = open(ptsname(*fd), O_RDWR);
		close(*fd);
		ioctl(slave, TIOCSCTTY, 0);
		_exit(child());
	}
	return pid;
}

static bool terminal_says(int fd, const char *expected)
{
	char text[64];
	size_t len = 0;
	ssize_t n;

	while (len < strlen(expected)) {
		n = read(fd, text + len, sizeof(text) - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	return !memcmp(text, expected, strlen(expected));
}

/* Returns 0, or the step that failed. */
static int get_keys(void)
{
	struct termios before, after;
	int fd = open("/dev/tty", O_RDWR);

	tcgetattr(fd, &before);
	if (_kbhit())
		return 1;
	if (_cputs("key?") != 0)
		return 2;
	while (!_kbhit())
		usleep(1000);
	/* It is still there, though there was no Enter. */
	if (!_kbhit() || _getch() != 'x')
		return 3;
	tcgetattr(fd, &after);
	if (after.c_lflag != before.c_lflag)
		return 4;
	after.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSANOW, &after);
	if (_putch('!') != '!')
		return 5;
	/* What this echoes is not what the terminal does. */
	if (_getche() != 'y' || _putch('.') != '.')
		return 6;
	return getch() == '\xff' + 256 ? 0 : 7;
}

TEST(keys_are_got_one_by_one)
{
	int status = 0, fd;
	pid_t pid;

	pid = start_on_terminal(get_keys, &fd);
	CHECK(terminal_says(fd, "key?"));
	CHECK(write(fd, "x", 1) == 1);
	/* The terminal may echo it between two calls. */
	for (;;) {
		char c;

		if (read(fd, &c, 1) != 1 || c == '!')
			break;
		CHECK_EQ(c, 'x');
	}
	CHECK(write(fd, "y", 1) == 1);
	CHECK(terminal_says(fd, "y."));
	CHECK(write(fd, "\xff", 1) == 1);
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	close(fd);
}

TEST(without_a_terminal_there_are_no_keys)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setsid();
		_exit(_kbhit() || _getch() != -1 || _getche() != -1 || _putch('x') != -1 ||
		      _cputs("x") != -1);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static HANDLE called;
static _Atomic DWORD first_event, second_event, handler_thread;
static _Atomic bool first_handles;

static BOOL WINAPI first_handler(DWORD event)
{
	bool handles = first_handles;

	first_event = event + 1;
	handler_thread = GetCurrentThreadId();
	if (handles)
		SetEvent(called);
	return handles;
}

static BOOL WINAPI second_handler(DWORD event)
{
	second_event = event + 1;
	SetEvent(called);
	return TRUE;
}

static sighandler_t action_of(int number)
{
	struct sigaction action;

	sigaction(number, NULL, &action);
	return action.sa_handler;
}

TEST(last_handler_is_called_first)
{
	/* If the parent process has ignored them, they would stay ignored. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	called = CreateEvent(NULL, FALSE, FALSE, NULL);
	CHECK(SetConsoleCtrlHandler(second_handler, TRUE));
	CHECK(SetConsoleCtrlHandler(first_handler, TRUE));
	first_handles = true;
	kill(getpid(), SIGINT);
	CHECK_EQ(WaitForSingleObject(called, 30000), WAIT_OBJECT_0);
	CHECK_EQ(first_event, CTRL_C_EVENT + 1);
	CHECK_EQ(second_event, 0);
	CHECK(handler_thread != GetCurrentThreadId());

	/* A handler that returns FALSE leaves the event to the next. */
	first_handles = false;
	kill(getpid(), SIGQUIT);
	CHECK_EQ(WaitForSingleObject(called, 30000), WAIT_OBJECT_0);
	CHECK_EQ(first_event, CTRL_BREAK_EVENT + 1);
	CHECK_EQ(second_event, CTRL_BREAK_EVENT + 1);

	CHECK(SetConsoleCtrlHandler(second_handler, FALSE));
	CHECK(action_of(SIGINT) != SIG_DFL);
	CHECK(SetConsoleCtrlHandler(first_handler, FALSE));
	SetLastError(0);
	CHECK(!SetConsoleCtrlHandler(first_handler, FALSE));
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	CHECK(action_of(SIGINT) == SIG_DFL && action_of(SIGTERM) == SIG_DFL);
	CloseHandle(called);
}

TEST(ctrl_c_can_be_ignored)
{
	called = CreateEvent(NULL, FALSE, FALSE, NULL);
	CHECK(SetConsoleCtrlHandler(NULL, TRUE));
	kill(getpid(), SIGINT);
	/* It stays so with a handler, as if ignored from the start. */
	CHECK(SetConsoleCtrlHandler(second_handler, TRUE));
	kill(getpid(), SIGINT);
	CHECK_EQ(WaitForSingleObject(called, 20), WAIT_TIMEOUT);
	CHECK(SetConsoleCtrlHandler(NULL, FALSE));
	kill(getpid(), SIGINT);
	CHECK_EQ(WaitForSingleObject(called, 30000), WAIT_OBJECT_0);
	CHECK(SetConsoleCtrlHandler(second_handler, FALSE));
	CHECK(SetConsoleCtrlHandler(NULL, TRUE) && SetConsoleCtrlHandler(NULL, FALSE));
	signal(SIGINT, SIG_DFL);
	CloseHandle(called);
}
