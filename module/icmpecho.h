/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of the module: its files, a request's way through them, and who owns
 * and locks what.
 *
 * icmpecho.c includes the other .c files but the parsers, callees first. All functions are static,
 * so the compiler sees the whole way of a request, and a direct call of a function in a
 * later file does not compile. There is one exception: table.c, when timeouts expire,
 * calls request_expire() of request.c, which is declared at the end of this file.
 *
 *	quota.c		users and the memory that is charged to them
 *	destination.c	identities and cached routes of destinations
 *	table.c		requests in flight: hash table and timeout wheel
 *	pace.c		token bucket of a session
 *	cache.c		memory of requests, cached for the next ones
 *	queue.c		a session's requests, from admission to collection
 *	payload.c	payload and options, from user memory to a packet
 *	xmit.c		what IPv4 and IPv6 share to send a packet
 *	fastpath4.c	the fast path for IPv4: ordinary packets, straight to the IP layer
 *	icmp4.c		sockets, checks and matching for IPv4
 *	fastpath6.c icmp6.c	fastpath4.c and icmp4.c for IPv6; noicmp6.c without CONFIG_IPV6
 *	request.c	a request's life, from its checks to its completion
 *	netns.c		receive sockets of a network namespace
 *	session.c	an open file: rights, limits, poll, cancel, fdinfo
 *	chrdev.c	ioctls: the interface to user memory
 *	parse4.c parse6.c	parsers of received packets; they also compile in user space
 *
 * The way of an IPv4 echo request of SUBMIT on the fast path: the files in the order in
 * which the request enters them, each with the functions that handle it there.
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
 *	publish		give a request its identity and insert it into the table of table.c
 *	in flight	published, and not claimed yet
 *	claim		take a request out of flight; only the claimer may complete or withdraw it
 *	complete	the claimer delivers the completion: answers, or why there are none
 *	deliver		queue the completion for REAP, or wake the SEND that waits for it
 *	collect		REAP or SEND copies the completion to user memory and releases the request
 *	discard		undo the admission of a request that was not published
 *	withdraw	claim a published request and undo its admission, without a completion
 *	reply buffer	memory for data and options of the answers
 *	stride		bytes of one answer's data and options in the reply buffer
 *	identity	ICMP identifier and sequence number
 *	block		65,536 sequence numbers of a destination, which one user takes in turn
 *	page		of the table of destinations: some entries, allocated when needed
 *	cached		memory that is kept for later requests, and reclaimed under pressure
 *	session		an open file of the device
 *
 * References of a request: the table has one, which passes to the claimer, then to the
 * session's list, then to the collector. SUBMIT has another until it has sent the
 * request, SEND until it returns. CANCEL takes one more, and so does softirq for a request
 * for several answers. A request of SEND is found by its id until the last reference is
 * dropped.
 *
 * References of a session: its open file, each request that is not cached, and a thread
 * that reclaims its memory. Softirq may drop the last one, so a worker frees the session
 * after an RCU grace period: code under rcu_read_lock() may use a session whose request it
 * has just delivered.
 *
 * Locks: session->reap_mutex, session->cancel_mutex and ns->mutex are taken in process
 * context. Inside them, either session->lock or the lock of a shard (a part of the table)
 * may be taken. session->lock and shard->lock are spinlocks that softirq takes too, so
 * process context takes them with _bh. They are never nested in each other, and neither is
 * held over a send: for a local destination the answer arrives inside the send.
 * destination->lock, users_lock and identities_lock are leaves, taken only in process
 * context. Memory charged to a user's cgroup may take long to allocate, so it is never
 * allocated under a lock that another user's open or close takes.
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

/* One answer's data and IP options, up to this size (ping's), are stored in the request. */
#define ICMPECHO_INLINE_REPLY	56

/* How many requests are allocated, collected or freed at once */
#define ICMPECHO_BATCH		16

/*
 * How many free requests a session caches at most: 16 KiB. Without the cache, each echo costs
 * 102 instructions more, or 432 (3 %) in a memory cgroup, where systemd puts every service. With
 * 1,400 bytes of payload: 1,027 (5 %) more, or 2,066 (11 %).
 */
#define ICMPECHO_CACHED		64

/* A cached request keeps a reply buffer up to this size: 128 KiB per session */
#define ICMPECHO_CACHED_BUFFER	2048

/* Limit of a timeout: 2^32 ms, since IcmpSendEcho() of Windows takes a 32-bit number of ms */
#define ICMPECHO_MAX_TIMEOUT_NS	(NSEC_PER_MSEC << 32)

/* The longest IP options that an IPv4 header can carry */
#define ICMPECHO_MAX_OPTIONS	40

/*
 * Index of an address family. session->tx has one more, ICMPECHO_BROADCAST: IPv4 sockets with
 * SO_BROADCAST.
 */
enum icmpecho_family_index {
	ICMPECHO_IPV4,
	ICMPECHO_IPV6,
	ICMPECHO_NR_FAMILIES,
	ICMPECHO_BROADCAST = ICMPECHO_NR_FAMILIES,
	ICMPECHO_NR_TX,
};

/* Why a reply or ICMP error that reached a receive socket was added to no request */
enum icmpecho_drop {
	ICMPECHO_DROP_MALFORMED,	/* too short, or contradicts itself */
	ICMPECHO_DROP_UNMATCHED,	/* no request in flight has its identity */
	ICMPECHO_DROP_ADDRESS,		/* the request with its identity has other addresses */
	ICMPECHO_DROP_CHECKSUM,
	ICMPECHO_DROP_LATE,		/* the request is sealed: it takes no more answers */
	ICMPECHO_NR_DROPS,
};

struct icmpecho_request;
struct icmpecho_session;
struct icmpecho_destination_page;

/* A route (dst_entry) from the IP layer, and what it was looked up for */
struct icmpecho_route {
	struct dst_entry *dst;		/* this struct has a reference; or NULL */
	union icmpecho_addr source;	/* source address that belongs to @dst */
	kuid_t uid;			/* of the send socket that @dst was looked up for */
	u32 cookie;			/* for dst_check() */
	u32 generation;			/* route_generation() before the look-up */
	u32 cached_at;			/* jiffies */
};

/*
 * Number of streams of identities (see destination.c). Destinations that share a stream use it up
 * faster, so there are as many as fit into 1 KiB of struct icmpecho_identities.
 */
#define ICMPECHO_NR_STREAMS	248

/*
 * The next identity of one user in each stream of a namespace. identities_lock protects all
 * members but @next.
 */
struct icmpecho_identities {
	struct hlist_node node;		/* in ns->identities or, without sessions, in ns->idle */
	struct icmpecho_user *user;
	unsigned int sessions;		/* of @user in the namespace */
	atomic_t next[ICMPECHO_NR_STREAMS];	/* see identity_next() */
};

struct icmpecho_rx {
	struct icmpecho_netns *ns;
	const struct icmpecho_family *family;
	struct socket *sock;		/* NULL if it is not open, or the host lacks the family */
	void (*data_ready)(struct sock *sk);	/* original sk_data_ready of @sock */
};

/* The module's part of a network namespace. A lock named behind a member protects it. */
struct icmpecho_netns {
	struct net *net;
	struct mutex mutex;		/* protects @sessions, @rx, pointer @destinations */
	unsigned int sessions;		/* not freed yet */
	struct icmpecho_rx rx[ICMPECHO_NR_FAMILIES];	/* open while @sessions is above 0 */
	/* Pages of the table of destinations; NULL while @sessions is 0 */
	struct icmpecho_destination_page __rcu **destinations;
	siphash_key_t key;		/* secret that identities derive from; constant */
	atomic_t blocks[ICMPECHO_NR_STREAMS];	/* last block handed out of each stream */
	DECLARE_HASHTABLE(identities, 4);	/* of users with sessions; identities_lock */
	struct hlist_head idle;		/* identities for new users; identities_lock */
	unsigned int nr_idle;		/* identities_lock */
	u64 __percpu *drops;		/* by enum icmpecho_drop */
};

/* One user, to whom the memory of all sessions that they opened is charged */
struct icmpecho_user {
	struct hlist_node node;		/* in the table of users; users_lock */
	kuid_t uid;			/* from quota_owner(); constant */
	unsigned int refs;		/* of sessions and the shrinker; users_lock */
	struct list_head sessions;	/* next one to reclaim from first; users_lock */
	atomic_long_t bytes;		/* memory charged */
	atomic_long_t cached;		/* of @bytes, those that can be reclaimed */
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
	spinlock_t lock;		/* members up to @changes; a leaf, taken with _bh */
	u64 interval_ns;		/* between two tokens, 0: no limit; also read unlocked */
	u64 burst_ns;			/* @interval_ns * (tokens of a burst - 1) */
	u64 full_at_ns;			/* CLOCK_MONOTONIC; also read unlocked */
	u32 changes;			/* count of pace_set(); also read unlocked */
	wait_queue_head_t waiters;	/* submitters that wait for a token */
	struct hrtimer timer;		/* queues @work when there is a token; in hardirq */
	struct work_struct work;	/* wakes @pollers, who may be many */
	wait_queue_head_t *pollers;
};

/* An open file of the device */
struct icmpecho_session {
	refcount_t ref;			/* open file, requests, reclaim */
	struct icmpecho_netns *ns;	/* with a reference of ns->net; constant */
	struct icmpecho_user *user;	/* with a reference; charged for memory */
	struct list_head user_node;	/* in user->sessions; users_lock */
	struct icmpecho_identities *identities;	/* of @user in @ns */
	bool privileged;		/* opener had CAP_NET_RAW over @ns; constant */
	u32 max_requests;		/* limit of @nr_requests; constant */
	/*
	 * Send sockets, indexed by enum icmpecho_family_index and by don't-fragment (0 or 1).
	 * The broadcast pair exists only if @privileged. All are unhashed, so they receive
	 * nothing. Constant.
	 */
	struct sock *tx[ICMPECHO_NR_TX][2];

	/*
	 * Taken in softirq too. Protects the session's members from here to @outcomes, and
	 * these members of its requests: node, waiter, completed, held, nr_answers, sealed.
	 */
	spinlock_t lock;
	struct list_head inflight;	/* requests of SUBMIT, from admission to completion */
	struct list_head done;		/* completed requests of SUBMIT, oldest first */
	struct list_head waited;	/* requests of SEND, from admission to collection */
	u32 nr_requests;		/* admitted, not collected; also read unlocked */
	u32 nr_inflight;
	u32 nr_done;			/* length of @done; also read unlocked */
	bool closed;			/* the file is closed: drop completions */
	u32 nr_cached;
	struct icmpecho_request *cached[ICMPECHO_CACHED];	/* free requests */
	u64 outcomes[ICMPECHO_NR_OUTCOMES];

	struct socket_wq wq;		/* reapers and pollers; sk_wq of all @tx */
	/* Counts completions on @done; replaced under @lock, read under RCU */
	struct eventfd_ctx __rcu *eventfd;
	struct icmpecho_pacer pacer;
	/*
	 * One REAP at a time, so that records stay in order. REAP holds this mutex while it
	 * writes to user memory, where another process may have to serve a page fault: a task
	 * that waits for the mutex must be killable.
	 */
	struct mutex reap_mutex;
	struct mutex cancel_mutex;	/* one CANCEL_ALL at a time: each reorders lists */
	struct rcu_work free_work;	/* frees the session when @ref is 0 */
	struct rcu_head rcu;
};

/* One answer, or the end of a request without one: source of struct icmpecho_completion */
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
 * uses one for all its requests in turn. The payload is never read into the reply buffer: softirq
 * may write a reply there while the request is still being sent.
 */
struct icmpecho_packet {
	struct icmpecho_echo echo;	/* from user memory; request_prepare() checks it */
	u8 options[ICMPECHO_MAX_OPTIONS] __aligned(4);	/* IP options; echo.options_len bytes */
	const struct icmpecho_family *family;
	struct sock *sk;		/* the send socket that owns the packet */
	u8 *buffer;			/* for the ICMP message of sendmsg() */
	size_t buffer_size;
	bool routed_alone;		/* route depends on the destination alone: cacheable */
	struct icmpecho_route route;	/* owns route.dst */
};

/*
 * A request. Constant members are written before the request is published. A lock named behind a
 * member protects it.
 */
struct icmpecho_request {
	/* In the hash table: SUBMIT's while in flight, SEND's until released; shard->lock */
	struct hlist_node hash_node;
	struct list_head node;		/* in session->inflight, done or waited */
	union {
		struct completion *waiter;	/* of the SEND that waits, or NULL; if @sync */
		struct eventfd_ctx *eventfd;	/* ICMPECHO_EVENTFD, or NULL; unless @sync */
	};
	struct icmpecho_session *session;	/* with a reference */
	u64 user_data;			/* constant */
	u32 key;			/* icmpecho_key(); 0 until published, then constant */
	u32 generation;			/* makes the id unique; written with @key */

	ktime_t sent;			/* ktime_get() at publication, then at departure */
	union icmpecho_addr dst;	/* constant */
	union icmpecho_addr src;	/* of the packet; zero until just before it leaves */
	refcount_t ref;
	u32 oif;			/* ifindex asked for or bound to, or 0; constant */
	u16 capacity;			/* bytes for one answer's data; constant */
	u16 family;			/* AF_INET or AF_INET6; constant */
	u16 max_answers;		/* constant */
	u16 nr_answers;
	u8 options_capacity;		/* bytes for one answer's IP options; constant */
	u8 sync : 1;			/* sent by SEND; constant */
	u8 quote : 1;			/* deliver the packet an ICMP error quotes; constant */
	u8 source_routed : 1;		/* IP source route: errors may quote a hop; constant */
	u8 anyone : 1;			/* broadcast: any host may reply; set before it leaves */
	bool inflight;			/* published, unclaimed; shard->lock; also read unlocked */
	u8 completed : 1;
	/*
	 * A SEND will collect the request: the one that made it, until that SEND is interrupted
	 * or cannot write the completion; then the SEND that resumes the request.
	 */
	u8 held : 1;
	u8 sealed : 1;			/* takes no more answers */
	u32 buffer_size;		/* of @buffer; 0: @inline_buffer is used; constant */

	union {
		struct {
			struct hlist_node wheel_node;	/* in the wheel; shard->lock */
			u64 due;	/* tick at which the timeout expires; shard->lock */
		};
		/* The answer, if max_answers is 1; the claimer writes it, off the wheel */
		struct icmpecho_answer answer;
	};
	/*
	 * Reply buffer: data and IP options of the answers. If max_answers is above 1, @buffer
	 * begins with an array of max_answers struct icmpecho_answer.
	 */
	union {
		u8 inline_buffer[ICMPECHO_INLINE_REPLY];	/* whitelisted for usercopy */
		u8 *buffer;
	};
};

/* The constants and functions of IPv4 or IPv6 */
struct icmpecho_family {
	u16 family;			/* AF_INET or AF_INET6 */
	enum icmpecho_family_index index;
	u8 protocol;			/* IPPROTO_ICMP or IPPROTO_ICMPV6 */
	u8 route_tos;			/* bits of the TOS that routes depend on */
	u32 max_payload;
	int (*init_tx)(struct sock *sk, bool df);
	int (*init_rx)(struct socket *sock);
	/* Check the addresses of @echo, and interface @oif. Returns 0 or a negative errno. */
	int (*check)(struct icmpecho_session *s, const struct icmpecho_echo *echo, u32 oif);
	/*
	 * Look up the route as sendmsg() on the send socket does, and write its source and
	 * cookie to packet->route. Returns the route with a reference, or ERR_PTR().
	 */
	struct dst_entry *(*look_up)(const struct icmpecho_request *req,
				     struct icmpecho_packet *packet);
	/*
	 * Send @packet by the fast path, without sendmsg(). Returns 0, a negative errno, or 1 if
	 * sendmsg() must send it.
	 */
	int (*send_fast)(struct icmpecho_request *req, struct icmpecho_packet *packet);
	/*
	 * Prepare sendmsg() on a send socket. Writes the ICMP header to @message, the
	 * destination and control messages to @msg, and the packet's future source address to
	 * packet->route. Sets packet->sk for a broadcast. Returns 0 or a negative errno.
	 */
	int (*write_message)(struct icmpecho_request *req, struct icmpecho_packet *packet,
			     struct msghdr *msg, u8 *message);
	/*
	 * Write the next hop of route @dst to @hop, which holds req->dst before. Returns the
	 * neighbour table of the next hop.
	 */
	struct neigh_table *(*next_hop)(const struct icmpecho_request *req,
					struct icmpecho_packet *packet,
					struct dst_entry *dst, union icmpecho_addr *hop);
	/* Softirq calls parse() and all members below it. */
	enum icmpecho_verdict (*parse)(const struct sk_buff *skb, struct icmpecho_parsed *p);
	/* Do the addresses in @p, which include those that an ICMP error quotes, match @req? */
	bool (*addresses_fit)(const struct icmpecho_request *req,
			      const struct icmpecho_parsed *p);
	/* Is the ICMP checksum of @skb right? NULL for IPv6: the raw socket has verified it. */
	bool (*checksum_good)(struct sk_buff *skb, const struct icmpecho_parsed *p);
};

/* The key of a request in the table: its ICMP identifier and sequence number */
static inline u32 icmpecho_key(u16 ident, u16 seq)
{
	return (u32)ident << 16 | seq;
}

/* The id by which user space names a published request */
static inline u64 request_id(const struct icmpecho_request *req)
{
	return (u64)READ_ONCE(req->generation) << 32 | READ_ONCE(req->key);
}

/*
 * The eventfd that was given with a request of SUBMIT (ICMPECHO_EVENTFD), or NULL. No reference
 * is taken. The session's own eventfd is signalled, too.
 */
static inline struct eventfd_ctx *request_eventfd(const struct icmpecho_request *req)
{
	return req->sync ? NULL : req->eventfd;
}

/* Does completing @a notify the same session and eventfd as completing @b? */
static inline bool request_alike(const struct icmpecho_request *a,
				 const struct icmpecho_request *b)
{
	return a->session == b->session && request_eventfd(a) == request_eventfd(b);
}

/*
 * May the current task do what needs CAP_NET_RAW? The opener of the device must have had it, too:
 * the file descriptor may have been passed on.
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

/* Where the data of answer @i begins; its IP options begin req->capacity bytes after that. */
static inline u8 *request_data(struct icmpecho_request *req, u32 i)
{
	if (!req->buffer_size)
		return req->inline_buffer;
	if (req->max_answers == 1)
		return req->buffer;
	return req->buffer + i * request_stride(req) +
	       req->max_answers * sizeof(struct icmpecho_answer);
}

/* Length of the ICMP message: ICMP header and payload */
static inline size_t packet_message_len(const struct icmpecho_packet *packet)
{
	return ICMPECHO_HEADER_LEN + packet->echo.payload_len;
}

static inline bool packet_has_df(const struct icmpecho_packet *packet)
{
	return packet->echo.flags & ICMPECHO_DONT_FRAGMENT;
}

/* Is @addr one that is ambiguous without its interface, such as link-local? */
static inline bool needs_scope(const struct in6_addr *addr)
{
	return __ipv6_addr_needs_scope_id(ipv6_addr_type(addr));
}

static inline bool addr_equal(const union icmpecho_addr *a, const union icmpecho_addr *b)
{
	return ipv6_addr_equal(&a->v6, &b->v6);
}

/*
 * Complete the requests on @expired, which are linked by their wheel_node. Their timeout has
 * expired, and the caller has claimed them. table.c calls this function of request.c. Process
 * context.
 */
static void request_expire(struct hlist_head *expired);

#endif /* ICMPECHO_H */
