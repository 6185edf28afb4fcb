// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile user without rights. It opens sessions outside, enters user and network
 * namespaces of its own, where it may open more, and runs the programs that user_fuzz puts
 * into the memory they share (user.h), each in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"
#include "machine.h"

struct shared *shared;
int slots[NR_SESSIONS] = { -1, -1, -1, -1 };
pid_t tids[NR_THREADS];
static bool stopping;

static int outside[NR_PROGRAMS];	/* sessions opened before the namespaces */

static struct runner {
	pthread_t thread;
	struct actor actor;
	bool begun;			/* with its first call */
	bool done;
	unsigned char call;		/* what it is doing */
} runners[NR_THREADS];

__u64 clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

bool is_stopping(void)
{
	return __atomic_load_n(&stopping, __ATOMIC_ACQUIRE);
}

/* Index of the next call of @thread from @i on, or nr_ops */
static unsigned int next_call(unsigned int thread, unsigned int i)
{
	while (i < shared->program.nr_ops && shared->program.ops[i].thread != thread)
		i++;
	return i;
}

void act_calls(struct actor *actor, unsigned int first, unsigned int n)
{
	const struct program *program = &shared->program;
	unsigned int i, skip = 0;

	for (i = next_call(actor->thread, first); i < program->nr_ops && n && !is_stopping();
	     i = next_call(actor->thread, i + 1)) {
		const struct op *op = &program->ops[i];

		if (skip) {
			skip--;
			continue;
		}
		n--;
		runners[actor->thread].call = op->call;
		__atomic_store_n(&runners[actor->thread].begun, true, __ATOMIC_RELEASE);
		if (op->call == CALL_FORK)
			skip = people_fork(actor, op, i + 1);
		else
			act(actor, op);
	}
}

static void *run(void *arg)
{
	struct runner *runner = arg;

	tids[runner->actor.thread] = syscall(SYS_gettid);
	feedback_open(&runner->actor);
	act_calls(&runner->actor, 0, NR_OPS);
	feedback_close(&runner->actor);
	/* From now on a signal to this thread would be one to a thread that may be gone. */
	tids[runner->actor.thread] = 0;
	__atomic_store_n(&runner->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void ignore(int sig)
{
}

static void handle_signals(void)
{
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool has_begun(const struct runner *runner)
{
	return __atomic_load_n(&runner->begun, __ATOMIC_ACQUIRE);
}

static bool is_done(const struct runner *runner)
{
	return __atomic_load_n(&runner->done, __ATOMIC_ACQUIRE);
}

static void start_threads(void)
{
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++) {
		struct runner *runner = &runners[i];

		runner->actor = (struct actor) { .thread = i, .number = i };
		runner->done = next_call(i, 0) == shared->program.nr_ops;
		if (!runner->done && pthread_create(&runner->thread, NULL, run, runner))
			runner->done = true;
	}
	/* On a busy machine they need more time to begin than the program has. */
	for (i = 0; i < NR_THREADS; i++)
		while (!has_begun(&runners[i]) && !is_done(&runners[i]))
			usleep(100);
}

/* A thread that has not ended, or NULL */
static struct runner *running(void)
{
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++)
		if (!is_done(&runners[i]))
			return &runners[i];
	return NULL;
}

/* Each thread has to come back when it gets a signal. */
static void interrupt_threads(void)
{
	__u64 deadline = clock_ms() + BOUND_MS;
	struct runner *runner;

	__atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
	memory_release();
	while ((runner = running())) {
		pid_t tid = tids[runner->actor.thread];

		if (tid)
			syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
		usleep(500);
		if (clock_ms() > deadline) {
			complain(shared, "%s is deaf to a signal", calls[runner->call].name);
			_exit(1);
		}
	}
}

static void end_children(void)
{
	/* All processes but the first one and this one. */
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

static void run_program(int session)
{
	const struct program *program = &shared->program;
	__u64 end;

	handle_signals();
	memory_open();
	slots[0] = session_adopt(session);
	slots[1] = session_adopt(open(ICMPECHO_DEVICE, O_RDWR | O_CLOEXEC));
	act_open();
	start_threads();
	end = clock_ms() + program->ms;
	while (running() && clock_ms() < end)
		usleep(200);
	if (program->abrupt)
		_exit(0);
	interrupt_threads();
	end_children();
	settle();
	_exit(0);
}

/* Who was to let it continue may have been killed. */
static void let_continue(pid_t pid)
{
	usleep(20000);
	kill(pid, SIGCONT);
}

/* Run the program in a process of its own, and end what it leaves. */
static void order(unsigned int number)
{
	int status = 0;
	pid_t pid, child;

	pid = fork();
	if (!pid)
		run_program(outside[number]);
	close(outside[number]);
	do {
		child = waitpid(-1, &status, __WALL | WUNTRACED);
		if (child > 0 && WIFSTOPPED(status))
			let_continue(child);
	} while (child > 0 && (child != pid || WIFSTOPPED(status)));
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		complain(shared, "the program's process ended by signal %d", WTERMSIG(status));
	end_children();
}

static void become_root_of_namespaces(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		die("namespaces");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 1000 1");
	write_file("/proc/self/gid_map", "0 1000 1");
	link_up("lo", NULL);
}

int main(int argc, char **argv)
{
	unsigned int i;
	char byte;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, FD_SHARED, 0);
	if (shared == MAP_FAILED)
		die("memory of user_fuzz");
	if (argc > 1) {
		handle_signals();
		memory_open();
		act_open();
		return people_carry_on(argv);
	}
	/* end_children() kills all that it can see. */
	if (getpid() != 1)
		die("this program needs a process namespace of its own");
	for (i = 0; i < NR_PROGRAMS; i++) {
		outside[i] = open(ICMPECHO_DEVICE, O_RDWR | O_CLOEXEC);
		if (outside[i] < 0)
			die(ICMPECHO_DEVICE);
	}
	become_root_of_namespaces();
	for (i = 0; i < NR_PROGRAMS && read(FD_ORDERS, &byte, 1) == 1; i++) {
		order(i);
		if (write(FD_ORDERS, &byte, 1) != 1)
			break;
	}
	return 0;
}
