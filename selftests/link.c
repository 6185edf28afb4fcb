// SPDX-License-Identifier: GPL-2.0
/* Interfaces by ioctl, and by netlink where there is none; see link.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "netns.h"

static void link_ioctl(unsigned long cmd, void *arg, const char *what)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, cmd, arg))
		die("ioctl 0x%lx of %s", cmd, what);
	close(fd);
}

static struct ifreq request_for(const char *name)
{
	struct ifreq request = {};

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return request;
}

static void set_address(struct sockaddr *sa, const char *address)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = address ? inet_addr(address) : INADDR_ANY,
	};

	memcpy(sa, &in, sizeof(in));
}

void link_up(const char *name, const char *address)
{
	struct ifreq request = request_for(name);

	if (address) {
		/* All our networks are of class C, hence /24. */
		set_address(&request.ifr_addr, address);
		link_ioctl(SIOCSIFADDR, &request, name);
	}
	request = request_for(name);
	link_ioctl(SIOCGIFFLAGS, &request, name);
	request.ifr_flags |= IFF_UP;
	link_ioctl(SIOCSIFFLAGS, &request, name);
}

void link_add_neighbour(const char *name, const char *address,
			const struct link_end *neighbour)
{
	struct arpreq request = { .arp_flags = ATF_COM | ATF_PERM };

	set_address(&request.arp_pa, address);
	request.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(request.arp_ha.sa_data, neighbour->mac, sizeof(neighbour->mac));
	strncpy(request.arp_dev, name, sizeof(request.arp_dev) - 1);
	link_ioctl(SIOCSARP, &request, name);
}

void link_add_default_route(const char *gateway)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };

	set_address(&route.rt_dst, NULL);
	set_address(&route.rt_genmask, NULL);
	set_address(&route.rt_gateway, gateway);
	link_ioctl(SIOCADDRT, &route, gateway);
}

/* A netlink request that grows by attributes */
struct message {
	struct nlmsghdr header;
	unsigned char body[512];
};

static void *append(struct message *m, const void *data, unsigned int len)
{
	void *end = (unsigned char *)m + NLMSG_ALIGN(m->header.nlmsg_len);

	memcpy(end, data, len);
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + len;
	return end;
}

static struct rtattr *begin(struct message *m, unsigned short type)
{
	struct rtattr attribute = { .rta_len = sizeof(attribute), .rta_type = type };

	return append(m, &attribute, sizeof(attribute));
}

static void end(struct message *m, struct rtattr *attribute)
{
	attribute->rta_len = (unsigned char *)m + m->header.nlmsg_len -
			     (unsigned char *)attribute;
}

static void put(struct message *m, unsigned short type, const void *data,
		unsigned int len)
{
	struct rtattr *attribute = begin(m, type);

	append(m, data, len);
	end(m, attribute);
}

static void put_end(struct message *m, const struct link_end *link)
{
	put(m, IFLA_IFNAME, link->name, strlen(link->name) + 1);
	put(m, IFLA_ADDRESS, link->mac, sizeof(link->mac));
}

/* The kernel's answer, which fits, or it is cut off. */
union answer {
	struct nlmsghdr header;
	unsigned char bytes[8192];
};

static void transact(const struct message *m, union answer *answer)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct nlmsgerr *error = NLMSG_DATA(&answer->header);

	if (fd < 0 || send(fd, m, m->header.nlmsg_len, 0) < 0 ||
	    recv(fd, answer, sizeof(*answer), 0) < (ssize_t)NLMSG_HDRLEN)
		die("netlink");
	close(fd);
	errno = -error->error;
	if (answer->header.nlmsg_type == NLMSG_ERROR && error->error)
		die("netlink request of type %u", m->header.nlmsg_type);
}

void link_add_veth(const struct link_end *here, const struct link_end *there,
		   int ns)
{
	struct rtattr *info, *data, *peer;
	struct ifinfomsg any = {};
	union answer answer;
	struct message m = {
		.header = {
			.nlmsg_len = sizeof(m.header),
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE |
				       NLM_F_EXCL | NLM_F_ACK,
		},
	};

	append(&m, &any, sizeof(any));
	put_end(&m, here);
	info = begin(&m, IFLA_LINKINFO);
	put(&m, IFLA_INFO_KIND, "veth", 4);
	data = begin(&m, IFLA_INFO_DATA);
	peer = begin(&m, VETH_INFO_PEER);
	append(&m, &any, sizeof(any));
	put_end(&m, there);
	put(&m, IFLA_NET_NS_FD, &ns, sizeof(ns));
	end(&m, peer);
	end(&m, data);
	end(&m, info);
	transact(&m, &answer);
}

static int operstate(const char *name)
{
	struct ifreq request = request_for(name);
	struct ifinfomsg link = {};
	struct message m = {
		.header = {
			.nlmsg_len = sizeof(m.header),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST,
		},
	};
	struct rtattr *attribute;
	union answer answer;
	int len;

	link_ioctl(SIOCGIFINDEX, &request, name);
	link.ifi_index = request.ifr_ifindex;
	append(&m, &link, sizeof(link));
	transact(&m, &answer);
	attribute = IFLA_RTA(NLMSG_DATA(&answer.header));
	len = IFLA_PAYLOAD(&answer.header);
	for (; RTA_OK(attribute, len); attribute = RTA_NEXT(attribute, len))
		if (attribute->rta_type == IFLA_OPERSTATE)
			return *(unsigned char *)RTA_DATA(attribute);
	die("%s has no state", name);
}

void link_wait_for(const char *name)
{
	int ms;

	for (ms = 0; operstate(name) != IF_OPER_UP; ms++) {
		errno = ETIMEDOUT;
		if (ms > 20000)
			die("%s does not come up", name);
		usleep(1000);
	}
}
