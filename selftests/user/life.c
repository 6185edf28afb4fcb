// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a hostile user: a process namespace, so that all of its processes end with
 * the first one, and a cgroup. Whatever they do, they have to come back from the kernel
 * when they are killed.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "keeper.h"
#include "machine.h"

#define CGROUP		"/sys/fs/cgroup/hostile_user"
#define KCOV		"/sys/kernel/debug/kcov"
#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)

static int memory_fd = -1;
static int kcov[NR_THREADS] = { -1, -1, -1, -1 };

/* Numbers beyond those that hostile_user gives a meaning to */
static int move_up(int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, FD_OWN);

	if (up < 0)
		die("F_DUPFD");
	close(fd);
	return up;
}

struct shared *life_memory(void)
{
	struct shared *shared;

	memory_fd = move_up(memfd_create("user_fuzz", MFD_CLOEXEC));
	if (ftruncate(memory_fd, sizeof(*shared)))
		die("shared memory");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	if (shared == MAP_FAILED)
		die("shared memory");
	return shared;
}

bool life_open_kcov(void)
{
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++) {
		kcov[i] = open(KCOV, O_RDWR | O_CLOEXEC);
		if (kcov[i] < 0)
			return false;
		kcov[i] = move_up(kcov[i]);
		if (ioctl(kcov[i], KCOV_INIT_TRACE, (unsigned long)KCOV_WORDS))
			die("KCOV_INIT_TRACE");
	}
	return true;
}

/* Where the programs are: beside this one */
static void go_to_programs(void)
{
	char path[256] = "";

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		die("/proc/self/exe");
	*strrchr(path, '/') = 0;
	if (chdir(path))
		die("%s", path);
}

bool life_has_narrow(void)
{
	go_to_programs();
	return !access("hostile_user_32", X_OK);
}

static void cgroup_write(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "/%s", name);
	write_file(path, text);
}

/* Enter a cgroup with limits. Without cgroup2 there are none. */
static void enter_cgroup(const struct conditions *conditions)
{
	char text[32] = "max";

	if (access("/sys/fs/cgroup/cgroup.subtree_control", W_OK))
		return;
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory +pids");
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		die(CGROUP);
	if (conditions->memory)
		snprintf(text, sizeof(text), "%uM", conditions->memory);
	cgroup_write("memory.max", text);
	cgroup_write("pids.max", "200");
	cgroup_write("cgroup.procs", "0");
}

static void put_descriptor(int fd, int number)
{
	if (dup2(fd, number) < 0)
		die("dup2");
}

static void become_hostile(int ns, int orders, const struct conditions *conditions)
{
	const char *path = conditions->narrow ? "hostile_user_32" : "hostile_user";
	unsigned int i;

	go_to_programs();
	enter_cgroup(conditions);
	netns_enter(ns);
	put_descriptor(memory_fd, FD_SHARED);
	put_descriptor(orders, FD_ORDERS);
	for (i = 0; kcov[NR_THREADS - 1] >= 0 && i < NR_THREADS; i++)
		put_descriptor(kcov[i], FD_KCOV + i);
	if (setgroups(0, NULL) || setresgid(HOSTILE_UID, HOSTILE_UID, HOSTILE_UID) ||
	    setresuid(HOSTILE_UID, HOSTILE_UID, HOSTILE_UID))
		die("become a user");
	execl(path, path, NULL);
	die("%s", path);
}

void life_begin(struct life *life, int ns, const struct conditions *conditions)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		die("socketpair");
	life->orders = move_up(ends[0]);
	ends[1] = move_up(ends[1]);
	life->programs = 0;
	fflush(stdout);
	life->pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (life->pid < 0)
		die("clone");
	if (!life->pid)
		become_hostile(ns, ends[1], conditions);
	close(ends[1]);
	life->pidfd = syscall(SYS_pidfd_open, life->pid, 0);
	if (life->pidfd < 0)
		die("pidfd_open");
}

static bool comes_within(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, ms) > 0;
}

enum fate life_run(struct life *life, __u32 kill_us)
{
	char byte = 0;

	life->programs++;
	if (send(life->orders, &byte, 1, MSG_NOSIGNAL) != 1)
		return FATE_DIED;
	if (kill_us) {
		usleep(kill_us);
		return FATE_DIED;
	}
	/* A thread that is deaf complains before that. */
	if (!comes_within(life->orders, 3 * BOUND_MS))
		return FATE_HUNG;
	return recv(life->orders, &byte, 1, 0) == 1 ? FATE_RAN : FATE_DIED;
}

static void print_file(const char *task, const char *name)
{
	char path[300], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", task, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		printf("#   %s", line);
	if (file)
		fclose(file);
}

/* Where the threads of hostile_user are in the kernel */
static void print_tasks(const char *pid)
{
	char path[280], task[300], comm[32] = "";
	struct dirent *entry;
	DIR *dir;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(comm, sizeof(comm), file) || strncmp(comm, "hostile_user", 12))
		comm[0] = 0;
	if (file)
		fclose(file);
	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = comm[0] ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(task, sizeof(task), "/proc/%s/task/%.20s", pid, entry->d_name);
		printf("# thread %s\n", task);
		print_file(task, "syscall");
		print_file(task, "stack");
	}
	if (dir)
		closedir(dir);
}

static void print_all_tasks(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			print_tasks(entry->d_name);
	if (dir)
		closedir(dir);
	fflush(stdout);
}

bool life_end(struct life *life)
{
	bool ended;

	kill(life->pid, SIGKILL);
	ended = comes_within(life->pidfd, BOUND_MS);
	if (ended) {
		waitpid(life->pid, NULL, 0);
	} else {
		printf("# these do not end, %u s after SIGKILL:\n", BOUND_MS / 1000);
		print_all_tasks();
	}
	close(life->pidfd);
	close(life->orders);
	return ended;
}
