/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of the module: its files, a request's way through them, and who owns
 * and locks what.
 *
 * icmpecho.c includes the other .c files, callees first. All functions are static,
 * so the compiler sees the whole way of a request, and a call upwards does not
 * compile. There is one exception: table.c, when timeouts expire, calls
 * request_expire(), which is declared at the end of this file.
 *
 *	pace.c		token bucket of a session
 *	quota.c		users and the memory that is charged to them
 *	destination.c	identities and cached routes of destinations
 *	table.c		requests in flight: hash table and timeout wheel
 *	cache.c		memory of requests, cached for the next ones
 *	queue.c		a session's requests, from admission to collection
 *	payload.c	payload and options, from user memory to a packet
 *	xmit.c		what both families need to send
 *	fastpath4.c	an ordinary packet, straight to the IP layer
 *	icmp4.c		sockets, checks and matching for IPv4
 *	fastpath6.c icmp6.c	the same for IPv6; noicmp6.c in a kernel without it
 *	request.c	a request's life, from its checks to its completion
 *	netns.c		receive sockets of a network namespace
 *	session.c	an open file: rights, limits, poll, cancel, fdinfo
 *	chrdev.c	ioctls: the interface to user memory
 *	parse4.c parse6.c	bytes of a packet to a verdict; they also compile in user space
 *
 * The way of an echo request over IPv4 that takes the fast path: the files in the order in
 * which it enters them, each with its functions on the way.
 *
 *	SUBMIT		chrdev.c	ioctl_submit(), echo_copy(), submit_one(), echo_start()
 *			queue.c		queue_reserve()
 *			cache.c		cache_get()
 *			request.c	request_prepare(), request_publish(), request_send()
 *			icmp4.c		icmp4_check()
 *			destination.c	destination_visit()
 *			table.c		table_insert()
 *			fastpath4.c	fastpath4_send()
 *			xmit.c		xmit_route(), xmit_alloc(), xmit_depart()
 *			payload.c	payload_read()
 *	the packet leaves by ip_local_out(); its reply arrives in softirq
 *			netns.c		netns_data_ready(), netns_receive()
 *			parse4.c	icmp4_parse()
 *			table.c		table_match(), icmp4_addresses_fit() of icmp4.c
 *			request.c	request_answer()
 *			queue.c		queue_deliver(), queue_notify()
 *	REAP		queue.c		queue_pop()
 *			chrdev.c	record_write()
 *			cache.c		request_put_many(), cache_put()
 *
 * Glossary:
 *	admit		count a request in its session's limit
 *	publish		give a request its identity and insert it into the table
 *	claim		take a request out of flight; the claimer owns its completion
 *	complete	the claimer fills in the answer and delivers it
 *	deliver		queue the completion for REAP, or wake the SEND that waits for it
 *	collect		REAP or SEND has copied the completion to user memory
 *	discard		undo a request that was not published
 *	withdraw	undo a request that was published
 *	reply buffer	memory for data and options of the answers
 *	stride		bytes of one answer's data and options in the reply buffer
 *	identity	identifier and sequence number
 *	cached		memory that is kept for the next requests, and reclaimed under pressure
 *	session		an open file of the device
 *
 * References of a request: the table's, which passes to the claimer, then to the
 * session's queue, then to the collector; and the submitter's while it is in the
 * ioctl. Softirq takes one more while it handles a packet. A request of SEND is found
 * by its id until the last reference is dropped.
 *
 * References of a session: its open file, and each request. The last one may be
 * dropped in softirq, so a worker frees the session after an RCU grace period: code
 * under rcu_read_lock() may use a session whose request it has just delivered.
 *
 * Locks: session->reap_mutex, session->cancel_mutex and ns->mutex are taken in process
 * context; then either session->lock or shard->lock. These two are spinlocks that
 * softirq takes too, so process context takes them with _bh. They are never nested,
 * and neither is held over a send: for a local destination the answer arrives inside
 * it. destination->lock, users_lock and identities_lock are leaves that only process
 * context takes. Memory charged to a user's cgroup may take long to allocate, so it is
 * never allocated under a lock that another user's open or close takes.
 */
#ifndef ICMPECHO_H
#define ICMPECHO_H

#include <linux/completion.h>
#include <linux/eventfd.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/siphash.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include <linux/icmpecho.h>

#include "compat.h"
#include "parse.h"

/* Replies up to this size, which is ping's, need no allocation of their own. */
#define ICMPECHO_INLINE_REPLY	56

/* How many requests are allocated, collected or freed at once */
#define ICMPECHO_BATCH		16

/*
 * How many free requests a session caches: 16 KiB. Without the cache each echo costs 102
 * instructions more, and 432 (3 %) in a memory cgroup, where systemd puts every service.
 * With 1,400 bytes, 1,027 (5 %) and 2,066 (11 %).
 */
#define ICMPECHO_CACHED		64

/* Up to this size each of them keeps its reply buffer, too: 128 KiB */
#define ICMPECHO_CACHED_BUFFER	2048

/* 2^32 ms, the longest that the IcmpSendEcho family can ask for */
#define ICMPECHO_MAX_TIMEOUT_NS	(NSEC_PER_MSEC << 32)

/* The longest IP options that an IPv4 header can carry */
#define ICMPECHO_MAX_OPTIONS	40

/* Address families; pairs of send sockets: also one for sessions that may broadcast */
enum icmpecho_family_index {
	ICMPECHO_IPV4,
	ICMPECHO_IPV6,
	ICMPECHO_NR_FAMILIES,
	ICMPECHO_BROADCAST = ICMPECHO_NR_FAMILIES,
	ICMPECHO_NR_TX,
};

/* Why a packet that reached a receive socket completed no request */
enum icmpecho_drop {
	ICMPECHO_DROP_MALFORMED,	/* too short, or contradicts itself */
	ICMPECHO_DROP_UNMATCHED,	/* answers no request in flight */
	ICMPECHO_DROP_ADDRESS,		/* right identity, wrong address */
	ICMPECHO_DROP_CHECKSUM,
	ICMPECHO_DROP_LATE,		/* the request was completed meanwhile */
	ICMPECHO_NR_DROPS,
};

struct icmpecho_request;
struct icmpecho_session;
struct icmpecho_destination_page;

/* A route as the IP layer returned it, and what it depends on */
struct icmpecho_route {
	struct dst_entry *dst;		/* with a reference, or NULL */
	union icmpecho_addr source;	/* source address that belongs to it */
	kuid_t uid;			/* for which it was looked up */
	u32 cookie;			/* for dst_check() */
	u32 generation;			/* see route_generation() */
	u32 cached_at;			/* jiffies */
};

/*
 * Destinations that share a stream of identities use it up faster. As many streams as
 * fit into 1 KiB of struct icmpecho_identities.
 */
#define ICMPECHO_NR_STREAMS	248

/* The identities of one user in a namespace; all but @next by identities_lock */
struct icmpecho_identities {
	struct hlist_node node;		/* in ns->identities or ns->idle */
	struct icmpecho_user *user;
	unsigned int sessions;		/* open ones */
	atomic_t next[ICMPECHO_NR_STREAMS];	/* see identity_next() */
};

struct icmpecho_rx {
	struct icmpecho_netns *ns;
	const struct icmpecho_family *family;
	struct socket *sock;		/* NULL if the host lacks the family */
	void (*data_ready)(struct sock *sk);	/* the socket's own */
};

/* Our part of a network namespace, which outlives it */
struct icmpecho_netns {
	struct net *net;
	struct mutex mutex;		/* sessions, rx, destinations */
	unsigned int sessions;		/* open ones */
	struct icmpecho_rx rx[ICMPECHO_NR_FAMILIES];	/* while there are sessions */
	/* Table of pages; while there are sessions */
	struct icmpecho_destination_page __rcu **destinations;
	siphash_key_t key;		/* secret of all identities; constant */
	atomic_t blocks[ICMPECHO_NR_STREAMS];	/* last block taken of each stream */
	DECLARE_HASHTABLE(identities, 4);	/* identities_lock */
	struct hlist_head idle;		/* identities whose user has gone; identities_lock */
	unsigned int nr_idle;		/* identities_lock */
	u64 __percpu *drops;		/* by enum icmpecho_drop */
};

/* What all sessions of one user hold together */
struct icmpecho_user {
	struct hlist_node node;		/* in the table of users; users_lock */
	kuid_t uid;			/* see quota_owner() */
	unsigned int refs;		/* of sessions, and of reclaim; users_lock */
	struct list_head sessions;	/* in the order of reclaim; users_lock */
	atomic_long_t bytes;		/* memory charged */
	atomic_long_t cached;		/* of that, memory that can be reclaimed */
};

/* How a request ended; counted for each session */
enum icmpecho_outcome {
	ICMPECHO_REPLIED,
	ICMPECHO_GOT_ERROR,
	ICMPECHO_TIMED_OUT,
	ICMPECHO_CANCELLED,
	ICMPECHO_NOT_SENT,
	ICMPECHO_NR_OUTCOMES,
};

/* A token bucket; its level is kept as the time at which it is full again */
struct icmpecho_pacer {
	spinlock_t lock;		/* softirq-safe, a leaf: up to @changes */
	u64 interval_ns;		/* between two tokens, or 0; also read unlocked */
	u64 burst_ns;			/* @interval_ns times all tokens but one */
	u64 full_at_ns;			/* also read unlocked */
	u32 changes;			/* of the rate; also read unlocked */
	wait_queue_head_t waiters;	/* for a token */
	struct hrtimer timer;		/* wakes @pollers when there is a token */
	wait_queue_head_t *pollers;
};

/* An open file of the device */
struct icmpecho_session {
	refcount_t ref;			/* the open file, and each request */
	struct icmpecho_netns *ns;	/* pinned at open */
	struct icmpecho_user *user;	/* to which requests are charged */
	struct list_head user_node;	/* in user->sessions; users_lock */
	struct icmpecho_identities *identities;	/* the user's in @ns */
	bool privileged;		/* opener had CAP_NET_RAW over @ns; constant */
	u32 max_requests;		/* limit of @nr_requests; constant */
	/*
	 * Send sockets, by family and don't-fragment; the broadcast pair only if
	 * @privileged. They are unhashed, so they receive nothing. Constant.
	 */
	struct sock *tx[ICMPECHO_NR_TX][2];

	/*
	 * Softirq-safe. Protects all up to @outcomes, and of each request node, waiter,
	 * completed, held, nr_answers and sealed.
	 */
	spinlock_t lock;
	struct list_head inflight;	/* requests of SUBMIT, until they complete */
	struct list_head done;		/* their completions, oldest first */
	struct list_head waited;	/* requests of SEND, until they are collected */
	u32 nr_requests;		/* in flight and uncollected; also read unlocked */
	u32 nr_inflight;
	u32 nr_done;			/* length of @done; also read unlocked */
	bool closed;			/* completions are dropped */
	u32 nr_cached;
	struct icmpecho_request *cached[ICMPECHO_CACHED];	/* free requests */
	u64 outcomes[ICMPECHO_NR_OUTCOMES];

	struct socket_wq wq;		/* reapers and pollers; sk_wq of all @tx */
	/* Counts completions on @done; replaced under @lock, read under RCU */
	struct eventfd_ctx __rcu *eventfd;
	struct icmpecho_pacer pacer;
	/*
	 * One reaper at a time, so that records stay in order. It is held while records
	 * are written to user memory, where another process may have to serve a page
	 * fault: a waiter must be killable.
	 */
	struct mutex reap_mutex;
	struct mutex cancel_mutex;	/* one CANCEL_ALL at a time: it reorders the lists */
	struct rcu_work free_work;	/* frees the session when @ref is 0 */
	struct rcu_head rcu;
};

/* How a request ended; see struct icmpecho_completion */
struct icmpecho_answer {
	union icmpecho_addr from;
	u64 rtt_ns;
	u64 received_ns;
	u32 info;
	u32 ifindex;
	u32 scope_id;
	u16 status;
	u16 data_len;
	u16 wire_len;
	u16 error;
	u16 flags;
	u8 options_len;
	u8 type;
	u8 code;
	u8 ttl;
	u8 tos;
};

/*
 * The packet to send: what the caller asked for, and the route once it is known. SUBMIT
 * uses one for all its requests. The payload is not kept in the request's reply buffer: a
 * reply may be written there while it is still being sent.
 */
struct icmpecho_packet {
	struct icmpecho_echo echo;	/* as copied; see request_prepare() */
	u8 options[ICMPECHO_MAX_OPTIONS] __aligned(4);	/* echo.options_len bytes */
	const struct icmpecho_family *family;
	struct sock *sk;		/* sends it */
	u8 *buffer;			/* ICMP header and payload for a socket, or NULL */
	size_t buffer_size;
	bool routed_alone;		/* the destination alone decides about the route */
	struct icmpecho_route route;	/* owns route.dst */
};

struct icmpecho_request {
	/* In the table: of SUBMIT while in flight, of SEND until freed; shard->lock */
	struct hlist_node hash_node;
	struct list_head node;		/* in one of the session's lists */
	union {
		struct completion *waiter;	/* SEND that waits for it, if @sync */
		struct eventfd_ctx *eventfd;	/* to signal, unless @sync */
	};
	struct icmpecho_session *session;	/* with a reference */
	u64 user_data;			/* constant */
	u32 key;			/* identity, 0 until published; constant then */
	u32 generation;			/* makes @key unique; as @key */

	ktime_t sent;			/* ktime_get() at departure */
	union icmpecho_addr dst;	/* constant */
	union icmpecho_addr src;	/* of the packet; zero until it leaves */
	refcount_t ref;
	u32 oif;			/* interface that was asked for; constant */
	u16 capacity;			/* of one answer's data; constant */
	u16 family;			/* AF_INET or AF_INET6; constant */
	u16 max_answers;		/* constant */
	u16 nr_answers;
	u8 options_capacity;		/* of one answer's options; constant */
	u8 sync : 1;			/* sent by SEND; constant */
	u8 quote : 1;			/* deliver what an error quotes; constant */
	u8 source_routed : 1;		/* errors quote a hop as destination; constant */
	u8 anyone : 1;			/* any host may answer; set before it leaves */
	bool inflight;			/* shard->lock, also read unlocked */
	u8 completed : 1;
	/*
	 * A call will collect it: the SEND that made it, until that is interrupted or
	 * cannot write the completion; then the SEND that resumes it.
	 */
	u8 held : 1;
	u8 sealed : 1;			/* takes no more answers */
	u32 buffer_size;		/* of @buffer, or 0; constant */

	union {
		struct {
			struct hlist_node wheel_node;	/* shard->lock */
			u64 due;	/* tick of its timeout; shard->lock */
		};
		/* Of a request for one answer; written by the claimer */
		struct icmpecho_answer answer;
	};
	/* Reply buffer: data and options; for many answers, these before them */
	union {
		u8 inline_buffer[ICMPECHO_INLINE_REPLY];	/* whitelisted for usercopy */
		u8 *buffer;
	};
};

/* What differs between IPv4 and IPv6 */
struct icmpecho_family {
	u16 family;			/* AF_INET or AF_INET6 */
	enum icmpecho_family_index index;
	u8 protocol;			/* IPPROTO_ICMP or IPPROTO_ICMPV6 */
	u8 route_tos;			/* bits of the TOS that routes depend on */
	u32 max_payload;
	int (*init_tx)(struct sock *sk, bool df);
	int (*init_rx)(struct socket *sock);
	/* Can this be sent? 0 or the errno of the refusal */
	int (*check)(struct icmpecho_session *s, const struct icmpecho_echo *echo, u32 oif);
	/*
	 * Look up the route as the send socket does. Returns it with a reference, and its
	 * source and cookie in packet->route, or ERR_PTR().
	 */
	struct dst_entry *(*look_up)(const struct icmpecho_request *req,
				     struct icmpecho_packet *packet);
	/* Send on the fast path; 1 if this is not an ordinary packet */
	int (*send_fast)(struct icmpecho_request *req, struct icmpecho_packet *packet);
	/* Write what a socket sends, but the payload. Find its source. */
	int (*write_message)(struct icmpecho_request *req, struct icmpecho_packet *packet,
			     struct msghdr *msg, u8 *message);
	/* The neighbour to which the route leads, and its table */
	struct neigh_table *(*next_hop)(const struct icmpecho_request *req,
					struct icmpecho_packet *packet,
					struct dst_entry *dst, union icmpecho_addr *hop);
	/* The following run in softirq. */
	enum icmpecho_verdict (*parse)(const struct sk_buff *skb, struct icmpecho_parsed *p);
	/* Does this answer come from where it must, to where it must? */
	bool (*addresses_fit)(const struct icmpecho_request *req,
			      const struct icmpecho_parsed *p);
	/* NULL if the socket checks the checksum */
	bool (*checksum_good)(struct sk_buff *skb, const struct icmpecho_parsed *p);
};

/* The key under which a request is found: its identity */
static inline u32 icmpecho_key(u16 ident, u16 seq)
{
	return (u32)ident << 16 | seq;
}

/* The id of a published request in the user interface */
static inline u64 request_id(const struct icmpecho_request *req)
{
	return (u64)READ_ONCE(req->generation) << 32 | READ_ONCE(req->key);
}

/* The eventfd of its own that a request signals, or NULL */
static inline struct eventfd_ctx *request_eventfd(const struct icmpecho_request *req)
{
	return req->sync ? NULL : req->eventfd;
}

/* Do both notify the same session and eventfd? */
static inline bool request_alike(const struct icmpecho_request *a,
				 const struct icmpecho_request *b)
{
	return a->session == b->session && request_eventfd(a) == request_eventfd(b);
}

/*
 * May the caller send what needs a right? Both the opener and the caller need it, in
 * case the descriptor was passed on.
 */
static inline bool session_is_privileged(const struct icmpecho_session *s)
{
	return s->privileged && ns_capable(s->ns->net->user_ns, CAP_NET_RAW);
}

static inline size_t request_stride(const struct icmpecho_request *req)
{
	return req->capacity + req->options_capacity;
}

static inline struct icmpecho_answer *request_answer_at(struct icmpecho_request *req, u32 i)
{
	if (req->max_answers == 1)
		return &req->answer;
	return (struct icmpecho_answer *)req->buffer + i;
}

/* Where the data of an answer is; its IP options follow at the data's capacity. */
static inline u8 *request_data(struct icmpecho_request *req, u32 i)
{
	if (!req->buffer_size)
		return req->inline_buffer;
	if (req->max_answers == 1)
		return req->buffer;
	return req->buffer + i * request_stride(req) +
	       req->max_answers * sizeof(struct icmpecho_answer);
}

/* Length of the ICMP message: header and payload */
static inline size_t packet_message_len(const struct icmpecho_packet *packet)
{
	return ICMPECHO_HEADER_LEN + packet->echo.payload_len;
}

static inline bool packet_has_df(const struct icmpecho_packet *packet)
{
	return packet->echo.flags & ICMPECHO_DONT_FRAGMENT;
}

/* The address is ambiguous without its interface. */
static inline bool needs_scope(const struct in6_addr *addr)
{
	return __ipv6_addr_needs_scope_id(ipv6_addr_type(addr));
}

static inline bool addr_equal(const union icmpecho_addr *a, const union icmpecho_addr *b)
{
	return ipv6_addr_equal(&a->v6, &b->v6);
}

/*
 * The only call upwards, from table.c to request.c: complete requests whose timeout has
 * expired, linked by their wheel_node, all claimed by the caller. Softirq.
 */
static void request_expire(struct hlist_head *expired);

#endif /* ICMPECHO_H */
