/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every contract_* test needs: the Windows headers as a program for
 * Windows includes them, a call with defaults, and expectations about what a
 * call returns and what the last error is then.
 *
 * Each test runs in a process of its own, so that it frees nothing.
 */
#ifndef CONTRACT_TEST_H
#define CONTRACT_TEST_H

#include <winsock2.h>
#include <windows.h>
#include <winternl.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "test_only.h"
#include "test_timeout.h"

#include "contract_net.h"

/*
 * How long requests that are answered may take, and how long to wait for what
 * must come. Only something broken takes so long.
 */
#define ANSWER_MS	15000
#define PATIENCE_MS	20000

/* How long after its time-out a request may end: the machine may be emulated. */
#define LATE_MS		(access("/proc/lockdep_stats", F_OK) ? 600 : 3000)

/*
 * A machine may stand still for longer, which is not the fault of the time-out: what is
 * late once is tried again.
 */
struct late_tries {
	unsigned int n;
	unsigned long long last, shortest;
};

static inline bool try_again(struct late_tries *tries, DWORD timeout, unsigned long long took)
{
	tries->last = took;
	if (!tries->n || took < tries->shortest)
		tries->shortest = took;
	return took > timeout + LATE_MS && ++tries->n < 5;
}

/*
 * The time-out of a request that runs until it, though answers come before. These are
 * sent by the test, and a slow machine needs a while for that.
 */
#define PLENTY_MS	(access("/proc/lockdep_stats", F_OK) ? 2000 : 6000)

/* A last error that no function sets. */
#define UNTOUCHED	0xdeadbeef

#define DATA_SIZE	32
/* A buffer that is just large enough for DATA_SIZE bytes. */
#define REPLY_SIZE	(sizeof(ICMP_ECHO_REPLY) + DATA_SIZE)

static char data[DATA_SIZE] __attribute__((unused)) = "0123456789abcdef0123456789ABCDE";

/* The four ways to send the same IPv4 request. */
enum entry { SEND_ECHO, SEND_ECHO2, SEND_ECHO2_EX, SEND_ECHO2_EVENT };

/* All arguments of IcmpSendEcho2Ex(). */
struct call {
	HANDLE icmp;
	HANDLE event;
	PIO_APC_ROUTINE routine;
	PVOID context;
	IPAddr source;
	IPAddr destination;
	LPVOID data;
	WORD size;
	PIP_OPTION_INFORMATION options;
	LPVOID reply;
	DWORD reply_size;
	DWORD timeout;
};

/* A call that succeeds if the destination answers. */
static inline struct call call_to(HANDLE icmp, const char *destination)
{
	return (struct call){
		.icmp = icmp,
		.destination = inet_addr(destination),
		.data = data,
		.size = DATA_SIZE,
		.reply = exact_buffer(REPLY_SIZE),
		.reply_size = REPLY_SIZE,
		.timeout = ANSWER_MS,
	};
}

#ifdef PIO_APC_ROUTINE_DEFINED
#define ROUTINE_OF(call)	((call)->routine)
#else
#define ROUTINE_OF(call)	((FARPROC)(call)->routine)
#endif

/* Calls the last function of the family, with all arguments. */
static inline DWORD send_call(const struct call *c)
{
	SetLastError(UNTOUCHED);
	return IcmpSendEcho2Ex(c->icmp, c->event, ROUTINE_OF(c), c->context, c->source,
			       c->destination, c->data, c->size, c->options, c->reply,
			       c->reply_size, c->timeout);
}

static inline DWORD send_call_by(enum entry entry, const struct call *c)
{
	switch (entry) {
	case SEND_ECHO:
		SetLastError(UNTOUCHED);
		return IcmpSendEcho(c->icmp, c->destination, c->data, c->size, c->options,
				    c->reply, c->reply_size, c->timeout);
	case SEND_ECHO2:
	case SEND_ECHO2_EVENT:
		SetLastError(UNTOUCHED);
		return IcmpSendEcho2(c->icmp, c->event, ROUTINE_OF(c), c->context, c->destination,
				     c->data, c->size, c->options, c->reply, c->reply_size,
				     c->timeout);
	default:
		return send_call(c);
	}
}

#define EXPECT_FAILURE(code, expression) do {			\
	EXPECT_EQ(0, expression);				\
	EXPECT_EQ(code, GetLastError());			\
} while (0)

/* The call is refused or fails, and the last error says why. */
#define EXPECT_FAILS(code, call)	EXPECT_FAILURE(code, send_call(call))

/* The call returns one reply, of any status. */
#define EXPECT_REPLY(call)		EXPECT_EQ(1, send_call(call))

/* The call has an event, and is accepted. */
#define EXPECT_PENDING(call)		EXPECT_FAILURE(ERROR_IO_PENDING, send_call(call))

#define EXPECT_SIGNALLED(event)	\
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(event, PATIENCE_MS))
#define EXPECT_NOT_SIGNALLED(event) \
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(event, 0))

/* The first reply in a buffer. */
static inline ICMP_ECHO_REPLY *reply_in(const struct call *c)
{
	return c->reply;
}

/* A successful reply with all of our data, from an address (dotted). */
#define EXPECT_ECHO(call, from) do {						\
	const ICMP_ECHO_REPLY *echo_ = reply_in(call);				\
	EXPECT_EQ(IP_SUCCESS, echo_->Status);					\
	EXPECT_EQ(inet_addr(from), echo_->Address);				\
	EXPECT_EQ((call)->size, echo_->DataSize);				\
	EXPECT_EQ((void *)(echo_ + 1), echo_->Data);				\
	EXPECT_EQ(0, memcmp(echo_ + 1, data, (call)->size));			\
	EXPECT_TRUE(exact_buffer_is_intact(echo_, (call)->reply_size));		\
} while (0)

static inline HANDLE auto_reset_event(void)
{
	return CreateEvent(NULL, FALSE, FALSE, NULL);
}

static inline HANDLE manual_reset_event(void)
{
	return CreateEvent(NULL, TRUE, FALSE, NULL);
}

static inline unsigned long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static inline unsigned long long now_ms(void)
{
	return now_us() / 1000;
}

static inline bool is_64_bit(void)
{
	return sizeof(void *) == 8;
}

#endif /* CONTRACT_TEST_H */
