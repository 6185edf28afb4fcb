// SPDX-License-Identifier: GPL-2.0
/*
 * Whether each session accounts for its requests. The callers count what they were told; a
 * call that was killed, or that may have failed before or after it sent, counts as "maybe".
 *
 *	accepted  = completed + in flight
 *	collected = completed - unreaped
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hostile.h"

void pending_begin(const struct actor *actor, int fd, __u32 accept, __u32 collect)
{
	struct pending *pending = &shared->pending[actor->number];

	pending->accept = accept;
	pending->collect = collect;
	__atomic_store_n(&pending->account, account_of(fd) + 1, __ATOMIC_RELEASE);
}

void pending_end(const struct actor *actor)
{
	__atomic_store_n(&shared->pending[actor->number].account, 0, __ATOMIC_RELEASE);
}

static void add(__u64 *to, __u64 n)
{
	if (n)
		__atomic_add_fetch(to, n, __ATOMIC_RELAXED);
}

void account_add(int fd, __u64 accepted, __u64 maybe_accepted, __u64 collected)
{
	int i = account_of(fd);

	if (i < 0)
		return;
	add(&shared->accounts[i].accepted, accepted);
	add(&shared->accounts[i].maybe_accepted, maybe_accepted);
	add(&shared->accounts[i].collected, collected);
}

struct figures {
	long long in_flight;
	long long unreaped;
	long long completed;
};

/* The lines of fdinfo that count completed requests */
static bool is_outcome(const char *name)
{
	static const char *const names[] = { "replies", "errors", "timeouts", "cancelled",
					     "not_sent", NULL };
	unsigned int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool look(int fd, struct figures *figures)
{
	char path[64], text[4096], name[64], *line, *save = NULL;
	long long value;
	ssize_t len;
	int info;

	*figures = (struct figures) { -1, -1, 0 };
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	len = read(info, text, sizeof(text) - 1);
	close(info);
	text[len > 0 ? len : 0] = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%63[a-z_]: %lld", name, &value) != 2)
			continue;
		if (!strcmp(name, "in_flight"))
			figures->in_flight = value;
		else if (!strcmp(name, "unreaped"))
			figures->unreaped = value;
		else if (is_outcome(name))
			figures->completed += value;
	}
	return figures->in_flight >= 0;
}

/* What killed processes were doing */
static void add_killed(unsigned int index, struct account *account)
{
	const struct pending *pending;
	unsigned int i;

	for (i = 0; i < NR_ACTORS; i++) {
		pending = &shared->pending[i];
		if (pending->account != index + 1)
			continue;
		account->maybe_accepted += pending->accept;
		account->maybe_collected += pending->collect;
	}
}

static void compare(unsigned int index, const struct figures *f)
{
	struct account account = shared->accounts[index];
	long long sent = f->completed + f->in_flight, gone = f->completed - f->unreaped;
	long long accepted = account.accepted, collected = account.collected;

	add_killed(index, &account);
	if (sent < accepted || sent > accepted + (long long)account.maybe_accepted)
		complain(shared, "session %u: %lld completed, %lld in flight, %lld accepted +%llu",
			 index, f->completed, f->in_flight, accepted, account.maybe_accepted);
	if (gone < collected || gone > collected + (long long)account.maybe_collected)
		complain(shared, "session %u: %lld completed, %lld unreaped, %lld collected +%llu",
			 index, f->completed, f->unreaped, collected, account.maybe_collected);
}

static long call(int fd, unsigned int command, void *arg)
{
	return ioctl(fd, command, arg);
}

/* Collect what REAP can collect. Returns how many records there were. */
static long long drain(int fd)
{
	static unsigned char buffer[2 << 20];
	struct icmpecho_reap reap = {
		.size = sizeof(reap),
		.max = 1000,
		.buffer = (unsigned long)buffer,
		.buffer_len = sizeof(buffer),
		.completion_size = sizeof(struct icmpecho_completion),
	};
	long long sum = 0;
	long n;

	while ((n = call(fd, ICMPECHO_IOC_REAP, &reap)) > 0)
		sum += n;
	return n < 0 ? -1 : sum;
}

/* Cancel and collect all: nothing is in flight then, and poll() has nothing to read. */
static void empty(unsigned int index, int fd)
{
	struct icmpecho_cancel cancel = { .size = sizeof(cancel), .flags = ICMPECHO_CANCEL_ALL };
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	__u64 deadline = clock_ms() + BOUND_MS;
	struct figures before, after;
	long long drained;

	if (call(fd, ICMPECHO_IOC_CANCEL, &cancel) < 0)
		complain(shared, "session %u: cannot cancel all", index);
	/* A timeout or an answer may have claimed one just before. */
	while (look(fd, &before) && before.in_flight && clock_ms() < deadline)
		usleep(100);
	if (before.in_flight)
		complain(shared, "session %u: %lld in flight after all were cancelled", index,
			 before.in_flight);
	drained = drain(fd);
	look(fd, &after);
	if (drained < 0 || before.unreaped - after.unreaped != drained)
		complain(shared, "session %u: REAP took %lld of %lld, and %lld are left", index,
			 drained, before.unreaped, after.unreaped);
	if (poll(&poll_fd, 1, 0))
		complain(shared, "session %u: poll() sees completions that REAP does not", index);
}

void settle(void)
{
	bool seen[NR_ACCOUNTS] = {};
	struct figures figures;
	unsigned int i;
	int index;

	for (i = 0; i < NR_SESSIONS; i++) {
		index = account_of(slots[i]);
		/* Two slots may have the same session. */
		if (index < 0 || seen[index] || !look(slots[i], &figures))
			continue;
		seen[index] = true;
		compare(index, &figures);
		empty(index, slots[i]);
	}
}
