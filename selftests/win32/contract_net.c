// SPDX-License-Identifier: GPL-2.0
/* Set up what contract_net.h describes. */
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/icmpecho.h>
#include <linux/rtnetlink.h>

#include "contract_net.h"

struct path contract_net(void)
{
	struct path path = netns_path6();

	link_del_route(ALL);
	link_add_route("198.51.100.0/24", ROUTER);
	link_add_route("203.0.113.0/24", ROUTER);
	link_add_route_of_type(REJECTED, RTN_UNREACHABLE);
	link_del_route(ALL6);
	link_add_route("2001:db8:2::/64", ROUTER6);
	link_add_route("2001:db8:3::/64", ROUTER6);
	link_add_route_of_type(REJECTED6, RTN_UNREACHABLE);
	netns_enter(path.router);
	link_add_route_of_type("203.0.113.0/24", RTN_BLACKHOLE);
	link_add_route_of_type("2001:db8:3::/64", RTN_BLACKHOLE);
	netns_enter(path.near);
	return path;
}

void give_up_neighbours_soon(void)
{
	netns_sysctl("ipv4/icmp_ratemask", "0");
	netns_sysctl("ipv6/icmp/ratelimit", "0");
	netns_sysctl("ipv4/neigh/near0/retrans_time_ms", "20");
	netns_sysctl("ipv6/neigh/near0/retrans_time_ms", "20");
}

void own_dev(unsigned int mode)
{
	struct stat device;

	if (stat(ICMPECHO_DEVICE, &device))
		die(ICMPECHO_DEVICE);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("dev", "/dev", "tmpfs", 0, "mode=755"))
		die("a /dev of our own");
	umask(0);
	if (mode && mknod(ICMPECHO_DEVICE, S_IFCHR | mode, device.st_rdev))
		die("mknod " ICMPECHO_DEVICE);
}

/* Watched buffers */

#define CANARY	0xa5
/* Before the buffer, and after it up to the page that cannot be touched. */
#define MARGIN	64

void *exact_buffer(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t pages = (MARGIN + size + page - 1) / page * page;
	unsigned char *memory;

	memory = mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED || mprotect(memory + pages, page, PROT_NONE))
		die("mmap");
	memset(memory, CANARY, pages);
	/* Aligned as malloc() would. */
	return memory + ((pages - size) & ~(size_t)7);
}

static bool is_all_canary(const unsigned char *p, size_t len)
{
	while (len--)
		if (*p++ != CANARY)
			return false;
	return true;
}

bool exact_buffer_is_intact(const void *buffer, size_t size)
{
	const unsigned char *p = buffer;

	return is_all_canary(p - MARGIN, MARGIN) && is_all_canary(p + size, -size & 7);
}

bool is_untouched(const void *buffer, size_t size, size_t offset)
{
	return exact_buffer_is_intact(buffer, size) &&
	       is_all_canary((const unsigned char *)buffer + offset, size - offset);
}
