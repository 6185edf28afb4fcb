// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/icmpecho and its ioctls. Only this file and payload.c access user memory. Each structure is
 * first copied from user memory and then checked in the copy, so that user space cannot change it
 * after the check.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/netdevice.h>

#include "icmpecho.h"
#include "uaccess.h"

/* Sizes of the structures in the first version of the UAPI. Smaller ones are refused. */
#define ECHO_MIN_SIZE	offsetofend(struct icmpecho_echo, reserved)
#define COMPLETION_MIN_SIZE offsetofend(struct icmpecho_completion, next)

/*
 * A structure that the caller says is larger than this is refused with E2BIG. This bounds the
 * search for nonzero bytes behind the members that this module knows.
 */
#define STRUCT_MAX_SIZE	PAGE_SIZE

#define RECORD_ALIGN	8

static_assert(sizeof(struct icmpecho_echo) == 112);
static_assert(sizeof(struct icmpecho_completion) == 96);
static_assert(sizeof(struct icmpecho_completion) == COMPLETION_MIN_SIZE);
static_assert(sizeof(struct icmpecho_completion) % RECORD_ALIGN == 0);
static_assert(sizeof(struct icmpecho_info) == 48);
static_assert(sizeof(struct icmpecho_send) == 40);
static_assert(sizeof(struct icmpecho_submit) == 24);
static_assert(sizeof(struct icmpecho_reap) == 40);
static_assert(sizeof(struct icmpecho_cancel) == 16);
static_assert(sizeof(struct icmpecho_eventfd) == 8);
static_assert(sizeof(struct icmpecho_pace) == 16);

/*
 * Copy @len bytes from @from, which is aligned to 8, to @to in user memory, and write zero bytes
 * behind them up to a multiple of 8. Returns 0 or -EFAULT. Inline, so that the copy loop unrolls
 * for a constant @len.
 */
static __always_inline int write_bytes(u8 __user *to, const u8 *from, size_t len)
{
	if (user_is_words(to, len))
		return user_put_small((u64 __user *)to, (const u64 *)from, len);
	if (copy_to_user(to, from, len) || clear_user(to + len, ALIGN(len, RECORD_ALIGN) - len))
		return -EFAULT;
	return 0;
}

static int check_size(u32 size, size_t min)
{
	if (size < min)
		return -EINVAL;
	return size > STRUCT_MAX_SIZE ? -E2BIG : 0;
}

static int check_completion_size(u32 size)
{
	if (size % RECORD_ALIGN)
		return -EINVAL;
	return check_size(size, COMPLETION_MIN_SIZE);
}

/*
 * Publish @req, write its id to @uid in user memory, and send it. If the id cannot be written,
 * withdraws @req unsent and returns -EFAULT, unless another context has claimed @req by then.
 * Returns 0 or an errno. After an errno the caller must not use @req: its reference is gone.
 */
static int echo_start(struct icmpecho_request *req, struct icmpecho_packet *packet,
		      u64 __user *uid)
{
	int err;

	err = request_publish(req, packet);
	if (err) {
		queue_discard(&req, 1);
		return err;
	}
	if (put_user(request_id(req), uid) && request_withdraw(req))
		err = -EFAULT;
	else
		err = request_send(req, packet);
	route_drop(&packet->route);
	if (err)
		request_put(req);
	return err;
}

static int echo_copy(struct icmpecho_echo *echo, void __user *uecho, u32 size)
{
	if (size == sizeof(*echo) && user_is_words(uecho, sizeof(*echo)))
		return user_get_words((u64 *)echo, uecho, size / sizeof(u64));
	return copy_struct_from_user(echo, sizeof(*echo), uecho, size);
}

/* Length of @answer in a completion record: header, padded IP options and padded data */
static u32 answer_len(const struct icmpecho_answer *answer, u32 header_len)
{
	return header_len + ALIGN(answer->options_len, RECORD_ALIGN) +
	       ALIGN(answer->data_len, RECORD_ALIGN);
}

/*
 * Write a struct icmpecho_completion for @answer to @to in user memory, and zero bytes behind it
 * up to @header_len, which is never less than the size of that structure. Returns 0 or -EFAULT.
 */
static __always_inline int write_header(u8 __user *to, struct icmpecho_request *req,
					const struct icmpecho_answer *answer, u32 record_len,
					u32 next, u32 header_len)
{
	struct icmpecho_completion c = {
		.record_len = record_len,
		.status = answer->status,
		.user_data = req->user_data,
		.id = request_id(req),
		.rtt_ns = answer->rtt_ns,
		.received_ns = answer->received_ns,
		.ifindex = answer->ifindex,
		.scope_id = answer->scope_id,
		.info = answer->info,
		.data_len = answer->data_len,
		.wire_len = answer->wire_len,
		.error = answer->error,
		.header_len = header_len,
		.options_len = answer->options_len,
		.family = req->family,
		.flags = answer->flags,
		.type = answer->type,
		.code = answer->code,
		.ttl = answer->ttl,
		.tos = answer->tos,
		.next = next,
	};

	memcpy(c.from, &answer->from, sizeof(c.from));
	if (write_bytes(to, (const u8 *)&c, sizeof(c)))
		return -EFAULT;
	if (header_len == sizeof(c))
		return 0;
	return clear_user(to + sizeof(c), header_len - sizeof(c)) ? -EFAULT : 0;
}

/* Write answer @i of @req to user memory: header, options, data. Returns 0 or -EFAULT. */
static __always_inline int answer_write(struct icmpecho_request *req,
					struct icmpecho_answer *answer, u32 i, u32 record_len,
					u32 next, u32 header_len, u8 __user *buffer)
{
	if (write_header(buffer, req, answer, record_len, next, header_len))
		return -EFAULT;
	buffer += header_len;
	if (answer->options_len) {
		if (write_bytes(buffer, request_data(req, i) + req->capacity, answer->options_len))
			return -EFAULT;
		buffer += ALIGN(answer->options_len, RECORD_ALIGN);
	}
	if (!answer->data_len)
		return 0;
	return write_bytes(buffer, request_data(req, i), answer->data_len);
}

/* record_write() for a request whose max_answers is above 1 */
static noinline int record_write_many(struct icmpecho_request *req, u32 header_len,
				      u8 __user *buffer, size_t size)
{
	struct icmpecho_answer *answers = request_answer_at(req, 0);
	u32 total = 0, done = 0;
	u32 i;

	for (i = 0; i < req->nr_answers; i++)
		total += answer_len(&answers[i], header_len);
	if (total > size)
		return -ENOSPC;
	for (i = 0; i < req->nr_answers; i++) {
		u32 len = answer_len(&answers[i], header_len);

		if (answer_write(req, &answers[i], i, i ? len : total,
				 i + 1 < req->nr_answers ? len : 0, header_len, buffer + done))
			return -EFAULT;
		done += len;
		cond_resched();
	}
	return total;
}

/*
 * Write the completion record of @req, with headers of @header_len bytes, to @buffer in user
 * memory. Returns the length of the record, -ENOSPC if it is more than @size, or -EFAULT.
 */
static int record_write(struct icmpecho_request *req, u32 header_len, u8 __user *buffer,
			size_t size)
{
	u32 len;

	if (req->max_answers > 1)
		return record_write_many(req, header_len, buffer, size);
	len = answer_len(&req->answer, header_len);
	if (len > size)
		return -ENOSPC;
	if (answer_write(req, &req->answer, 0, len, 0, header_len, buffer))
		return -EFAULT;
	return len;
}

union ioctl_arg {
	u32 size;
	struct icmpecho_info info;
	struct icmpecho_send send;
	struct icmpecho_submit submit;
	struct icmpecho_reap reap;
	struct icmpecho_cancel cancel;
	struct icmpecho_eventfd eventfd;
	struct icmpecho_pace pace;
};

struct ioctl_call {
	union ioctl_arg arg;	/* copied from @uarg */
	void __user *uarg;
	bool wait;		/* for a token of the pacer: the file is not O_NONBLOCK */
};

static long ioctl_info(struct icmpecho_session *s, const struct ioctl_call *call)
{
	struct icmpecho_info info = {
		.size = sizeof(info),
		.abi_version = ICMPECHO_ABI_VERSION,
		.features = ICMPECHO_FEATURE_OPTIONS | ICMPECHO_FEATURE_MANY_REPLIES |
			    ICMPECHO_FEATURE_PACING,
		.max_timeout_ns = ICMPECHO_MAX_TIMEOUT_NS,
		.max_user_bytes = READ_ONCE(max_user_bytes),
		.max_payload = icmp4.max_payload,
		.max_requests = s->max_requests,
		.max_payload6 = icmp6.max_payload,
	};

	if (s->tx[ICMPECHO_IPV4][false])
		info.features |= ICMPECHO_FEATURE_IPV4;
	if (s->tx[ICMPECHO_IPV6][false])
		info.features |= ICMPECHO_FEATURE_IPV6;
	return icmpecho_copy_struct_to_user(call->uarg, call->arg.size, &info, sizeof(info));
}

/* Length of the longest completion record that a request for @echo can get */
static u64 record_max_len(const struct icmpecho_echo *echo, u32 header_len)
{
	u64 len = header_len + ALIGN((u64)echo->reply_capacity, RECORD_ALIGN);

	if (echo->options_len)
		len += ICMPECHO_MAX_OPTIONS;
	return len * max_t(u16, echo->max_replies, 1);
}

/*
 * Make and send the request that ioctl_send() asks for. Returns 0, with the request in *@req and a
 * reference for the caller, or an errno. queue_complete() wakes @waiter when the request
 * completes.
 */
static int send_start(struct icmpecho_session *s, const struct ioctl_call *call,
		      struct completion *waiter, struct icmpecho_request **req)
{
	const struct icmpecho_send *send = &call->arg.send;
	struct icmpecho_send __user *usend = call->uarg;
	struct icmpecho_packet packet = { };
	int err;

	err = check_size(send->echo_size, ECHO_MIN_SIZE);
	if (!err)
		err = echo_copy(&packet.echo, u64_to_user_ptr(send->echo), send->echo_size);
	if (err)
		return err;
	if (send->buffer_len < record_max_len(&packet.echo, send->completion_size))
		return -ENOSPC;

	err = pace_take_token(&s->pacer, call->wait);
	if (err)
		return err;
	err = queue_reserve(s, req, 1, true);
	if (err < 0)
		goto out_pace;
	(*req)->waiter = waiter;
	err = request_prepare(*req, &packet);
	if (err)
		queue_discard(req, 1);
	else
		err = echo_start(*req, &packet, &usend->id);
	kvfree(packet.buffer);
out_pace:
	if (err)
		pace_refund_token(&s->pacer, err);
	return err;
}

/*
 * After a signal without a handler, -ERESTARTNOHAND makes the kernel restart the ioctl. By then
 * echo_start() has written the id of the request to the caller's struct icmpecho_send. So the
 * restarted ioctl waits for that request and sends no new one.
 */
static long ioctl_send(struct icmpecho_session *s, const struct ioctl_call *call)
{
	const struct icmpecho_send *send = &call->arg.send;
	DECLARE_COMPLETION_ONSTACK(waiter);
	struct icmpecho_request *req;
	int ret;

	ret = check_completion_size(send->completion_size);
	if (ret)
		return ret;
	if (send->id)
		ret = queue_resume(s, send->id, &waiter, &req);
	else
		ret = send_start(s, call, &waiter, &req);
	if (ret)
		return ret;

	ret = -ERESTARTNOHAND;
	/* If a signal and the completion came together, write the completion. */
	if (!wait_for_completion_interruptible(&waiter) || completion_done(&waiter))
		ret = record_write(req, send->completion_size, u64_to_user_ptr(send->buffer),
				   send->buffer_len);
	if (ret < 0) {
		queue_abandon(s, req);
	} else {
		queue_remove(s, req);
		request_put(req);
	}
	request_put(req);
	return min(ret, 0);
}

/* Requests that one SUBMIT has reserved; from @next to @end - 1 they are not used yet */
struct submit_pool {
	struct icmpecho_request *reqs[ICMPECHO_BATCH];
	unsigned int next;
	unsigned int end;
};

/*
 * Submit one request for packet->echo, and write its id to @uid. If @pool is empty, first reserves
 * as many requests as the SUBMIT still has to submit (@wanted), ICMPECHO_BATCH at most. Returns 0
 * or an errno.
 */
static int submit_one(struct icmpecho_session *s, struct submit_pool *pool, u32 wanted,
		      struct icmpecho_packet *packet, u64 __user *uid)
{
	struct icmpecho_request *req;
	int err;

	if (pool->next == pool->end) {
		err = queue_reserve(s, pool->reqs, min_t(u32, wanted, ICMPECHO_BATCH), false);
		if (err < 0)
			return err;
		pool->next = 0;
		pool->end = err;
	}
	req = pool->reqs[pool->next];
	err = request_prepare(req, packet);
	if (err)
		return err;
	pool->next++;
	err = echo_start(req, packet, uid);
	if (!err)
		request_put(req);
	return err;
}

/* How many times let_softirqs_run() sleeps at most: other tasks may keep the backlog filled. */
#define BACKLOG_TRIES	4

/*
 * Give softirqs time to empty this CPU's backlog, where requests and replies over loopback and
 * veth wait. A full backlog drops packets. It is emptied before a send returns, unless softirqs
 * ran too long and were left to ksoftirqd, which competes with this task for the CPU.
 * cond_resched() alone does not help while the scheduler prefers this task, so this function
 * sleeps.
 */
static void let_softirqs_run(void)
{
	struct softnet_data *softnet;
	unsigned int i;

	cond_resched();
	for (i = 0; i < BACKLOG_TRIES; i++) {
		/*
		 * Preemption is on, so this may be another CPU's backlog: the result is only a
		 * hint.
		 */
		softnet = raw_cpu_ptr(&softnet_data);
		if (skb_queue_empty_lockless(&softnet->input_pkt_queue))
			return;
		usleep_range(20, 50);
	}
}

static long ioctl_submit(struct icmpecho_session *s, const struct ioctl_call *call)
{
	const struct icmpecho_submit *submit = &call->arg.submit;
	struct icmpecho_packet packet = { };
	struct submit_pool pool = { };
	u32 i;
	int err;

	if (submit->reserved || submit->count > INT_MAX || submit->echo_size % RECORD_ALIGN)
		return -EINVAL;
	err = check_size(submit->echo_size, ECHO_MIN_SIZE);
	if (err)
		return err;

	for (i = 0; i < submit->count; i++) {
		struct icmpecho_echo __user *uecho =
			u64_to_user_ptr(submit->echoes + (u64)i * submit->echo_size);

		if (i && signal_pending(current))
			break;
		err = pace_take_token(&s->pacer, call->wait);
		if (err)
			break;
		err = echo_copy(&packet.echo, uecho, submit->echo_size);
		if (!err)
			err = submit_one(s, &pool, submit->count - i, &packet, &uecho->id);
		if (err) {
			pace_refund_token(&s->pacer, err);
			break;
		}
		let_softirqs_run();
	}
	kvfree(packet.buffer);
	queue_discard(pool.reqs + pool.next, pool.end - pool.next);
	return i ? i : err;
}

/*
 * Wait until @s has @min completions to reap, or until ktime_get_ns() reaches @deadline_ns.
 * Returns 0 in either case, or -ERESTARTSYS for a signal.
 */
static int reap_wait(struct icmpecho_session *s, u32 min, u64 deadline_ns)
{
	u64 now = ktime_get_ns();
	int err;

	if (deadline_ns == ICMPECHO_FOREVER)
		return wait_event_interruptible(s->wq.wait, READ_ONCE(s->nr_done) >= min);
	if (READ_ONCE(s->nr_done) >= min || deadline_ns <= now)
		return 0;
	deadline_ns = min_t(u64, deadline_ns - now, KTIME_MAX);
	err = wait_event_interruptible_hrtimeout(s->wq.wait, READ_ONCE(s->nr_done) >= min,
						 ns_to_ktime(deadline_ns));
	return err == -ETIME ? 0 : err;
}

/*
 * Pop completions of @s, and write their records to reap->buffer. Puts back those whose records
 * cannot be written. Returns how many records were written. If none was, returns 0 if @s had no
 * completion, or else an errno.
 */
static long reap_records(struct icmpecho_session *s, const struct icmpecho_reap *reap)
{
	u8 __user *buffer = u64_to_user_ptr(reap->buffer);
	struct icmpecho_request *reqs[ICMPECHO_BATCH];
	unsigned int popped, i;
	size_t used = 0;
	u32 n = 0;
	int ret;

	ret = mutex_lock_interruptible(&s->reap_mutex);
	if (ret)
		return ret;
	do {
		popped = queue_pop(s, reqs, min_t(u32, reap->max - n, ICMPECHO_BATCH));
		for (i = 0; i < popped; i++) {
			ret = record_write(reqs[i], reap->completion_size, buffer + used,
					   reap->buffer_len - used);
			if (ret < 0)
				break;
			used += ret;
		}
		if (i < popped)
			queue_unpop(s, reqs + i, popped - i);
		request_put_many(reqs, i);
		n += i;
		cond_resched();
	} while (i == ICMPECHO_BATCH && n < reap->max && !fatal_signal_pending(current));
	mutex_unlock(&s->reap_mutex);
	return n ? n : min(ret, 0);
}

static long ioctl_reap(struct icmpecho_session *s, const struct ioctl_call *call)
{
	const struct icmpecho_reap *reap = &call->arg.reap;
	u64 deadline_ns = reap->deadline_ns;
	long n;
	int err;

	if (reap->reserved || !reap->max || reap->max < reap->min || reap->max > INT_MAX)
		return -EINVAL;
	err = check_completion_size(reap->completion_size);
	if (err)
		return err;
	if (deadline_ns != ICMPECHO_FOREVER)
		deadline_ns = icmpecho_monotonic_to_host(deadline_ns);
	do {
		err = reap_wait(s, reap->min, deadline_ns);
		n = reap_records(s, reap);
		/* If another thread reaped the completions first, wait again. */
	} while (!n && !err && reap->min && ktime_get_ns() < deadline_ns);
	return n ? n : err;
}

static long ioctl_cancel(struct icmpecho_session *s, const struct ioctl_call *call)
{
	const struct icmpecho_cancel *cancel = &call->arg.cancel;

	if (cancel->flags & ~ICMPECHO_CANCEL_ALL)
		return -EINVAL;
	if (!(cancel->flags & ICMPECHO_CANCEL_ALL))
		return session_cancel(s, cancel->id);
	if (cancel->id)
		return -EINVAL;
	return session_cancel_all(s);
}

static long ioctl_eventfd(struct icmpecho_session *s, const struct ioctl_call *call)
{
	struct eventfd_ctx *eventfd = NULL;

	if (call->arg.eventfd.eventfd != -1) {
		eventfd = eventfd_ctx_fdget(call->arg.eventfd.eventfd);
		if (IS_ERR(eventfd))
			return -EBADF;
	}
	session_set_eventfd(s, eventfd);
	return 0;
}

static long ioctl_pace(struct icmpecho_session *s, const struct ioctl_call *call)
{
	const struct icmpecho_pace *pace = &call->arg.pace;

	if (!pace->burst)
		return -EINVAL;
	return pace_set(&s->pacer, pace->interval_ns, pace->burst);
}

struct ioctl_op {
	long (*execute)(struct icmpecho_session *s, const struct ioctl_call *call);
	size_t size;
	size_t min_size;	/* of the structure in the first version of the UAPI */
};

/* @last is the member that came last in the structure in the first version of the UAPI. */
#define IOCTL_OP(NAME, name, last)					\
	[_IOC_NR(ICMPECHO_IOC_##NAME)] = {				\
		ioctl_##name, sizeof(struct icmpecho_##name),		\
		offsetofend(struct icmpecho_##name, last),		\
	}

static const struct ioctl_op ioctl_ops[] = {
	IOCTL_OP(INFO, info, max_requests),
	IOCTL_OP(SEND, send, id),
	IOCTL_OP(SUBMIT, submit, reserved),
	IOCTL_OP(REAP, reap, reserved),
	IOCTL_OP(CANCEL, cancel, id),
	IOCTL_OP(EVENTFD, eventfd, eventfd),
	IOCTL_OP(PACE, pace, interval_ns),
};

static long chrdev_ioctl(struct file *file, unsigned int cmd, unsigned long p)
{
	struct ioctl_call call = {
		.uarg = (void __user *)p,
		.wait = !(file->f_flags & O_NONBLOCK),
	};
	unsigned int nr = _IOC_NR(cmd);
	const struct ioctl_op *op;
	u32 size;
	int err;

	if (nr >= ARRAY_SIZE(ioctl_ops) || cmd != _IO(ICMPECHO_IOC_TYPE, nr))
		return -ENOTTY;
	op = &ioctl_ops[nr];

	if (get_user(size, (u32 __user *)call.uarg))
		return -EFAULT;
	err = check_size(size, op->min_size);
	if (err)
		return err;
	err = copy_struct_from_user(&call.arg, op->size, call.uarg, size);
	if (err)
		return err;
	/* Keep the size that was checked: another thread may have changed it in user memory. */
	call.arg.size = size;
	return op->execute(file->private_data, &call);
}

static const struct file_operations chrdev_fops = {
	.owner		= THIS_MODULE,
	.open		= session_open,
	.release	= session_release,
	.unlocked_ioctl	= chrdev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.poll		= session_poll,
	.show_fdinfo	= session_show,
};

/*
 * The device is not a miscdevice: misc_open() holds misc_mtx while it calls ->open(), so opening
 * any other misc device would wait for session_open().
 */
static struct class chrdev_class = {
	.name	= "icmpecho",
};

static int chrdev_major;

static int chrdev_init(void)
{
	struct device *device;
	int err;

	chrdev_major = __register_chrdev(0, 0, 1, "icmpecho", &chrdev_fops);
	if (chrdev_major < 0)
		return chrdev_major;
	err = class_register(&chrdev_class);
	if (err)
		goto err_chrdev;
	/* Only root may open /dev/icmpecho, unless a udev rule changes the mode of the node. */
	device = device_create(&chrdev_class, NULL, MKDEV(chrdev_major, 0), NULL, "icmpecho");
	err = PTR_ERR_OR_ZERO(device);
	if (err)
		goto err_class;
	return 0;

err_class:
	class_unregister(&chrdev_class);
err_chrdev:
	__unregister_chrdev(chrdev_major, 0, 1, "icmpecho");
	return err;
}

static void chrdev_exit(void)
{
	device_destroy(&chrdev_class, MKDEV(chrdev_major, 0));
	class_unregister(&chrdev_class);
	__unregister_chrdev(chrdev_major, 0, 1, "icmpecho");
}
