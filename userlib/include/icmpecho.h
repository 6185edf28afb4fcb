/* SPDX-License-Identifier: MIT */
/*
 * libicmpecho: ICMP echo requests through /dev/icmpecho.
 *
 * The structures are the kernel's own (<linux/icmpecho.h>): what the program
 * fills in is what the ioctl reads, and completions are read where the kernel
 * wrote them. The library never copies a request or a completion, allocates
 * nothing but the handle, starts no thread, prints nothing and keeps no state
 * outside the handle.
 *
 * Errors: functions return NULL or -1 and set errno; <linux/icmpecho.h> says
 * what each errno means and icmpecho_strerror() says it in words. What is wrong
 * when a session cannot be opened is another matter: icmpecho_strerror_open().
 *
 * Threads: all functions may be called for one handle by many threads at once,
 * except icmpecho_close(). A handle survives fork(): parent and child share the
 * session, and each completion goes to one of them.
 *
 * Times are in nanoseconds. Addresses are in network byte order.
 */
#ifndef ICMPECHO_H
#define ICMPECHO_H

#include <linux/icmpecho.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An open session of /dev/icmpecho. */
struct icmpecho;

/**
 * icmpecho_open() - open a session in this network namespace
 *
 * The descriptor inside is close-on-exec.
 *
 * Return: a handle for icmpecho_close(), or NULL, with an errno for
 * icmpecho_strerror_open(). ENOENT: the kernel module is not loaded, or this /dev
 * lacks the node. ENODEV, ENXIO: there is the node, but not the module. EACCES:
 * the node's mode forbids it. EPERM: a device cgroup, a sandbox or another such
 * rule does.
 */
struct icmpecho *icmpecho_open(void);

/**
 * icmpecho_from_fd() - make a handle of an open descriptor of /dev/icmpecho
 * @fd: for example one received over a socket from a process that may open the
 *	device. The handle owns it from then on; if this fails the caller does.
 *
 * Return: a handle for icmpecho_close(), or NULL: EBADF if @fd is negative,
 * ENOMEM. Nothing else about @fd is checked here.
 */
struct icmpecho *icmpecho_from_fd(int fd);

/**
 * icmpecho_close() - end a session
 * @handle: the handle, which is freed, or NULL. No other thread may use it any
 *	more.
 *
 * Drops all requests in flight and all completions that were not collected,
 * unless another process holds the same session. Does not change errno.
 */
void icmpecho_close(struct icmpecho *handle);

/**
 * icmpecho_get_fd() - the descriptor of the session, for poll(2) and the like
 * @handle: a handle
 *
 * POLLIN: a completion waits for icmpecho_reap(). POLLOUT: there is room for
 * another request. The descriptor belongs to the handle: do not close it.
 */
int icmpecho_get_fd(const struct icmpecho *handle);

/**
 * icmpecho_get_info() - what the kernel module can do, and its limits
 * @handle: a handle
 * @info: is filled in
 *
 * Return: 0, or -1 with errno set.
 */
int icmpecho_get_info(const struct icmpecho *handle, struct icmpecho_info *info);

/**
 * icmpecho_echo_ipv4() - describe an IPv4 echo request
 * @echo: is overwritten. All members but these are zero, that is, as the system
 *	chooses; set them afterwards as needed (ttl, flags, user_data, …).
 * @dst: destination
 * @payload: bytes to send, only referred to: they must stay there until
 *	icmpecho_send() or icmpecho_submit() has returned. May be NULL if
 *	@payload_len is 0.
 * @payload_len: how many. The answer may be as long (reply_capacity).
 * @timeout_ns: how long to wait for an answer
 */
void icmpecho_echo_ipv4(struct icmpecho_echo *echo, struct in_addr dst, const void *payload,
			uint32_t payload_len, uint64_t timeout_ns);

/**
 * icmpecho_echo_ipv6() - describe an IPv6 echo request
 * @echo: is overwritten, as by icmpecho_echo_ipv4()
 * @dst: destination
 * @scope_id: index of the interface of a link-local destination, else 0
 * @payload: as for icmpecho_echo_ipv4()
 * @payload_len: as for icmpecho_echo_ipv4()
 * @timeout_ns: how long to wait for an answer
 */
void icmpecho_echo_ipv6(struct icmpecho_echo *echo, const struct in6_addr *dst, uint32_t scope_id,
			const void *payload, uint32_t payload_len, uint64_t timeout_ns);

/**
 * icmpecho_echo_sockaddr() - describe an echo request of either family
 * @echo: is overwritten, as by icmpecho_echo_ipv4()
 * @dst: destination: a struct sockaddr_in or sockaddr_in6 of @dst_len bytes, for
 *	example from getaddrinfo(3). Its port does not matter.
 * @dst_len: length of what @dst points to
 * @payload: as for icmpecho_echo_ipv4()
 * @payload_len: as for icmpecho_echo_ipv4()
 * @timeout_ns: how long to wait for an answer
 *
 * Return: 0, or -1 with errno set: EAFNOSUPPORT, EINVAL if @dst_len is too small
 * for the family.
 */
int icmpecho_echo_sockaddr(struct icmpecho_echo *echo, const struct sockaddr *dst,
			   socklen_t dst_len, const void *payload, uint32_t payload_len,
			   uint64_t timeout_ns);

/**
 * icmpecho_echo_set_options() - send IPv4 options with a request
 * @echo: the request
 * @options: the bytes, only referred to, as the payload is
 * @options_len: how many, at most ICMPECHO_MAX_OPTIONS_LEN; 0 for none
 *
 * The answer's options come with its completion. Their form is that of RFC 791
 * but for source routes, see &icmpecho_echo.options.
 */
void icmpecho_echo_set_options(struct icmpecho_echo *echo, const void *options,
			       uint16_t options_len);

/* IP options of an answer are never longer than this. */
#define ICMPECHO_MAX_OPTIONS_LEN	40

/* Length of a buffer that holds the completion record of any request whose
 * reply_capacity is @capacity. A constant expression for a constant @capacity.
 * A request with max_replies needs so many times as much.
 */
#define ICMPECHO_RECORD_LEN(capacity) \
	((sizeof(struct icmpecho_completion) + ICMPECHO_MAX_OPTIONS_LEN + \
	  (size_t)(capacity) + 7) / 8 * 8)

/**
 * icmpecho_send() - send one request and wait until it has ended
 * @handle: a handle
 * @echo: the request. ICMPECHO_EVENTFD is not allowed.
 * @buffer: receives one completion record; aligned to 8 bytes
 * @buffer_len: length of @buffer; ICMPECHO_RECORD_LEN(echo->reply_capacity) is
 *	enough, for each of echo->max_replies
 * @id: chooses what a signal handler that runs meanwhile does.
 *
 *	NULL: nothing, the call goes on waiting.
 *
 *	Not NULL: the call fails with EINTR. Set *@id to 0 before the first
 *	call. If *@id is not 0 after a failure, the request is on its way:
 *	call again with the same @id to go on waiting for it. It is never sent
 *	twice. After success *@id still names the request; set it to 0 before
 *	the next one.
 *
 * Other threads may send through the same handle meanwhile; they do not wait
 * for each other.
 *
 * Return: 0 when the request has ended in any way, timeout and ICMP errors
 * included: look at the record's status. -1 with errno set if it was refused.
 */
int icmpecho_send(const struct icmpecho *handle, const struct icmpecho_echo *echo, void *buffer,
		  size_t buffer_len, uint64_t *id);

/**
 * icmpecho_submit() - send requests without waiting for the answers
 * @handle: a handle
 * @echoes: the requests, sent in order. The id of each one that is accepted is
 *	written to it. They and their payloads may be reused at once.
 * @count: how many; at least 1
 *
 * Return: how many were accepted, at least 1; each of them gets exactly one
 * completion. Less than @count if the next one was refused or a signal came:
 * submit the rest to learn why. -1 with errno set if none was accepted. EAGAIN:
 * icmpecho_reap() makes room. ENOBUFS: wait for POLLOUT. EINTR: try again.
 */
int icmpecho_submit(const struct icmpecho *handle, struct icmpecho_echo *echoes, uint32_t count);

/**
 * icmpecho_reap() - collect completions of submitted requests
 * @handle: a handle
 * @buffer: receives completion records; aligned to 8 bytes
 * @buffer_len: its length
 * @min: wait until there are so many; 0 does not wait
 * @max: collect no more than this; at least 1 and @min
 * @deadline_ns: do not wait longer than until this time of CLOCK_MONOTONIC, see
 *	icmpecho_deadline_ns(); or ICMPECHO_FOREVER
 *
 * Return: how many records are in the buffer, oldest first; go through them
 * with icmpecho_next_completion(). Less than @min, and possibly 0, if the
 * deadline came first, or a signal, or the buffer was full, or another thread
 * took some. -1 with errno set: EINTR if a signal came before any completion
 * (nothing is lost, call again), ENOSPC if the buffer is too small for the
 * oldest one.
 */
int icmpecho_reap(const struct icmpecho *handle, void *buffer, size_t buffer_len, uint32_t min,
		  uint32_t max, uint64_t deadline_ns);

/**
 * icmpecho_deadline_ns() - the time of CLOCK_MONOTONIC after a time-out from now
 * @timeout_ns: the time-out; ICMPECHO_FOREVER stays for ever
 */
uint64_t icmpecho_deadline_ns(uint64_t timeout_ns);

/**
 * icmpecho_cancel() - end a submitted request now
 * @handle: a handle
 * @id: as icmpecho_submit() wrote it
 *
 * The request still gets its completion, with ICMPECHO_STATUS_CANCELLED.
 *
 * Return: 0, or -1 with errno set: ENOENT if it is not in flight, for instance
 * because its completion already waits.
 */
int icmpecho_cancel(const struct icmpecho *handle, uint64_t id);

/**
 * icmpecho_cancel_all() - end all requests of the session now
 * @handle: a handle
 *
 * Return: how many were cancelled, possibly 0; or -1 with errno set.
 */
int icmpecho_cancel_all(const struct icmpecho *handle);

/**
 * icmpecho_pace() - limit how fast requests leave
 * @handle: a handle
 * @interval_ns: nanoseconds from one request to the next, on average; 0 for no
 *	limit
 * @burst: how many may leave at once after a pause, at least 1
 *
 * icmpecho_submit() and icmpecho_send() then wait for their turn; or, where the
 * descriptor is non-blocking, icmpecho_submit() accepts as many as may leave at
 * once, and poll(2) says POLLOUT when there may be more.
 *
 * Return: 0, or -1: EINVAL if @burst is 0, ERANGE if the times are too long.
 */
int icmpecho_pace(const struct icmpecho *handle, uint64_t interval_ns, uint32_t burst);

/**
 * icmpecho_set_eventfd() - count completions on an eventfd
 * @handle: a handle
 * @eventfd: an eventfd, to which 1 is added for each completion from now on
 *	that icmpecho_reap() can collect; -1 for none. The kernel keeps its own
 *	reference; the descriptor stays the caller's.
 *
 * The counter is a hint: read it, then reap until nothing is left.
 *
 * Return: 0, or -1 with errno set.
 */
int icmpecho_set_eventfd(const struct icmpecho *handle, int eventfd);

/**
 * icmpecho_next_completion() - go through the records in a buffer
 * @buffer: as given to icmpecho_reap() or icmpecho_send()
 * @buffer_len: its length
 * @previous: the record before, or NULL for the first
 *
 * Checks every length in the record against the buffer. How many records there
 * are is for the caller to count: what follows the last one is old memory.
 *
 *	n = icmpecho_reap(handle, buffer, sizeof(buffer), 1, 64, deadline);
 *	for (i = 0, c = NULL; i < n; i++) {
 *		c = icmpecho_next_completion(buffer, sizeof(buffer), c);
 *		…
 *	}
 *
 * Return: the record, in @buffer; or NULL with errno EBADMSG if what is there
 * is no whole record or @buffer is not aligned to 8 bytes.
 */
const struct icmpecho_completion *
icmpecho_next_completion(const void *buffer, size_t buffer_len,
			 const struct icmpecho_completion *previous);

/**
 * icmpecho_next_answer() - go through the answers to one request
 * @completion: a record from icmpecho_next_completion(), which is the first
 *	answer
 * @previous: the answer before, at first @completion
 *
 * Only a request with max_replies above 1 can have more than one answer. Checks
 * every length in the answer against the record.
 *
 *	for (a = c; a; a = icmpecho_next_answer(c, a))
 *		…
 *
 * Return: the next answer; NULL if there is none, with errno 0; NULL with errno
 * EBADMSG if what is there is no whole answer.
 */
const struct icmpecho_completion *
icmpecho_next_answer(const struct icmpecho_completion *completion,
		     const struct icmpecho_completion *previous);

/**
 * icmpecho_completion_from() - who answered, as a socket address
 * @completion: a record
 * @from: is filled in, with port 0; for getnameinfo(3) and the like
 *
 * Return: the length of the address; 0 without an answer, and @from is
 * AF_UNSPEC.
 */
socklen_t icmpecho_completion_from(const struct icmpecho_completion *completion,
				   struct sockaddr_storage *from);

/**
 * icmpecho_completion_data() - the data_len bytes that the answer carried
 * @completion: a record from icmpecho_next_completion() or
 *	icmpecho_next_answer(), not a copy of it
 *
 * The payload of a reply or, with ICMPECHO_QUOTE, what an error quoted. If
 * wire_len is more than data_len the rest did not fit the request's
 * reply_capacity.
 */
const void *icmpecho_completion_data(const struct icmpecho_completion *completion);

/**
 * icmpecho_completion_options() - the options_len bytes of the answer's options
 * @completion: a record from icmpecho_next_completion() or
 *	icmpecho_next_answer(), not a copy of it
 */
const void *icmpecho_completion_options(const struct icmpecho_completion *completion);

/**
 * icmpecho_strstatus() - a completion's status in words
 * @status: ICMPECHO_STATUS_*, or any number
 *
 * Return: a constant string without a full stop, never NULL.
 */
const char *icmpecho_strstatus(uint32_t status);

/**
 * icmpecho_strerror() - what an errno set by this library means, in words
 * @error: errno after a failure, or icmpecho_completion.error
 *
 * Not for icmpecho_open(), after which the same errno has other causes.
 *
 * Return: a string without a full stop, never NULL: a constant one for the
 * errors of <linux/icmpecho.h>, what strerror(3) says for others.
 */
const char *icmpecho_strerror(int error);

/**
 * icmpecho_strerror_open() - why icmpecho_open() failed, and what to do, in words
 * @error: errno after that failure
 *
 * Return: a string without a full stop, never NULL: a constant one that names the
 * likely causes and their cures, or what strerror(3) says of an unlikely error.
 */
const char *icmpecho_strerror_open(int error);

/**
 * icmpecho_version() - the version of the library that the program runs with
 *
 * That of the interface to the kernel is another, see icmpecho_get_info().
 *
 * Return: a constant string, for example "1.2.3".
 */
const char *icmpecho_version(void);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_H */
