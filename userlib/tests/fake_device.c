// SPDX-License-Identifier: MIT
/* A device without a kernel module. Its descriptor is a timer, so that poll(2) waits for it. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "fake_device.h"

#define MAX_PENDING	65536

struct fake_device fake;

/* A request that has no completion yet, or one that was not collected. */
struct pending {
	struct pending *next;
	struct icmpecho_echo echo;
	uint64_t due_ns, rtt_ns, id;
	unsigned char data[];
};

static struct pending *pending;		/* the one that is due first comes first */
static unsigned int pending_count;
static uint64_t last_id;
static unsigned int until_refusal;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);
int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list);

void fake_reset(void)
{
	struct pending *p;

	while ((p = pending)) {
		pending = p->next;
		free(p);
	}
	pending_count = 0;
	memset(&fake, 0, sizeof(fake));
	fake.max_requests = MAX_PENDING;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The descriptor is readable when the first completion is due. */
static void arm(int fd)
{
	uint64_t due_ns = pending ? pending->due_ns : 0;
	struct itimerspec timer = {
		.it_value.tv_sec = (time_t)(due_ns / 1000000000),
		.it_value.tv_nsec = (long)(due_ns % 1000000000),
	};

	timerfd_settime(fd, TFD_TIMER_ABSTIME, &timer, NULL);
}

static unsigned int net_of(const struct icmpecho_echo *echo)
{
	return echo->family == AF_INET && echo->dst[0] == 10 ? echo->dst[1] : 0;
}

/* The networks with hops. */
static bool has_hops(const struct icmpecho_echo *echo)
{
	unsigned int net = net_of(echo);

	return net >= 8 && net <= 14 && net != 9;
}

static unsigned int packet_len(const struct icmpecho_echo *echo)
{
	return echo->payload_len + 28;
}

static unsigned int ttl_of(const struct icmpecho_echo *echo)
{
	return echo->ttl ? echo->ttl : 64;
}

static bool is_too_long(const struct icmpecho_echo *echo)
{
	unsigned int net = net_of(echo);

	return (net == 10 || net == 11) && ttl_of(echo) > 2 && echo->dst[2] > 2 &&
	       packet_len(echo) > 1400 && echo->flags & ICMPECHO_DONT_FRAGMENT;
}

/* Whether nothing comes. */
static bool is_silent(const struct icmpecho_echo *echo)
{
	unsigned int net = net_of(echo);

	if (has_hops(echo) && packet_len(echo) > 1500)
		return false;
	return net == 1 || (net == 11 && is_too_long(echo)) ||
	       (net == 12 && ttl_of(echo) == 2 && echo->dst[2] > 2);
}

static int refusal_of(const struct icmpecho_echo *echo)
{
	if (pending_count >= fake.max_requests)
		return EAGAIN;
	if (fake.refuse_every && !until_refusal--) {
		until_refusal = fake.refuse_every;
		return ENOBUFS;
	}
	return net_of(echo) == 4 ? EPERM : 0;
}

static void add(struct icmpecho_echo *echo)
{
	struct pending *p = calloc(1, sizeof(*p) + echo->payload_len), **at;

	p->echo = *echo;
	p->due_ns = now_ns(CLOCK_MONOTONIC);
	if (is_silent(echo) || (net_of(echo) == 6 && echo->max_replies > 2))
		p->due_ns += echo->timeout_ns;
	p->rtt_ns = 1000000 + 100000ULL * fake.submitted++;
	p->id = ++last_id;
	echo->id = p->id;
	if (echo->payload_len)
		memcpy(p->data, (const void *)(uintptr_t)echo->payload, echo->payload_len);
	for (at = &pending; *at && (*at)->due_ns <= p->due_ns; at = &(*at)->next)
		;
	p->next = *at;
	*at = p;
	if (++pending_count > fake.most_in_flight)
		fake.most_in_flight = pending_count;
	fake.last = *echo;
}

static int do_submit(int fd, const struct icmpecho_submit *submit)
{
	struct icmpecho_echo *echoes = (void *)(uintptr_t)submit->echoes;
	uint32_t i;

	fake.submits++;
	for (i = 0; i < submit->count; i++) {
		errno = refusal_of(&echoes[i]);
		if (errno)
			break;
		add(&echoes[i]);
	}
	arm(fd);
	return i ? (int)i : -1;
}

static void answer_from(struct icmpecho_completion *c, const char *from, uint32_t status)
{
	inet_pton(AF_INET, from, c->from);
	c->status = status;
}

/* How it ended on a path with hops. */
static void complete_hop(struct icmpecho_completion *c, const struct pending *p)
{
	unsigned int ttl = ttl_of(&p->echo), hops = p->echo.dst[2], net = net_of(&p->echo);
	static unsigned int turn;
	char router[32];

	if (packet_len(&p->echo) > 1500) {
		c->status = ICMPECHO_STATUS_PACKET_TOO_BIG;
		c->flags = ICMPECHO_LOCAL;
		c->error = EMSGSIZE;
	} else if (is_silent(&p->echo)) {
		c->status = ICMPECHO_STATUS_TIMED_OUT;
	} else if (net == 10 && is_too_long(&p->echo)) {
		answer_from(c, "10.0.2.254", ICMPECHO_STATUS_PACKET_TOO_BIG);
		c->info = 1400;
		c->type = 3;
		c->code = 4;
	} else if (net == 13 && ttl > 2 && hops > 2) {
		answer_from(c, "10.0.2.254", ICMPECHO_STATUS_DEST_HOST_UNREACHABLE);
		c->type = 3;
		c->code = 13;
	} else if (ttl < hops) {
		snprintf(router, sizeof(router), "10.0.%u.%u", ttl,
			 net == 14 && ttl == 2 && turn++ % 2 ? 253 : 254);
		answer_from(c, router, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT);
		c->type = 11;
	}
}

/* How it ended, but for its data. */
static void complete(struct icmpecho_completion *c, const struct pending *p)
{
	memset(c, 0, sizeof(*c));
	c->header_len = sizeof(*c);
	c->family = p->echo.family;
	c->user_data = p->echo.user_data;
	c->id = p->id;
	c->rtt_ns = p->rtt_ns;
	c->received_ns = now_ns(CLOCK_REALTIME);
	c->ttl = 63;
	memcpy(c->from, p->echo.dst, sizeof(c->from));
	if (p->echo.ttl == 1 && !has_hops(&p->echo)) {
		answer_from(c, "10.0.0.254", ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT);
		return;
	}
	if (has_hops(&p->echo))
		complete_hop(c, p);
	switch (net_of(&p->echo)) {
	case 1:
		c->status = ICMPECHO_STATUS_TIMED_OUT;
		break;
	case 2:
		answer_from(c, "10.0.0.254", ICMPECHO_STATUS_DEST_HOST_UNREACHABLE);
		break;
	case 3:
		c->status = ICMPECHO_STATUS_DEST_NET_UNREACHABLE;
		c->flags = ICMPECHO_LOCAL;
		c->error = ENETUNREACH;
		break;
	case 5:
		answer_from(c, "10.0.0.254", ICMPECHO_STATUS_PACKET_TOO_BIG);
		c->info = 1400;
		break;
	}
	if (c->flags & ICMPECHO_LOCAL || c->status == ICMPECHO_STATUS_TIMED_OUT) {
		memset(c->from, 0, sizeof(c->from));
		c->rtt_ns = 0;
		c->received_ns = 0;
		c->ttl = 0;
	}
}

static uint32_t padded(uint32_t len)
{
	return (len + 7) / 8 * 8;
}

/* The options of a request come back, and 10.0.0.254 is in their route (RFC 791, option 7). */
static void put_options(unsigned char *to, const struct icmpecho_echo *echo)
{
	static const unsigned char router[] = { 10, 0, 0, 254 };

	memcpy(to, (const void *)(uintptr_t)echo->options, echo->options_len);
	if (to[0] == 7 && to[2] + 3 <= to[1]) {
		memcpy(to + to[2] - 1, router, sizeof(router));
		to[2] += sizeof(router);
	}
}

static void put_reply(unsigned char *to, struct icmpecho_completion *c, const struct pending *p)
{
	uint32_t len = p->echo.payload_len;

	c->options_len = p->echo.options_len;
	if (c->options_len)
		put_options(to, &p->echo);
	to += padded(c->options_len);
	c->wire_len = len;
	c->data_len = len < p->echo.reply_capacity ? len : p->echo.reply_capacity;
	memcpy(to, p->data, c->data_len);
	if (net_of(&p->echo) == 7 && c->data_len)
		to[c->data_len - 1] ^= 1;
}

/* Writes an answer at @to, and returns its length. */
static uint32_t put_answer(unsigned char *to, const struct pending *p)
{
	struct icmpecho_completion *c = (void *)to;

	complete(c, p);
	if (c->status == ICMPECHO_STATUS_SUCCESS)
		put_reply(to + sizeof(*c), c, p);
	c->record_len = (uint32_t)sizeof(*c) + padded(c->options_len) + padded(c->data_len);
	return c->record_len;
}

static uint32_t put_record(unsigned char *to, const struct pending *p)
{
	struct icmpecho_completion *c = (void *)to;
	uint32_t len = put_answer(to, p);

	if (net_of(&p->echo) == 6 && p->echo.max_replies > 1) {
		c->next = len;
		c->record_len += put_answer(to + len, p);
	}
	return c->record_len;
}

static int do_reap(int fd, const struct icmpecho_reap *reap)
{
	unsigned char *to = (void *)(uintptr_t)reap->buffer;
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	struct pending *p;
	uint32_t n;

	fake.reaps++;
	if (fake.reap_error) {
		errno = fake.reap_error;
		return -1;
	}
	for (n = 0; n < reap->max && pending && pending->due_ns <= now; n++) {
		p = pending;
		to += put_record(to, p);
		pending = p->next;
		pending_count--;
		free(p);
	}
	arm(fd);
	return (int)n;
}

static int do_cancel(const struct icmpecho_cancel *cancel)
{
	struct pending **at, *p;

	for (at = &pending; (p = *at); at = &p->next) {
		if (p->id != cancel->id)
			continue;
		*at = p->next;
		pending_count--;
		free(p);
		return 1;
	}
	errno = ENOENT;
	return -1;
}

static int do_info(struct icmpecho_info *info)
{
	info->abi_version = ICMPECHO_ABI_VERSION;
	info->features = ICMPECHO_FEATURE_IPV4 | ICMPECHO_FEATURE_IPV6 |
			 ICMPECHO_FEATURE_OPTIONS | ICMPECHO_FEATURE_MANY_REPLIES |
			 ICMPECHO_FEATURE_PACING;
	info->max_timeout_ns = UINT32_MAX * 1000000ULL;
	info->max_user_bytes = 128 << 20;
	info->max_payload = 65507;
	info->max_payload6 = 65527;
	info->max_requests = fake.max_requests;
	return 0;
}

/* poll(2) says POLLERR, and never POLLIN, of a pipe without a reader. */
static int open_broken(void)
{
	int fds[2];

	if (pipe(fds))
		return -1;
	close(fds[0]);
	return fds[1];
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	if (strcmp(path, ICMPECHO_DEVICE))
		return __real_open(path, flags, mode);
	if (fake.open_error) {
		errno = fake.open_error;
		return -1;
	}
	return fake.reap_error ? open_broken() : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	switch (request) {
	case ICMPECHO_IOC_INFO:
		return do_info(argument);
	case ICMPECHO_IOC_SUBMIT:
		return do_submit(fd, argument);
	case ICMPECHO_IOC_REAP:
		return do_reap(fd, argument);
	case ICMPECHO_IOC_CANCEL:
		return do_cancel(argument);
	case ICMPECHO_IOC_PACE:
		memcpy(&fake.pace, argument, sizeof(fake.pace));
		return 0;
	default:
		return __real_ioctl(fd, request, argument);
	}
}

void *__wrap_dlopen(const char *name, int flags)
{
	return __real_dlopen(fake.library ? fake.library : name, flags);
}

/* Writes the address of a name, after its time. */
static bool find_name(FILE *file, const char *name, char address[64])
{
	unsigned int ms;
	char known[64];

	while (fscanf(file, "%63s %63s %u", known, address, &ms) == 3) {
		if (strcmp(known, name))
			continue;
		usleep(ms * 1000);
		return true;
	}
	return false;
}

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list)
{
	char address[64];
	bool is_known;
	FILE *file;

	if (!fake.names)
		return __real_getaddrinfo(name, service, hints, list);
	file = fopen(fake.names, "re");
	is_known = find_name(file, name, address);
	fclose(file);
	return is_known ? __real_getaddrinfo(address, service, hints, list) : EAI_NONAME;
}
