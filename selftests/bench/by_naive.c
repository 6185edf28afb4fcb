// SPDX-License-Identifier: GPL-2.0
/* sendto() and recvfrom() in a loop, as most pingers do it: one at a time. */
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

struct naive {
	struct echoes echoes;
	int fd;
};

static void *naive_open(const struct load *load, unsigned int start)
{
	struct naive *n = calloc(1, sizeof(*n));

	echoes_init(&n->echoes, load, start);
	n->fd = echo_socket(load);
	return n;
}

static unsigned int naive_run(void *state, unsigned int count)
{
	unsigned char buffer[MAX_PAYLOAD + 128];
	struct naive *n = state;
	struct echoes *e = &n->echoes;
	struct sockaddr_storage from;
	unsigned int i, good = 0;
	socklen_t from_len;
	ssize_t len;

	for (i = 0; i < count; i++) {
		echoes_next(e, 1);
		if (sendto(n->fd, e->packet[0].bytes, echoes_packet_len(e), 0,
			   &e->to[0].sa, e->to[0].len) < 0)
			die("sendto");
		while (!echoes_done(e)) {
			from_len = sizeof(from);
			len = recvfrom(n->fd, buffer, sizeof(buffer), 0,
				       (struct sockaddr *)&from, &from_len);
			if (len < 0)
				break;
			echoes_received(e, (struct sockaddr *)&from, buffer, len);
		}
		good += e->good;
	}
	return good;
}

static void naive_close(void *state)
{
	struct naive *n = state;

	close(n->fd);
	free(n);
}

const struct engine engine_naive = {
	"sendto", naive_open, naive_run, naive_close,
};
