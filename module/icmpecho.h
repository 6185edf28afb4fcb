/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of the module: who owns what, which lock protects it, and which file
 * does what; icmpecho.c makes one compilation unit of them. Calls go downwards
 * in this order of files; what comes up from below goes through one function at
 * each boundary:
 *
 *	chrdev.c	ioctl, poll, fdinfo
 *	packet.c	a request's bytes; with chrdev.c all that touches user memory
 *	session.c	an open file: rights, limits, its queue of completions
 *	quota.c		users, and what all sessions of one may take up
 *			-> icmpecho_session_give_back()
 *	pace.c		how fast it may send
 *	request.c	a request's life    <- icmpecho_request_expire()
 *	identity.c	identifier and sequence number of a request
 *	dest.c		what is known of destinations: their identity and route
 *	table.c		requests in flight: hash and timeouts
 *	icmp4.c icmp6.c	the wire, in one family's terms
 *	plain4.c plain6.c  ordinary requests, straight to the IP layer
 *	parse4.c parse6.c  bytes to a verdict
 *	wire.c		the wire, in terms of both  -> icmpecho_request_answer()
 *	netns.c		receive sockets     -> icmpecho_wire_receive()
 *
 * A request's life:
 *
 *	create		memory, limits, on the session's list
 *	publish		identity chosen, in the table
 *	send		handed to the socket; it may be answered before that returns
 *	claim		whoever ends its flight in the table owns its completion
 *	complete	queued for REAP, or its SEND woken, or the session is closed
 *	collect		copied to user memory, freed
 *
 * References of a request: the table's, which passes to the owner, then to the
 * session's queue, then to the collector; and the submitter's while it is in the
 * ioctl. Softirq takes one more while it looks at a packet. A request of SEND is
 * found by its id until the last reference is gone.
 *
 * References of a session: its open file, and each request. The last one may be
 * dropped in softirq, so the rest is torn down by a worker, after an RCU grace
 * period: code under rcu_read_lock() may use a session whose request it has just
 * handed over.
 *
 * Locks: session->reap_mutex, session->cancel_mutex and net->mutex are taken in
 * process context; then either session->lock or shard->lock. These two are spinlocks
 * that softirq takes too, so others take them with _bh. They are never nested,
 * and neither is held over a send: for a local destination the answer arrives
 * inside it. dest->lock, users_lock and numbers_lock are leaves that only process
 * context takes.
 * Nothing is allocated on a user's account, whose cgroup may have it wait for
 * long, under a lock that another user's open or close takes.
 */
#ifndef ICMPECHO_H
#define ICMPECHO_H

#include <linux/completion.h>
#include <linux/eventfd.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/seq_file.h>
#include <linux/siphash.h>
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

/* How many requests are made, collected or freed at once */
#define ICMPECHO_BATCH		16

/* How many free requests an open file keeps for its next ones: 16 KiB */
#define ICMPECHO_SPARES		64

/* Up to this size each of them keeps its reply room, too: 128 KiB */
#define ICMPECHO_SPARE_ROOM	2048

/* 2^32 ms, the longest that the IcmpSendEcho family can ask for */
#define ICMPECHO_MAX_TIMEOUT_NS	(NSEC_PER_MSEC << 32)

enum icmpecho_family_index {
	ICMPECHO_IPV4,
	ICMPECHO_IPV6,
	ICMPECHO_NR_FAMILIES,
};

/* Send sockets: those of each family, and those of whoever may send broadcasts */
enum icmpecho_tx_index {
	ICMPECHO_TX_BROADCAST = ICMPECHO_NR_FAMILIES,
	ICMPECHO_NR_TX,
};

struct icmpecho_request;
struct icmpecho_session;

/* Packets that reached our sockets and completed nothing */
enum icmpecho_drop {
	ICMPECHO_DROP_MALFORMED,	/* too short, or contradicts itself */
	ICMPECHO_DROP_UNMATCHED,	/* answers no request in flight */
	ICMPECHO_DROP_ADDRESS,		/* right key, wrong address */
	ICMPECHO_DROP_CHECKSUM,
	ICMPECHO_DROP_LATE,		/* lost the race to another ending */
	ICMPECHO_NR_DROPS,
};

struct icmpecho_net_stats {
	u64 drops[ICMPECHO_NR_DROPS];
};

/**
 * struct icmpecho_route - a route as the IP layer gave it
 * @dst: the route
 * @source: the source address that belongs to it
 * @uid: for whom it was looked up
 * @cookie: what dst_check() wants to hear
 * @generation: of what dst_check() does not know: nexthop objects, and for IPv6
 *	the choice of @source
 * @kept: when it was kept, in jiffies
 */
struct icmpecho_route {
	struct dst_entry *dst;
	union icmpecho_addr source;
	kuid_t uid;
	u32 cookie;
	u32 generation;
	u32 kept;
};

/**
 * struct icmpecho_dest - what is known of a destination
 * @lock: protects the rest; process context
 * @addr: its address; zero, which is none, at first
 * @block: the block of identities that a request to it had last, or 0
 * @ident: the identifier that is @block's for it
 * @hash: see icmpecho_identity_hash()
 * @route: the route to it, with a reference, or without a dst
 * @gone: no route is kept here any more
 */
struct icmpecho_dest {
	spinlock_t lock;	/* all of this */
	u16 block;
	u16 ident;
	union icmpecho_addr addr;
	u64 hash;
	struct icmpecho_route route;
	bool gone;
};

/*
 * Destinations that share a stream of identities just use it up faster. As many as
 * there are room for in struct icmpecho_numbers.
 */
#define ICMPECHO_NR_STREAMS	248

/**
 * struct icmpecho_numbers - where the identities of one user in a namespace stand
 * @node: in the namespace's table, or among those that nobody uses
 * @user: the user, or nobody in particular
 * @sessions: open sessions
 * @next: the next number of each stream, see icmpecho_identity_next()
 */
struct icmpecho_numbers {
	struct hlist_node node;
	struct icmpecho_user *user;
	unsigned int sessions;
	atomic_t next[ICMPECHO_NR_STREAMS];
};

/**
 * struct icmpecho_rx - a receive socket
 * @sock: the socket, or NULL
 * @data_ready: what its sk_data_ready was before
 */
struct icmpecho_rx {
	struct socket *sock;
	void (*data_ready)(struct sock *sk);
};

/**
 * struct icmpecho_net - our part of a network namespace
 * @net: the namespace; it outlives this
 * @mutex: protects @users, @rx and @dests
 * @users: open sessions
 * @rx: receive sockets, one per family that the host has; there while @users
 * @dests: table of destinations, page by page; there while @users
 * @key: secret behind identifiers and sequence numbers; constant
 * @blocks: the last block that was taken of each stream of identities
 * @numbers: where the identities of each user stand; protected, as @idle and
 *	@nr_idle, by numbers_lock
 * @idle: those of users who are gone
 * @nr_idle: how many that are
 * @stats: counted in softirq
 */
struct icmpecho_net {
	struct net *net;
	struct mutex mutex;	/* users, rx, dests */
	unsigned int users;
	struct icmpecho_rx rx[ICMPECHO_NR_FAMILIES];
	struct icmpecho_dest_page __rcu **dests;
	siphash_key_t key;
	atomic_t blocks[ICMPECHO_NR_STREAMS];
	DECLARE_HASHTABLE(numbers, 4);
	struct hlist_head idle;
	unsigned int nr_idle;
	struct icmpecho_net_stats __percpu *stats;
};

/**
 * struct icmpecho_user - what all sessions of one user hold together
 * @node: in the table of users; protected by users_lock
 * @uid: whose quota it is: the opener, or who made the opener's user namespace
 * @refs: who uses this; protected by users_lock
 * @sessions: open sessions, by their user_node, in the order in which they are asked
 *	to give memory back; protected by users_lock
 * @nr_sessions: how many; protected by users_lock
 * @bytes: memory of their requests, and what is kept
 * @kept: of that, what is kept for the next requests: free ones, and pages of tables
 *	of destinations
 */
struct icmpecho_user {
	struct hlist_node node;
	kuid_t uid;
	unsigned int refs;
	struct list_head sessions;
	unsigned int nr_sessions;
	atomic_long_t bytes;
	atomic_long_t kept;
};

/* How requests of a session ended, and how many there were */
enum icmpecho_outcome {
	ICMPECHO_REPLIED,
	ICMPECHO_GOT_ERROR,
	ICMPECHO_TIMED_OUT,
	ICMPECHO_CANCELLED,
	ICMPECHO_NOT_SENT,
	ICMPECHO_NR_OUTCOMES,
};

/**
 * struct icmpecho_pacer - how fast a session may send
 * @lock: softirq-safe; protects the members up to @changes; a leaf
 * @interval_ns: from one request to the next, or 0; also read unlocked
 * @ahead_ns: how far @full_ns may lie ahead of now
 * @full_ns: when the bucket will be full again; also read unlocked
 * @changes: how often the pace was set; waiters read it unlocked
 * @turn: who waits for a turn
 * @timer: wakes pollers when the next request may leave
 * @pollers: where they are
 */
struct icmpecho_pacer {
	spinlock_t lock;	/* the bucket */
	u64 interval_ns;
	u64 ahead_ns;
	u64 full_ns;
	u32 changes;
	wait_queue_head_t turn;
	struct hrtimer timer;
	wait_queue_head_t *pollers;
};

/**
 * struct icmpecho_queue - requests, oldest first
 * @head: the requests, by their node
 * @end: where the next one is put
 *
 * A list_head would do, but for what its functions check with DEBUG_LIST.
 */
struct icmpecho_queue {
	struct hlist_head head;
	struct hlist_node **end;
};

/**
 * struct icmpecho_session - an open file of the device
 * @ref: the open file, and each request
 * @in: network namespace, pinned at open
 * @user: whom requests are charged to
 * @user_node: among that user's open sessions; protected by users_lock
 * @numbers: where the user's identities in @in stand
 * @privileged: the opener had CAP_NET_RAW over the namespace; constant
 * @max_requests: limit of @nr_requests; constant
 * @tx: send sockets, by family and don't-fragment, and two more for broadcasts
 *	if @privileged; unhashed, so that they receive nothing; constant
 * @lock: softirq-safe; protects the members up to @outcomes, and in each request
 *	node, waiter, completed, held, nr_answers and sealed
 * @inflight: requests of SUBMIT, until they complete
 * @done: their completions, oldest first
 * @waited: requests of SEND, until they are collected
 * @nr_requests: requests in flight and uncollected; poll reads it unlocked
 * @nr_inflight: requests in flight
 * @nr_done: length of @done; waiters read it unlocked
 * @closed: the file is gone; completions have nowhere to go
 * @nr_spares: length of @spares
 * @spares: free requests, for the next ones; given back when their user needs
 *	quota, or all of us memory
 * @outcomes: completions so far, by outcome
 * @wq: its wait is where reapers and pollers are; the send sockets' sk_wq points
 *	here, so that room in a send buffer wakes them
 * @eventfd: one count for each completion queued on @done; replaced under
 *	@lock, read under RCU
 * @pacer: how fast requests may leave
 * @reap_mutex: one reaper at a time, so that records stay in order. It is held
 *	over page faults, which the reaper's own process may have to serve: so
 *	whoever takes it can be killed while they wait
 * @cancel_mutex: one CANCEL_ALL at a time, since it reorders @inflight and @waited
 * @free_work: tears the session down when @ref is gone
 * @rcu: frees the memory when nobody looks at @wq any more
 */
struct icmpecho_session {
	refcount_t ref;
	struct icmpecho_net *in;
	struct icmpecho_user *user;
	struct list_head user_node;
	struct icmpecho_numbers *numbers;
	bool privileged;
	u32 max_requests;
	struct sock *tx[ICMPECHO_NR_TX][2];

	spinlock_t lock;	/* the lists and what follows */
	struct icmpecho_queue inflight;
	struct icmpecho_queue done;
	struct icmpecho_queue waited;
	u32 nr_requests;
	u32 nr_inflight;
	u32 nr_done;
	bool closed;
	u32 nr_spares;
	struct icmpecho_request *spares[ICMPECHO_SPARES];
	u64 outcomes[ICMPECHO_NR_OUTCOMES];

	struct socket_wq wq;
	struct eventfd_ctx __rcu *eventfd;
	struct icmpecho_pacer pacer;
	struct mutex reap_mutex;	/* order of records */
	struct mutex cancel_mutex;	/* order of requests */
	struct rcu_work free_work;
	struct rcu_head rcu;
};

/**
 * struct icmpecho_answer - how a request ended
 * @from: who answered
 * @rtt_ns: round-trip time
 * @received_ns: CLOCK_REALTIME of the arrival
 * @info: next-hop MTU or pointer
 * @ifindex: where it arrived
 * @scope_id: scope of @from, if that is link-local
 * @status: ICMPECHO_STATUS_*
 * @data_len: bytes in the reply room
 * @wire_len: bytes on the wire
 * @error: positive errno of a local failure
 * @flags: flags of struct icmpecho_completion
 * @options_len: bytes of IP options in the reply room
 * @type: ICMP type
 * @code: ICMP code
 * @ttl: TTL of the answer
 * @tos: type of service of the answer
 */
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

/* The longest IP options that an IPv4 header can carry */
#define ICMPECHO_MAX_OPTIONS	40

/* Bytes of ICMP header in front of an echo's payload, both families */
#define ICMPECHO_HEADER_LEN	8

/**
 * struct icmpecho_packet - an echo request on its way from user memory
 * @payload: where its payload is
 * @payload_len: length of that
 * @options: IP options
 * @options_len: length of those
 * @source: the address that it leaves from, if its route is known
 * @bytes: memory for the ICMP header and the payload, or NULL
 * @room: size of @bytes
 *
 * The payload is not kept in the request's reply room: a reply could arrive
 * there while it is still being sent.
 */
struct icmpecho_packet {
	const void __user *payload;
	size_t payload_len;
	u8 options[ICMPECHO_MAX_OPTIONS] __aligned(4);
	size_t options_len;
	union icmpecho_addr source;
	u8 *bytes;
	size_t room;
};

/**
 * struct icmpecho_request - one echo request
 * @hash_node: in the table; protected by shard->lock. One of SUBMIT is there while
 *	it is in flight, one of SEND until it is freed.
 * @node: in one of the session's queues
 * @waiter: the SEND that waits for it or collects it, if @sync; else NULL
 * @eventfd: to signal, unless @sync; taken over by the completer
 * @session: whose it is; holds a reference
 * @user_data: the caller's; constant
 * @sent: ktime_get() at departure; set before the packet leaves
 * @key: identifier and sequence number, see icmpecho_key(); 0 until published,
 *	constant from then on
 * @generation: makes @key a name that is not used again; as @key
 * @dst: destination; constant
 * @src: source that its packet has, see icmpecho_request_depart(); zero until it
 *	leaves
 * @ref: see above
 * @oif: the interface that it was sent through, if that was chosen, by the
 *	request or for the opener's sockets; constant
 * @capacity: room for an answer's data; constant
 * @max_answers: how many answers it waits for; constant
 * @nr_answers: how many there are
 * @options_capacity: room for an answer's IP options; constant
 * @family_index: address family; constant
 * @sync: sent by SEND; constant
 * @quote: the caller wants an error's quote; constant
 * @routed: sent along a source route, so that errors quote a hop as destination;
 *	constant
 * @anyone: anybody may answer; set by the submitter before the packet leaves
 * @inflight: published and not claimed; protected by shard->lock, also read unlocked
 * @completed: the answer is there
 * @held: some call sees to it, from the SEND that made it on; false once that was
 *	interrupted, or could not deliver the completion, until another takes over
 * @sealed: no answer is added any more
 * @room_size: size of @room, or 0; constant
 * @wheel_node: in the timeout wheel; protected by shard->lock
 * @due: tick of the wheel at which it times out; protected by shard->lock
 * @answer: the only answer, of a request for one: who takes the request out of
 *	the table may forget when it was due. Written by the owner of the
 *	completion; read after completion
 * @inline_room: room for an ordinary reply; copied to user memory, so whitelisted
 *	for that
 * @room: where that does not do, memory for data and options of the answers, and,
 *	if there may be many, before it the answers
 */
struct icmpecho_request {
	struct hlist_node hash_node;
	struct hlist_node node;
	union {
		struct completion *waiter;
		struct eventfd_ctx *eventfd;
	};
	struct icmpecho_session *session;
	u64 user_data;
	u32 key;
	u32 generation;

	ktime_t sent;
	union icmpecho_addr dst;
	union icmpecho_addr src;
	refcount_t ref;
	u32 oif;
	u16 capacity;
	u16 max_answers;
	u16 nr_answers;
	u8 options_capacity;
	u8 family_index;
	u8 sync : 1;
	u8 quote : 1;
	u8 routed : 1;
	u8 anyone : 1;
	bool inflight;
	u8 completed : 1;
	u8 held : 1;
	u8 sealed : 1;
	u32 room_size;

	union {
		struct {
			struct hlist_node wheel_node;
			u64 due;
		};
		struct icmpecho_answer answer;
	};
	union {
		u8 inline_room[ICMPECHO_INLINE_REPLY];
		u8 *room;
	};
};

/**
 * struct icmpecho_family - what differs between IPv4 and IPv6
 * @family: AF_INET or AF_INET6
 * @index: index of arrays by family
 * @max_payload: longest payload that a packet can carry
 * @open_tx: make an unhashed send socket, with or without don't-fragment
 * @open_rx: make a hashed socket that receives replies and errors
 * @oif: the interface to send through, by the request or the send socket, or 0 for
 *	the routing table's choice
 * @source_routed: do its options name hops? NULL if there are no options
 * @check: can this be sent, through this interface or none? 0 or the errno of the
 *	refusal
 * @send: send the payload behind an ICMP header
 * @refusal: sending failed with this errno: the errno to refuse the request
 *	with, or 0 for completing it
 * @parse: take a received packet apart; softirq, as all that follow
 * @addresses_fit: does this answer come from where it must, to where it must?
 * @checksum_good: is its checksum right? NULL if the socket checks that
 */
struct icmpecho_family {
	u16 family;
	enum icmpecho_family_index index;
	u32 max_payload;
	int (*open_tx)(struct net *net, bool df, struct sock **sk);
	int (*open_rx)(struct net *net, struct socket **sock);
	u32 (*oif)(const struct icmpecho_session *s,
		   const struct icmpecho_echo *echo);
	bool (*source_routed)(struct icmpecho_packet *packet);
	int (*check)(struct icmpecho_session *s,
		     const struct icmpecho_echo *echo, u32 oif);
	int (*send)(struct icmpecho_request *req,
		    const struct icmpecho_echo *echo,
		    struct icmpecho_packet *packet);
	int (*refusal)(const struct icmpecho_request *req, int err);
	enum icmpecho_verdict (*parse)(const struct sk_buff *skb,
				       struct icmpecho_parsed *p);
	bool (*addresses_fit)(struct icmpecho_net *in,
			      const struct icmpecho_request *req,
			      const struct icmpecho_parsed *p);
	bool (*checksum_good)(struct sk_buff *skb,
			      const struct icmpecho_parsed *p);
};

/* main.c */
extern struct workqueue_struct *icmpecho_wq;
extern unsigned int icmpecho_max_requests;
extern unsigned long icmpecho_max_user_bytes;
extern bool icmpecho_plain;
extern const struct icmpecho_family *const
icmpecho_families[ICMPECHO_NR_FAMILIES];
static const struct icmpecho_family *icmpecho_family_find(u16 family);

/* chrdev.c */
static int icmpecho_chrdev_init(void);
static void icmpecho_chrdev_exit(void);

/* session.c */
static struct icmpecho_session *icmpecho_session_open(struct file *file);
static void icmpecho_session_close(struct icmpecho_session *s);
static void icmpecho_session_put(struct icmpecho_session *s, unsigned int n);
static bool icmpecho_session_privileged(struct icmpecho_session *s);
static unsigned int icmpecho_session_take_spares(struct icmpecho_session *s,
						 struct icmpecho_request **reqs,
						 unsigned int n);
static unsigned int icmpecho_session_keep_spares(struct icmpecho_session *s,
						 struct icmpecho_request **reqs,
						 unsigned int n);
static size_t icmpecho_session_give_back(struct icmpecho_session *s);
static unsigned int icmpecho_session_admit(struct icmpecho_session *s,
					   struct icmpecho_request **reqs,
					   unsigned int n);
static void icmpecho_session_dismiss(struct icmpecho_session *s,
				     struct icmpecho_request *req);
static unsigned int icmpecho_session_deliver_many(struct icmpecho_session *s,
						  struct icmpecho_request **reqs,
						  const enum icmpecho_outcome *outcomes,
						  unsigned int n);
static void icmpecho_session_notify(struct icmpecho_session *s, unsigned int n);
static void icmpecho_session_deliver(struct icmpecho_session *s,
				     struct icmpecho_request *req,
				     enum icmpecho_outcome outcome);
static unsigned int icmpecho_session_pop(struct icmpecho_session *s,
					 struct icmpecho_request **reqs,
					 unsigned int n);
static void icmpecho_session_unpop(struct icmpecho_session *s,
				   struct icmpecho_request **reqs, unsigned int n);
static int icmpecho_session_resume(struct icmpecho_session *s, u64 id,
				   struct icmpecho_request **req);
static int icmpecho_session_wait(struct icmpecho_session *s,
				 struct icmpecho_request *req,
				 struct completion *waiter);
static void icmpecho_session_unwait(struct icmpecho_session *s,
				    struct icmpecho_request *req);
static void icmpecho_session_collect(struct icmpecho_session *s,
				     struct icmpecho_request *req);
static int icmpecho_session_cancel(struct icmpecho_session *s, u64 id);
static int icmpecho_session_cancel_all(struct icmpecho_session *s);
static __poll_t icmpecho_session_poll(struct icmpecho_session *s);
static void icmpecho_session_set_eventfd(struct icmpecho_session *s,
					 struct eventfd_ctx *eventfd);
static void icmpecho_session_show(struct icmpecho_session *s, struct seq_file *m);

/* quota.c */
static int icmpecho_quota_init(void);
static void icmpecho_quota_exit(void);
static void icmpecho_user_add_session(struct icmpecho_session *s);
static void icmpecho_user_del_session(struct icmpecho_session *s);
static struct icmpecho_user *icmpecho_user_get(const struct cred *cred);
static void icmpecho_user_put(struct icmpecho_user *user);
static bool icmpecho_user_keep(struct icmpecho_user *user, size_t bytes);
static void icmpecho_user_unkeep(struct icmpecho_user *user, size_t bytes);
static int icmpecho_user_charge(struct icmpecho_user *user, size_t bytes);
static void icmpecho_user_uncharge(struct icmpecho_user *user, size_t bytes);

/* pace.c */
static void icmpecho_pace_init(struct icmpecho_pacer *p, wait_queue_head_t *pollers);
static void icmpecho_pace_exit(struct icmpecho_pacer *p);
static int icmpecho_pace_set(struct icmpecho_pacer *p, u64 interval_ns, u32 burst);
static int icmpecho_pace_wait(struct icmpecho_pacer *p, bool wait);
static void icmpecho_pace_return(struct icmpecho_pacer *p);
static void icmpecho_pace_hold(struct icmpecho_pacer *p);
static bool icmpecho_pace_ready(struct icmpecho_pacer *p);

/* packet.c */
static void icmpecho_packet_init(struct icmpecho_packet *packet);
static void icmpecho_packet_free(struct icmpecho_packet *packet);
static int icmpecho_packet_begin(struct icmpecho_packet *packet,
				 const struct icmpecho_echo *echo);
static int icmpecho_packet_payload(const struct icmpecho_packet *packet, u8 *to);
static u8 *icmpecho_packet_load(struct icmpecho_packet *packet);

/* request.c */
static int icmpecho_request_init(void);
static void icmpecho_request_exit(void);
static int icmpecho_request_reserve(struct icmpecho_session *s,
				    struct icmpecho_request **reqs, unsigned int n,
				    bool sync);
static size_t icmpecho_request_free_spares(struct icmpecho_session *s,
					   struct icmpecho_request **reqs, unsigned int n);
static void icmpecho_request_release(struct icmpecho_request **reqs, unsigned int n);
static int icmpecho_request_prepare(struct icmpecho_request *req,
				    const struct icmpecho_echo *echo,
				    const struct icmpecho_family *family,
				    struct icmpecho_packet *packet);
static int icmpecho_request_publish(struct icmpecho_request *req, u64 timeout_ns);
static int icmpecho_request_send(struct icmpecho_request *req,
				 const struct icmpecho_echo *echo,
				 struct icmpecho_packet *packet);
static bool icmpecho_request_withdraw(struct icmpecho_request *req);
static bool icmpecho_request_answer(struct icmpecho_request *req,
				    const struct icmpecho_parsed *p,
				    struct sk_buff *skb);
static void icmpecho_request_expire(struct hlist_head *expired);
static bool icmpecho_request_cancel(struct icmpecho_request *req);
static void icmpecho_request_put(struct icmpecho_request *req);
static void icmpecho_request_put_many(struct icmpecho_request **reqs, unsigned int n);

/* identity.c */
static struct icmpecho_numbers *icmpecho_numbers_get(struct icmpecho_net *in,
						     struct icmpecho_user *user);
static bool icmpecho_numbers_put(struct icmpecho_net *in,
				 struct icmpecho_numbers *numbers);
static void icmpecho_numbers_free_idle(struct icmpecho_net *in);
static u64 icmpecho_identity_hash(const struct icmpecho_net *in,
				  const union icmpecho_addr *dst);
static u32 icmpecho_identity_next(struct icmpecho_net *in,
				  struct icmpecho_numbers *numbers, u64 hash, bool skip);
static u16 icmpecho_identity_ident(u64 hash, u16 block);
static u16 icmpecho_identity_seq(u64 hash, u32 number);

/* dest.c */
static struct icmpecho_dest_page __rcu **icmpecho_dests_alloc(void);
static void icmpecho_dests_free(struct icmpecho_dest_page __rcu **dests);
static size_t icmpecho_dests_give_back(struct icmpecho_net *in,
				       struct icmpecho_user *user);
static u32 icmpecho_dest_identity(struct icmpecho_net *in,
				  const union icmpecho_addr *addr,
				  struct icmpecho_numbers *numbers, bool skip);
static struct dst_entry *icmpecho_dest_route(struct icmpecho_net *in,
					     const union icmpecho_addr *addr, u16 family,
					     kuid_t uid, u32 generation,
					     union icmpecho_addr *source);
static void icmpecho_dest_keep_route(struct icmpecho_net *in,
				     const union icmpecho_addr *addr,
				     const struct icmpecho_route *route);

/* table.c */
static int icmpecho_table_init(void);
static void icmpecho_table_stop(void);
static void icmpecho_table_exit(void);
static int icmpecho_table_insert(struct icmpecho_request *req, u64 timeout_ns);
static bool icmpecho_table_claim(struct icmpecho_request *req);
static void icmpecho_table_forget(struct icmpecho_request *req);
static struct icmpecho_request *
icmpecho_table_find(struct icmpecho_session *s, u64 id);
static struct icmpecho_request *
icmpecho_table_take(struct icmpecho_net *in,
		    const struct icmpecho_family *family,
		    const struct icmpecho_parsed *p, enum icmpecho_drop *why);

/* netns.c */
static int icmpecho_netns_init(void);
static void icmpecho_netns_exit(void);
static struct icmpecho_net *icmpecho_net_get(struct net *net);
static void icmpecho_net_put(struct icmpecho_net *in);
static bool icmpecho_net_has_device(struct icmpecho_net *in, u32 ifindex);
static void icmpecho_net_drop(struct icmpecho_net *in, enum icmpecho_drop reason);
static u64 icmpecho_net_drops(struct icmpecho_net *in, enum icmpecho_drop reason);

/* wire.c */
static void icmpecho_wire_init_tx(struct sock *sk);
static void icmpecho_wire_put_cmsg(struct msghdr *msg, int level, int type,
				   const void *data, size_t len);
static int icmpecho_wire_send(struct sock *sk, struct msghdr *msg, u8 *packet,
			      size_t len);
static struct sk_buff *icmpecho_wire_alloc(struct sock *sk, struct dst_entry *dst,
					   size_t len);
static int icmpecho_wire_sent(int err);
static int icmpecho_wire_why_einval(struct neigh_table *tbl, const void *nexthop,
				    struct net_device *dev);
static void icmpecho_wire_receive(struct icmpecho_net *in,
				  const struct icmpecho_family *family,
				  struct sk_buff *skb);

/* plain4.c, plain6.c */
static struct dst_entry *icmpecho_plain4_look_up(struct sock *sk,
						 const struct icmpecho_echo *echo,
						 __be32 to, u32 oif,
						 union icmpecho_addr *source);
static void icmpecho_plain6_flow(const struct icmpecho_request *req,
				 const struct icmpecho_echo *echo, struct sock *sk,
				 struct flowi6 *fl6);
static int icmpecho_plain4_send(struct icmpecho_request *req,
				const struct icmpecho_echo *echo,
				struct icmpecho_packet *packet, struct sock *sk);
static int icmpecho_plain4_why_einval(const struct icmpecho_request *req,
				      const struct icmpecho_echo *echo, __be32 hop,
				      struct sock *sk);
static int icmpecho_plain6_send(struct icmpecho_request *req,
				const struct icmpecho_echo *echo,
				const struct icmpecho_packet *packet, struct sock *sk);
static int icmpecho_plain6_why_einval(const struct icmpecho_request *req,
				      const struct icmpecho_echo *echo,
				      struct sock *sk);

/* icmp4.c, icmp6.c */
static void icmpecho_icmp4_put_header(const struct icmpecho_request *req, u8 *message,
				      size_t len);
static void icmpecho_icmp6_put_header(const struct icmpecho_request *req, u8 *message);
extern const struct icmpecho_family icmpecho_icmp4;
extern const struct icmpecho_family icmpecho_icmp6;

/* Does the bucket let everything through? Not so as soon as something left. */
static inline bool icmpecho_pace_is_open(const struct icmpecho_pacer *p)
{
	return !READ_ONCE(p->full_ns) && !READ_ONCE(p->interval_ns);
}

/* What a packet is marked with: the request's mark, or the send socket's */
static inline u32 icmpecho_mark(const struct icmpecho_echo *echo,
				const struct sock *sk)
{
	return echo->mark ?: READ_ONCE(sk->sk_mark);
}

/* The key under which a request is found: what comes back in an answer */
static inline u32 icmpecho_key(u16 ident, u16 seq)
{
	return (u32)ident << 16 | seq;
}

/* The name of a published request in the user interface */
static inline u64 icmpecho_request_id(const struct icmpecho_request *req)
{
	return (u64)READ_ONCE(req->generation) << 32 | READ_ONCE(req->key);
}

static inline const struct icmpecho_family *
icmpecho_request_family(const struct icmpecho_request *req)
{
	return icmpecho_families[req->family_index];
}

/* The eventfd of its own that a request signals, or NULL */
static inline struct eventfd_ctx *
icmpecho_request_eventfd(const struct icmpecho_request *req)
{
	return req->sync ? NULL : req->eventfd;
}

/* Are both told of in the same place? */
static inline bool
icmpecho_request_alike(const struct icmpecho_request *a,
		       const struct icmpecho_request *b)
{
	return a->session == b->session &&
	       icmpecho_request_eventfd(a) == icmpecho_request_eventfd(b);
}

/* Room for the data and options of one answer */
static inline size_t icmpecho_request_slot(const struct icmpecho_request *req)
{
	return req->capacity + req->options_capacity;
}

/* Memory that a request needs beside itself */
static inline size_t icmpecho_request_room(const struct icmpecho_request *req)
{
	size_t slot = icmpecho_request_slot(req);

	if (req->max_answers == 1)
		return slot <= ICMPECHO_INLINE_REPLY ? 0 : slot;
	return (sizeof(struct icmpecho_answer) + slot) * req->max_answers;
}

static inline struct icmpecho_answer *
icmpecho_request_answer_at(struct icmpecho_request *req, u32 i)
{
	if (req->max_answers == 1)
		return &req->answer;
	return (struct icmpecho_answer *)req->room + i;
}

/* Where the data of an answer is */
static inline u8 *icmpecho_request_data(struct icmpecho_request *req, u32 i)
{
	if (!req->room_size)
		return req->inline_room;
	if (req->max_answers == 1)
		return req->room;
	return req->room + i * icmpecho_request_slot(req) +
	       req->max_answers * sizeof(struct icmpecho_answer);
}

/* Where its IP options are */
static inline u8 *icmpecho_request_options(struct icmpecho_request *req, u32 i)
{
	return icmpecho_request_data(req, i) + req->capacity;
}

static inline void icmpecho_request_stamp(struct icmpecho_request *req)
{
	WRITE_ONCE(req->sent, ktime_get());
}

/*
 * The request leaves now, from @source; returns false if it has ended meanwhile,
 * and must not leave. Called as late as can be: a sender may wait for long between
 * two steps, for a page even longer than the timeout, and that is no part of the
 * round trip.
 *
 * Its answer finds the source written, since it comes after the packet. What comes
 * before is forged: it is compared with zero, which fits nothing, or, while an IPv6
 * address is half written, with a half of it.
 */
static inline bool icmpecho_request_depart(struct icmpecho_request *req,
					   const union icmpecho_addr *source)
{
	if (!READ_ONCE(req->inflight))
		return false;
	WRITE_ONCE(req->src.halves[0], source->halves[0]);
	WRITE_ONCE(req->src.halves[1], source->halves[1]);
	icmpecho_request_stamp(req);
	return true;
}

static inline bool icmpecho_addr_equal(const union icmpecho_addr *a,
				       const union icmpecho_addr *b)
{
	return ipv6_addr_equal(&a->v6, &b->v6);
}

static inline bool icmpecho_addr_any(const union icmpecho_addr *a)
{
	return ipv6_addr_any(&a->v6);
}

#endif /* ICMPECHO_H */
