// SPDX-License-Identifier: GPL-2.0
/*
 * A worker: a process that opens one session after the other, and does with each whatever comes
 * to its mind. It knows of each request that it has in flight, so a completion that comes twice,
 * or of a request that never was, is a failure.
 */
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "soak.h"
#include "random.h"

/* Calls of a session, on average */
#define CALLS	300
/* Longer than any record of echoes.c */
#define BUFFER	(256 << 10)

/* A request that was accepted and is not collected yet */
struct slot {
	bool used;
	__u32 turn;		/* makes user_data unique */
	__u64 id;
	__u64 begun_ns;
};

static struct slot slots[NR_SLOTS];
static unsigned int nr_used;
static struct tally *tally;
static int event;		/* an eventfd */
static __u64 unfinished;	/* id of a SEND that a signal has interrupted */
static unsigned char buffer[BUFFER] __attribute__((aligned(8)));

static int slot_take(struct icmpecho_echo *echo)
{
	unsigned int i;

	for (i = 0; slots[i].used; i++)
		;
	slots[i].used = true;
	slots[i].turn++;
	slots[i].begun_ns = now_ns();
	slots[i].id = 0;
	nr_used++;
	echo->user_data = (__u64)slots[i].turn << 32 | i;
	return i;
}

static void slot_free(unsigned int i)
{
	slots[i].used = false;
	nr_used--;
}

static void collect(const struct icmpecho_completion *c)
{
	unsigned int i = (__u32)c->user_data;
	const struct slot *slot = &slots[i];

	if (i >= NR_SLOTS || !slot->used || slot->turn != c->user_data >> 32) {
		fail("a completion of no request: user_data %llx, status %u", c->user_data,
		     c->status);
		return;
	}
	if (slot->id && slot->id != c->id)
		fail("request %llx completes as %llx", slot->id, c->id);
	if (c->rtt_ns > now_ns() - slot->begun_ns)
		fail("a round trip of %llu ns, %llu ns after the call", c->rtt_ns,
		     now_ns() - slot->begun_ns);
	tally->counts.collected[end_of(c)]++;
	slot_free(i);
}

/* An errno with which the kernel may refuse what echoes.c makes, in the state the machine is in */
static bool is_refusal(int err)
{
	switch (-err) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case EDQUOT:
	case ENODEV:
	case EADDRNOTAVAIL:
	case EDESTADDRREQ:
	case EAFNOSUPPORT:
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EPERM:
	case EINVAL:
	case EMSGSIZE:
	case EINTR:
		return true;
	default:
		return false;
	}
}

static void submit(void)
{
	unsigned int n = 1 + random_below(random_below(4) ? 4 : MAX_BATCH), taken[MAX_BATCH];
	unsigned int i, done;
	int ret;

	if (n > NR_SLOTS - nr_used)
		n = NR_SLOTS - nr_used;
	if (!n)
		return;
	for (i = 0; i < n; i++) {
		echoes_make(&tally->echoes[i], event);
		taken[i] = slot_take(&tally->echoes[i]);
	}
	tally->accepted_before = tally->counts.accepted;
	announce(&tally->submitting, n);
	ret = echo_submit(tally->fd, tally->echoes, n);
	done = ret > 0 ? ret : 0;
	if (ret < 0 && !is_refusal(ret))
		fail("SUBMIT returns %d", ret);
	tally->counts.accepted = tally->accepted_before + done;
	announce(&tally->submitting, 0);
	add(&soak->refused, n - done);
	for (i = 0; i < n; i++) {
		if (i < done)
			slots[taken[i]].id = tally->echoes[i].id;
		else
			slot_free(taken[i]);
	}
}

static void reap(void)
{
	unsigned int max = 1 + random_below(64), min = random_below(2) ? 0 : random_below(max + 1);
	const struct icmpecho_completion *c = (const void *)buffer;
	int ret, i;

	if (min > nr_used)
		min = nr_used;
	announce(&tally->collecting, max);
	ret = echo_reap(tally->fd, buffer, sizeof(buffer), min, max,
			now_ns() + random_below(50) * NS_PER_MS);
	if (ret < 0 && ret != -EINTR)
		fail("REAP returns %d", ret);
	for (i = 0; i < ret; i++, c = next_record(c))
		collect(c);
	announce(&tally->collecting, 0);
}

static void end_send(int ret)
{
	if (!ret) {
		collect((const void *)buffer);
		unfinished = 0;
	} else if (ret == -EINTR && tally->send.id) {
		unfinished = tally->send.id;
	} else {
		fail("SEND of request %llx returns %d", tally->send.id, ret);
	}
	announce(&tally->collecting, 0);
}

/* Go on waiting for a request that a signal has left. */
static void send_again(void)
{
	announce(&tally->collecting, 1);
	end_send(echo_ioctl(tally->fd, ICMPECHO_IOC_SEND, &tally->send));
}

static void send_one(void)
{
	struct icmpecho_echo *echo = &tally->echoes[0];
	int ret, slot;

	if (unfinished || nr_used == NR_SLOTS)
		return;
	echoes_make(echo, -1);
	echo->timeout_ns = random_below(100) * NS_PER_MS;
	slot = slot_take(echo);
	tally->send = send_of(echo, (void *)buffer);
	tally->send.buffer_len = sizeof(buffer);
	tally->accepted_before = tally->counts.accepted;
	announce(&tally->sending, 1);
	announce(&tally->collecting, 1);
	ret = echo_ioctl(tally->fd, ICMPECHO_IOC_SEND, &tally->send);
	if (!ret || (ret == -EINTR && tally->send.id)) {
		slots[slot].id = tally->send.id;
		tally->counts.accepted++;
		announce(&tally->sending, 0);
		end_send(ret);
		return;
	}
	if (!is_refusal(ret))
		fail("SEND returns %d", ret);
	announce(&tally->sending, 0);
	announce(&tally->collecting, 0);
	slot_free(slot);
	add(&soak->refused, 1);
}

static void send_or_resume(void)
{
	struct itimerval soon = {};

	/* Sometimes a signal comes while it waits. */
	if (!random_below(3))
		soon.it_value.tv_usec = 1 + random_below(20000);
	setitimer(ITIMER_REAL, &soon, NULL);
	if (unfinished)
		send_again();
	else
		send_one();
	soon.it_value.tv_usec = 0;
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void cancel(void)
{
	const struct slot *slot = &slots[random_below(NR_SLOTS)];
	int ret;

	if (!random_below(4)) {
		ret = echo_cancel(tally->fd, ICMPECHO_CANCEL_ALL, 0);
		if (ret < 0)
			fail("CANCEL of all returns %d", ret);
	} else if (slot->used) {
		ret = echo_cancel(tally->fd, 0, slot->id);
		if (ret != 1 && ret != -ENOENT)
			fail("CANCEL of %llx returns %d", slot->id, ret);
	}
}

static void bind_event(void)
{
	int ret = echo_bind_eventfd(tally->fd, random_below(2) ? event : -1);
	__u64 count;

	if (ret)
		fail("EVENTFD returns %d", ret);
	/* It does not block, and may have nothing. */
	ret = read(event, &count, sizeof(count));
}

static void pace(void)
{
	struct icmpecho_pace pace = {
		.size = sizeof(pace),
		.burst = 1 + random_below(100),
		.interval_ns = random_below(2) ? 0 : random_below(2000000),
	};
	int ret = echo_ioctl(tally->fd, ICMPECHO_IOC_PACE, &pace);

	if (ret)
		fail("PACE returns %d", ret);
}

static void wait_for_some(void)
{
	struct pollfd pollfd = {
		.fd = tally->fd,
		.events = random_below(2) ? POLLIN : POLLIN | POLLOUT,
	};
	int ret = poll(&pollfd, 1, random_below(20));

	if ((ret < 0 && errno != EINTR) || pollfd.revents & ~(POLLIN | POLLOUT))
		fail("poll returns %d, events 0x%x", ret, pollfd.revents);
}

static void ask(void)
{
	struct icmpecho_info info;
	int ret = echo_info(tally->fd, &info);

	if (ret || info.abi_version != ICMPECHO_ABI_VERSION)
		fail("INFO returns %d, version %u", ret, info.abi_version);
}

static void call_wrongly(void)
{
	int ret = echo_ioctl(tally->fd, _IO(ICMPECHO_IOC_TYPE, random_below(8)), (void *)8);

	if (ret != -EFAULT && ret != -ENOTTY)
		fail("a call with a bad pointer returns %d", ret);
	ret = echo_reap(tally->fd, (void *)8, sizeof(buffer), 0, 16, 0);
	if (ret != -EFAULT && ret)
		fail("REAP into nowhere returns %d", ret);
}

static void (*const calls[])(void) = {
	submit, submit, submit, submit, submit, reap, reap, reap, reap, send_or_resume,
	send_or_resume, cancel, bind_event, pace, wait_for_some, ask, call_wrongly,
};

static void session(void)
{
	int flags = random_below(4) ? 0 : O_NONBLOCK;
	int fd = open(ICMPECHO_DEVICE, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0) {
		if (errno != ENOMEM && errno != EINTR)
			fail("open: %s", strerror(errno));
		usleep(10000);
		return;
	}
	tally_begin(tally, fd);
	while (!soak->stop && random_below(CALLS)) {
		calls[random_below(ARRAY_SIZE(calls))]();
		add(&soak->calls, 1);
		usleep(random_below(20000));
	}
	tally_end(tally);
	memset(slots, 0, sizeof(slots));
	nr_used = 0;
	unfinished = 0;
}

static void interrupt(int signal)
{
}

/* Some are not root: they may not send broadcasts or marks, and have a quota of their own. */
static void become_somebody(unsigned int index)
{
	if (index % 3 != 1)
		return;
	if (setresuid(1000 + index % 2, 1000, 1000))
		die("setresuid");
	/* Else fdinfo is root's. */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void worker_run(unsigned int index)
{
	struct sigaction action = { .sa_handler = interrupt };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, 19);
	sigaction(SIGALRM, &action, NULL);
	tally = &soak->tallies[index];
	event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	become_somebody(index);
	while (!soak->stop)
		session();
	_exit(0);
}
