// SPDX-License-Identifier: GPL-2.0
/*
 * The module comes and goes: parameters, the node, and unloading under fire.
 * Each test leaves the module loaded, with the limits it had.
 *
 * ICMPECHO_MODULE in the environment is the path of icmpecho.ko, which else is the
 * one that modprobe would load, or lies at /lib/modules/icmpecho.ko.
 */
#include "kselftest_harness.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "icmpecho_test.h"
#include "netns6.h"
#include "inject.h"

#define PARAMETERS "/sys/module/icmpecho/parameters/"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

static struct record record;

static char module_path[256];

static bool module_is_at(const char *format, const char *release)
{
	snprintf(module_path, sizeof(module_path), format, release);
	return !access(module_path, R_OK);
}

static bool modinfo_finds_module(void)
{
	FILE *modinfo = popen("PATH=$PATH:/usr/sbin:/sbin modinfo -n icmpecho 2>/dev/null", "re");

	if (!modinfo)
		return false;
	if (!fgets(module_path, sizeof(module_path), modinfo))
		module_path[0] = 0;
	pclose(modinfo);
	module_path[strcspn(module_path, "\n")] = 0;
	return !access(module_path, R_OK);
}

/* Sets module_path. depmod may not have run, as where kbuild installed it. */
static bool find_module(void)
{
	const char *path = getenv("ICMPECHO_MODULE");
	struct utsname uts;

	if (path)
		return module_is_at("%s", path);
	uname(&uts);
	return modinfo_finds_module() ||
	       module_is_at("/lib/modules/%s/updates/icmpecho.ko", uts.release) ||
	       module_is_at("/lib/modules/%s/extra/icmpecho.ko", uts.release) ||
	       module_is_at("/lib/modules/icmpecho.ko", NULL);
}

static bool is_compressed(void)
{
	return strstr(module_path, ".ko.");
}

static int load(const char *parameters)
{
	int fd = open(module_path, O_RDONLY | O_CLOEXEC);
	int err = 0, flags = 0;

	if (fd < 0)
		die("%s", module_path);
	if (is_compressed())
		flags = MODULE_INIT_COMPRESSED_FILE;
	if (syscall(SYS_finit_module, fd, parameters, flags))
		err = -errno;
	close(fd);
	return err;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "icmpecho", O_NONBLOCK) ? -errno : 0;
}

static bool loaded(void)
{
	return !access("/sys/module/icmpecho", F_OK);
}

static unsigned long read_parameter(const char *name)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("%s", path);
	close(fd);
	return strtoul(text, NULL, 10);
}

/* Send junk at near0 until told to stop: replies to requests that never were. */
struct flood {
	pthread_t thread;
	int injector;
	bool stop;
	unsigned long sent;
};

static void *flood(void *arg)
{
	static struct packet request, reply;
	struct flood *flood = arg;

	request.ip.ihl = 5;
	request.ip.saddr = inet_addr(NEAR);
	request.ip.daddr = inet_addr(BEYOND);
	request.len = 20 + 8 + 32;
	packet_reply(&reply, &request);
	while (!__atomic_load_n(&flood->stop, __ATOMIC_RELAXED)) {
		packet_icmp(&reply)->un.gateway = flood->sent * 2654435761U;
		packet_seal(&reply);
		injector_send(flood->injector, &reply);
		__atomic_store_n(&flood->sent, flood->sent + 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void start_flood(struct flood *f, struct pair pair)
{
	memset(f, 0, sizeof(*f));
	f->injector = injector_open(pair.world, "world0", AF_INET);
	if (pthread_create(&f->thread, NULL, flood, f))
		die("pthread_create");
	while (!__atomic_load_n(&f->sent, __ATOMIC_RELAXED))
		;
}

static void stop_flood(struct flood *f)
{
	__atomic_store_n(&f->stop, true, __ATOMIC_RELAXED);
	pthread_join(f->thread, NULL);
}

/* In a /lib/modules of its own. */
TEST(module_is_found_where_it_is_installed)
{
	static const char make[] =
		"set -e; mount --make-rprivate /; mount -t tmpfs none /tmp;"
		"mkdir -p /tmp/$RELEASE/any; cp $MODULE /tmp/$RELEASE/any/icmpecho.ko;"
		"mount --bind /tmp /lib/modules; depmod $RELEASE 2>/dev/null";
	char updates[256], extra[256];
	struct utsname uts;

	uname(&uts);
	setenv("RELEASE", uts.release, 1);
	setenv("MODULE", module_path, 1);
	unsetenv("ICMPECHO_MODULE");
	snprintf(updates, sizeof(updates), "/lib/modules/%s/updates/icmpecho.ko", uts.release);
	snprintf(extra, sizeof(extra), "/lib/modules/%s/extra/icmpecho.ko", uts.release);
	if (is_compressed())
		SKIP(return, "%s is compressed", module_path);
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, system(make));

	EXPECT_TRUE(find_module());
	EXPECT_NE(NULL, strstr(module_path, "/any/icmpecho.ko"));

	ASSERT_EQ(0, system("cd /lib/modules/$RELEASE; mv any updates; rm modules.*"));
	EXPECT_TRUE(find_module());
	EXPECT_STREQ(updates, module_path);
	ASSERT_EQ(0, system("cd /lib/modules/$RELEASE; mv updates extra"));
	EXPECT_TRUE(find_module());
	EXPECT_STREQ(extra, module_path);
	ASSERT_EQ(0, system("cd /lib/modules/$RELEASE; mv extra/icmpecho.ko .."));
	EXPECT_TRUE(find_module());
	EXPECT_STREQ("/lib/modules/icmpecho.ko", module_path);
	setenv("ICMPECHO_MODULE", "/dev/null", 1);
	EXPECT_TRUE(find_module());
	EXPECT_STREQ("/dev/null", module_path);
	ASSERT_EQ(0, system("rm /lib/modules/icmpecho.ko"));
	unsetenv("ICMPECHO_MODULE");
	EXPECT_FALSE(find_module());
}

FIXTURE(module)
{
	struct pair pair;
	char limits[128];
};

FIXTURE_SETUP(module)
{
	self->pair = netns_pair();
	if (!loaded())
		ASSERT_EQ(0, load(""));
	snprintf(self->limits, sizeof(self->limits),
		 "max_requests=%lu max_user_bytes=%lu",
		 read_parameter("max_requests"),
		 read_parameter("max_user_bytes"));
}

FIXTURE_TEARDOWN(module)
{
	if (loaded())
		EXPECT_EQ(0, unload());
	EXPECT_EQ(0, load(self->limits));
}

TEST_F(module, node_comes_and_goes_with_it)
{
	EXPECT_EQ(0, access(ICMPECHO_DEVICE, F_OK));
	ASSERT_EQ(0, unload());
	EXPECT_EQ(-1, access(ICMPECHO_DEVICE, F_OK));
	EXPECT_EQ(-ENOENT, echo_open());
	ASSERT_EQ(0, load(""));
	EXPECT_EQ(0, access(ICMPECHO_DEVICE, F_OK));
}

TEST_F(module, node_is_for_root_only_after_each_load)
{
	struct stat st;

	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, load(""));
	ASSERT_EQ(0, stat(ICMPECHO_DEVICE, &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
}

TEST_F(module, unload_is_refused_while_a_session_is_open)
{
	int fd = echo_open();

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EWOULDBLOCK, unload());
	close(fd);
	EXPECT_EQ(0, unload());
}

TEST_F(module, unload_does_not_wait_for_requests_of_closed_sessions)
{
	struct icmpecho_echo echo = echo_to(BEYOND);
	int fd = echo_open(), i;

	ASSERT_LE(0, fd);
	echo.timeout_ns = NEVER_NS;
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	close(fd);
	EXPECT_EQ(0, unload());
}

TEST_F(module, parameters_at_load_are_in_force)
{
	struct icmpecho_info info;
	int fd;

	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, load("max_requests=17 max_user_bytes=123456"));
	fd = echo_open();
	ASSERT_EQ(0, echo_info(fd, &info));
	EXPECT_EQ(17, info.max_requests);
	EXPECT_EQ(123456, info.max_user_bytes);
	close(fd);
}

TEST_F(module, parameters_out_of_range_are_refused)
{
	static const char *const bad[] = {
		"max_requests=-1", "max_requests=4294967296",
		"max_requests=many", "max_requests=", "max_user_bytes=-1",
		"max_user_bytes=99999999999999999999",
		"max_requests=0", "max_user_bytes=0", "max_user_bytes=65535",
	};
	unsigned int i;

	ASSERT_EQ(0, unload());
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_GT(0, load(bad[i]))
			TH_LOG("%s", bad[i]);
		if (loaded())
			unload();
	}
}

/* Use it while packets that concern it keep coming. */
static void use(struct __test_metadata *_metadata)
{
	struct icmpecho_echo lost = echo_to(BEYOND);
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	int fd = echo_open(), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(1, echo_submit(fd, &lost, 1));
	ASSERT_EQ(0, echo_send(fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	close(fd);
}

TEST_F_TIMEOUT(module, can_be_loaded_used_and_unloaded_under_a_flood, 300)
{
	unsigned int i, n = 100;
	struct flood flood;

	start_flood(&flood, self->pair);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, unload());
		ASSERT_EQ(0, load(""));
		use(_metadata);
	}
	stop_flood(&flood);
}

TEST_F_TIMEOUT(module, sessions_can_be_opened_and_closed_under_a_flood, 300)
{
	unsigned int i, n = scaled(1000, 50);
	struct flood flood;

	start_flood(&flood, self->pair);
	for (i = 0; i < n; i++)
		use(_metadata);
	stop_flood(&flood);
}

/*
 * Packets that wait somewhere keep a send socket, which is told when they go: after
 * the session, and after the module.
 */
#define WAITING 3

static unsigned char payload[1400];

/*
 * Send to each address, close and unload. What was the module stays so until the
 * packets are gone: loaded again, it could be where it was.
 */
static void leave_waiting(struct __test_metadata *_metadata, const char *const to[],
			  unsigned int n)
{
	int fd = echo_open();
	unsigned int i, j;

	ASSERT_LE(0, fd);
	for (i = 0; i < n; i++) {
		struct icmpecho_echo echo = echo_with(to[i], payload, sizeof(payload));

		for (j = 0; j < WAITING; j++)
			ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	}
	close(fd);
	ASSERT_EQ(0, unload());
}

/* The packets are gone, and nothing is left of the module that would be missed. */
static void expect_released(struct __test_metadata *_metadata, FIXTURE_DATA(module) *self)
{
	static struct packet packet;
	int injector = injector_open(self->pair.world, "world0", AF_INET);

	ASSERT_EQ(0, load(""));
	use(_metadata);
	injector_request(injector, &packet);
	EXPECT_EQ(inet_addr(BEYOND), packet.ip.daddr);
	close(injector);
}

TEST_F(module, unload_leaves_packets_that_wait_for_arp)
{
	static const char *const to[] = { "192.0.2.77" };
	int injector = injector_open(self->pair.world, "world0", AF_INET);
	static struct packet packet;
	unsigned int i;

	leave_waiting(_metadata, to, 1);
	ip_batch("neigh replace %s lladdr " WORLD_MAC " dev near0\n", to[0]);
	for (i = 0; i < WAITING; i++) {
		injector_request(injector, &packet);
		EXPECT_EQ(inet_addr(to[0]), packet.ip.daddr);
	}
	expect_released(_metadata, self);
}

TEST_F(module, unload_leaves_packets_that_wait_for_neighbour_discovery)
{
	static const char *const to[] = { "2001:db8:1::77" };
	static struct packet packet;
	unsigned int i;
	int injector;

	self->pair = netns_pair6();
	injector = injector_open(self->pair.world, "world0", AF_INET6);
	leave_waiting(_metadata, to, 1);
	ip_batch("neigh replace %s lladdr " WORLD_MAC " dev near0\n", to[0]);
	for (i = 0; i < WAITING; i++) {
		injector_request(injector, &packet);
		EXPECT_STREQ(to[0], ipv6(packet.ip6.daddr.s6_addr));
	}
	expect_released(_metadata, self);
}

TEST_F(module, unload_leaves_packets_that_wait_for_arp_in_vain)
{
	static const char *const to[] = { "192.0.2.77", "2001:db8:1::77" };

	self->pair = netns_pair6();
	leave_waiting(_metadata, to, 2);
	ip_batch("neigh flush dev near0 nud incomplete\n");
	expect_released(_metadata, self);
}

TEST_F(module, unload_leaves_packets_in_a_queue)
{
	static const char *const to[] = { BEYOND, BEYOND6 };

	self->pair = netns_pair6();
	tc_batch("qdisc add dev near0 root netem delay 200s\n");
	leave_waiting(_metadata, to, 2);
	EXPECT_LE(2 * WAITING, netns_backlog("near0"));
	tc_batch("qdisc del dev near0 root\n");
	expect_released(_metadata, self);
}

static int open_tun(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strcpy(request.ifr_name, "tun0");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die("/dev/net/tun");
	ip_batch("link set tun0 up addrgenmode none\n"
		 "addr add 203.0.113.1/24 dev tun0\n"
		 "addr add 2001:db8:3::1/64 dev tun0 nodad\n");
	return fd;
}

TEST_F(module, unload_leaves_packets_in_a_tun_device_that_nobody_reads)
{
	static const char *const to[] = { "203.0.113.2", "2001:db8:3::2" };
	unsigned char packet[2048];
	int tun = open_tun(), i;

	leave_waiting(_metadata, to, 2);
	for (i = 0; i < 2; i++)
		EXPECT_LT(sizeof(payload), read(tun, packet, sizeof(packet)));
	close(tun);
	expect_released(_metadata, self);
}

int main(int argc, char **argv)
{
	if (!find_module()) {
		ksft_print_header();
		ksft_exit_skip("icmpecho.ko is not installed; set ICMPECHO_MODULE to its path\n");
	}
	return test_harness_run(argc, argv);
}
