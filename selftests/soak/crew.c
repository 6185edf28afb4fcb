// SPDX-License-Identifier: GPL-2.0
/* The workers from outside: they are started, told to stop, and killed. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "soak.h"
#include "random.h"

static void worker_start(unsigned int index, __u32 seed)
{
	struct tally *tally = &soak->tallies[index];
	pid_t pid;

	tally->fd = -1;
	soak->started++;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		random_state = seed;
		memory_limit_enter(index);
		netns_enter(pair_of(index)->ns.near);
		worker_run(index);
	}
	tally->pid = pid;
}

/* Wait for a worker that ends by itself, or has been killed. */
static void worker_wait(struct tally *tally)
{
	int status;

	if (waitpid(tally->pid, &status, 0) != tally->pid)
		die("waitpid");
	tally->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		fail("a worker ends with status %d", WEXITSTATUS(status));
}

/* Has it been killed by another than us, for its memory? */
static bool worker_is_gone(const struct tally *tally)
{
	siginfo_t info = {};

	return !waitid(P_PID, tally->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

void workers_start(void)
{
	unsigned int i;

	soak->stop = false;
	for (i = 0; i < NR_WORKERS; i++) {
		struct tally *tally = &soak->tallies[i];

		if (tally->pid && worker_is_gone(tally)) {
			soak->starved++;
			worker_kill(tally, false);
		}
		if (!tally->pid)
			worker_start(i, 1 + random_below(1U << 31));
	}
}

void workers_stop(void)
{
	unsigned int i;

	soak->stop = true;
	for (i = 0; i < NR_WORKERS; i++)
		if (soak->tallies[i].pid)
			worker_wait(&soak->tallies[i]);
}

/* A descriptor for the worker's session, or -1 if it has none at the moment */
static int session_of(const struct tally *tally)
{
	int pidfd = syscall(SYS_pidfd_open, tally->pid, 0);
	int fd = tally->fd, session = -1;

	if (pidfd < 0)
		return -1;
	if (fd >= 0)
		session = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return session;
}

/* A witness keeps the session of the one killed, to judge it. Without, it goes with its owner. */
void worker_kill(struct tally *tally, bool witness)
{
	unsigned int serial = tally->serial;
	int session = witness ? session_of(tally) : -1;

	kill(tally->pid, SIGKILL);
	worker_wait(tally);
	if (session >= 0 && tally->fd >= 0 && tally->serial == serial) {
		tally_judge_killed(tally, session);
		return;
	}
	if (session >= 0)
		close(session);
	if (tally->fd >= 0)
		add(&soak->unseen, 1);
}
