/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/icmpecho-bench: what the benchmark needs from the kernel. It is no part
 * of icmpecho: it tells how long the CPUs were idle, and it sends echo requests
 * by the shortest ways there are, which nothing that does more can beat.
 */
#ifndef BENCH_MODULE_H
#define BENCH_MODULE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BENCH_DEVICE	"/dev/icmpecho-bench"

/**
 * struct bench_clock - time and how much of it was spent idle
 * @now_ns: CLOCK_MONOTONIC
 * @idle_ns: of all CPUs together, since boot
 * @cpus: how many are online
 * @reserved: zero
 */
struct bench_clock {
	__aligned_u64 now_ns;
	__aligned_u64 idle_ns;
	__u32 cpus;
	__u32 reserved;
};

/* Through a raw socket that takes the IP header, too, its memory accounted */
#define BENCH_FLOOR_SOCKET	0
/* Own packets, handed to ip_local_out(); IPv4 only */
#define BENCH_FLOOR_PACKET	1

/**
 * struct bench_floor - send echo requests and count the replies
 * @kind: BENCH_FLOOR_*
 * @family: AF_INET or AF_INET6
 * @count: how many
 * @payload_len: bytes after the ICMP header
 * @src: source address, network byte order, of IPv4
 * @dst: first destination, network byte order, of IPv4
 * @nr_dst: how many destinations follow one another from @dst, a power of 2
 * @answered: out: replies that came
 * @src6: source address of IPv6
 * @dst6: prefix of the destinations of IPv6
 */
struct bench_floor {
	__u32 kind;
	__u32 family;
	__u32 count;
	__u32 payload_len;
	__be32 src;
	__be32 dst;
	__u32 nr_dst;
	__u32 answered;
	__u8 src6[16];
	__u8 dst6[16];
};

#define BENCH_IOC_CLOCK	_IOR(0xed, 0, struct bench_clock)
#define BENCH_IOC_FLOOR	_IOWR(0xed, 1, struct bench_floor)

#ifdef __KERNEL__
int bench_floor_run(struct bench_floor *floor);
#endif

#endif /* BENCH_MODULE_H */
