// SPDX-License-Identifier: GPL-2.0
/* The calls of which programs consist, and the fields that a program may give to each. */
#include <linux/icmpecho.h>
#include <stdarg.h>
#include <stdio.h>

#include "user.h"

#define COMPLETION	sizeof(struct icmpecho_completion)
#define MS		1000000ULL

#define MEMBER(type, member, kind, usual)					\
	{ #member, offsetof(struct icmpecho_##type, member),			\
	  sizeof(((struct icmpecho_##type *)0)->member), kind, usual }
#define PLAIN_FIELD(name, kind, usual)	{ name, 0, 0, kind, usual }
#define AT		PLAIN_FIELD("at", POINTER, POINTER_TO(REGION_OWN, OWN_ARGUMENT))
#define SIZE(type)	MEMBER(type, size, NUMBER, sizeof(struct icmpecho_##type))

static const struct field echo_fields[] = {
	PLAIN_FIELD("first", NUMBER, 0),
	PLAIN_FIELD("run", NUMBER, NR_ECHOES),
	MEMBER(echo, payload, POINTER, POINTER_TO(REGION_OWN, 0)),
	MEMBER(echo, options, POINTER, 0),
	MEMBER(echo, timeout_ns, NUMBER, 5 * MS),
	MEMBER(echo, dst, ADDRESS, 0),
	MEMBER(echo, src, ADDRESS, 1),
	MEMBER(echo, flags, NUMBER, 0),
	MEMBER(echo, payload_len, NUMBER, 56),
	MEMBER(echo, reply_capacity, NUMBER, 56),
	MEMBER(echo, ifindex, NUMBER, 0),
	MEMBER(echo, scope_id, NUMBER, 0),
	MEMBER(echo, mark, NUMBER, 0),
	MEMBER(echo, eventfd, DESCRIPTOR, DESCRIPTOR_NONE),
	MEMBER(echo, family, NUMBER, 0),
	MEMBER(echo, options_len, NUMBER, 0),
	MEMBER(echo, max_replies, NUMBER, 0),
	MEMBER(echo, ttl, NUMBER, 0),
	MEMBER(echo, tos, NUMBER, 0),
	MEMBER(echo, reserved, NUMBER, 0),
};

static const struct field submit_fields[] = {
	AT,
	SIZE(submit),
	MEMBER(submit, echo_size, NUMBER, sizeof(struct icmpecho_echo)),
	MEMBER(submit, echoes, POINTER, POINTER_TO(REGION_ECHOES, 0)),
	MEMBER(submit, count, NUMBER, 1),
	MEMBER(submit, reserved, NUMBER, 0),
};

static const struct field send_fields[] = {
	AT,
	SIZE(send),
	MEMBER(send, echo_size, NUMBER, sizeof(struct icmpecho_echo)),
	MEMBER(send, echo, POINTER, POINTER_TO(REGION_ECHOES, 0)),
	MEMBER(send, buffer, POINTER, POINTER_TO(REGION_OWN, PAGE)),
	MEMBER(send, buffer_len, NUMBER, 2048),
	MEMBER(send, completion_size, NUMBER, COMPLETION),
	MEMBER(send, id, ID, 0),
};

static const struct field reap_fields[] = {
	AT,
	SIZE(reap),
	MEMBER(reap, min, NUMBER, 1),
	MEMBER(reap, max, NUMBER, 64),
	MEMBER(reap, buffer_len, NUMBER, 32768),
	MEMBER(reap, buffer, POINTER, POINTER_TO(REGION_OWN, PAGE)),
	MEMBER(reap, deadline_ns, DEADLINE, 5 * MS),
	MEMBER(reap, completion_size, NUMBER, COMPLETION),
	MEMBER(reap, reserved, NUMBER, 0),
};

static const struct field cancel_fields[] = {
	AT,
	SIZE(cancel),
	MEMBER(cancel, flags, NUMBER, 0),
	MEMBER(cancel, id, ID, 0),
};

static const struct field eventfd_fields[] = {
	AT,
	SIZE(eventfd),
	MEMBER(eventfd, eventfd, DESCRIPTOR, DESCRIPTOR_EVENT),
};

static const struct field pace_fields[] = {
	AT,
	SIZE(pace),
	MEMBER(pace, burst, NUMBER, 1),
	MEMBER(pace, interval_ns, NUMBER, 0),
};

static const struct field info_fields[] = { AT, SIZE(info) };

/* Any number, with what the memory there happens to hold */
static const struct field ioctl_fields[] = {
	AT,
	PLAIN_FIELD("command", NUMBER, ICMPECHO_IOC_REAP),
};

static const struct field open_fields[] = { PLAIN_FIELD("to", NUMBER, 2) };

/* With "leave", the old descriptor of that slot stays open. */
static const struct field dup_fields[] = {
	PLAIN_FIELD("to", NUMBER, 2),
	PLAIN_FIELD("leave", NUMBER, 0),
};

static const struct field memory_fields[] = {
	PLAIN_FIELD("region", NUMBER, REGION_GONE),
	PLAIN_FIELD("change", NUMBER, CHANGE_UNMAP),
};

static const struct field serve_fields[] = { PLAIN_FIELD("how", NUMBER, SERVE_PAGE) };

static const struct field scribble_fields[] = {
	PLAIN_FIELD("thread", NUMBER, 1),
	PLAIN_FIELD("offset", NUMBER, 0),
	PLAIN_FIELD("value", NUMBER, 0),
	PLAIN_FIELD("times", NUMBER, 1000),
};

static const struct field signal_fields[] = {
	PLAIN_FIELD("thread", NUMBER, 1),
	PLAIN_FIELD("restarts", NUMBER, 0),
};

static const struct field time_fields[] = { PLAIN_FIELD("us", NUMBER, 1000) };

static const struct field fork_fields[] = {
	PLAIN_FIELD("how", NUMBER, 0),
	PLAIN_FIELD("calls", NUMBER, 1),
};

#define FIELDS(array)	.fields = (array), .nr_fields = sizeof(array) / sizeof((array)[0])
#define IOCTL(NAME, name, often)						\
	[CALL_##NAME] = { #name, ICMPECHO_IOC_##NAME, sizeof(struct icmpecho_##name), often, \
			  FIELDS(name##_fields) }

const struct call calls[NR_CALLS] = {
	[CALL_ECHO]	= { "echo", .weight = 30, FIELDS(echo_fields) },
	IOCTL(SUBMIT, submit, 40),
	IOCTL(SEND, send, 25),
	IOCTL(REAP, reap, 25),
	IOCTL(CANCEL, cancel, 10),
	IOCTL(EVENTFD, eventfd, 5),
	IOCTL(PACE, pace, 4),
	IOCTL(INFO, info, 2),
	[CALL_IOCTL]	= { "ioctl", .weight = 3, FIELDS(ioctl_fields) },
	[CALL_POLL]	= { "poll", .weight = 3 },
	[CALL_FDINFO]	= { "fdinfo", .weight = 2 },
	[CALL_OPEN]	= { "open", .weight = 4, FIELDS(open_fields) },
	[CALL_CLOSE]	= { "close", .weight = 4 },
	[CALL_DUP]	= { "dup", .weight = 2, FIELDS(dup_fields) },
	[CALL_NONBLOCK]	= { "nonblock", .weight = 2 },
	[CALL_PASS]	= { "pass", .weight = 2 },
	[CALL_MEMORY]	= { "memory", .weight = 8, FIELDS(memory_fields) },
	[CALL_SERVE]	= { "serve", .weight = 6, FIELDS(serve_fields) },
	[CALL_SCRIBBLE]	= { "scribble", .weight = 4, FIELDS(scribble_fields) },
	[CALL_SIGNAL]	= { "signal", .weight = 6, FIELDS(signal_fields) },
	[CALL_STOP]	= { "stop", .weight = 3, FIELDS(time_fields) },
	[CALL_SLEEP]	= { "sleep", .weight = 6, FIELDS(time_fields) },
	[CALL_FORK]	= { "fork", .weight = 6, FIELDS(fork_fields) },
};

const char *const regions[] = {
	[REGION_NULL]	  = "null",
	[REGION_OWN]	  = "own",
	[REGION_ECHOES]	  = "echoes",
	[REGION_EDGE]	  = "edge",
	[REGION_READONLY] = "readonly",
	[REGION_NONE]	  = "none",
	[REGION_GONE]	  = "gone",
	[REGION_LATE]	  = "late",
	[REGION_KERNEL]	  = "kernel",
	NULL,
};

const char *const addresses[] = {
	"127.0.0.1", "0.0.0.0", "198.51.100.2", "192.0.2.1", "192.0.2.2", "198.51.100.77",
	"255.255.255.255", "192.0.2.255", "224.0.0.1", "127.255.255.255",
	"::1", "::", "2001:db8:2::2", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:2::77",
	"fe80::1", "fe80::2", "ff02::1", "ff01::1", "2001:db8:1::", "::ffff:127.0.0.1", NULL,
};

const char *const descriptors[] = {
	[DESCRIPTOR_NONE]    = "none",
	[DESCRIPTOR_EVENT]   = "event",
	[DESCRIPTOR_SESSION] = "session",
	[DESCRIPTOR_FILE]    = "file",
	[DESCRIPTOR_CLOSED]  = "closed",
	NULL,
};

void complain(struct shared *shared, const char *format, ...)
{
	va_list args;

	if (shared->complaint[0])
		return;
	va_start(args, format);
	vsnprintf(shared->complaint, sizeof(shared->complaint), format, args);
	va_end(args);
}
