// SPDX-License-Identifier: GPL-2.0
/* The loops in the kernel that only send and count; see module/floor.c. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "module/bench_module.h"

struct floor {
	struct bench_floor request;
	int fd;
};

static void *floor_open(const struct load *load, unsigned int kind)
{
	struct floor *floor = calloc(1, sizeof(*floor));

	floor->fd = open(BENCH_DEVICE, O_RDWR | O_CLOEXEC);
	if (floor->fd < 0) {
		free(floor);
		return NULL;
	}
	floor->request = (struct bench_floor) {
		.kind = kind,
		.family = load->family,
		.payload_len = load->payload,
		.src = inet_addr(WORLD_NEAR),
		.dst = world_host(0).s_addr,
		.nr_dst = WORLD_HOSTS,
	};
	inet_pton(AF_INET6, WORLD_NEAR6, floor->request.src6);
	inet_pton(AF_INET6, WORLD_PREFIX6, floor->request.dst6);
	return floor;
}

static void *floor_socket_open(const struct load *load, unsigned int start)
{
	return floor_open(load, BENCH_FLOOR_SOCKET);
}

static void *floor_packet_open(const struct load *load, unsigned int start)
{
	return floor_open(load, BENCH_FLOOR_PACKET);
}

static unsigned int floor_run(void *state, unsigned int count)
{
	struct floor *floor = state;

	floor->request.count = count;
	if (ioctl(floor->fd, BENCH_IOC_FLOOR, &floor->request))
		die("BENCH_IOC_FLOOR");
	return floor->request.answered;
}

static void floor_close(void *state)
{
	struct floor *floor = state;

	close(floor->fd);
	free(floor);
}

const struct engine engine_floor_socket = {
	"floor: socket", floor_socket_open, floor_run, floor_close,
};

const struct engine engine_floor_packet = {
	"floor: packet", floor_packet_open, floor_run, floor_close, .ipv4_only = true,
};
