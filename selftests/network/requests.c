// SPDX-License-Identifier: GPL-2.0
/*
 * The requests in flight. No host answers them. The attacker sees them on the wire, and so
 * knows all of a request; the secret in its payload tells whose an answer is.
 */
#include <string.h>

#include "network.h"

#define NR_BUCKETS	65536
/* How many are submitted before they are taken off the wire */
#define BATCH		64

struct target targets[NR_TARGETS];

static struct target *buckets[NR_BUCKETS];
static unsigned char hosts[NR_HOSTS][16];
static int injector;

static struct target **bucket_of(__u32 identity)
{
	return &buckets[(identity * 2654435761U) >> 16];
}

struct target *request_find(__u32 identity)
{
	struct target *target = *bucket_of(identity);

	while (target && target->identity != identity)
		target = target->next;
	return target;
}

void request_end(struct target *target)
{
	struct target **link = bucket_of(target->identity);

	while (*link != target)
		link = &(*link)->next;
	*link = target->next;
	target->in_flight = false;
	target->late = target->identity;
}

void request_see(const struct target *target, struct packet *packet)
{
	memcpy(packet->bytes, target->wire, target->wire_len);
	packet->len = target->wire_len;
	packet->icmp_off = family->header_len;
}

void requests_open(const struct pair *pair)
{
	unsigned int i;

	for (i = 0; i < NR_HOSTS; i++) {
		set_address(hosts[i], family->beyond);
		hosts[i][family->address_len - 2] = 1 + i;
	}
	injector = injector_open(pair->world, "world0", family->family);
}

static void draw_secret(struct target *target)
{
	target->secret_len = 16 + pick(MAX_SECRET - 16 + 1);
	pick_bytes(target->secret, target->secret_len);
}

/* The next request on the wire is that of the target. */
static void capture(struct target *target)
{
	static struct packet packet;
	struct icmphdr *icmp;

	injector_request(injector, &packet);
	icmp = packet_icmp(&packet);
	if (packet_icmp_len(&packet) != 8 + target->secret_len ||
	    memcmp(icmp + 1, target->secret, target->secret_len))
		die("another request is on the wire");
	memcpy(target->wire, packet.bytes, packet.len);
	target->wire_len = packet.len;
	target->identity = (__u32)ntohs(icmp->un.echo.id) << 16 | ntohs(icmp->un.echo.sequence);
	if (request_find(target->identity))
		die("identity %08x is in flight twice", target->identity);
	target->next = *bucket_of(target->identity);
	*bucket_of(target->identity) = target;
	target->in_flight = true;
}

static void submit(int fd, struct target **batch, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		draw_secret(batch[i]);
		session_submit(fd, batch[i] - targets, hosts[(batch[i] - targets) % NR_HOSTS]);
	}
	for (i = 0; i < n; i++)
		capture(batch[i]);
}

unsigned int requests_refill(int fd)
{
	struct target *batch[BATCH];
	unsigned int i, n = 0, all = 0;

	for (i = 0; i < NR_TARGETS; i++) {
		if (!targets[i].in_flight)
			batch[n++] = &targets[i];
		if (n == BATCH || (n && i == NR_TARGETS - 1)) {
			submit(fd, batch, n);
			all += n;
			n = 0;
		}
	}
	return all;
}
