// SPDX-License-Identifier: MIT
/*
 * The native API: one function per ioctl. Only this file opens the device and calls
 * ioctl(2). records.c reads the completion records that the kernel has written,
 * strings.c has words for statuses and errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <icmpecho.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "export.h"

struct icmpecho {
	int fd;
};

static uint64_t to_u64(const void *pointer)
{
	return (uintptr_t)pointer;
}

/* The kernel's length has 32 bits, which is more than one call can fill. */
static uint32_t clamp_u32(size_t len)
{
	return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

EXPORT struct icmpecho *icmpecho_from_fd(int fd)
{
	struct icmpecho *handle;

	if (fd < 0) {
		errno = EBADF;
		return NULL;
	}
	handle = malloc(sizeof(*handle));
	if (handle)
		handle->fd = fd;
	return handle;
}

EXPORT struct icmpecho *icmpecho_open(void)
{
	int fd = open(ICMPECHO_DEVICE, O_RDWR | O_CLOEXEC);
	struct icmpecho *handle;

	if (fd < 0)
		return NULL;
	handle = icmpecho_from_fd(fd);
	if (!handle)
		close(fd);
	return handle;
}

EXPORT void icmpecho_close(struct icmpecho *handle)
{
	int saved_errno = errno;

	if (!handle)
		return;
	close(handle->fd);
	free(handle);
	errno = saved_errno;
}

EXPORT int icmpecho_get_fd(const struct icmpecho *handle)
{
	return handle->fd;
}

EXPORT int icmpecho_get_info(const struct icmpecho *handle, struct icmpecho_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return ioctl(handle->fd, ICMPECHO_IOC_INFO, info);
}

static void echo_init(struct icmpecho_echo *echo, uint16_t family, const void *payload,
		      uint32_t payload_len, uint64_t timeout_ns)
{
	memset(echo, 0, sizeof(*echo));
	echo->family = family;
	echo->payload = to_u64(payload);
	echo->payload_len = payload_len;
	echo->reply_capacity = payload_len;
	echo->timeout_ns = timeout_ns;
}

EXPORT void icmpecho_echo_ipv4(struct icmpecho_echo *echo, struct in_addr dst, const void *payload,
			       uint32_t payload_len, uint64_t timeout_ns)
{
	echo_init(echo, AF_INET, payload, payload_len, timeout_ns);
	memcpy(echo->dst, &dst, sizeof(dst));
}

EXPORT void icmpecho_echo_ipv6(struct icmpecho_echo *echo, const struct in6_addr *dst,
			       uint32_t scope_id, const void *payload, uint32_t payload_len,
			       uint64_t timeout_ns)
{
	echo_init(echo, AF_INET6, payload, payload_len, timeout_ns);
	memcpy(echo->dst, dst, sizeof(*dst));
	echo->scope_id = scope_id;
}

EXPORT int icmpecho_echo_sockaddr(struct icmpecho_echo *echo, const struct sockaddr *dst,
				  socklen_t dst_len, const void *payload, uint32_t payload_len,
				  uint64_t timeout_ns)
{
	sa_family_t family = AF_UNSPEC;
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	/* memcpy(): @dst may point into an unaligned array of bytes. */
	if (dst_len >= sizeof(family))
		memcpy(&family, &dst->sa_family, sizeof(family));
	if (family == AF_INET && dst_len >= sizeof(in)) {
		memcpy(&in, dst, sizeof(in));
		icmpecho_echo_ipv4(echo, in.sin_addr, payload, payload_len, timeout_ns);
		return 0;
	}
	if (family == AF_INET6 && dst_len >= sizeof(in6)) {
		memcpy(&in6, dst, sizeof(in6));
		icmpecho_echo_ipv6(echo, &in6.sin6_addr, in6.sin6_scope_id, payload, payload_len,
				   timeout_ns);
		return 0;
	}
	errno = family == AF_INET || family == AF_INET6 ? EINVAL : EAFNOSUPPORT;
	return -1;
}

EXPORT void icmpecho_echo_set_options(struct icmpecho_echo *echo, const void *options,
				      uint16_t options_len)
{
	/* The kernel refuses a pointer if the length is 0. */
	echo->options = options_len ? to_u64(options) : 0;
	echo->options_len = options_len;
}

EXPORT int icmpecho_send(const struct icmpecho *handle, const struct icmpecho_echo *echo,
			 void *buffer, size_t buffer_len, uint64_t *id)
{
	struct icmpecho_send send = {
		.completion_size = sizeof(struct icmpecho_completion),
		.size = sizeof(send),
		.echo_size = sizeof(*echo),
		.echo = to_u64(echo),
		.buffer = to_u64(buffer),
		.buffer_len = clamp_u32(buffer_len),
		.id = id ? *id : 0,
	};
	int ret;

	/*
	 * The kernel writes the id to send.id before it sleeps, so a repeated call
	 * waits for the same request.
	 */
	do {
		ret = ioctl(handle->fd, ICMPECHO_IOC_SEND, &send);
	} while (ret < 0 && errno == EINTR && !id);

	if (id)
		*id = send.id;
	return ret;
}

EXPORT int icmpecho_submit(const struct icmpecho *handle, struct icmpecho_echo *echoes,
			   uint32_t count)
{
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = sizeof(*echoes),
		.echoes = to_u64(echoes),
		.count = count,
	};

	return ioctl(handle->fd, ICMPECHO_IOC_SUBMIT, &submit);
}

EXPORT int icmpecho_reap(const struct icmpecho *handle, void *buffer, size_t buffer_len,
			 uint32_t min, uint32_t max, uint64_t deadline_ns)
{
	struct icmpecho_reap reap = {
		.completion_size = sizeof(struct icmpecho_completion),
		.size = sizeof(reap),
		.min = min,
		.max = max,
		.buffer_len = clamp_u32(buffer_len),
		.buffer = to_u64(buffer),
		.deadline_ns = deadline_ns,
	};

	return ioctl(handle->fd, ICMPECHO_IOC_REAP, &reap);
}

EXPORT uint64_t icmpecho_deadline_ns(uint64_t timeout_ns)
{
	struct timespec now;
	uint64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return timeout_ns > ICMPECHO_FOREVER - now_ns ? ICMPECHO_FOREVER : now_ns + timeout_ns;
}

EXPORT int icmpecho_cancel(const struct icmpecho *handle, uint64_t id)
{
	struct icmpecho_cancel cancel = { .size = sizeof(cancel), .id = id };

	return ioctl(handle->fd, ICMPECHO_IOC_CANCEL, &cancel) < 0 ? -1 : 0;
}

EXPORT int icmpecho_cancel_all(const struct icmpecho *handle)
{
	struct icmpecho_cancel cancel = { .size = sizeof(cancel), .flags = ICMPECHO_CANCEL_ALL };

	return ioctl(handle->fd, ICMPECHO_IOC_CANCEL, &cancel);
}

EXPORT int icmpecho_pace(const struct icmpecho *handle, uint64_t interval_ns, uint32_t burst)
{
	struct icmpecho_pace arg = {
		.size = sizeof(arg),
		.burst = burst,
		.interval_ns = interval_ns,
	};

	return ioctl(handle->fd, ICMPECHO_IOC_PACE, &arg);
}

EXPORT int icmpecho_set_eventfd(const struct icmpecho *handle, int eventfd)
{
	struct icmpecho_eventfd arg = { .size = sizeof(arg), .eventfd = eventfd };

	return ioctl(handle->fd, ICMPECHO_IOC_EVENTFD, &arg);
}
