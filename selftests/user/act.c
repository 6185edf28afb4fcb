// SPDX-License-Identifier: GPL-2.0
/* The calls of a program, as calls.c has them. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define CANARY		0xa5
#define CANARY_LEN	64
/* The last echo that REGION_EDGE has room for */
#define EDGE_ECHO	(2 * PAGE - sizeof(struct icmpecho_echo))
/* More echoes than any memory of a program holds */
#define MOST_ECHOES	16384
#define MOST_RECORDS	70000

static int fds[NR_DESCRIPTORS];
static __u64 sends[NR_SENDS];	/* ids of requests of SEND that were left */
static unsigned int nr_sends;
static bool scribbles;		/* some thread changes the structures of others */

static __u64 value(const struct op *op, unsigned int field)
{
	return op->given & 1U << field ? op->values[field] :
	       field < calls[op->call].nr_fields ? calls[op->call].fields[field].usual : 0;
}

static __u64 value_named(const struct op *op, const char *name)
{
	const struct call *call = &calls[op->call];
	unsigned int i;

	for (i = 0; i < call->nr_fields; i++)
		if (!strcmp(call->fields[i].name, name))
			return value(op, i);
	return 0;
}

int account_of(int fd)
{
	return fd < FD_OWN ? -1 : (fd - FD_OWN) / FDS_OF_ACCOUNT;
}

int session_adopt(int fd)
{
	__u32 index = __atomic_fetch_add(&shared->nr_accounts, 1, __ATOMIC_RELAXED);
	int adopted = -1;

	if (fd >= 0 && index < NR_ACCOUNTS)
		adopted = fcntl(fd, F_DUPFD_CLOEXEC, FD_OWN + index * FDS_OF_ACCOUNT);
	close(fd);
	return adopted;
}

static __u64 id_of(const struct actor *actor, __u64 id)
{
	const struct icmpecho_echo *echo;

	if (!id || id >= ID_NUMBERS)
		return id;
	if (id >= ID_OF_SEND)
		return sends[id - ID_OF_SEND];
	echo = (void *)memory_at(actor, POINTER_TO(REGION_ECHOES, 0), sizeof(*echo) * NR_ECHOES);
	return echo[id - 1].id;
}

static __u64 deadline_of(__u64 ns)
{
	struct timespec now;

	if (ns == ICMPECHO_FOREVER)
		return ns;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec + ns;
}

static void write_number(unsigned char *to, __u64 number, size_t size)
{
	__u8 n8 = number;
	__u16 n16 = number;
	__u32 n32 = number;

	memcpy(to, size == 8 ? (void *)&number : size == 4 ? (void *)&n32 :
	       size == 2 ? (void *)&n16 : (void *)&n8, size);
}

static void write_address(unsigned char *to, __u64 index)
{
	const char *text = addresses[index];

	inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, to);
}

/* Build the structure of the call from the fields that have a place in it. */
static void build(const struct actor *actor, const struct op *op, unsigned char *to)
{
	const struct call *call = &calls[op->call];
	unsigned int i;

	for (i = 0; i < call->nr_fields; i++) {
		const struct field *field = &call->fields[i];
		__u64 v = value(op, i);

		if (!field->size)
			continue;
		if (field->kind == POINTER)
			v = memory_address(actor, v);
		else if (field->kind == ID)
			v = id_of(actor, v);
		else if (field->kind == DEADLINE)
			v = deadline_of(v);
		else if (field->kind == DESCRIPTOR)
			v = v == DESCRIPTOR_SESSION ? slots[0] : fds[v];
		if (field->kind == ADDRESS)
			write_address(to + field->offset, v);
		else
			write_number(to + field->offset, v, field->size);
	}
}

/* Put the echo also where it cannot be changed, ends, goes away, or comes late. */
static void put_echo_elsewhere(const struct actor *actor, const struct icmpecho_echo *echo)
{
	memory_write(actor, POINTER_TO(REGION_READONLY, 0), echo, sizeof(*echo));
	memory_write(actor, POINTER_TO(REGION_EDGE, EDGE_ECHO), echo, sizeof(*echo));
	memory_write(actor, POINTER_TO(REGION_GONE, 0), echo, sizeof(*echo));
	memory_write(actor, POINTER_TO(REGION_LATE, 0), echo, sizeof(*echo));
}

/* Change some of the echoes that all threads submit. Their ids stay. */
static long act_echo(const struct actor *actor, const struct op *op)
{
	struct icmpecho_echo echo = {}, *echoes;
	__u64 first = value(op, ECHO_FIRST), run = value(op, ECHO_RUN), i;

	build(actor, op, (unsigned char *)&echo);
	if (!(echo.flags & ICMPECHO_EVENTFD) && echo.eventfd == -1)
		echo.eventfd = 0;
	if (!echo.family)
		echo.family = strchr(addresses[value_named(op, "dst")], ':') ? AF_INET6 : AF_INET;
	echoes = (void *)memory_at(actor, POINTER_TO(REGION_ECHOES, 0), sizeof(echo) * NR_ECHOES);
	for (i = 0; i < run % (NR_ECHOES + 1); i++) {
		struct icmpecho_echo *to = &echoes[(first + i) % NR_ECHOES];

		echo.user_data = i;
		echo.id = to->id;
		*to = echo;
	}
	put_echo_elsewhere(actor, &echo);
	return 0;
}

void act_open(void)
{
	static const struct op usual = { .call = CALL_ECHO };
	struct actor actor = {};
	unsigned int i;

	fds[DESCRIPTOR_NONE] = -1;
	fds[DESCRIPTOR_EVENT] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	fds[DESCRIPTOR_FILE] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[DESCRIPTOR_CLOSED] = 99;
	for (i = 0; i < shared->program.nr_ops; i++)
		scribbles |= shared->program.ops[i].call == CALL_SCRIBBLE;
	act_echo(&actor, &usual);
}

/* A call that writes a record into memory of this thread must not write behind it. */
struct canary {
	unsigned char *at;
};

static void canary_set(struct canary *canary, const struct actor *actor, __u64 buffer, __u32 len)
{
	__u64 end = (__u64)(__u32)buffer + len;

	canary->at = NULL;
	if (buffer >> 32 != REGION_OWN || end + CANARY_LEN > OWN_ARGUMENT || scribbles)
		return;
	canary->at = memory_at(actor, POINTER_TO(REGION_OWN, end), CANARY_LEN);
	memset(canary->at, CANARY, CANARY_LEN);
}

static void canary_check(const struct canary *canary, const struct op *op)
{
	unsigned int i;

	for (i = 0; canary->at && i < CANARY_LEN; i++)
		if (canary->at[i] != CANARY)
			complain(shared, "%s has written behind its buffer", calls[op->call].name);
}

/* What an ioctl is to do */
struct asked {
	unsigned int command;
	bool known;		/* its structure: nobody else changes that */
	__u64 at;		/* of the structure */
	__u64 id;		/* of SEND */
	__u32 count;		/* of SUBMIT, or the most that REAP may collect */
};

static const struct icmpecho_send *sent_structure(const struct actor *actor, __u64 at)
{
	return (void *)memory_at(actor, at, sizeof(struct icmpecho_send));
}

/*
 * What SEND says of its request. Only of a structure that nobody else changes is it known
 * whether it asked for a new request.
 */
static void account_send(const struct actor *actor, int fd, const struct asked *asked, long ret)
{
	const struct icmpecho_send *send = sent_structure(actor, asked->at);
	/* EBADF: it was interrupted, and the descriptor closed before it began again. */
	bool unsure = ret == -EFAULT || ret == -EINTR || ret == -EBADF || !asked->known;

	if (asked->known && asked->id)
		account_add(fd, 0, 0, !ret);
	else if (asked->known && !ret)
		account_add(fd, 1, 0, 1);
	else
		account_add(fd, 0, unsure, !ret);
	if (ret && send && send->id)
		sends[__atomic_fetch_add(&nr_sends, 1, __ATOMIC_RELAXED) % NR_SENDS] = send->id;
}

static void account(const struct actor *actor, int fd, const struct asked *asked, long ret)
{
	if (asked->command == ICMPECHO_IOC_SEND)
		account_send(actor, fd, asked, ret);
	else if (ret > 0 && asked->command == ICMPECHO_IOC_SUBMIT)
		account_add(fd, ret, 0, 0);
	else if (ret > 0 && asked->command == ICMPECHO_IOC_REAP)
		account_add(fd, 0, 0, ret);
}

static long call_ioctl(const struct actor *actor, int fd, const struct asked *asked)
{
	bool send = asked->command == ICMPECHO_IOC_SEND;
	__u32 accept = send, collect = send;
	long ret;

	if (asked->command == ICMPECHO_IOC_SUBMIT)
		accept = asked->known && asked->count < MOST_ECHOES ? asked->count : MOST_ECHOES;
	if (asked->command == ICMPECHO_IOC_REAP)
		collect = asked->known && asked->count < MOST_RECORDS ? asked->count : MOST_RECORDS;
	pending_begin(actor, fd, accept, collect);
	ret = ioctl(fd, asked->command, memory_address(actor, asked->at));
	if (ret < 0)
		ret = -errno;
	account(actor, fd, asked, ret);
	pending_end(actor);
	return ret;
}

static long act_ioctl(const struct actor *actor, const struct op *op)
{
	const struct call *call = &calls[op->call];
	struct asked asked = { .command = call->command, .at = value(op, IOCTL_AT) };
	union {
		struct icmpecho_send send;
		unsigned char bytes[64];
	} structure = {};
	struct canary canary = {};
	long ret;

	asked.known = asked.at >> 32 == REGION_OWN && !scribbles;
	asked.count = value_named(op, op->call == CALL_REAP ? "max" : "count");
	build(actor, op, structure.bytes);
	/* Of an echo it may have changed since it was given. */
	asked.id = op->call == CALL_SEND ? structure.send.id : 0;
	memory_write(actor, asked.at, &structure, call->size);
	if (asked.known && (op->call == CALL_REAP || op->call == CALL_SEND))
		canary_set(&canary, actor, value_named(op, "buffer"),
			   value_named(op, "buffer_len"));
	ret = call_ioctl(actor, slots[op->session], &asked);
	canary_check(&canary, op);
	return ret;
}

static long act_fdinfo(int fd)
{
	char path[64], text[4096];
	int info;
	long len;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -errno;
	len = read(info, text, sizeof(text));
	close(info);
	return len < 0 ? -errno : 0;
}

static long act_session(const struct op *op)
{
	__u64 to = value(op, SLOT_TO) % NR_SESSIONS;
	int fd = slots[op->session], fresh;

	switch (op->call) {
	case CALL_OPEN:
		fresh = session_adopt(open(ICMPECHO_DEVICE, O_RDWR | O_CLOEXEC));
		break;
	case CALL_DUP:
		fresh = fcntl(fd, F_DUPFD_CLOEXEC, fd < FD_OWN ? FD_OWN : fd);
		/* Beside the numbers of its account it would look like another session. */
		if (fresh >= 0 && account_of(fresh) != account_of(fd)) {
			close(fresh);
			return -EMFILE;
		}
		break;
	default:
		slots[op->session] = -1;
		return close(fd) ? -errno : 0;
	}
	if (fresh < 0)
		return -errno;
	if (op->call == CALL_OPEN || !value(op, SLOT_LEAVE))
		close(slots[to]);
	slots[to] = fresh;
	return 0;
}

/* Leave the descriptor in a queue that nobody reads. */
static long act_pass(int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int ends[2];
	long ret;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	*cmsg = (struct cmsghdr) { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
				   .cmsg_len = CMSG_LEN(sizeof(fd)) };
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	ret = sendmsg(ends[0], &msg, MSG_DONTWAIT);
	if (ret < 0)
		ret = -errno;
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static long act_poll(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&poll_fd, 1, 2) > 0 ? poll_fd.revents : 0;
}

static long act_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return fcntl(fd, F_SETFL, flags ^ O_NONBLOCK) ? -errno : 0;
}

static long act_signal(const struct op *op)
{
	pid_t tid = tids[value(op, SIGNAL_THREAD) % NR_THREADS];

	return tid ? syscall(SYS_tgkill, getpid(), tid,
			     value(op, SIGNAL_RESTARTS) ? SIGUSR2 : SIGUSR1) : 0;
}

static long act_other(struct actor *actor, const struct op *op)
{
	int fd = slots[op->session];
	struct asked asked = {};

	switch (op->call) {
	case CALL_IOCTL:
		asked.command = value(op, RAW_COMMAND);
		asked.at = value(op, RAW_AT);
		return call_ioctl(actor, fd, &asked);
	case CALL_POLL:
		return act_poll(fd);
	case CALL_FDINFO:
		return act_fdinfo(fd);
	case CALL_NONBLOCK:
		return act_nonblock(fd);
	case CALL_PASS:
		return act_pass(fd);
	case CALL_MEMORY:
		memory_change(value(op, MEMORY_REGION), value(op, MEMORY_CHANGE));
		return 0;
	case CALL_SERVE:
		memory_serve(value(op, 0));
		return 0;
	case CALL_SCRIBBLE:
		memory_scribble(value(op, SCRIBBLE_THREAD), value(op, SCRIBBLE_OFFSET),
				value(op, SCRIBBLE_VALUE), value(op, SCRIBBLE_TIMES));
		return 0;
	case CALL_SIGNAL:
		return act_signal(op);
	case CALL_STOP:
		people_stop(value(op, 0) % 20000);
		return 0;
	case CALL_SLEEP:
		return usleep(value(op, 0) % 20000) ? -errno : 0;
	default:
		return act_session(op);
	}
}

void act(struct actor *actor, const struct op *op)
{
	struct tally *tally = &shared->tallies[op->call];
	long ret;

	feedback_begin(actor);
	if (op->call == CALL_ECHO)
		ret = act_echo(actor, op);
	else if (calls[op->call].command)
		ret = act_ioctl(actor, op);
	else
		ret = act_other(actor, op);
	feedback_end(actor, op, ret);
	__atomic_add_fetch(ret < 0 ? &tally->refused : &tally->good, 1, __ATOMIC_RELAXED);
}
