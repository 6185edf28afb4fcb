// SPDX-License-Identifier: MIT
/*
 * The Icmp* functions. IcmpSendEcho() calls IcmpSendEcho2() without an event, and that
 * calls IcmpSendEcho2Ex() without a source address. IcmpSendEcho2Ex() and
 * Icmp6SendEcho2() check the arguments and make a struct call of them, which
 * send_sync() or send_async() sends.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>

#include "../export.h"
#include "internal.h"

/* The longest payload of an IPv4 packet without options. */
#define MAX_REQUEST_SIZE	65507
/* The payload of an echo in one Ethernet frame. */
#define FRAME_PAYLOAD		1472
/* A tick of Windows' clock */
#define TICK_MS			16
/* The kernel keeps this many bytes of all answers to one request together. */
#define MAX_ANSWER_BYTES	(1U << 20)

/* The arguments of a send function. */
struct call {
	struct icmpecho_echo echo;
	HANDLE event;
	FARPROC routine;
	PVOID context;
	void *reply;
	DWORD reply_size;
	/* The request is accepted, not sent, and completes with a failure. */
	bool fails;
};

static void icmp_destroy(struct object *object)
{
	struct icmp *icmp = (struct icmp *)object;

	icmpecho_close(icmp->session);
	free(icmp);
}

static const struct object_type icmp_type = { .destroy = icmp_destroy };

static DWORD error_from_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
	case ENOTTY:
	case E2BIG:
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
		return ERROR_NOT_SUPPORTED;
	case EACCES:
	case EPERM:
		return ERROR_ACCESS_DENIED;
	case EMFILE:
	case ENFILE:
		return ERROR_TOO_MANY_OPEN_FILES;
	case ENOMEM:
	case EAGAIN:
	case EDQUOT:
		return ERROR_NOT_ENOUGH_MEMORY;
	case ENOBUFS:
		return IP_NO_RESOURCES;
	case EDESTADDRREQ:
	case EADDRNOTAVAIL:
		return ERROR_INVALID_NETNAME;
	case ENETUNREACH:
		return ERROR_NETWORK_UNREACHABLE;
	case EHOSTUNREACH:
		return ERROR_HOST_UNREACHABLE;
	case EBADF:
		return ERROR_INVALID_HANDLE;
	case EFAULT:
		return ERROR_NOACCESS;
	case EINVAL:
	case EMSGSIZE:
	case ERANGE:
		return ERROR_INVALID_PARAMETER;
	default:
		return ERROR_GEN_FAILURE;
	}
}

static HANDLE create_file(uint16_t family)
{
	struct icmp *icmp = calloc(1, sizeof(*icmp));
	HANDLE handle;

	/* For programs that close a handle and never wait for its last requests. */
	closed_collect();
	if (!icmp) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return INVALID_HANDLE_VALUE;
	}
	icmp->session = icmpecho_open();
	if (!icmp->session) {
		SetLastError(error_from_errno(errno));
		free(icmp);
		return INVALID_HANDLE_VALUE;
	}
	icmp->family = family;
	object_init(&icmp->object, &icmp_type);
	handle = handle_create(&icmp->object);
	return handle ? handle : INVALID_HANDLE_VALUE;
}

EXPORT HANDLE WINAPI IcmpCreateFile(VOID)
{
	return create_file(AF_INET);
}

EXPORT HANDLE WINAPI Icmp6CreateFile(VOID)
{
	return create_file(AF_INET6);
}

EXPORT BOOL WINAPI IcmpCloseHandle(HANDLE IcmpHandle)
{
	struct object *object;

	win32_lock();
	object = handle_remove_locked(IcmpHandle, &icmp_type);
	if (object) {
		icmp_closed_locked((struct icmp *)object);
		object_put_locked(object);
	}
	win32_unlock();

	if (!object)
		SetLastError(ERROR_INVALID_HANDLE);
	return object != NULL;
}

/* Returns the number of replies; if there are none, 0 with the last error set. */
static DWORD take_replies(void *buffer)
{
	DWORD count = reply_take_count(buffer);

	return count ? count : fail(reply_status(buffer));
}

static DWORD take_reply6(const void *buffer)
{
	DWORD count = reply6_count(buffer);

	return count ? count : fail(reply6_status(buffer));
}

/* The completion that the kernel would write for a request that it cannot send. */
static struct icmpecho_completion failed_completion(const struct call *call)
{
	return (struct icmpecho_completion){
		.record_len = sizeof(struct icmpecho_completion),
		.header_len = sizeof(struct icmpecho_completion),
		.status = ICMPECHO_STATUS_GENERAL_FAILURE,
		.family = call->echo.family,
		.flags = ICMPECHO_LOCAL,
		.error = EINVAL,
	};
}

/*
 * After EAGAIN: collects completions that the program has not waited for yet, since
 * they count against the session's limit. Returns whether there were any, so that
 * the caller may try again.
 */
static bool made_room(struct icmp *icmp)
{
	return errno == EAGAIN && icmp_collect(icmp);
}

/* @record must have room for the completion. Returns it, or NULL with errno set. */
static const struct icmpecho_completion *
send_and_wait(struct icmp *icmp, const struct icmpecho_echo *echo, void *record, size_t record_len)
{
	int ret;

	do {
		ret = icmpecho_send(icmp->session, echo, record, record_len, NULL);
	} while (ret < 0 && made_room(icmp));
	return ret < 0 ? NULL : icmpecho_next_completion(record, record_len, NULL);
}

static DWORD finish_sync(const struct call *call, const struct icmpecho_completion *c)
{
	if (!c)
		return fail(error_from_errno(errno));
	reply_fill(call->reply, call->reply_size, c);
	SetLastError(ERROR_SUCCESS);
	if (call->echo.family == AF_INET6)
		return take_reply6(call->reply);
	return take_replies(call->reply);
}

static DWORD send_sync(struct icmp *icmp, const struct call *call)
{
	unsigned char frame[ICMPECHO_RECORD_LEN(FRAME_PAYLOAD)] __attribute__((aligned(8)));
	size_t answers = call->echo.max_replies ? call->echo.max_replies : 1;
	size_t record_len = answers * ICMPECHO_RECORD_LEN(call->echo.reply_capacity);
	struct icmpecho_completion failed;
	void *record = frame;
	DWORD ret;

	if (call->fails) {
		failed = failed_completion(call);
		return finish_sync(call, &failed);
	}
	if (record_len > sizeof(frame))
		record = malloc(record_len);
	if (!record)
		return fail(ERROR_NOT_ENOUGH_MEMORY);
	ret = finish_sync(call, send_and_wait(icmp, &call->echo, record, record_len));
	if (record != frame)
		free(record);
	return ret;
}

/* Returns 0 if the request was accepted, or an errno. */
static int submit(struct icmp *icmp, struct event *event, struct icmpecho_echo *echo)
{
	bool was_set;
	int ret;

	/*
	 * Reset the event before the request is sent: its answer may set the event
	 * before icmpecho_submit() returns. A refused request must leave the event as
	 * it was, so that is undone below.
	 */
	was_set = event_reset(event);
	do {
		ret = icmpecho_submit(icmp->session, echo, 1);
	} while (ret < 0 && (errno == EINTR || made_room(icmp)));
	if (ret > 0)
		return 0;

	ret = errno;
	if (was_set)
		event_set(event);
	return ret;
}

/* @apc may be NULL. This function frees it if the request is refused. */
static DWORD send_async(struct icmp *icmp, struct event *event, struct apc *apc, struct call *call)
{
	struct pending *pending = pending_create(icmp, event, apc, call->reply, call->reply_size);
	struct icmpecho_completion failed;
	int error;

	if (!pending) {
		apc_free(apc);
		return fail(ERROR_NOT_ENOUGH_MEMORY);
	}
	if (call->fails) {
		failed = failed_completion(call);
		pending_complete(pending, &failed);
		return fail(ERROR_IO_PENDING);
	}
	call->echo.user_data = (uintptr_t)pending;
	call->echo.flags |= ICMPECHO_EVENTFD;
	call->echo.eventfd = event->fd;
	error = submit(icmp, event, &call->echo);
	/* Once it is accepted, another thread may complete it and free pending. */
	if (!error)
		return fail(ERROR_IO_PENDING);
	pending_destroy(pending);
	return fail(error_from_errno(error));
}

static DWORD send_with_event(struct icmp *icmp, struct call *call)
{
	struct event *event = event_get(call->event);
	DWORD ret;

	if (!event)
		return fail(ERROR_INVALID_HANDLE);
	ret = send_async(icmp, event, NULL, call);
	object_put(&event->object);
	return ret;
}

static DWORD send_with_apc(struct icmp *icmp, struct call *call)
{
	struct apc *apc = apc_create(call->routine, call->context);

	return apc ? send_async(icmp, apc_event(apc), apc, call) : fail(ERROR_NOT_ENOUGH_MEMORY);
}

static DWORD send_call(HANDLE handle, struct call *call)
{
	struct icmp *icmp = (struct icmp *)handle_get(handle, &icmp_type);
	DWORD ret;

	if (!icmp)
		return fail(ERROR_INVALID_PARAMETER);
	if (icmp->family != call->echo.family)
		ret = fail(ERROR_INVALID_PARAMETER);
	else if (call->event)
		ret = send_with_event(icmp, call);
	else if (call->routine)
		ret = send_with_apc(icmp, call);
	else
		ret = send_sync(icmp, call);
	object_put(&icmp->object);
	return ret;
}

static DWORD set_options(struct icmpecho_echo *echo, const IP_OPTION_INFORMATION *options)
{
	if (!options)
		return ERROR_SUCCESS;
	if (options->Flags & IP_FLAG_REVERSE)
		return ERROR_NOT_SUPPORTED;
	echo->ttl = options->Ttl;
	echo->tos = options->Tos;
	if (options->Flags & IP_FLAG_DF)
		echo->flags |= ICMPECHO_DONT_FRAGMENT;
	return ERROR_SUCCESS;
}

static DWORD set_ip_options(struct icmpecho_echo *echo, const IP_OPTION_INFORMATION *options)
{
	if (!options)
		return ERROR_SUCCESS;
	if (options->OptionsSize > MAX_OPT_SIZE || (options->OptionsSize && !options->OptionsData))
		return ERROR_INVALID_PARAMETER;
	icmpecho_echo_set_options(echo, options->OptionsData, options->OptionsSize);
	return set_options(echo, options);
}

/*
 * How many bytes of the answer to ask the kernel for. The kernel reserves as much
 * memory, and programs pass buffers of 64 KiB for a request of 32 bytes, so this is
 * not simply the room in the buffer. An answer is as long as the request; at least
 * one frame is asked for, since some hosts answer with more.
 */
static uint32_t reply_capacity(WORD request_size, DWORD room)
{
	DWORD wanted = request_size > FRAME_PAYLOAD ? request_size : FRAME_PAYLOAD;

	return room < wanted ? room : wanted;
}

/* Windows rounds up to a tick, so no timeout is shorter than one. */
static uint64_t timeout_ns(DWORD milliseconds)
{
	return (uint64_t)(milliseconds < TICK_MS ? TICK_MS : milliseconds) * 1000000;
}

static IPAddr address_in(const struct sockaddr *sockaddr)
{
	struct sockaddr_in in = { .sin_family = AF_UNSPEC };

	if (sockaddr)
		memcpy(&in, sockaddr, sizeof(in));
	return in.sin_addr.s_addr;
}

/* Linux routes a network's last address as broadcast, also if it was not configured so. */
static bool is_broadcast_of(const struct ifaddrs *ifa, IPAddr address)
{
	if (!ifa->ifa_addr || ifa->ifa_addr->sa_family != AF_INET)
		return false;
	if (ifa->ifa_flags & IFF_BROADCAST && address_in(ifa->ifa_broadaddr) == address)
		return true;
	return (address_in(ifa->ifa_addr) | ~address_in(ifa->ifa_netmask)) == address &&
	       ntohl(address_in(ifa->ifa_netmask)) < 0xfffffffe;
}

/* Whether it is the broadcast address of a network that this host is in. */
static bool is_directed_broadcast(IPAddr address)
{
	struct ifaddrs *ifaddrs, *ifa;
	bool found = false;

	/* Nearly all of them end in two one bits: most others need no getifaddrs(). */
	if ((ntohl(address) & 3) != 3 || getifaddrs(&ifaddrs) < 0)
		return false;
	for (ifa = ifaddrs; ifa && !found; ifa = ifa->ifa_next)
		found = is_broadcast_of(ifa, address);
	freeifaddrs(ifaddrs);
	return found;
}

/*
 * More than one answer only for broadcast and multicast destinations: to all others the
 * first answer ends the request, however large the buffer is.
 */
static void set_max_replies(struct call *call, IPAddr destination)
{
	DWORD each = (DWORD)sizeof(ICMP_ECHO_REPLY) + call->echo.payload_len +
		     call->echo.options_len;
	DWORD count = call->reply_size / each, limit = MAX_ANSWERS;

	if (call->echo.payload_len && limit > MAX_ANSWER_BYTES / call->echo.payload_len)
		limit = MAX_ANSWER_BYTES / call->echo.payload_len;
	if (count > limit)
		count = limit;
	if (count < 2 || !(ntohl(destination) >= 0xe0000000 || is_directed_broadcast(destination)))
		return;
	call->echo.max_replies = (uint16_t)count;
	call->echo.reply_capacity = call->echo.payload_len;
}

EXPORT DWORD WINAPI IcmpSendEcho2Ex(HANDLE IcmpHandle, HANDLE Event,
				    ICMPECHO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
				    IPAddr SourceAddress, IPAddr DestinationAddress,
				    LPVOID RequestData, WORD RequestSize,
				    PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
				    DWORD ReplySize, DWORD Timeout)
{
	struct in_addr destination = { .s_addr = DestinationAddress };
	struct call call = {
		.event = Event,
		.routine = ApcRoutine,
		.context = ApcContext,
		.reply = ReplyBuffer,
		.reply_size = ReplySize,
	};
	DWORD error;

	if (!ReplyBuffer || ReplySize < sizeof(ICMP_ECHO_REPLY))
		return fail(ERROR_INVALID_PARAMETER);
	if (RequestSize > MAX_REQUEST_SIZE || (RequestSize && !RequestData))
		return fail(ERROR_INVALID_PARAMETER);

	icmpecho_echo_ipv4(&call.echo, destination, RequestData, RequestSize,
			   timeout_ns(Timeout));
	memcpy(call.echo.src, &SourceAddress, sizeof(SourceAddress));
	call.echo.reply_capacity = reply_capacity(RequestSize,
						  ReplySize - (DWORD)sizeof(ICMP_ECHO_REPLY));
	call.echo.flags = ICMPECHO_NEED_ROUTE;
	error = set_ip_options(&call.echo, RequestOptions);
	if (error)
		return fail(error);
	set_max_replies(&call, DestinationAddress);
	return send_call(IcmpHandle, &call);
}

EXPORT DWORD WINAPI IcmpSendEcho2(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
				  PVOID ApcContext, IPAddr DestinationAddress, LPVOID RequestData,
				  WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
				  LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout)
{
	return IcmpSendEcho2Ex(IcmpHandle, Event, ApcRoutine, ApcContext, INADDR_ANY,
			       DestinationAddress, RequestData, RequestSize, RequestOptions,
			       ReplyBuffer, ReplySize, Timeout);
}

EXPORT DWORD WINAPI IcmpSendEcho(HANDLE IcmpHandle, IPAddr DestinationAddress, LPVOID RequestData,
				 WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
				 LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout)
{
	return IcmpSendEcho2(IcmpHandle, NULL, NULL, NULL, DestinationAddress, RequestData,
			     RequestSize, RequestOptions, ReplyBuffer, ReplySize, Timeout);
}

EXPORT DWORD WINAPI IcmpParseReplies(LPVOID ReplyBuffer, DWORD ReplySize)
{
	if (!ReplyBuffer || !ReplySize)
		return fail(ERROR_INVALID_PARAMETER);
	/* A program that has waited with poll(2) has its buffer filled here. */
	reply_collect(ReplyBuffer);
	return take_replies(ReplyBuffer);
}

/* The interface of a link-local destination: its own scope, or that of the source. */
static uint32_t scope_of(const struct sockaddr_in6 *source, const struct sockaddr_in6 *destination)
{
	return destination->sin6_scope_id ? destination->sin6_scope_id : source->sin6_scope_id;
}

EXPORT DWORD WINAPI Icmp6SendEcho2(HANDLE IcmpHandle, HANDLE Event,
				   ICMPECHO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
				   struct sockaddr_in6 *SourceAddress,
				   struct sockaddr_in6 *DestinationAddress, LPVOID RequestData,
				   WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
				   LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout)
{
	struct call call = {
		.event = Event,
		.routine = ApcRoutine,
		.context = ApcContext,
		.reply = ReplyBuffer,
		.reply_size = ReplySize,
		.fails = RequestOptions && !RequestOptions->Ttl,
	};
	DWORD error;

	if (!ReplyBuffer || ReplySize < sizeof(ICMPV6_ECHO_REPLY))
		return fail(ERROR_INVALID_PARAMETER);
	if (!SourceAddress || !DestinationAddress || (RequestSize && !RequestData))
		return fail(ERROR_INVALID_PARAMETER);
	if (IN6_IS_ADDR_UNSPECIFIED(&DestinationAddress->sin6_addr))
		return fail(ERROR_INVALID_NETNAME);

	icmpecho_echo_ipv6(&call.echo, &DestinationAddress->sin6_addr,
			   scope_of(SourceAddress, DestinationAddress), RequestData, RequestSize,
			   timeout_ns(Timeout));
	memcpy(call.echo.src, &SourceAddress->sin6_addr, sizeof(call.echo.src));
	call.echo.reply_capacity = reply_capacity(RequestSize,
						  ReplySize - (DWORD)sizeof(ICMPV6_ECHO_REPLY));
	call.echo.flags = ICMPECHO_NEED_ROUTE;
	error = set_options(&call.echo, RequestOptions);
	if (error)
		return fail(error);
	return send_call(IcmpHandle, &call);
}

EXPORT DWORD WINAPI Icmp6ParseReplies(LPVOID ReplyBuffer, DWORD ReplySize)
{
	if (!ReplyBuffer || !ReplySize)
		return fail(ERROR_GEN_FAILURE);
	reply_collect(ReplyBuffer);
	return take_reply6(ReplyBuffer);
}
