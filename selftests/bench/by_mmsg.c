// SPDX-License-Identifier: GPL-2.0
/*
 * sendmmsg() and recvmmsg(): a batch for each system call. The variant asks the
 * kernel for receive stamps, as an accurate pinger would.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MIN_ROOM 64

struct mmsg {
	struct echoes echoes;
	int fd;
	unsigned int room;	/* messages to receive at most by one call */
	int changed;
	struct mmsghdr tx[MAX_BATCH];
	struct mmsghdr rx[MAX_BATCH];
	struct iovec tx_vec[MAX_BATCH];
	struct iovec rx_vec[MAX_BATCH];
	struct sockaddr_storage from[MAX_BATCH];
	unsigned char buffer[MAX_BATCH][MAX_PAYLOAD + 128];
	unsigned char control[MAX_BATCH][64];
};

static void prepare(struct mmsg *m, unsigned int i)
{
	m->tx_vec[i].iov_base = m->echoes.packet[i].bytes;
	m->tx_vec[i].iov_len = echoes_packet_len(&m->echoes);
	m->tx[i].msg_hdr.msg_iov = &m->tx_vec[i];
	m->tx[i].msg_hdr.msg_iovlen = 1;
	m->tx[i].msg_hdr.msg_name = &m->echoes.to[i].sa;
	m->tx[i].msg_hdr.msg_namelen = world_address(m->echoes.load->family, 0).len;
	m->rx_vec[i].iov_base = m->buffer[i];
	m->rx_vec[i].iov_len = sizeof(m->buffer[i]);
	m->rx[i].msg_hdr.msg_iov = &m->rx_vec[i];
	m->rx[i].msg_hdr.msg_iovlen = 1;
	m->rx[i].msg_hdr.msg_name = &m->from[i];
}

static void *mmsg_open(const struct load *load, unsigned int start)
{
	struct mmsg *m = calloc(1, sizeof(*m));
	unsigned int i;
	int one = 1;

	echoes_init(&m->echoes, load, start);
	m->fd = echo_socket(load);
	if (load->variant && setsockopt(m->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)))
		die("SO_TIMESTAMPNS");
	m->room = load->batch < MIN_ROOM ? MIN_ROOM : load->batch;
	m->changed = m->room;
	for (i = 0; i < m->room; i++)
		prepare(m, i);
	return m;
}

static void send_batch(struct mmsg *m)
{
	unsigned int sent = 0;
	int ret;

	while (sent < m->echoes.count) {
		ret = sendmmsg(m->fd, m->tx + sent, m->echoes.count - sent, 0);
		if (ret <= 0)
			die("sendmmsg");
		sent += ret;
	}
}

/* Others' answers come as well if others ping: read on, for ours to come. */
static int receive_some(struct mmsg *m)
{
	int i;

	/* What the last call has changed */
	for (i = 0; i < m->changed; i++) {
		m->rx[i].msg_hdr.msg_namelen = sizeof(m->from[i]);
		if (!m->echoes.load->variant)
			continue;
		m->rx[i].msg_hdr.msg_control = m->control[i];
		m->rx[i].msg_hdr.msg_controllen = sizeof(m->control[i]);
	}
	m->changed = recvmmsg(m->fd, m->rx, m->room, MSG_WAITFORONE, NULL);
	return m->changed;
}

static unsigned int mmsg_run(void *state, unsigned int count)
{
	struct mmsg *m = state;
	struct echoes *e = &m->echoes;
	unsigned int good = 0, left, n;
	int i, got;

	for (left = count; left; left -= n) {
		n = left < e->load->batch ? left : e->load->batch;
		echoes_next(e, n);
		send_batch(m);
		while (!echoes_done(e)) {
			got = receive_some(m);
			if (got <= 0)
				break;
			for (i = 0; i < got; i++)
				echoes_received(e, (struct sockaddr *)&m->from[i], m->buffer[i],
						m->rx[i].msg_len);
		}
		good += e->good;
	}
	return good;
}

static void mmsg_close(void *state)
{
	struct mmsg *m = state;

	close(m->fd);
	free(m);
}

const struct engine engine_mmsg = {
	"sendmmsg", mmsg_open, mmsg_run, mmsg_close,
};
