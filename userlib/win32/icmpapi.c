// SPDX-License-Identifier: MIT
/*
 * The Icmp* calls. IcmpSendEcho() is IcmpSendEcho2() without an event, that is
 * IcmpSendEcho2Ex() without a source address, and there the arguments become a
 * struct icmpecho_echo that either send_sync() or send_async() sends.
 */
#include <errno.h>

#include "../export.h"
#include "internal.h"

/* The longest payload of an IPv4 packet without options. */
#define MAX_REQUEST_SIZE	65507
/* The payload of an echo in one Ethernet frame. */
#define FRAME_PAYLOAD		1472

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

static DWORD fail(DWORD error)
{
	SetLastError(error);
	return 0;
}

EXPORT HANDLE WINAPI IcmpCreateFile(VOID)
{
	struct icmp *icmp = calloc(1, sizeof(*icmp));
	HANDLE handle;

	/* A program that never waits for its last requests gets them done here. */
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
	object_init(&icmp->object, &icmp_type);
	handle = handle_create(&icmp->object);
	return handle ? handle : INVALID_HANDLE_VALUE;
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

/* The count of replies if there are any, or else the last error. */
static DWORD take_replies(void *buffer)
{
	DWORD count = reply_take_count(buffer);

	return count ? count : fail(reply_status(buffer));
}

/*
 * True if a call that failed with EAGAIN may try again: completions that no one
 * has waited for yet were in its way.
 */
static bool made_room(struct icmp *icmp)
{
	return errno == EAGAIN && icmp_collect(icmp);
}

static DWORD send_sync(struct icmp *icmp, const struct icmpecho_echo *echo, void *reply,
		       DWORD reply_size)
{
	unsigned char frame[ICMPECHO_RECORD_LEN(FRAME_PAYLOAD)] __attribute__((aligned(8)));
	size_t record_len = ICMPECHO_RECORD_LEN(echo->reply_capacity);
	const struct icmpecho_completion *c = NULL;
	void *record = frame;
	int ret;

	if (record_len > sizeof(frame))
		record = malloc(record_len);
	if (!record)
		return fail(ERROR_NOT_ENOUGH_MEMORY);
	do {
		ret = icmpecho_send(icmp->session, echo, record, record_len, NULL);
	} while (ret < 0 && made_room(icmp));
	if (ret == 0)
		c = icmpecho_next_completion(record, record_len, NULL);
	if (c)
		reply_fill(reply, reply_size, c);
	else
		SetLastError(error_from_errno(errno));
	if (record != frame)
		free(record);
	if (!c)
		return 0;
	SetLastError(ERROR_SUCCESS);
	return take_replies(reply);
}

static DWORD send_async(struct icmp *icmp, struct event *event, struct icmpecho_echo *echo,
			void *reply, DWORD reply_size)
{
	struct pending *pending = pending_create(icmp, event, reply, reply_size);
	bool was_set;
	int ret;

	if (!pending)
		return fail(ERROR_NOT_ENOUGH_MEMORY);
	echo->user_data = (uintptr_t)pending;
	echo->flags |= ICMPECHO_EVENTFD;
	echo->eventfd = event->fd;

	/*
	 * Before the request goes out, since its answer may be there before
	 * icmpecho_submit() returns; and undone if it is refused.
	 */
	was_set = event_reset(event);
	do {
		ret = icmpecho_submit(icmp->session, echo, 1);
	} while (ret < 0 && (errno == EINTR || made_room(icmp)));
	/* If it was accepted another thread may have freed pending already. */
	if (ret > 0)
		return fail(ERROR_IO_PENDING);

	ret = errno;
	pending_destroy(pending);
	if (was_set)
		event_set(event);
	return fail(error_from_errno(ret));
}

static DWORD send_echo(HANDLE handle, HANDLE event_handle, struct icmpecho_echo *echo, void *reply,
		       DWORD reply_size)
{
	struct icmp *icmp = (struct icmp *)handle_get(handle, &icmp_type);
	struct event *event = NULL;
	DWORD ret;

	if (!icmp)
		return fail(ERROR_INVALID_PARAMETER);
	if (!event_handle) {
		ret = send_sync(icmp, echo, reply, reply_size);
	} else {
		event = event_get(event_handle);
		ret = event ? send_async(icmp, event, echo, reply, reply_size) :
			      fail(ERROR_INVALID_HANDLE);
	}
	if (event)
		object_put(&event->object);
	object_put(&icmp->object);
	return ret;
}

static DWORD set_options(struct icmpecho_echo *echo, const IP_OPTION_INFORMATION *options)
{
	if (!options)
		return ERROR_SUCCESS;
	if (options->OptionsSize > MAX_OPT_SIZE || (options->OptionsSize && !options->OptionsData))
		return ERROR_INVALID_PARAMETER;
	if (options->Flags & IP_FLAG_REVERSE)
		return ERROR_NOT_SUPPORTED;
	echo->ttl = options->Ttl;
	echo->tos = options->Tos;
	if (options->Flags & IP_FLAG_DF)
		echo->flags |= ICMPECHO_DONT_FRAGMENT;
	if (options->OptionsSize) {
		echo->options = (uintptr_t)options->OptionsData;
		echo->options_len = options->OptionsSize;
	}
	return ERROR_SUCCESS;
}

/*
 * How much of the answer to ask the kernel for, which reserves as much memory.
 * An answer is as long as the request; one frame more is for hosts that do not
 * stick to that. Programs pass buffers of 64 KiB for 32 bytes.
 */
static uint32_t reply_capacity(WORD request_size, DWORD reply_size)
{
	DWORD room = reply_size - (DWORD)sizeof(ICMP_ECHO_REPLY);
	DWORD wanted = request_size > FRAME_PAYLOAD ? request_size : FRAME_PAYLOAD;

	return room < wanted ? room : wanted;
}

EXPORT DWORD WINAPI IcmpSendEcho2Ex(HANDLE IcmpHandle, HANDLE Event,
				    ICMPECHO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
				    IPAddr SourceAddress, IPAddr DestinationAddress,
				    LPVOID RequestData, WORD RequestSize,
				    PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
				    DWORD ReplySize, DWORD Timeout)
{
	struct in_addr destination = { .s_addr = DestinationAddress };
	struct icmpecho_echo echo;
	DWORD error;

	(void)ApcContext;
	if (!ReplyBuffer || ReplySize < sizeof(ICMP_ECHO_REPLY))
		return fail(ERROR_INVALID_PARAMETER);
	if (RequestSize > MAX_REQUEST_SIZE || (RequestSize && !RequestData))
		return fail(ERROR_INVALID_PARAMETER);
	if (ApcRoutine)
		return fail(ERROR_NOT_SUPPORTED);

	icmpecho_echo_ipv4(&echo, destination, RequestData, RequestSize,
			   (uint64_t)Timeout * 1000000);
	memcpy(echo.src, &SourceAddress, sizeof(SourceAddress));
	echo.reply_capacity = reply_capacity(RequestSize, ReplySize);
	echo.flags = ICMPECHO_NEED_ROUTE;
	error = set_options(&echo, RequestOptions);
	if (error)
		return fail(error);
	return send_echo(IcmpHandle, Event, &echo, ReplyBuffer, ReplySize);
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
	/* For programs that learn from poll(2) that the event is set. */
	reply_collect(ReplyBuffer);
	return take_replies(ReplyBuffer);
}
