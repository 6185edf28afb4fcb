/* SPDX-License-Identifier: MIT */
/*
 * libicmpecho: ICMP echo requests through /dev/icmpecho.
 *
 * The structures are the kernel's own (<linux/icmpecho.h>). The ioctl reads a request
 * from the structure that the program has filled in, and the program reads a
 * completion where the kernel has written it: the library copies neither. It
 * allocates nothing but the handle, starts no thread, prints nothing and keeps no
 * state outside the handle.
 *
 * Errors: functions return NULL or -1 and set errno. <linux/icmpecho.h> says what
 * each errno means, and icmpecho_strerror() returns it in words. The errno of
 * icmpecho_open() has other causes: icmpecho_strerror_open() names them.
 *
 * Threads: several threads may call any function for the same handle at once, except
 * icmpecho_close(). After fork() parent and child share the session, and each
 * completion goes to one of them.
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
 * Return: a handle, which the caller ends with icmpecho_close(); or NULL with errno
 * set. ENOENT: the kernel module is not loaded, or this /dev lacks the device node.
 * ENODEV, ENXIO: the node exists, but the module is not loaded. EACCES: the node's
 * mode forbids opening it. EPERM: a device cgroup, a sandbox or a security module
 * forbids it. icmpecho_strerror_open() has words for these and others.
 */
struct icmpecho *icmpecho_open(void);

/**
 * icmpecho_from_fd() - make a handle from an open descriptor of /dev/icmpecho
 * @fd: the descriptor, for example one that a process which may open the device has
 *	sent over a socket. On success the handle owns it; on failure the caller
 *	still does.
 *
 * This function does not check that @fd is open and belongs to the device.
 *
 * Return: a handle, which the caller ends with icmpecho_close(); or NULL with errno
 * set: EBADF if @fd is negative, ENOMEM.
 */
struct icmpecho *icmpecho_from_fd(int fd);

/**
 * icmpecho_close() - end a session
 * @handle: the handle, which is freed; or NULL. No other thread may use it any
 *	more.
 *
 * The kernel drops the session's requests in flight and its uncollected completions,
 * unless another descriptor of the session is open, for example in another process.
 * Does not change errno.
 */
void icmpecho_close(struct icmpecho *handle);

/**
 * icmpecho_get_fd() - the descriptor of the session, for poll(2) and the like
 * @handle: a handle
 *
 * POLLIN: a completion waits for icmpecho_reap(). POLLOUT: there is room for
 * another request.
 *
 * Return: the descriptor, which belongs to the handle: do not close it.
 */
int icmpecho_get_fd(const struct icmpecho *handle);

/**
 * icmpecho_get_info() - what the kernel module can do, and its limits
 * @handle: a handle
 * @info: this function fills it in
 *
 * Return: 0, or -1 with errno set.
 */
int icmpecho_get_info(const struct icmpecho *handle, struct icmpecho_info *info);

/**
 * icmpecho_echo_ipv4() - describe an IPv4 echo request
 * @echo: the request, which this function overwrites. The members that no argument
 *	stands for become zero, which leaves the choice to the system; set them
 *	afterwards as needed (ttl, flags, user_data, …).
 * @dst: destination
 * @payload: the bytes to send, or NULL if @payload_len is 0. @echo points to them, so
 *	they must stay valid until icmpecho_send() or icmpecho_submit() returns.
 * @payload_len: length of the payload in bytes. It becomes the reply_capacity, too:
 *	a reply is kept up to this length.
 * @timeout_ns: how long to wait for an answer, in nanoseconds
 */
void icmpecho_echo_ipv4(struct icmpecho_echo *echo, struct in_addr dst, const void *payload,
			uint32_t payload_len, uint64_t timeout_ns);

/**
 * icmpecho_echo_ipv6() - describe an IPv6 echo request
 * @echo: as for icmpecho_echo_ipv4()
 * @dst: destination
 * @scope_id: index of the interface of a link-local destination, else 0
 * @payload: as for icmpecho_echo_ipv4()
 * @payload_len: as for icmpecho_echo_ipv4()
 * @timeout_ns: how long to wait for an answer, in nanoseconds
 */
void icmpecho_echo_ipv6(struct icmpecho_echo *echo, const struct in6_addr *dst, uint32_t scope_id,
			const void *payload, uint32_t payload_len, uint64_t timeout_ns);

/**
 * icmpecho_echo_sockaddr() - describe an echo request of either family
 * @echo: as for icmpecho_echo_ipv4()
 * @dst: destination: a struct sockaddr_in or sockaddr_in6, for example from
 *	getaddrinfo(3). Its port is ignored.
 * @dst_len: length of the address in bytes
 * @payload: as for icmpecho_echo_ipv4()
 * @payload_len: as for icmpecho_echo_ipv4()
 * @timeout_ns: how long to wait for an answer, in nanoseconds
 *
 * Return: 0, or -1 with errno set: EAFNOSUPPORT for another address family, EINVAL if
 * @dst_len is too small for the family.
 */
int icmpecho_echo_sockaddr(struct icmpecho_echo *echo, const struct sockaddr *dst,
			   socklen_t dst_len, const void *payload, uint32_t payload_len,
			   uint64_t timeout_ns);

/**
 * icmpecho_echo_set_options() - send IPv4 options with a request
 * @echo: the request
 * @options: the options in the form of RFC 791, but for source routes: see
 *	&icmpecho_echo.options. @echo points to them, as to the payload.
 * @options_len: length of the options in bytes, at most ICMPECHO_MAX_OPTIONS_LEN; 0
 *	for none
 *
 * The completion of a request with options has the options of its answer:
 * icmpecho_completion_options().
 */
void icmpecho_echo_set_options(struct icmpecho_echo *echo, const void *options,
			       uint16_t options_len);

/* The longest IP options that an IPv4 header has room for (RFC 791), in bytes. */
#define ICMPECHO_MAX_OPTIONS_LEN	40

/*
 * Bytes that are enough for the completion record of a request whose reply_capacity is
 * @capacity. A constant expression if @capacity is one. A request with max_replies
 * above 1 needs max_replies times as much.
 */
#define ICMPECHO_RECORD_LEN(capacity) \
	((sizeof(struct icmpecho_completion) + ICMPECHO_MAX_OPTIONS_LEN + \
	  (size_t)(capacity) + 7) / 8 * 8)

/**
 * icmpecho_send() - send one request and wait until it has ended
 * @handle: a handle
 * @echo: the request. ICMPECHO_EVENTFD is not allowed.
 * @buffer: receives one completion record; aligned to 8 bytes
 * @buffer_len: length of @buffer in bytes. ICMPECHO_RECORD_LEN(echo->reply_capacity)
 *	is enough; with echo->max_replies above 1, that many times as much.
 * @id: says what happens when a signal handler runs while this call waits.
 *
 *	NULL: the call goes on waiting.
 *
 *	Not NULL: the call fails with EINTR. Set *@id to 0 before the first
 *	call. If *@id is not 0 after a failure, the request is in flight:
 *	call again with the same @id to go on waiting for it. The kernel never
 *	sends it twice. After success *@id still names the request; set it to 0
 *	before the next one.
 *
 * Threads that send through the same handle do not wait for each other.
 *
 * Return: 0 when the request has ended, also by a timeout or an ICMP error: the
 * record's status says how. -1 with errno set if the request was refused.
 */
int icmpecho_send(const struct icmpecho *handle, const struct icmpecho_echo *echo, void *buffer,
		  size_t buffer_len, uint64_t *id);

/**
 * icmpecho_submit() - send requests without waiting for the answers
 * @handle: a handle
 * @echoes: the requests, which the kernel sends in this order. It sets the id of each
 *	request that it accepts. When this function returns, the caller may reuse the
 *	requests and their payloads.
 * @count: number of requests, at least 1
 *
 * Return: how many requests the kernel has accepted, at least 1; each of them gets
 * exactly one completion. Less than @count if the next request was refused or a
 * signal came: submit the rest to learn why. -1 with errno set if none was accepted.
 * EAGAIN: icmpecho_reap() makes room. ENOBUFS: wait for POLLOUT. EINTR: try again.
 */
int icmpecho_submit(const struct icmpecho *handle, struct icmpecho_echo *echoes, uint32_t count);

/**
 * icmpecho_reap() - collect completions of submitted requests
 * @handle: a handle
 * @buffer: receives completion records; aligned to 8 bytes
 * @buffer_len: length of @buffer in bytes
 * @min: wait until this many completions are there; 0 does not wait
 * @max: collect no more than this many; at least 1, and at least @min
 * @deadline_ns: the time of CLOCK_MONOTONIC, in nanoseconds, until which to wait at
 *	most, see icmpecho_deadline_ns(); or ICMPECHO_FOREVER
 *
 * Return: how many records are in the buffer, the oldest first; go through them
 * with icmpecho_next_completion(). Less than @min, possibly 0, if the deadline or a
 * signal came first, the buffer was full, or another thread took some. -1 with errno
 * set: EINTR if a signal came before any completion (nothing is lost, call again),
 * ENOSPC if the buffer is too small for the oldest completion.
 */
int icmpecho_reap(const struct icmpecho *handle, void *buffer, size_t buffer_len, uint32_t min,
		  uint32_t max, uint64_t deadline_ns);

/**
 * icmpecho_deadline_ns() - make a deadline from a timeout that begins now
 * @timeout_ns: the timeout in nanoseconds, or ICMPECHO_FOREVER
 *
 * Return: the time of CLOCK_MONOTONIC, in nanoseconds, when the timeout has passed;
 * ICMPECHO_FOREVER if 64 bits cannot hold that time.
 */
uint64_t icmpecho_deadline_ns(uint64_t timeout_ns);

/**
 * icmpecho_cancel() - end a submitted request now
 * @handle: a handle
 * @id: the request's id, as icmpecho_submit() has written it
 *
 * The request still gets its completion, with ICMPECHO_STATUS_CANCELLED.
 *
 * Return: 0, or -1 with errno set: ENOENT if the request is not in flight, for
 * example because it has completed already.
 */
int icmpecho_cancel(const struct icmpecho *handle, uint64_t id);

/**
 * icmpecho_cancel_all() - end all requests of the session now
 * @handle: a handle
 *
 * Return: how many requests were cancelled, possibly 0; or -1 with errno set.
 */
int icmpecho_cancel_all(const struct icmpecho *handle);

/**
 * icmpecho_pace() - limit the rate of a session's requests
 * @handle: a handle
 * @interval_ns: nanoseconds from one request to the next, on average; 0 for no
 *	limit
 * @burst: how many requests may leave at once after a pause, at least 1
 *
 * A token bucket: it holds @burst tokens at most, gains one every @interval_ns, and
 * each request takes one. While it is empty, icmpecho_submit() and icmpecho_send()
 * wait; if the descriptor is non-blocking, icmpecho_submit() accepts as many requests
 * as there are tokens, and poll(2) reports POLLOUT when there is one again.
 *
 * Return: 0, or -1 with errno set: EINVAL if @burst is 0, ERANGE if the times are too
 * long.
 */
int icmpecho_pace(const struct icmpecho *handle, uint64_t interval_ns, uint32_t burst);

/**
 * icmpecho_set_eventfd() - count completions on an eventfd
 * @handle: a handle
 * @eventfd: an eventfd. From now on the kernel adds 1 to it for each completion that
 *	icmpecho_reap() can collect. -1 for none. The kernel keeps a reference of
 *	its own; the descriptor stays the caller's.
 *
 * The counter is a hint, not the number of completions: read it, then reap until
 * nothing is left.
 *
 * Return: 0, or -1 with errno set.
 */
int icmpecho_set_eventfd(const struct icmpecho *handle, int eventfd);

/**
 * icmpecho_next_completion() - go through the records in a buffer
 * @buffer: as given to icmpecho_reap() or icmpecho_send()
 * @buffer_len: length of @buffer in bytes
 * @previous: the previous record, or NULL for the first
 *
 * Checks every length in the record against the buffer. The caller counts the
 * records: behind the last one the buffer holds whatever was there before.
 *
 *	n = icmpecho_reap(handle, buffer, sizeof(buffer), 1, 64, deadline);
 *	for (i = 0, c = NULL; i < n; i++) {
 *		c = icmpecho_next_completion(buffer, sizeof(buffer), c);
 *		…
 *	}
 *
 * Return: the record, which lies in @buffer; or NULL with errno EBADMSG if the bytes
 * there are not a whole record or @buffer is not aligned to 8 bytes.
 */
const struct icmpecho_completion *
icmpecho_next_completion(const void *buffer, size_t buffer_len,
			 const struct icmpecho_completion *previous);

/**
 * icmpecho_next_answer() - go through the answers to one request
 * @completion: a record from icmpecho_next_completion(); it is the first answer
 * @previous: the previous answer, at first @completion
 *
 * Only a request with max_replies above 1 can have more than one answer. Checks
 * every length in the answer against the record.
 *
 *	for (a = c; a; a = icmpecho_next_answer(c, a))
 *		…
 *
 * Return: the next answer, which lies in the record; NULL with errno 0 if there is
 * none; NULL with errno EBADMSG if the bytes there are not a whole answer.
 */
const struct icmpecho_completion *
icmpecho_next_answer(const struct icmpecho_completion *completion,
		     const struct icmpecho_completion *previous);

/**
 * icmpecho_completion_from() - the host that answered, as a socket address
 * @completion: a record or an answer
 * @from: this function fills it in, with port 0, for getnameinfo(3) and the like
 *
 * Return: the length of the address in bytes. Without an answer it is 0, and the
 * family in @from is AF_UNSPEC.
 */
socklen_t icmpecho_completion_from(const struct icmpecho_completion *completion,
				   struct sockaddr_storage *from);

/**
 * icmpecho_completion_data() - the data_len bytes that the answer carried
 * @completion: a record from icmpecho_next_completion() or
 *	icmpecho_next_answer(), not a copy of it
 *
 * They are the payload of a reply or, with ICMPECHO_QUOTE, the packet that an ICMP
 * error quotes. If wire_len is more than data_len, the rest did not fit into the
 * request's reply_capacity.
 *
 * Return: the bytes, which lie in the record.
 */
const void *icmpecho_completion_data(const struct icmpecho_completion *completion);

/**
 * icmpecho_completion_options() - the options_len bytes of the answer's options
 * @completion: a record from icmpecho_next_completion() or
 *	icmpecho_next_answer(), not a copy of it
 *
 * Return: the bytes, which lie in the record.
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
 * Not for icmpecho_open(): there the same errno has other causes.
 *
 * Return: a string without a full stop, never NULL: a constant one for the errors of
 * <linux/icmpecho.h>, that of strerror(3) for others.
 */
const char *icmpecho_strerror(int error);

/**
 * icmpecho_strerror_open() - why icmpecho_open() failed, and what to do, in words
 * @error: errno after that failure
 *
 * Return: a string without a full stop, never NULL: a constant one that names the
 * likely causes and their cures, or that of strerror(3) for an unlikely error.
 */
const char *icmpecho_strerror_open(int error);

/**
 * icmpecho_version() - the version of the library that the program runs with
 *
 * The interface to the kernel has a version of its own, see icmpecho_get_info().
 *
 * Return: a constant string, for example "1.2.3".
 */
const char *icmpecho_version(void);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_H */
