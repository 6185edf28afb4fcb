// SPDX-License-Identifier: GPL-2.0
/*
 * The opener's cgroup decides about the send sockets as about sockets that the
 * opener makes itself: its programs may refuse them, bind them (as "ip vrf exec"
 * does), mark them, and drop what they send. By either way to send.
 */
#include "kselftest_harness.h"

#include <linux/bpf.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns6.h"
#include "parameter.h"

#define CGROUP "/sys/fs/cgroup/icmpecho-cgroup"

static struct record record;

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load(enum bpf_prog_type type, const struct bpf_insn *insns, unsigned int n)
{
	union bpf_attr attr = {
		.prog_type = type,
		.insns = u64_ptr(insns),
		.insn_cnt = n,
		.license = u64_ptr("GPL"),
	};
	int fd;

	if (type == BPF_PROG_TYPE_CGROUP_SOCK)
		attr.expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	else if (type == BPF_PROG_TYPE_CGROUP_SKB)
		attr.expected_attach_type = BPF_CGROUP_INET_EGRESS;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("load a program");
	return fd;
}

/* Gone with the cgroup. */
static void attach(int program, enum bpf_attach_type type)
{
	union bpf_attr attr = {
		.target_fd = open(CGROUP, O_RDONLY | O_CLOEXEC),
		.attach_bpf_fd = program,
		.attach_type = type,
	};

	if (bpf(BPF_PROG_ATTACH, &attr))
		die("attach a program");
	close(attr.target_fd);
	close(program);
}

#define RETURN(value) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = value }, \
	{ .code = BPF_JMP | BPF_EXIT }

/* Of the struct bpf_sock that the program is given */
#define SET(member, value) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = value }, \
	{ .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_1, \
	  .src_reg = BPF_REG_2, .off = offsetof(struct bpf_sock, member) }

static void refuse_sockets(void)
{
	struct bpf_insn insns[] = { RETURN(0) };

	attach(load(BPF_PROG_TYPE_CGROUP_SOCK, insns, ARRAY_SIZE(insns)),
	       BPF_CGROUP_INET_SOCK_CREATE);
}

static void refuse_packets(void)
{
	struct bpf_insn insns[] = { RETURN(0) };

	attach(load(BPF_PROG_TYPE_CGROUP_SKB, insns, ARRAY_SIZE(insns)),
	       BPF_CGROUP_INET_EGRESS);
}

static void refuse_devices(void)
{
	struct bpf_insn insns[] = { RETURN(0) };

	attach(load(BPF_PROG_TYPE_CGROUP_DEVICE, insns, ARRAY_SIZE(insns)), BPF_CGROUP_DEVICE);
}

static void set_up_sockets(__u32 ifindex, __u32 mark, __u32 priority)
{
	struct bpf_insn insns[] = {
		SET(bound_dev_if, ifindex), SET(mark, mark), SET(priority, priority),
		RETURN(1),
	};

	attach(load(BPF_PROG_TYPE_CGROUP_SOCK, insns, ARRAY_SIZE(insns)),
	       BPF_CGROUP_INET_SOCK_CREATE);
}

static void go_to(const char *cgroup)
{
	char path[64], pid[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_file(path, pid);
}

FIXTURE(cgroup)
{
	struct icmpecho_echo echo;
	struct icmpecho_echo echo6;
	__u32 near0;
};

FIXTURE_VARIANT(cgroup)
{
	bool plain;
};

FIXTURE_VARIANT_ADD(cgroup, straight) { .plain = true };
FIXTURE_VARIANT_ADD(cgroup, by_socket) { .plain = false };

FIXTURE_SETUP(cgroup)
{
	struct pair pair = netns_pair6();

	netns_enter(pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "0");
	netns_enter(pair.near);
	self->near0 = if_nametoindex("near0");
	self->echo = echo_to(WORLD);
	self->echo6 = echo_to(WORLD6);
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		die("mkdir " CGROUP);
	go_to(CGROUP);
	send_plain(variant->plain);
}

FIXTURE_TEARDOWN(cgroup)
{
	send_plain(true);
	go_to("/sys/fs/cgroup");
	rmdir(CGROUP);
}

static void expect_success(struct __test_metadata *_metadata, int fd,
			   const struct icmpecho_echo *echo)
{
	ASSERT_EQ(0, echo_send(fd, echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status)
		TH_LOG("family %u: error %u", echo->family, record.c.error);
}

static void expect_error(struct __test_metadata *_metadata, int fd,
			 const struct icmpecho_echo *echo, int error)
{
	ASSERT_EQ(0, echo_send(fd, echo, &record));
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(error, record.c.error)
		TH_LOG("family %u: status %u", echo->family, record.c.status);
}

TEST_F(cgroup, that_refuses_sockets_refuses_to_open)
{
	int before = echo_open();

	ASSERT_LE(0, before);
	refuse_sockets();
	EXPECT_EQ(-EPERM, echo_open());
	expect_success(_metadata, before, &self->echo);
	expect_success(_metadata, before, &self->echo6);
	close(before);
}

/* A session that is there already goes on, also for who gets its descriptor. */
TEST_F(cgroup, that_refuses_devices_refuses_to_open)
{
	int before = echo_open();

	ASSERT_LE(0, before);
	refuse_devices();
	EXPECT_EQ(-EPERM, echo_open());
	expect_success(_metadata, before, &self->echo);
	close(before);
}

TEST_F(cgroup, that_drops_what_is_sent_drops_echoes)
{
	int fd = echo_open();

	ASSERT_LE(0, fd);
	expect_success(_metadata, fd, &self->echo);
	refuse_packets();
	expect_error(_metadata, fd, &self->echo, EPERM);
	expect_error(_metadata, fd, &self->echo6, EPERM);
	close(fd);
}

/* As "ip vrf exec" does. The main table leads nowhere. */
TEST_F(cgroup, that_binds_sockets_chooses_the_interface)
{
	int unbound = echo_open(), bound;

	near_into_vrf();
	set_up_sockets(if_nametoindex("red"), 0, 0);
	bound = echo_open();
	ASSERT_LE(0, bound);
	expect_error(_metadata, unbound, &self->echo, ENETUNREACH);
	expect_error(_metadata, unbound, &self->echo6, ENETUNREACH);
	expect_success(_metadata, bound, &self->echo);
	expect_success(_metadata, bound, &self->echo6);
	/* What is known of a destination by then is not known for the unbound. */
	expect_error(_metadata, unbound, &self->echo, ENETUNREACH);
	expect_error(_metadata, unbound, &self->echo6, ENETUNREACH);
	close(unbound);
	close(bound);
}

/* As a socket: IPv6 sends by no link but the one that it is bound to. */
TEST_F(cgroup, that_binds_to_a_link_gives_link_local_destinations_their_scope)
{
	int fd;

	set_up_sockets(self->near0, 0, 0);
	fd = echo_open();
	ASSERT_LE(0, fd);
	self->echo6 = echo_to(WORLD_LL);
	expect_success(_metadata, fd, &self->echo6);
	self->echo6 = echo_to(WORLD6);
	self->echo6.ifindex = if_nametoindex("lo");
	EXPECT_EQ(-EINVAL, echo_send(fd, &self->echo6, &record));
	close(fd);
}

TEST_F(cgroup, that_marks_sockets_marks_packets_and_chooses_their_route)
{
	int fd;

	set_up_sockets(0, 7, 5);
	fd = echo_open();
	ASSERT_LE(0, fd);
	nft("add table inet t\n"
	    "add chain inet t c { type filter hook output priority 0; policy accept; }\n"
	    "add rule inet t c meta l4proto icmp meta mark != 7 drop\n"
	    "add rule inet t c meta l4proto icmpv6 meta mark != 7 drop\n"
	    "add rule inet t c icmp type echo-request meta priority != 0:5 drop\n"
	    "add rule inet t c icmpv6 type echo-request meta priority != 0:5 drop\n");
	expect_success(_metadata, fd, &self->echo);
	expect_success(_metadata, fd, &self->echo6);
	ip_batch("rule add fwmark 7 prohibit\n");
	ip6_batch("rule add fwmark 7 prohibit\n");
	expect_error(_metadata, fd, &self->echo, EACCES);
	expect_error(_metadata, fd, &self->echo6, EACCES);
	close(fd);
}

int main(int argc, char **argv)
{
	/* As on the debug kernel */
	if (access("/proc/sys/kernel/unprivileged_bpf_disabled", F_OK)) {
		ksft_print_header();
		ksft_exit_skip("this kernel has no BPF\n");
	}
	return test_harness_run(argc, argv);
}
