// SPDX-License-Identifier: GPL-2.0
/* Build the namespaces of netns.h with iproute2. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

void netns_die(const char *file, int line, const char *format, ...)
{
	int err = errno;
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(err));
	fflush(stdout);
	_exit(1);
}

static void bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("cannot bring lo up");
	close(fd);
}

int netns_alone(void)
{
	int ns;

	if (unshare(CLONE_NEWNET))
		die("unshare(CLONE_NEWNET)");
	ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		die("/proc/thread-self/ns/net");
	bring_loopback_up();
	return ns;
}

void netns_enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		die("setns");
}

void netns_sysctl(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("%s = %s", path, value);
	close(fd);
}

/* Run the program with its standard input coming from a pipe; returns its pid. */
static pid_t spawn(char *const argv[], int *stdin_fd)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		dup2(fds[0], STDIN_FILENO);
		execvp(argv[0], argv);
		die("exec %s", argv[0]);
	}
	close(fds[0]);
	*stdin_fd = fds[1];
	return pid;
}

static void feed(char *const argv[], const char *text)
{
	int fd, status;
	pid_t pid;

	pid = spawn(argv, &fd);
	if (write(fd, text, strlen(text)) < 0)
		die("write to %s", argv[0]);
	close(fd);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	errno = 0;
	if (status)
		die("%s ended with status 0x%x, given:\n%s", argv[0], status, text);
}

static void batch(char *const argv[], const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		die("vasprintf");
	feed(argv, text);
	free(text);
}

void ip_batch(const char *format, ...)
{
	char *const argv[] = { "ip", "-batch", "-", NULL };
	va_list args;

	va_start(args, format);
	batch(argv, format, args);
	va_end(args);
}

void ip6_batch(const char *format, ...)
{
	char *const argv[] = { "ip", "-6", "-batch", "-", NULL };
	va_list args;

	va_start(args, format);
	batch(argv, format, args);
	va_end(args);
}

void tc_batch(const char *format, ...)
{
	char *const argv[] = { "tc", "-batch", "-", NULL };
	va_list args;

	va_start(args, format);
	batch(argv, format, args);
	va_end(args);
}

void nft(const char *text)
{
	char *const argv[] = { "nft", "-f", "-", NULL };

	feed(argv, text);
}

void netns_drop_output(void)
{
	nft("add table ip t\n"
	    "add chain ip t c { type filter hook output priority 0; policy drop; }\n");
}

/* For local experiments, says IEEE 802; no host looks at it. */
#define ETH_P_PROBE	0x88b5

static int packet_socket(struct sockaddr_ll *address)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)))
		die("packet socket");
	return fd;
}

/* Has the probe passed the interface's queue? Then it was seen on its way out. */
static bool probe_left(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	char byte;

	while (poll(&pollfd, 1, 10) > 0) {
		if (recvfrom(fd, &byte, 1, MSG_DONTWAIT,
			     (struct sockaddr *)&from, &len) >= 0 &&
		    from.sll_protocol == htons(ETH_P_PROBE))
			return true;
	}
	return false;
}

/*
 * The kernel starts to send on a link some time after both its ends are up, and
 * silently drops packets until then.
 */
void netns_expect_link(const char *name)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_PROBE),
		.sll_ifindex = if_nametoindex(name),
		.sll_halen = ETH_ALEN,
		.sll_addr = { 2 },
	};
	struct sockaddr_ll all = to;
	unsigned int tries = 2000;
	int tx, rx;

	tx = packet_socket(&to);
	all.sll_protocol = htons(ETH_P_ALL);
	rx = packet_socket(&all);
	do {
		errno = ENETDOWN;
		if (!tries--)
			die("%s carries no packets", name);
		sendto(tx, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
	} while (!probe_left(rx));
	close(tx);
	close(rx);
}

static void link_to_near(const char *name, int ns)
{
	ip_batch("link add near0 address " NEAR_MAC " type veth"
		 " peer name %s address " WORLD_MAC " netns /proc/%d/fd/%d\n"
		 "addr add " NEAR "/24 dev near0\n"
		 "link set near0 addrgenmode none\n"
		 "link set near0 up\n"
		 "neigh add " WORLD " lladdr " WORLD_MAC " nud permanent dev near0\n"
		 "route add default via " WORLD "\n", name, getpid(), ns);
	netns_sysctl("ipv4/conf/all/rp_filter", "0");
	netns_sysctl("ipv4/conf/near0/rp_filter", "0");
}

struct pair netns_pair(void)
{
	struct pair pair;

	pair.world = netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	netns_sysctl("ipv4/ip_forward", "0");
	pair.near = netns_alone();
	link_to_near("world0", pair.world);
	netns_enter(pair.world);
	ip_batch("addr add " WORLD "/24 dev world0\n"
		 "link set world0 addrgenmode none\n"
		 "link set world0 up\n"
		 "neigh add " NEAR " lladdr " NEAR_MAC " nud permanent dev world0\n");
	netns_expect_link("world0");
	netns_enter(pair.near);
	netns_expect_link("near0");
	return pair;
}

struct path netns_path(void)
{
	struct path path;

	path.far = netns_alone();
	path.router = netns_alone();
	path.near = netns_alone();
	link_to_near("router0", path.router);

	netns_enter(path.router);
	ip_batch("addr add " ROUTER "/24 dev router0\n"
		 "link set router0 addrgenmode none\n"
		 "link set router0 up\n"
		 "neigh add " NEAR " lladdr " NEAR_MAC " nud permanent dev router0\n"
		 "link add router1 address " ROUTER1_MAC " type veth"
		 " peer name far0 address " FAR_MAC " netns /proc/%d/fd/%d\n"
		 "addr add 198.51.100.1/24 dev router1\n"
		 "link set router1 addrgenmode none\n"
		 "link set router1 up\n"
		 "neigh add " FAR " lladdr " FAR_MAC " nud permanent dev router1\n",
		 getpid(), path.far);
	netns_expect_link("router0");
	netns_sysctl("ipv4/ip_forward", "1");
	netns_sysctl("ipv4/icmp_ratemask", "0");

	netns_enter(path.far);
	ip_batch("addr add " FAR "/24 dev far0\n"
		 "link set far0 addrgenmode none\n"
		 "link set far0 up\n"
		 "neigh add 198.51.100.1 lladdr " ROUTER1_MAC " nud permanent dev far0\n"
		 "route add default via 198.51.100.1\n");
	netns_expect_link("far0");
	netns_enter(path.router);
	netns_expect_link("router1");
	netns_enter(path.near);
	netns_expect_link("near0");
	return path;
}

int netns_raw_sockets(void)
{
	FILE *file = fopen("/proc/thread-self/net/raw", "re");
	char line[256];
	int lines = -1;	/* do not count the heading */

	if (!file)
		die("/proc/thread-self/net/raw");
	while (fgets(line, sizeof(line), file))
		lines++;
	fclose(file);
	return lines;
}

/* Which word of @line is @name, or -1. */
static int word_index(char *line, const char *name)
{
	char *save, *word = strtok_r(line, " \n", &save);
	int i;

	for (i = 0; word; i++, word = strtok_r(NULL, " \n", &save))
		if (!strcmp(word, name))
			return i;
	return -1;
}

static const char *word_at(char *line, int index)
{
	char *save, *word = strtok_r(line, " \n", &save);

	while (word && index--)
		word = strtok_r(NULL, " \n", &save);
	return word ?: "";
}

long netns_counter(const char *protocol, const char *name)
{
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	char heading[2048], values[2048];
	size_t len = strlen(protocol);
	long value = -1;
	int index;

	if (!file)
		die("/proc/thread-self/net/snmp");
	while (fgets(heading, sizeof(heading), file) &&
	       fgets(values, sizeof(values), file)) {
		if (strncmp(heading, protocol, len) || heading[len] != ':')
			continue;
		index = word_index(heading, name);
		if (index > 0)
			value = atol(word_at(values, index));
		break;
	}
	fclose(file);
	return value;
}

long netns_counter6(const char *name)
{
	FILE *file = fopen("/proc/thread-self/net/snmp6", "re");
	char line[256];
	long value = -1;

	if (!file)
		die("/proc/thread-self/net/snmp6");
	while (fgets(line, sizeof(line), file))
		if (word_index(strdupa(line), name) == 0)
			value = atol(word_at(line, 1));
	fclose(file);
	return value;
}
