// SPDX-License-Identifier: GPL-2.0
/*
 * The module comes and goes: parameters, the node, and unloading under fire.
 * Each test leaves the module loaded, with the limits it had.
 *
 * ICMPECHO_MODULE in the environment is the path of icmpecho.ko.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "wire.h"

#define PARAMETERS "/sys/module/icmpecho/parameters/"

static struct record record;

static int load(const char *parameters)
{
	const char *path = getenv("ICMPECHO_MODULE") ?: "/lib/modules/icmpecho.ko";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		die("%s (set ICMPECHO_MODULE)", path);
	if (syscall(SYS_finit_module, fd, parameters, 0))
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
	int wire;
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
		wire_send(flood->wire, &reply);
		__atomic_store_n(&flood->sent, flood->sent + 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void start_flood(struct flood *f, struct pair pair)
{
	memset(f, 0, sizeof(*f));
	f->wire = wire_open(pair.world, "world0");
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

TEST_F(module, limit_of_0_requests_refuses_all)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	int fd;

	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, load("max_requests=0"));
	fd = echo_open();
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EAGAIN, echo_submit(fd, &echo, 1));
	close(fd);
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

TEST_HARNESS_MAIN
