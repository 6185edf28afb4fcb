// SPDX-License-Identifier: GPL-2.0
/* Build the namespaces of netns.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
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

int netns_alone(void)
{
	int ns;

	if (unshare(CLONE_NEWNET))
		die("unshare(CLONE_NEWNET)");
	ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		die("/proc/thread-self/ns/net");
	link_up("lo", NULL);
	/* Addresses that IPv6 makes by itself would mix their packets with the test's. */
	netns_sysctl("ipv6/conf/default/addr_gen_mode", "1");
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

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	write_file(path, value);
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

/* Returns what wait() says of the program. */
static int feed(char *const argv[], const char *text)
{
	int fd, status;
	pid_t pid;

	pid = spawn(argv, &fd);
	if (write(fd, text, strlen(text)) < 0)
		die("write to %s", argv[0]);
	close(fd);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}

static void feed_well(char *const argv[], const char *text)
{
	int status = feed(argv, text);

	errno = 0;
	if (status)
		die("%s ended with status 0x%x, given:\n%s", argv[0], status, text);
}

static void batch(char *const argv[], const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		die("vasprintf");
	feed_well(argv, text);
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

unsigned int netns_backlog(const char *link)
{
	unsigned int bytes, packets = 0;
	char line[256];
	FILE *tc;

	snprintf(line, sizeof(line), "tc -s qdisc show dev %s", link);
	tc = popen(line, "re");
	while (tc && fgets(line, sizeof(line), tc))
		if (sscanf(line, " backlog %ub %up", &bytes, &packets) == 2)
			break;
	if (!tc || pclose(tc))
		die("tc");
	return packets;
}

void nft(const char *text)
{
	char *const argv[] = { "nft", "-f", "-", NULL };

	feed_well(argv, text);
}

bool nft_if_known(const char *text)
{
	char *const argv[] = { "sh", "-c", "exec nft -f - 2>/dev/null", NULL };

	return !feed(argv, text);
}

void netns_drop_output(void)
{
	nft("add table ip t\n"
	    "add chain ip t c { type filter hook output priority 0; policy drop; }\n");
}

static const struct link_end near0 = { "near0", NEAR_MAC };
static const struct link_end world0 = { "world0", WORLD_MAC };
static const struct link_end router0 = { "router0", WORLD_MAC };
static const struct link_end router1 = { "router1", ROUTER1_MAC };
static const struct link_end far0 = { "far0", FAR_MAC };

/* In near: its side of the link to its gateway, which is in @ns. */
static void build_near(const struct link_end *gateway, int ns)
{
	link_add_veth(&near0, gateway, ns);
	link_up("near0", NEAR);
	link_add_neighbour("near0", ROUTER, gateway->mac);
	link_add_route(ALL, ROUTER);
	netns_sysctl("ipv4/conf/all/rp_filter", "0");
	netns_sysctl("ipv4/conf/near0/rp_filter", "0");
}

/* In the gateway's namespace: the other side. */
static void build_gateway(const struct link_end *gateway)
{
	link_up(gateway->name, ROUTER);
	link_add_neighbour(gateway->name, NEAR, NEAR_MAC);
}

struct pair netns_pair(void)
{
	struct pair pair;

	pair.world = netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	netns_sysctl("ipv4/ip_forward", "0");
	pair.near = netns_alone();
	build_near(&world0, pair.world);
	netns_enter(pair.world);
	build_gateway(&world0);
	netns_enter(pair.near);
	link_wait_for("near0");
	return pair;
}

/* In router, then in far: the link between them. */
static void build_far(const struct path *path)
{
	link_add_veth(&router1, &far0, path->far);
	link_up("router1", ROUTER_FAR);
	link_add_neighbour("router1", FAR, FAR_MAC);

	netns_enter(path->far);
	link_up("far0", FAR);
	link_add_neighbour("far0", ROUTER_FAR, ROUTER1_MAC);
	link_add_route(ALL, ROUTER_FAR);

	netns_enter(path->router);
	link_wait_for("router1");
}

struct path netns_path(void)
{
	struct path path;

	path.far = netns_alone();
	path.router = netns_alone();
	netns_sysctl("ipv4/ip_forward", "1");
	netns_sysctl("ipv4/icmp_ratemask", "0");
	path.near = netns_alone();
	build_near(&router0, path.router);
	netns_enter(path.router);
	build_gateway(&router0);
	build_far(&path);
	netns_enter(path.near);
	link_wait_for("near0");
	return path;
}

void path_route_of_type(const struct path *path, const char *to, unsigned char type)
{
	netns_enter(path->router);
	link_add_route_of_type(to, type);
	netns_enter(path->near);
}

void path_unroute(const struct path *path, const char *network)
{
	netns_enter(path->router);
	link_del_route(network);
	netns_enter(path->near);
}

void path_set_far_mtu(const struct path *path, int mtu)
{
	netns_enter(path->router);
	link_set_mtu("router1", mtu);
	netns_enter(path->far);
	link_set_mtu("far0", mtu);
	netns_enter(path->near);
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

/* In a file that has a line of names for each protocol, then a line of values */
static long counter_in(const char *path, const char *protocol, const char *name)
{
	FILE *file = fopen(path, "re");
	char heading[8192], values[8192];
	size_t len = strlen(protocol);
	long value = -1;
	int index;

	if (!file)
		die("%s", path);
	while (fgets(heading, sizeof(heading), file) &&
	       fgets(values, sizeof(values), file)) {
		if (strncmp(heading, protocol, len) || heading[len] != ':')
			continue;
		/* IcmpMsg has more than one such pair of lines if there are many types. */
		index = word_index(heading, name);
		if (index > 0) {
			value = atol(word_at(values, index));
			break;
		}
	}
	fclose(file);
	return value;
}

long netns_counter(const char *protocol, const char *name)
{
	const char *path = strstr(protocol, "Ext") ? "/proc/thread-self/net/netstat" :
						     "/proc/thread-self/net/snmp";

	return counter_in(path, protocol, name);
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
