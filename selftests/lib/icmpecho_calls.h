/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every program here needs to talk to /dev/icmpecho: the raw ioctls, a request
 * with sensible defaults, and clocks.
 *
 * The calls return what the ioctl returned, or -errno, so that a failed
 * EXPECT_EQ(-EINVAL, ...) shows the errno there was.
 */
#ifndef ICMPECHO_CALLS_H
#define ICMPECHO_CALLS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/icmpecho.h>

#define NS_PER_MS	1000000ULL
#define NS_PER_S	1000000000ULL

/*
 * How long a test waits for what must come. Only a broken kernel makes it wait
 * so long: it is a bound on the suite's patience, not a claim about latency.
 */
#define PATIENCE_NS	(20 * NS_PER_S)

/*
 * A request's timeout unless a test sets another: no answer may take so long,
 * and the test that misses one says so before the harness loses patience.
 */
#define ANSWER_NS	(15 * NS_PER_S)

/* A timeout that no test lives to see. */
#define NEVER_NS	(3600 * NS_PER_S)

/* The completion of one request, whatever its size. */
struct record {
	struct icmpecho_completion c;
	unsigned char data[65536];
};

static inline __u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static inline __u64 now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static inline __u64 u64_ptr(const void *p)
{
	return (__u64)(uintptr_t)p;
}

/*
 * How often a heavy loop turns: @usual, or @slow on a kernel that checks itself and takes
 * a hundred times as long, or where ICMPECHO_TEST_SLOW is in the environment.
 * ICMPECHO_TEST_DIVISOR there divides the usual number instead.
 */
static inline unsigned int scaled(unsigned int usual, unsigned int slow)
{
	const char *text = getenv("ICMPECHO_TEST_DIVISOR");
	unsigned int divisor = text ? atoi(text) : 0;

	if (divisor)
		return usual > divisor ? usual / divisor : 1;
	return getenv("ICMPECHO_TEST_SLOW") || !access("/proc/lockdep_stats", F_OK) ||
	       !access("/sys/kernel/debug/kmemleak", F_OK) ? slow : usual;
}

static inline int echo_open(void)
{
	int fd = open(ICMPECHO_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int echo_ioctl(int fd, unsigned int cmd, const void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

/* A request for @dst (dotted, or with colons for IPv6) that is answered or fails the test. */
static inline struct icmpecho_echo echo_to(const char *dst)
{
	struct icmpecho_echo echo = {
		.family = strchr(dst, ':') ? AF_INET6 : AF_INET,
		.timeout_ns = ANSWER_NS,
	};

	inet_pton(echo.family, dst, echo.dst);
	return echo;
}

static inline struct icmpecho_echo echo_with(const char *dst, const void *payload,
					     __u32 len)
{
	struct icmpecho_echo echo = echo_to(dst);

	echo.payload = u64_ptr(payload);
	echo.payload_len = len;
	echo.reply_capacity = len;
	return echo;
}

/* Bytes that tell where they were, so that none can be missing or elsewhere. */
static inline void fill_payload(unsigned char *payload, __u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++)
		payload[i] = i * 7 + (i >> 8);
}

static inline int echo_info(int fd, struct icmpecho_info *info)
{
	info->size = sizeof(*info);
	return echo_ioctl(fd, ICMPECHO_IOC_INFO, info);
}

/* How many of the @count requests were accepted. */
static inline int echo_submit(int fd, struct icmpecho_echo *echoes, __u32 count)
{
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = sizeof(*echoes),
		.echoes = u64_ptr(echoes),
		.count = count,
	};

	return echo_ioctl(fd, ICMPECHO_IOC_SUBMIT, &submit);
}

static inline struct icmpecho_send send_of(const struct icmpecho_echo *echo,
					   struct record *record)
{
	struct icmpecho_send send = {
		.completion_size = sizeof(struct icmpecho_completion),
		.size = sizeof(send),
		.echo_size = sizeof(*echo),
		.echo = u64_ptr(echo),
		.buffer = u64_ptr(record),
		.buffer_len = sizeof(*record),
	};

	return send;
}

static inline int echo_send(int fd, const struct icmpecho_echo *echo,
			    struct record *record)
{
	struct icmpecho_send send = send_of(echo, record);

	return echo_ioctl(fd, ICMPECHO_IOC_SEND, &send);
}

static inline int echo_reap(int fd, void *buffer, __u32 len, __u32 min,
			    __u32 max, __u64 deadline_ns)
{
	struct icmpecho_reap reap = {
		.completion_size = sizeof(struct icmpecho_completion),
		.size = sizeof(reap),
		.min = min,
		.max = max,
		.buffer_len = len,
		.buffer = u64_ptr(buffer),
		.deadline_ns = deadline_ns,
	};

	return echo_ioctl(fd, ICMPECHO_IOC_REAP, &reap);
}

/* The next completion, which must come: 1, or what REAP returned instead. */
static inline int reap_one(int fd, struct record *record)
{
	return echo_reap(fd, record, sizeof(*record), 1, 1,
			 now_ns() + PATIENCE_NS);
}

/* A completion that waits already: 1, or 0 if there is none. */
static inline int reap_now(int fd, struct record *record)
{
	return echo_reap(fd, record, sizeof(*record), 0, 1, 0);
}

static inline int echo_cancel(int fd, __u32 flags, __u64 id)
{
	struct icmpecho_cancel cancel = {
		.size = sizeof(cancel),
		.flags = flags,
		.id = id,
	};

	return echo_ioctl(fd, ICMPECHO_IOC_CANCEL, &cancel);
}

static inline int echo_bind_eventfd(int fd, int eventfd)
{
	struct icmpecho_eventfd bind = {
		.size = sizeof(bind),
		.eventfd = eventfd,
	};

	return echo_ioctl(fd, ICMPECHO_IOC_EVENTFD, &bind);
}

/* A line of the session's fdinfo, or -1 if it has none of that name. */
static inline long long echo_fdinfo(int fd, const char *name)
{
	char path[64], line[128];
	long long value = -1;
	size_t len = strlen(name);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, len) && line[len] == ':')
			value = atoll(line + len + 1);
	if (file)
		fclose(file);
	return value;
}

/* The state of a thread, as /proc has it: R, S, D, Z; or 0. */
static inline char task_state(pid_t tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	file = fopen(path, "re");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state;
}

/*
 * Memory that is charged to the session's user for requests that there are, without
 * that of free ones which sessions keep for the next.
 */
static inline long long echo_used_bytes(int fd)
{
	long long bytes, kept;

	/* Another session may just be giving back what it kept. */
	do {
		bytes = echo_fdinfo(fd, "user_bytes");
		kept = echo_fdinfo(fd, "user_cached_bytes");
	} while (bytes != echo_fdinfo(fd, "user_bytes"));
	return bytes - kept;
}

static inline const struct icmpecho_completion *
next_record(const struct icmpecho_completion *c)
{
	return (const void *)((const char *)c + c->record_len);
}

/* The next answer in a record of many, or NULL. */
static inline const struct icmpecho_completion *
next_answer(const struct icmpecho_completion *c)
{
	return c->next ? (const void *)((const char *)c + c->next) : NULL;
}

static inline const void *record_options(const struct icmpecho_completion *c)
{
	return (const char *)c + c->header_len;
}

static inline const void *record_data(const struct icmpecho_completion *c)
{
	return (const char *)c + c->header_len + ((c->options_len + 7) & ~7);
}

/* The IPv4 address in an address member, for comparison with inet_addr(). */
static inline in_addr_t ipv4(const __u8 *address)
{
	in_addr_t a;

	memcpy(&a, address, sizeof(a));
	return a;
}

/* The IPv6 address in an address member, for EXPECT_STREQ(). */
static inline const char *ipv6(const __u8 *address)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, address, text, sizeof(text));
}

#endif /* ICMPECHO_CALLS_H */
