// SPDX-License-Identifier: GPL-2.0
/*
 * A request's life, from its preparation to its one completion. Reply, ICMP error,
 * timeout, cancel, close and failed send compete for a request. The one that claims the
 * request in the table (table.c) delivers its completion. Only the claimer fills in the
 * answer, but answers to a request for many answers are filled in as they arrive.
 */
#include "icmpecho.h"
#include "trace.h"

#define ECHO_FLAGS	(ICMPECHO_DONT_FRAGMENT | ICMPECHO_EVENTFD | \
			 ICMPECHO_NEED_ROUTE | ICMPECHO_QUOTE)

/* Limit of reply_capacity * max_replies of one struct icmpecho_echo, in bytes */
#define MAX_REPLY_BYTES	SZ_1M

/* request_publish() tries TRIES identities at most, and BLOCK_TRIES at most of one block. */
#define TRIES		4096
#define BLOCK_TRIES	64

static const struct icmpecho_family *const families[ICMPECHO_NR_TX] = {
	[ICMPECHO_IPV4] = &icmp4,
	[ICMPECHO_IPV6] = &icmp6,
	[ICMPECHO_BROADCAST] = &icmp4,
};

/* Check what needs no session and no struct icmpecho_family. Returns 0 or an errno. */
static int echo_check(const struct icmpecho_echo *echo)
{
	if (echo->flags & ~ECHO_FLAGS || echo->reserved)
		return -EINVAL;
	if (!(echo->flags & ICMPECHO_EVENTFD) && echo->eventfd)
		return -EINVAL;
	if (echo->reply_capacity > U16_MAX)
		return -EINVAL;
	if (echo->options_len > ICMPECHO_MAX_OPTIONS || (!echo->options_len && echo->options))
		return -EINVAL;
	if ((u64)echo->reply_capacity * echo->max_replies > MAX_REPLY_BYTES)
		return -EINVAL;
	if (echo->family == AF_INET && echo->scope_id)
		return -EINVAL;
	if (echo->timeout_ns > ICMPECHO_MAX_TIMEOUT_NS)
		return -ERANGE;
	return 0;
}

static bool has_device(struct net *net, u32 ifindex)
{
	bool found;

	rcu_read_lock();
	found = dev_get_by_index_rcu(net, ifindex);
	rcu_read_unlock();
	return found;
}

/*
 * Check packet->echo against packet->family, the namespace's interfaces and addresses, and the
 * caller's rights. Also copies the IP options from user memory to packet->options. Returns 0 or an
 * errno.
 */
static int request_check(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	const struct icmpecho_family *family = packet->family;
	const struct icmpecho_echo *echo = &packet->echo;
	struct icmpecho_session *s = req->session;
	int err;

	if (echo->payload_len > family->max_payload)
		return -EMSGSIZE;
	if (echo->options_len && family->index != ICMPECHO_IPV4)
		return -EINVAL;
	if (req->oif && !has_device(s->ns->net, req->oif))
		return -ENODEV;
	err = family->check(s, echo, req->oif);
	if (err)
		return err;
	if (echo->options_len && payload_read_options(packet))
		return -EFAULT;
	req->source_routed = echo->options_len && icmp4_find_route(packet);
	if ((echo->mark || req->source_routed) && !session_is_privileged(s))
		return -EPERM;
	return 0;
}

static int request_set_eventfd(struct icmpecho_request *req, int fd)
{
	struct eventfd_ctx *eventfd;

	if (req->sync)
		return -EINVAL;
	eventfd = eventfd_ctx_fdget(fd);
	if (IS_ERR(eventfd))
		return -EBADF;
	req->eventfd = eventfd;
	return 0;
}

/* The interface index in echo->scope_id, or 0 if the address echo->dst needs no scope */
static u32 echo_scope(const struct icmpecho_echo *echo)
{
	if (!echo->scope_id || !needs_scope((const struct in6_addr *)echo->dst))
		return 0;
	return echo->scope_id;
}

/* Size of the reply buffer to allocate for @req; 0 if req->inline_buffer suffices */
static size_t reply_buffer_size(const struct icmpecho_request *req)
{
	size_t stride = request_stride(req);

	if (req->max_answers == 1)
		return stride <= ICMPECHO_INLINE_REPLY ? 0 : stride;
	return (sizeof(struct icmpecho_answer) + stride) * req->max_answers;
}

/*
 * Check packet->echo, fill in @req from it, and allocate the reply buffer of @req: to answer and
 * complete @req takes no more memory. Returns 0 or an errno. After an errno the caller discards
 * @req. Process context.
 */
static int request_prepare(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	const struct icmpecho_echo *echo = &packet->echo;
	const struct icmpecho_family *family;
	int err;

	err = echo_check(echo);
	if (err)
		return err;
	if (echo->family != AF_INET && echo->family != AF_INET6)
		return -EAFNOSUPPORT;
	family = echo->family == AF_INET ? &icmp4 : &icmp6;
	if (!req->session->tx[family->index][false])
		return -EAFNOSUPPORT;
	packet->family = family;
	packet->sk = req->session->tx[family->index][packet_has_df(packet)];
	req->oif = echo->ifindex ?: echo_scope(echo) ?: packet->sk->sk_bound_dev_if;
	err = request_check(req, packet);
	if (!err && echo->flags & ICMPECHO_EVENTFD)
		err = request_set_eventfd(req, echo->eventfd);
	if (err)
		return err;

	req->family = family->family;
	req->quote = !!(echo->flags & ICMPECHO_QUOTE);
	req->user_data = echo->user_data;
	memcpy(&req->dst, echo->dst, sizeof(req->dst));
	req->src = (union icmpecho_addr) { };
	req->max_answers = echo->max_replies ?: 1;
	req->capacity = echo->reply_capacity;
	req->options_capacity = echo->options_len ? ICMPECHO_MAX_OPTIONS : 0;
	return buffer_alloc(req, reply_buffer_size(req));
}

/* Does the route of @packet depend on the destination alone, so that a cached one may be used? */
static bool is_routed_alone(const struct icmpecho_request *req,
			    const struct icmpecho_packet *packet)
{
	const struct icmpecho_echo *echo = &packet->echo;
	const u64 *src = (const u64 *)echo->src;

	return READ_ONCE(fast_path) && !echo->options_len && !(src[0] | src[1]) &&
	       !(req->oif | xmit_mark(packet) | (echo->tos & packet->family->route_tos));
}

/*
 * Publish @req: give it an identity, and insert it into the table, where answers find it. From
 * then on @req can complete at any moment. Returns 0, or -EAGAIN if requests in flight had all of
 * TRIES identities: then @req is not published. Process context.
 *
 * A request in flight to another destination can have the same identity by chance. After
 * BLOCK_TRIES such identities the next one is taken from another block, where they may be rarer.
 */
static int request_publish(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	u64 deadline;
	u32 key, i;

	packet->routed_alone = is_routed_alone(req, packet);
	packet->route.uid = packet->sk->sk_uid;
	WRITE_ONCE(req->sent, ktime_get());
	deadline = ktime_to_ns(req->sent) + packet->echo.timeout_ns;
	for (i = 0; i < TRIES; i++) {
		key = destination_visit(req, packet, i && i % BLOCK_TRIES == 0);
		if (table_insert(req, deadline, key)) {
			trace_icmpecho_submit(req);
			return 0;
		}
		route_drop(&packet->route);
	}
	return -EAGAIN;
}

/*
 * Deliver the completion of @req. The caller has claimed @req and filled in its answer. The
 * table's reference of @req goes to the session's queue, or is dropped if the session is closed.
 *
 * The reference of the eventfd is taken from @req before the delivery: after the delivery another
 * thread may collect and free @req. The memory of the session stays until rcu_read_unlock(), even
 * if the session is closed.
 */
static void request_complete(struct icmpecho_request *req, enum icmpecho_outcome outcome)
{
	struct icmpecho_session *s = req->session;
	struct eventfd_ctx *eventfd = NULL;
	bool sync = req->sync;

	if (!sync)
		swap(eventfd, req->eventfd);
	rcu_read_lock();
	if (!queue_deliver(s, &req, &outcome, 1))
		request_put(req);
	else if (!sync)
		queue_notify(s, 1);
	rcu_read_unlock();
	if (eventfd) {
		icmpecho_eventfd_signal(eventfd, 1);
		eventfd_ctx_put(eventfd);
	}
}

static void answer_copy_data(struct icmpecho_request *req, u32 i, struct icmpecho_answer *answer,
			     struct sk_buff *skb, u32 offset)
{
	u8 *data = request_data(req, i);
	u32 len = skb->len - offset;

	answer->wire_len = len;
	answer->data_len = min_t(u32, len, req->capacity);
	if (answer->data_len < len)
		answer->flags |= ICMPECHO_TRUNCATED;
	if (offset + answer->data_len <= skb_headlen(skb))
		memcpy(data, skb->data + offset, answer->data_len);
	else if (skb_copy_bits(skb, offset, data, answer->data_len))
		answer->data_len = 0;
}

/* Fill in answer @i of @req. The caller has claimed @req, or holds req->session->lock. */
static void answer_fill(struct icmpecho_request *req, u32 i, const struct icmpecho_parsed *p,
			struct sk_buff *skb)
{
	struct icmpecho_answer *answer = request_answer_at(req, i);
	ktime_t now = ktime_get();
	ktime_t now_real = ktime_mono_to_real(now);
	ktime_t arrived = skb->tstamp ?: now_real;
	ktime_t rtt = ktime_sub(now, READ_ONCE(req->sent));
	ktime_t age = ktime_sub(now_real, arrived);

	/* Ignore a packet's age that is negative or above the RTT: the wall clock was set. */
	if (age > 0 && age <= rtt)
		rtt = ktime_sub(rtt, age);
	answer->from = p->from;
	answer->rtt_ns = ktime_to_ns(rtt);
	answer->received_ns = ktime_to_ns(arrived);
	answer->info = p->info;
	answer->ifindex = p->ifindex;
	answer->scope_id = p->scope_id;
	answer->status = p->status;
	answer->data_len = 0;
	answer->wire_len = 0;
	answer->error = 0;
	answer->flags = p->df ? ICMPECHO_ANSWER_DF : 0;
	answer->options_len = 0;
	answer->type = p->type;
	answer->code = p->code;
	answer->ttl = p->ttl;
	answer->tos = p->tos;
	if (p->options_len && p->options_len <= req->options_capacity) {
		answer->options_len = p->options_len;
		memcpy(request_data(req, i) + req->capacity, p->options, p->options_len);
	}
	if (p->status == ICMPECHO_STATUS_SUCCESS || req->quote)
		answer_copy_data(req, i, answer, skb, p->data_off - p->icmp_off);
}

static enum icmpecho_outcome outcome_of_answers(struct icmpecho_request *req)
{
	bool replied = request_answer_at(req, 0)->status == ICMPECHO_STATUS_SUCCESS;

	if (replied)
		trace_icmpecho_reply(req);
	else
		trace_icmpecho_error(req);
	return replied ? ICMPECHO_REPLIED : ICMPECHO_GOT_ERROR;
}

/*
 * Add the answer in packet @skb to @req, which table_match() returned. table_match() has claimed a
 * request for one answer, and this completes it. A request for many answers is not claimed yet:
 * packets on several CPUs and the timeout may compete for it. The last answer that it takes
 * completes it, and the reference from table_match() is dropped. Returns false if @req takes no
 * more answers. Softirq.
 */
static bool request_answer(struct icmpecho_request *req, const struct icmpecho_parsed *p,
			   struct sk_buff *skb)
{
	struct icmpecho_session *s = req->session;
	bool added, full = false;

	if (req->max_answers == 1) {
		answer_fill(req, 0, p, skb);
		req->nr_answers = 1;
		request_complete(req, outcome_of_answers(req));
		return true;
	}

	spin_lock_bh(&s->lock);
	added = !req->sealed;
	if (added) {
		answer_fill(req, req->nr_answers++, p, skb);
		full = req->nr_answers == req->max_answers;
		req->sealed = full;
	}
	spin_unlock_bh(&s->lock);
	if (full && table_claim(req))
		request_complete(req, outcome_of_answers(req));
	request_put(req);
	return added;
}

/*
 * End @req, which the caller has claimed, without an answer from a packet: fill in @status, and
 * the errno @err if sending @req failed, else 0. If @req has got answers already, they stay
 * instead. Returns the outcome to deliver: @outcome, or that of the answers.
 */
static enum icmpecho_outcome request_end(struct icmpecho_request *req, u32 status, int err,
					 enum icmpecho_outcome outcome)
{
	struct icmpecho_session *s = req->session;

	if (req->max_answers > 1) {
		spin_lock_bh(&s->lock);
		req->sealed = true;
		spin_unlock_bh(&s->lock);
	}
	if (req->nr_answers)
		return outcome_of_answers(req);
	*request_answer_at(req, 0) = (struct icmpecho_answer) {
		.status = status,
		.error = -err,
		.flags = err ? ICMPECHO_LOCAL : 0,
	};
	req->nr_answers = 1;
	if (outcome == ICMPECHO_TIMED_OUT)
		trace_icmpecho_timeout(req);
	else if (outcome == ICMPECHO_CANCELLED)
		trace_icmpecho_cancel(req);
	else
		trace_icmpecho_not_sent(req);
	return outcome;
}

/*
 * Take requests off @expired and store them in @reqs, ICMPECHO_BATCH at most: those that belong to
 * session @s and whose own eventfd is @eventfd, or that have none if it is NULL. Returns how many.
 */
static unsigned int expired_take(struct hlist_head *expired, const struct icmpecho_session *s,
				 const struct eventfd_ctx *eventfd, struct icmpecho_request **reqs)
{
	struct icmpecho_request *req;
	struct hlist_node *next;
	unsigned int n = 0;

	hlist_for_each_entry_safe(req, next, expired, wheel_node) {
		if (req->session != s || request_eventfd(req) != eventfd)
			continue;
		/* Unlink before req->answer is written: it shares a union with req->wheel_node. */
		hlist_del(&req->wheel_node);
		reqs[n++] = req;
		if (n == ICMPECHO_BATCH)
			break;
	}
	return n;
}

/*
 * Complete the @n requests @reqs of @s, which are claimed and whose timeout has expired. Returns
 * for how many completions the caller must call queue_notify(): those of SUBMIT, or 0 if @s is
 * closed. The caller takes over each request's reference of its eventfd.
 */
static unsigned int expire_batch(struct icmpecho_session *s, struct icmpecho_request **reqs,
				 unsigned int n)
{
	enum icmpecho_outcome outcomes[ICMPECHO_BATCH];
	unsigned int i, queued = 0;

	for (i = 0; i < n; i++) {
		outcomes[i] = request_end(reqs[i], ICMPECHO_STATUS_TIMED_OUT, 0,
					  ICMPECHO_TIMED_OUT);
		if (reqs[i]->sync)
			continue;
		reqs[i]->eventfd = NULL;
		queued++;
	}
	if (queue_deliver(s, reqs, outcomes, n))
		return queued;
	request_put_many(reqs, n);
	return 0;
}

/*
 * Complete the requests on @expired. Any number of watchers may wait on an eventfd, and each signal
 * walks all of them. So an eventfd is signalled once for all requests of a session that notify it.
 * Kernels since 6.8 cannot do that: they signal once for each request.
 */
static void request_expire(struct hlist_head *expired)
{
	struct icmpecho_request *first, *reqs[ICMPECHO_BATCH];
	unsigned int taken, queued, n;
	struct eventfd_ctx *eventfd;
	struct icmpecho_session *s;

	while (!hlist_empty(expired)) {
		first = hlist_entry(expired->first, struct icmpecho_request, wheel_node);
		eventfd = request_eventfd(first);
		s = first->session;
		taken = 0;
		queued = 0;
		rcu_read_lock();
		while ((n = expired_take(expired, s, eventfd, reqs))) {
			taken += n;
			queued += expire_batch(s, reqs, n);
		}
		if (queued)
			queue_notify(s, queued);
		rcu_read_unlock();
		if (eventfd)
			icmpecho_eventfd_signal(eventfd, taken);
		while (eventfd && taken--)
			eventfd_ctx_put(eventfd);
	}
}

/* Cancel @req. Returns true if it was in flight. The caller has a reference. */
static bool request_cancel(struct icmpecho_request *req)
{
	if (!table_claim(req))
		return false;
	request_complete(req, request_end(req, ICMPECHO_STATUS_CANCELLED, 0, ICMPECHO_CANCELLED));
	return true;
}

/*
 * Withdraw the published @req, as if it had never been submitted: it gets no completion. Returns
 * false if another context has claimed @req. The caller has a reference of its own, and keeps it.
 */
static bool request_withdraw(struct icmpecho_request *req)
{
	if (!table_claim(req))
		return false;
	queue_remove(req->session, req);
	request_put(req);
	return true;
}

/* The ICMPECHO_STATUS_* of a request whose sending failed with @err */
static u32 status_of_errno(int err)
{
	switch (err) {
	case -ENETUNREACH:
		return ICMPECHO_STATUS_DEST_NET_UNREACHABLE;
	case -EHOSTUNREACH:
		return ICMPECHO_STATUS_DEST_HOST_UNREACHABLE;
	case -EMSGSIZE:
		return ICMPECHO_STATUS_PACKET_TOO_BIG;
	case -ENOMEM:
		return ICMPECHO_STATUS_NO_RESOURCES;
	case -EBADMSG:
		return ICMPECHO_STATUS_BAD_OPTION;
	default:
		return ICMPECHO_STATUS_GENERAL_FAILURE;
	}
}

/*
 * Decide what becomes of @req, whose sending failed with @err. Returns the errno with which the
 * ioctl refuses @req, or 0 if @req is to complete with a local failure.
 */
static int refusal_of(const struct icmpecho_request *req, const struct icmpecho_packet *packet,
		      int err)
{
	bool need_route = packet->echo.flags & ICMPECHO_NEED_ROUTE;

	if (err == -ENOBUFS || err == -ENOMEM || err == -EFAULT)
		return err;
	if (need_route && (err == -ENETUNREACH || err == -EHOSTUNREACH))
		return err;
	/* -EACCES: @req is a broadcast without CAP_NET_RAW (@anyone), or has a "prohibit" route. */
	return err == -EACCES && req->anyone ? -EPERM : 0;
}

/*
 * Send @req, which is published. Returns 0 if @req was sent, or has completed, with a local failure
 * or in another context. Returns an errno if @req is refused: then it was withdrawn. Process
 * context, in the submitter's ioctl: the submitter's rights, cgroup and memory apply.
 */
static int request_send(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	int refusal, err = 1;

	if (READ_ONCE(fast_path) && !packet->echo.options_len)
		err = packet->family->send_fast(req, packet);
	if (err > 0)
		err = xmit_by_socket(req, packet);
	if (!err) {
		trace_icmpecho_sent(req);
		return 0;
	}

	if (err == -EINVAL)
		err = xmit_explain_einval(req, packet);
	refusal = refusal_of(req, packet, err);
	if (refusal && request_withdraw(req))
		return refusal;
	if (table_claim(req))
		request_complete(req, request_end(req, status_of_errno(err), err,
						  ICMPECHO_NOT_SENT));
	return 0;
}
