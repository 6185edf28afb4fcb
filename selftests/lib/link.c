// SPDX-License-Identifier: GPL-2.0
/* Links by ioctl, and by netlink what it cannot do; see link.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
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
	if (link->mac)
		put(m, IFLA_ADDRESS, ether_aton(link->mac), ETH_ALEN);
}

/* The kernel's answer, which fits, or it is cut off. */
union answer {
	struct nlmsghdr header;
	unsigned char bytes[8192];
};

static void ask(const struct message *m, union answer *answer)
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

static void transact(const struct message *m)
{
	union answer ack;

	ask(m, &ack);
}

static struct message request_of(unsigned short type, unsigned short flags)
{
	struct message m = {
		.header = {
			.nlmsg_len = sizeof(m.header),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
	};

	return m;
}

#define ADD	(NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK)

void link_add_veth(const struct link_end *here, const struct link_end *there,
		   int ns)
{
	struct message m = request_of(RTM_NEWLINK, ADD);
	struct rtattr *info, *data, *peer;
	struct ifinfomsg any = {};

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
	transact(&m);
}

static int index_of(const char *name)
{
	struct ifreq request = request_for(name);

	link_ioctl(SIOCGIFINDEX, &request, name);
	return request.ifr_ifindex;
}

struct prefix {
	unsigned char family;
	unsigned char bytes[16];
	unsigned int size;	/* of bytes, by family */
	unsigned int len;	/* in bits */
};

/* "ADDRESS/LENGTH", or an address and its full length */
static struct prefix prefix_of(const char *text)
{
	size_t len = strcspn(text, "/");
	char address[INET6_ADDRSTRLEN];
	struct prefix prefix = {};

	snprintf(address, sizeof(address), "%.*s", (int)len, text);
	prefix.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	prefix.size = prefix.family == AF_INET6 ? 16 : 4;
	prefix.len = text[len] ? atoi(text + len + 1) : 8 * prefix.size;
	if (inet_pton(prefix.family, address, prefix.bytes) != 1)
		die("%s is no address", address);
	return prefix;
}

static void put_prefix(struct message *m, unsigned short type,
		       const struct prefix *prefix)
{
	put(m, type, prefix->bytes, prefix->size);
}

static int route_type(const struct prefix *to)
{
	struct message m = request_of(RTM_GETROUTE, 0);
	struct rtmsg header = {
		.rtm_family = to->family,
		.rtm_dst_len = 8 * to->size,
	};
	union answer answer;

	append(&m, &header, sizeof(header));
	put_prefix(&m, RTA_DST, to);
	ask(&m, &answer);
	return ((struct rtmsg *)NLMSG_DATA(&answer.header))->rtm_type;
}

/* An IPv6 address becomes ours from a work item, even without looking for duplicates. */
static void wait_for_address(const struct prefix *address)
{
	int ms;

	for (ms = 0; route_type(address) != RTN_LOCAL; ms++) {
		errno = ETIMEDOUT;
		if (ms > 20000)
			die("an address does not become usable");
		usleep(1000);
	}
}

void link_add_address(const char *name, const char *address)
{
	struct message m = request_of(RTM_NEWADDR, ADD);
	struct prefix prefix = prefix_of(address);
	struct ifaddrmsg header = {
		.ifa_family = prefix.family,
		.ifa_prefixlen = prefix.len,
		.ifa_flags = IFA_F_NODAD,
		.ifa_index = index_of(name),
	};

	append(&m, &header, sizeof(header));
	put_prefix(&m, IFA_LOCAL, &prefix);
	transact(&m);
	wait_for_address(&prefix);
}

void link_add_neighbour(const char *name, const char *address, const char *mac)
{
	struct message m = request_of(RTM_NEWNEIGH, ADD);
	struct prefix prefix = prefix_of(address);
	struct ndmsg header = {
		.ndm_family = prefix.family,
		.ndm_ifindex = index_of(name),
		.ndm_state = NUD_PERMANENT,
	};

	append(&m, &header, sizeof(header));
	put_prefix(&m, NDA_DST, &prefix);
	put(&m, NDA_LLADDR, ether_aton(mac), ETH_ALEN);
	transact(&m);
}

static void append_route(struct message *m, const struct prefix *to,
			 struct rtmsg how)
{
	how.rtm_family = to->family;
	how.rtm_dst_len = to->len;
	how.rtm_table = RT_TABLE_MAIN;
	append(m, &how, sizeof(how));
	if (to->len)
		put_prefix(m, RTA_DST, to);
}

void link_add_route(const char *to, const char *gateway)
{
	struct rtmsg how = { .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST };
	struct message m = request_of(RTM_NEWROUTE, ADD);
	struct prefix destination = prefix_of(to);
	struct prefix via = prefix_of(gateway);

	append_route(&m, &destination, how);
	put_prefix(&m, RTA_GATEWAY, &via);
	transact(&m);
}

void link_add_route_on_link(const char *to, const char *name)
{
	struct rtmsg how = {
		.rtm_protocol = RTPROT_BOOT,
		.rtm_type = RTN_UNICAST,
		.rtm_scope = RT_SCOPE_LINK,
	};
	struct message m = request_of(RTM_NEWROUTE, ADD);
	struct prefix destination = prefix_of(to);
	int index = index_of(name);

	append_route(&m, &destination, how);
	put(&m, RTA_OIF, &index, sizeof(index));
	transact(&m);
}

void link_add_route_of_type(const char *to, unsigned char type)
{
	struct rtmsg how = { .rtm_protocol = RTPROT_BOOT, .rtm_type = type };
	struct message m = request_of(RTM_NEWROUTE, ADD);
	struct prefix destination = prefix_of(to);

	append_route(&m, &destination, how);
	transact(&m);
}

void link_del_route(const char *to)
{
	struct message m = request_of(RTM_DELROUTE, NLM_F_ACK);
	struct rtmsg any = { .rtm_scope = RT_SCOPE_NOWHERE };
	struct prefix destination = prefix_of(to);

	append_route(&m, &destination, any);
	transact(&m);
}

static int operstate(const char *name)
{
	struct ifinfomsg link = { .ifi_index = index_of(name) };
	struct message m = request_of(RTM_GETLINK, 0);
	struct rtattr *attribute;
	union answer answer;
	int len;

	append(&m, &link, sizeof(link));
	ask(&m, &answer);
	attribute = IFLA_RTA(NLMSG_DATA(&answer.header));
	len = IFLA_PAYLOAD(&answer.header);
	for (; RTA_OK(attribute, len); attribute = RTA_NEXT(attribute, len))
		if (attribute->rta_type == IFLA_OPERSTATE)
			return *(unsigned char *)RTA_DATA(attribute);
	die("%s has no state", name);
}

void link_set_mtu(const char *name, int mtu)
{
	struct ifreq request = request_for(name);

	request.ifr_mtu = mtu;
	link_ioctl(SIOCSIFMTU, &request, name);
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
