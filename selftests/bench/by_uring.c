// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring: a batch of sendmsg requests in one system call, which also waits for
 * answers, and one recvmsg request that stays and fills buffers of a ring.
 */
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define ENTRIES		512
#define BUFFERS		256	/* a power of 2 */
#define BUFFER_LEN	2048
#define RECEIVED	(~0ULL)

struct uring {
	struct echoes echoes;
	int fd;
	struct io_uring ring;
	struct io_uring_buf_ring *buffers;
	unsigned char *memory;
	struct msghdr tx[MAX_BATCH];
	struct iovec tx_vec[MAX_BATCH];
	struct msghdr rx;
};

static unsigned char *buffer(struct uring *u, unsigned int id)
{
	return u->memory + id * BUFFER_LEN;
}

static void give_buffer(struct uring *u, unsigned int id, int offset)
{
	io_uring_buf_ring_add(u->buffers, buffer(u, id), BUFFER_LEN, id,
			      io_uring_buf_ring_mask(BUFFERS), offset);
}

static bool set_up_buffers(struct uring *u)
{
	struct io_uring_buf_reg reg = { .ring_entries = BUFFERS, .bgid = 0 };
	unsigned int i;

	if (posix_memalign((void **)&u->buffers, 4096, BUFFERS * sizeof(struct io_uring_buf)))
		die("memory");
	u->memory = malloc(BUFFERS * BUFFER_LEN);
	reg.ring_addr = (unsigned long)u->buffers;
	io_uring_buf_ring_init(u->buffers);
	if (io_uring_register_buf_ring(&u->ring, &reg, 0))
		return false;
	for (i = 0; i < BUFFERS; i++)
		give_buffer(u, i, i);
	io_uring_buf_ring_advance(u->buffers, BUFFERS);
	return true;
}

static void arm_receive(struct uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	u->rx.msg_namelen = sizeof(struct sockaddr_storage);
	io_uring_prep_recvmsg_multishot(sqe, u->fd, &u->rx, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = 0;
	io_uring_sqe_set_data64(sqe, RECEIVED);
}

static void prepare_send(struct uring *u, unsigned int i)
{
	u->tx_vec[i].iov_base = u->echoes.packet[i].bytes;
	u->tx_vec[i].iov_len = echoes_packet_len(&u->echoes);
	u->tx[i].msg_iov = &u->tx_vec[i];
	u->tx[i].msg_iovlen = 1;
	u->tx[i].msg_name = &u->echoes.to[i].sa;
	u->tx[i].msg_namelen = world_address(u->echoes.load->family, 0).len;
}

static void *uring_open(const struct load *load, unsigned int start)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
	};
	struct uring *u = calloc(1, sizeof(*u));
	unsigned int i;

	if (io_uring_queue_init_params(ENTRIES, &u->ring, &params)) {
		free(u);
		return NULL;
	}
	if (!set_up_buffers(u)) {
		io_uring_queue_exit(&u->ring);
		free(u);
		return NULL;
	}
	echoes_init(&u->echoes, load, start);
	u->fd = echo_socket(load);
	for (i = 0; i < load->batch; i++)
		prepare_send(u, i);
	arm_receive(u);
	return u;
}

static void submit_sends(struct uring *u)
{
	struct io_uring_sqe *sqe;
	unsigned int i;

	for (i = 0; i < u->echoes.count; i++) {
		sqe = io_uring_get_sqe(&u->ring);
		io_uring_prep_sendmsg(sqe, u->fd, &u->tx[i], 0);
		/* Nothing to hear of those that succeed. */
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
		io_uring_sqe_set_data64(sqe, i);
	}
}

static void take_answer(struct uring *u, const struct io_uring_cqe *cqe)
{
	unsigned int id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
	struct io_uring_recvmsg_out *out;

	if (cqe->res < 0 || !(cqe->flags & IORING_CQE_F_BUFFER))
		die("io_uring: recvmsg: %s", strerror(-cqe->res));
	out = io_uring_recvmsg_validate(buffer(u, id), cqe->res, &u->rx);
	if (!out)
		die("io_uring: recvmsg");
	echoes_received(&u->echoes, io_uring_recvmsg_name(out),
			io_uring_recvmsg_payload(out, &u->rx),
			io_uring_recvmsg_payload_length(out, cqe->res, &u->rx));
	give_buffer(u, id, 0);
	io_uring_buf_ring_advance(u->buffers, 1);
	if (!(cqe->flags & IORING_CQE_F_MORE))
		arm_receive(u);
}

static void take_answers(struct uring *u)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	io_uring_for_each_cqe(&u->ring, head, cqe) {
		n++;
		if (cqe->user_data != RECEIVED)
			die("io_uring: sendmsg: %s", strerror(-cqe->res));
		take_answer(u, cqe);
	}
	io_uring_cq_advance(&u->ring, n);
}

static bool wait_for_answers(struct uring *u)
{
	struct __kernel_timespec second = { .tv_sec = 1 };
	struct io_uring_cqe *cqe;
	unsigned int left = u->echoes.count - u->echoes.good - u->echoes.bad;

	return io_uring_submit_and_wait_timeout(&u->ring, &cqe, left, &second, NULL) >= 0;
}

static unsigned int uring_run(void *state, unsigned int count)
{
	struct uring *u = state;
	struct echoes *e = &u->echoes;
	unsigned int good = 0, left, n;

	for (left = count; left; left -= n) {
		n = left < e->load->batch ? left : e->load->batch;
		echoes_next(e, n);
		submit_sends(u);
		while (!echoes_done(e)) {
			if (!wait_for_answers(u))
				break;
			take_answers(u);
		}
		good += e->good;
	}
	return good;
}

static void uring_close(void *state)
{
	struct uring *u = state;

	io_uring_queue_exit(&u->ring);
	close(u->fd);
	free(u->buffers);
	free(u->memory);
	free(u);
}

const struct engine engine_uring = {
	"io_uring", uring_open, uring_run, uring_close,
};
