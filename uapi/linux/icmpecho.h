/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * icmpecho: send echo requests and collect their answers through
 * /dev/icmpecho.
 *
 * History of this interface:
 *  1	first version
 */
#ifndef _UAPI_LINUX_ICMPECHO_H
#define _UAPI_LINUX_ICMPECHO_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Concepts
 *
 * An open file of /dev/icmpecho is a *session*. It belongs for its whole life
 * to the network namespace and to the user that opened it, also when another
 * process receives the descriptor.
 *
 * A *request* is one echo request on the wire. Every accepted request gets
 * exactly one *completion*: a reply, an ICMP error, a timeout, a cancellation
 * or a local failure. A request is refused if the ioctl fails, or if SUBMIT
 * returns a count that does not reach it. The kernel has not sent a refused
 * request, and it gets no completion. Redirects and source quench (RFC 6633) do
 * not complete a request.
 *
 * %ICMPECHO_IOC_SEND sends a request and waits for its completion, which no other
 * call gets. %ICMPECHO_IOC_SUBMIT sends requests and does not wait. Any process
 * that holds the descriptor collects their completions with %ICMPECHO_IOC_REAP.
 *
 * poll(2) reports EPOLLIN while a completion waits to be reaped, and EPOLLOUT
 * while the session's limit, its send buffer and its pace allow another request.
 *
 * Closing the last descriptor of a session drops its requests and completions.
 *
 * Times are in nanoseconds. Addresses are in network byte order. An IPv4 address
 * takes the first four bytes, and the other twelve are zero.
 */

/**
 * DOC: Structures
 *
 * Each ioctl takes one structure whose first member is its size as the caller
 * knows it. The structures only ever grow at their end, and a new member that
 * is zero means the behaviour before it existed. The kernel accepts a larger
 * structure than it knows if the part it does not know is zero. All reserved
 * members and all unknown flags must be zero.
 *
 * Completion records may grow, too. Their header has the size that the caller
 * asks for by completion_size, so a buffer that is large enough stays large enough
 * on later kernels.
 */

/**
 * DOC: Errors
 *
 * An errno has the same meaning for all of these ioctls:
 *
 * %ENOTTY: the ioctl number is unknown.
 * %E2BIG: the structure is larger than the kernel knows, and its tail is not zero.
 * %EFAULT: a pointer leads nowhere, or to memory that cannot be written.
 * %EINVAL: a size, flag, reserved member or combination of members is wrong.
 * %EAFNOSUPPORT: the address family is unknown, or absent on this host.
 * %EOPNOTSUPP: a known member asks for what this kernel module cannot do, see
 * &icmpecho_info.features. This version of the module refuses no request with it.
 * %EDESTADDRREQ: the destination is the unspecified address.
 * %EADDRNOTAVAIL: the source is not an address of this network namespace. IPv6: or
 * it is tentative, that is, duplicate address detection has not finished; or it is
 * link-local, and not an address of the interface that the request names (%EINVAL if
 * it names none).
 * %ENODEV: there is no interface with this index.
 * %EMSGSIZE: the payload is longer than &icmpecho_info.max_payload, or
 * max_payload6.
 * %ERANGE: the timeout is above &icmpecho_info.max_timeout_ns.
 * %EBADF: the eventfd is not open, or is not an eventfd.
 * %EPERM: a broadcast destination, a source route or a firewall mark needs
 * CAP_NET_RAW over the network namespace, which both the opener and the caller must
 * have. Old kernels (5.10) also ask for CAP_NET_ADMIN if a request with a mark has
 * options, is fragmented or goes to a group. The route of the packet, with its interface,
 * VRF and mark, decides what is a broadcast. With %ICMPECHO_LOCAL in a completion: a
 * packet filter of this host dropped the packet on its way out.
 * %ENETUNREACH, %EHOSTUNREACH: no route, and %ICMPECHO_NEED_ROUTE was set.
 * %EAGAIN: the session has as many requests in flight and unreaped as it may: reap
 * some. Or the descriptor is non-blocking, and the session's pace does not allow
 * another request yet, see struct icmpecho_pace.
 * %EDQUOT: the sessions that this user (real uid) has opened hold as much memory as
 * they may together. In a user namespace, all uids count as the user that created
 * the namespace, or the outermost of nested ones, unless that user is root.
 * %ENOBUFS: a queue of this host is full: the session's send buffer, a device's
 * queue, or the neighbour table. Wait for EPOLLOUT.
 * %ENOMEM: no memory.
 * %ENOSPC: the buffer is too small for the completion.
 * %ENOENT: this session has no such request in flight, or, for SEND, uncollected.
 * %EBUSY: another call sends this request, or waits for it.
 * %EINTR: a signal handler ran. Nothing is lost: each ioctl says how to go on.
 */

#define ICMPECHO_DEVICE		"/dev/icmpecho"
#define ICMPECHO_ABI_VERSION	1

/*
 * Status of a completion: the numbers of the IP_STATUS codes of the IcmpSendEcho
 * family, so that a library for programs from Windows need not translate them.
 */
#define ICMPECHO_STATUS_SUCCESS			0
#define ICMPECHO_STATUS_DEST_NET_UNREACHABLE	11002
#define ICMPECHO_STATUS_DEST_HOST_UNREACHABLE	11003
#define ICMPECHO_STATUS_DEST_PROT_UNREACHABLE	11004
#define ICMPECHO_STATUS_DEST_PORT_UNREACHABLE	11005
#define ICMPECHO_STATUS_NO_RESOURCES		11006
#define ICMPECHO_STATUS_BAD_OPTION		11007
#define ICMPECHO_STATUS_PACKET_TOO_BIG		11009
#define ICMPECHO_STATUS_TIMED_OUT		11010
#define ICMPECHO_STATUS_BAD_ROUTE		11012
#define ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT	11013
#define ICMPECHO_STATUS_TTL_EXPIRED_REASSEMBLY	11014
#define ICMPECHO_STATUS_PARAMETER_PROBLEM	11015
#define ICMPECHO_STATUS_DEST_UNREACHABLE	11040
#define ICMPECHO_STATUS_TIME_EXCEEDED		11041
#define ICMPECHO_STATUS_BAD_HEADER		11042
#define ICMPECHO_STATUS_ICMP_ERROR		11044
#define ICMPECHO_STATUS_DEST_SCOPE_MISMATCH	11045
#define ICMPECHO_STATUS_GENERAL_FAILURE		11050
/* The same numbers under the names they have in ICMPv6 */
#define ICMPECHO_STATUS_DEST_NO_ROUTE		11002
#define ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE	11003
#define ICMPECHO_STATUS_DEST_PROHIBITED		11004
#define ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED	11013
#define ICMPECHO_STATUS_REASSEMBLY_TIME_EXCEEDED 11014
/* Not an IP_STATUS: the request was cancelled by %ICMPECHO_IOC_CANCEL. */
#define ICMPECHO_STATUS_CANCELLED		11300

/* Flags of struct icmpecho_echo */
/* Set DF and ignore the cached path MTU: each "fragmentation needed" is a router's. */
#define ICMPECHO_DONT_FRAGMENT	(1U << 0)
/* &icmpecho_echo.eventfd is valid; add 1 to it when the request completes. */
#define ICMPECHO_EVENTFD	(1U << 1)
/* Refuse the request with ENETUNREACH or EHOSTUNREACH if there is no route. */
#define ICMPECHO_NEED_ROUTE	(1U << 2)
/* Deliver the bytes that an ICMP error quotes as the completion's data. */
#define ICMPECHO_QUOTE		(1U << 3)

/**
 * struct icmpecho_echo - one echo request to send
 * @user_data: any value; comes back in the completion
 * @payload: pointer to @payload_len bytes that follow the ICMP header
 * @options: pointer to @options_len bytes of IP options, as in RFC 791, except that
 *	a source route names all hops and then the destination, which must equal
 *	@dst. IPv4 only. Malformed options complete the request with
 *	%ICMPECHO_STATUS_BAD_OPTION.
 * @timeout_ns: time to wait for an answer. 0 is one tick of the timeout wheel
 *	(about 1 ms).
 * @id: written by SUBMIT: names the request for %ICMPECHO_IOC_CANCEL. Not read.
 * @dst: destination address. The kernel accepts a reply from this address only,
 *	or from any host if this is a broadcast or multicast address, or the
 *	anycast address of an IPv6 subnet's routers (its second half is zero).
 *	Other anycast addresses look like unicast addresses. If the host that
 *	answers for one replies from another address (RFC 4443, 4.2), the kernel
 *	ignores the reply.
 * @src: source address, or zero for the one that the routing table chooses.
 *	Either way an answer must come to the address that the request left
 *	from, and an ICMP error must quote that address.
 * @flags: ICMPECHO_DONT_FRAGMENT, ICMPECHO_EVENTFD, ICMPECHO_NEED_ROUTE,
 *	ICMPECHO_QUOTE
 * @payload_len: length of the payload in bytes
 * @reply_capacity: how many bytes of the reply's payload (or of an error's
 *	quote) to keep, at most 65535. Bytes beyond are counted and dropped.
 * @ifindex: send through this interface, or 0 for the routing table's choice
 * @scope_id: IPv6: interface of a link-local destination, which needs this or
 *	@ifindex: EINVAL if both are zero, or if they differ. Ignored for other
 *	destinations. IPv4: must be zero
 * @mark: firewall mark, or 0 for none
 * @eventfd: an eventfd of the calling process, with %ICMPECHO_EVENTFD. SUBMIT
 *	only. Must be zero without the flag.
 * @family: AF_INET, or AF_INET6 with %ICMPECHO_FEATURE_IPV6
 * @options_len: length of the IP options in bytes, at most 40. A completion has
 *	the options of the answer only if the request has options.
 * @max_replies: 0 and 1 both mean: complete at the first answer. A larger number:
 *	complete at so many answers, or at the timeout. Errors count as answers.
 *	@max_replies times @reply_capacity may be 1 MiB at most.
 * @ttl: IPv4 time to live or IPv6 hop limit, or 0 for the system's default
 * @tos: IPv4 type of service or IPv6 traffic class
 * @reserved: must be zero
 */
struct icmpecho_echo {
	__aligned_u64 user_data;
	__aligned_u64 payload;
	__aligned_u64 options;
	__aligned_u64 timeout_ns;
	__aligned_u64 id;
	__u8 dst[16];
	__u8 src[16];
	__u32 flags;
	__u32 payload_len;
	__u32 reply_capacity;
	__u32 ifindex;
	__u32 scope_id;
	__u32 mark;
	__s32 eventfd;
	__u16 family;
	__u16 options_len;
	__u16 max_replies;
	__u8 ttl;
	__u8 tos;
	__u32 reserved;
};

/* Flags of struct icmpecho_completion */
/* The answer was longer than the request's reply_capacity. */
#define ICMPECHO_TRUNCATED	(1U << 0)
/* Sending failed on this host: @error is the errno. */
#define ICMPECHO_LOCAL		(1U << 1)
/* The answer came with the IPv4 DF bit set. */
#define ICMPECHO_ANSWER_DF	(1U << 2)

/**
 * struct icmpecho_completion - how one request ended
 * @record_len: length of this record in bytes: header, options, data, and zero
 *	bytes up to a multiple of 8, where the next record begins
 * @status: ICMPECHO_STATUS_*
 * @user_data: as given in the request
 * @id: as written by SUBMIT or SEND
 * @rtt_ns: time from the request's departure to the answer's arrival, measured
 *	in the kernel on the monotonic clock; 0 without an answer
 * @received_ns: CLOCK_REALTIME at the answer's arrival; 0 without an answer
 * @from: the host that answered: the destination, or the router that sent an error;
 *	zero without an answer
 * @ifindex: interface on which the answer arrived, or over IPv4 the VRF device if the
 *	interface belongs to one; 0 without an answer
 * @scope_id: IPv6: scope of @from if it is link-local, else 0
 * @info: next-hop MTU of a "fragmentation needed", pointer of a parameter
 *	problem, else 0
 * @data_len: bytes of data in this record
 * @wire_len: bytes of data in the answer on the wire
 * @error: errno (positive) of a local failure, with %ICMPECHO_LOCAL, else 0
 * @header_len: length of this header in bytes: the caller's completion_size.
 *	Options follow it, and data follows the options, at the next multiple of
 *	8.
 * @options_len: bytes of IP options in this record
 * @family: as given in the request
 * @flags: ICMPECHO_TRUNCATED, ICMPECHO_LOCAL, ICMPECHO_ANSWER_DF
 * @type: ICMP type of the answer, 0 without an answer
 * @code: ICMP code of the answer, 0 without an answer
 * @ttl: TTL or hop limit with which the answer arrived
 * @tos: type of service or traffic class of the answer
 * @next: offset from this header to that of the next answer to the same request;
 *	0 in the last one. @record_len of the first header covers all answers,
 *	@record_len of each other one covers that answer only.
 */
struct icmpecho_completion {
	__u32 record_len;
	__u32 status;
	__aligned_u64 user_data;
	__aligned_u64 id;
	__aligned_u64 rtt_ns;
	__aligned_u64 received_ns;
	__u8 from[16];
	__u32 ifindex;
	__u32 scope_id;
	__u32 info;
	__u32 data_len;
	__u32 wire_len;
	__s32 error;
	__u16 header_len;
	__u16 options_len;
	__u16 family;
	__u16 flags;
	__u8 type;
	__u8 code;
	__u8 ttl;
	__u8 tos;
	__u32 next;
};

/* Bits of &icmpecho_info.features */
#define ICMPECHO_FEATURE_IPV4		(1ULL << 0)
#define ICMPECHO_FEATURE_IPV6		(1ULL << 1)
#define ICMPECHO_FEATURE_OPTIONS	(1ULL << 2)
#define ICMPECHO_FEATURE_MANY_REPLIES	(1ULL << 3)
#define ICMPECHO_FEATURE_PACING		(1ULL << 4)

/**
 * struct icmpecho_info - what this module can do; ioctl(ICMPECHO_IOC_INFO)
 * @size: sizeof(struct icmpecho_info). The kernel fills in the members that it
 *	knows and zeroes the rest.
 * @abi_version: version of this interface, ICMPECHO_ABI_VERSION of the module
 * @features: ICMPECHO_FEATURE_*
 * @max_timeout_ns: longest timeout of a request
 * @max_user_bytes: bytes of kernel memory that the requests of one user may take
 * @max_payload: longest payload of an IPv4 echo in bytes
 * @max_requests: requests that one session may have in flight and unreaped
 * @max_payload6: longest payload of an IPv6 echo in bytes
 * @reserved: zero
 */
struct icmpecho_info {
	__u32 size;
	__u32 abi_version;
	__aligned_u64 features;
	__aligned_u64 max_timeout_ns;
	__aligned_u64 max_user_bytes;
	__u32 max_payload;
	__u32 max_requests;
	__u32 max_payload6;
	__u32 reserved;
};

/**
 * struct icmpecho_send - send one request and wait; ioctl(ICMPECHO_IOC_SEND)
 * @size: sizeof(struct icmpecho_send)
 * @echo_size: sizeof(struct icmpecho_echo)
 * @echo: pointer to the struct icmpecho_echo
 * @buffer: pointer to the memory that receives the completion record
 * @buffer_len: its length in bytes. Each of max_replies needs the sum of
 *	@completion_size, 40 if the request has options, and reply_capacity,
 *	rounded up to a multiple of 8 (ENOSPC if the buffer is shorter)
 * @completion_size: sizeof(struct icmpecho_completion), a multiple of 8
 * @id: in: 0 to send a new request, or the id of a request to go on waiting for it
 *	(the kernel does not read @echo then). Out: the request's id.
 *
 * Returns 0 once the completion record is in the buffer, whatever its status.
 *
 * A signal never sends the request twice. The kernel writes the id before the
 * call sleeps. When the kernel restarts the call (after a stop and continue, or for a
 * debugger), the call goes on waiting. When a signal handler ran, the call fails with
 * EINTR, and the program may repeat it as it is. Until then the request stays
 * with the session. EFAULT or ENOSPC for the buffer leaves the completion with
 * the session, too: repeat the call with the id. Only a request that was left in
 * one of these ways can be resumed, by one call at a time: EBUSY if another call
 * sends it or waits for it, ENOENT if it was collected, refused, or never existed.
 */
struct icmpecho_send {
	__u32 size;
	__u32 echo_size;
	__aligned_u64 echo;
	__aligned_u64 buffer;
	__u32 buffer_len;
	__u32 completion_size;
	__aligned_u64 id;
};

/**
 * struct icmpecho_submit - send requests; ioctl(ICMPECHO_IOC_SUBMIT)
 * @size: sizeof(struct icmpecho_submit)
 * @echo_size: distance between two requests in the array, in bytes: at least
 *	sizeof(struct icmpecho_echo) as first published, a multiple of 8
 * @echoes: pointer to an array of struct icmpecho_echo
 * @count: number of requests in the array
 * @reserved: must be zero
 *
 * Sends the requests in order, and returns how many it accepted. It stops at
 * the first request that it refuses, and at a signal. The call fails only if it
 * accepted none: submitting the rest again tells what stopped it.
 *
 * A request that was accepted and then cannot be sent completes with
 * %ICMPECHO_LOCAL.
 */
struct icmpecho_submit {
	__u32 size;
	__u32 echo_size;
	__aligned_u64 echoes;
	__u32 count;
	__u32 reserved;
};

/* &icmpecho_reap.deadline_ns: wait without a deadline */
#define ICMPECHO_FOREVER	(~0ULL)

/**
 * struct icmpecho_reap - collect completions; ioctl(ICMPECHO_IOC_REAP)
 * @size: sizeof(struct icmpecho_reap)
 * @min: wait until so many completions are there; 0: do not wait
 * @max: collect no more than this, at least 1 and @min
 * @buffer_len: length of the buffer in bytes
 * @buffer: pointer to the memory that receives the completion records
 * @deadline_ns: stop waiting at this time of CLOCK_MONOTONIC in the caller's time
 *	namespace, or %ICMPECHO_FOREVER
 * @completion_size: sizeof(struct icmpecho_completion), a multiple of 8
 * @reserved: must be zero
 *
 * Returns the number of records in the buffer, oldest first. It is less than
 * @min when the deadline has passed, when a signal came after the first record,
 * when the buffer is full, or when another thread collected the rest. Fails with
 * ENOSPC if the first record does not fit, and with EINTR if a signal came before
 * any record. A record that the kernel could not write whole stays in the session.
 */
struct icmpecho_reap {
	__u32 size;
	__u32 min;
	__u32 max;
	__u32 buffer_len;
	__aligned_u64 buffer;
	__aligned_u64 deadline_ns;
	__u32 completion_size;
	__u32 reserved;
};

/* Flags of struct icmpecho_cancel: all requests in flight, @id must be zero */
#define ICMPECHO_CANCEL_ALL	(1U << 0)

/**
 * struct icmpecho_cancel - end requests now; ioctl(ICMPECHO_IOC_CANCEL)
 * @size: sizeof(struct icmpecho_cancel)
 * @flags: 0 or ICMPECHO_CANCEL_ALL
 * @id: the request
 *
 * A cancelled request completes with %ICMPECHO_STATUS_CANCELLED, or, if it
 * collects many answers and has some, with these answers. Returns how many
 * requests were cancelled. Fails with ENOENT if @id is not in flight, for instance
 * because its completion already waits. %ICMPECHO_CANCEL_ALL returns 0 if none is in
 * flight. It cancels the requests that are in flight when it begins, not those that
 * another thread submits meanwhile. A fatal signal stops it early.
 */
struct icmpecho_cancel {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
};

/**
 * struct icmpecho_eventfd - event of a session; ioctl(ICMPECHO_IOC_EVENTFD)
 * @size: sizeof(struct icmpecho_eventfd)
 * @eventfd: an eventfd of the calling process, or -1 for none
 *
 * From then on, the kernel adds 1 to the eventfd for each completion that REAP can
 * collect. The eventfd replaces the previous one of the session. Its count is a
 * hint: it differs from the number of completions when the counter overflows, or
 * when a completion is reaped before the eventfd is read.
 */
struct icmpecho_eventfd {
	__u32 size;
	__s32 eventfd;
};

/**
 * struct icmpecho_pace - how fast a session sends; ioctl(ICMPECHO_IOC_PACE)
 * @size: sizeof(struct icmpecho_pace)
 * @burst: how many requests may leave at once after a pause, at least 1
 * @interval_ns: time from one request to the next, on average. 0, as in a new
 *	session, is no limit.
 *
 * The kernel sends a request within the call that submits it, never later: SUBMIT and
 * SEND wait until the request may leave, and a signal ends this wait as any other. With
 * O_NONBLOCK, SUBMIT accepts as many requests as may leave at once, and fails with
 * %EAGAIN if that is none; poll(2) reports EPOLLOUT when one may leave. A refused
 * request does not count. %ERANGE: @interval_ns, or a burst at that pace, takes longer
 * than 146 years.
 */
struct icmpecho_pace {
	__u32 size;
	__u32 burst;
	__aligned_u64 interval_ns;
};

#define ICMPECHO_IOC_TYPE	0xec
#define ICMPECHO_IOC_INFO	_IO(ICMPECHO_IOC_TYPE, 0)
#define ICMPECHO_IOC_SEND	_IO(ICMPECHO_IOC_TYPE, 1)
#define ICMPECHO_IOC_SUBMIT	_IO(ICMPECHO_IOC_TYPE, 2)
#define ICMPECHO_IOC_REAP	_IO(ICMPECHO_IOC_TYPE, 3)
#define ICMPECHO_IOC_CANCEL	_IO(ICMPECHO_IOC_TYPE, 4)
#define ICMPECHO_IOC_EVENTFD	_IO(ICMPECHO_IOC_TYPE, 5)
#define ICMPECHO_IOC_PACE	_IO(ICMPECHO_IOC_TYPE, 6)

#endif /* _UAPI_LINUX_ICMPECHO_H */
