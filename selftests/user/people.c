// SPDX-License-Identifier: GPL-2.0
/*
 * Other processes than the program's own. A forked one does the next calls of its thread,
 * as the parent does those after them. It may enter other namespaces, get its sessions by
 * SCM_RIGHTS, execute the program anew, for 32 bits or 64, be traced, or be killed.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "hostile.h"

#define TRACE_STOPS	200

/* Send this process its own sessions, and forget the old descriptors. */
static void get_sessions_anew(void)
{
	char control[CMSG_SPACE(sizeof(int))], byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *cmsg;
	int ends[2], i, fd;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends))
		return;
	for (i = 0; i < NR_SESSIONS; i++) {
		if (slots[i] < 0)
			continue;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		*cmsg = (struct cmsghdr) { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
					   .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(cmsg), &slots[i], sizeof(int));
		if (sendmsg(ends[0], &msg, 0) != 1)
			continue;
		fd = slots[i];
		close(fd);
		msg.msg_controllen = sizeof(control);
		if (recvmsg(ends[1], &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg)) {
			slots[i] = -1;
			continue;
		}
		memcpy(&slots[i], CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
		/* The number tells the account. */
		dup3(slots[i], fd, O_CLOEXEC);
		close(slots[i]);
		slots[i] = fd;
	}
	close(ends[0]);
	close(ends[1]);
}

/* The program for as many bits as this one, or for the other number of bits */
static const char *program_path(bool other)
{
	bool wide = (sizeof(long) == 8) != other;

	return wide ? "./hostile_user" : "./hostile_user_32";
}

static void execute(const struct actor *actor, unsigned int first, unsigned int n, bool other)
{
	char words[4 + NR_SESSIONS][16];
	char *argv[7 + NR_SESSIONS] = { "hostile_user", "carry-on" };
	unsigned int i;

	snprintf(words[0], sizeof(words[0]), "%u", actor->thread);
	snprintf(words[1], sizeof(words[1]), "%u", actor->number);
	snprintf(words[2], sizeof(words[2]), "%u", first);
	snprintf(words[3], sizeof(words[3]), "%u", n);
	for (i = 0; i < NR_SESSIONS; i++) {
		snprintf(words[4 + i], sizeof(words[0]), "%d", slots[i]);
		fcntl(slots[i], F_SETFD, 0);
	}
	for (i = 0; i < 4 + NR_SESSIONS; i++)
		argv[2 + i] = words[i];
	execv(program_path(other), argv);
	/* Not built for 32 bits: do it here. */
}

int people_carry_on(char **argv)
{
	struct actor actor = { .thread = atoi(argv[2]), .number = atoi(argv[3]) };
	unsigned int i;

	for (i = 0; i < NR_SESSIONS; i++)
		slots[i] = atoi(argv[6 + i]);
	act_calls(&actor, atoi(argv[4]), atoi(argv[5]));
	return 0;
}

/* The forked process, or what it traces */
static void become(struct actor *actor, __u64 how, unsigned int first, unsigned int n)
{
	if (how & FORK_NAMESPACES)
		(void)!unshare(CLONE_NEWUSER | CLONE_NEWNET);
	if (how & FORK_PASS)
		get_sessions_anew();
	if (how & (FORK_EXEC | FORK_EXEC_OTHER))
		execute(actor, first, n, how & FORK_EXEC_OTHER);
	act_calls(actor, first, n);
	_exit(0);
}

/* Stop the traced process again and again: each stop is a signal to its call. */
static void trace(pid_t pid)
{
	int status, i;

	ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (i = 0; i < TRACE_STOPS; i++) {
		usleep(i % 7 * 100);
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
		if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
			_exit(0);
		ptrace(i % 3 ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, NULL);
	}
	/* The end of this process kills it. */
}

static void forked(struct actor *actor, __u64 how, unsigned int first, unsigned int n)
{
	pid_t pid;

	memset(tids, 0, sizeof(pid_t) * NR_THREADS);
	if (how & FORK_TRACED) {
		pid = fork();
		if (!pid)
			become(actor, how, first, n);
		trace(pid);
		_exit(0);
	}
	become(actor, how, first, n);
}

unsigned int people_fork(struct actor *actor, const struct op *op, unsigned int next)
{
	__u64 how = op->given & 1 << FORK_HOW ? op->values[FORK_HOW] : 0;
	unsigned int n = op->given & 1 << FORK_CALLS ? op->values[FORK_CALLS] % NR_OPS : 1;
	__u32 number = __atomic_fetch_add(&shared->nr_actors, 1, __ATOMIC_RELAXED);
	struct actor other = { .thread = actor->thread, .number = number };
	pid_t pid;

	if (number >= NR_ACTORS)
		return 0;
	__atomic_add_fetch(&shared->tallies[CALL_FORK].good, 1, __ATOMIC_RELAXED);
	pid = fork();
	if (!pid)
		forked(&other, how, next, n);
	if (pid > 0 && how & FORK_KILLED) {
		usleep(1000);
		kill(pid, SIGKILL);
	}
	return n;
}

/* Let another process stop this one, and let it continue. */
void people_stop(__u64 us)
{
	pid_t self = getpid();

	if (!fork()) {
		kill(self, SIGSTOP);
		usleep(us);
		kill(self, SIGCONT);
		_exit(0);
	}
}
