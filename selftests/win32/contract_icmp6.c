// SPDX-License-Identifier: GPL-2.0
/* Facts 91 to 106: Icmp6SendEcho2() and Icmp6ParseReplies(). */
#include "contract_apc.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include "inject.h"

/* The kernel has a number by the name of a structure of Windows. */
#undef ICMPV6_ECHO_REPLY

#define REPLY6_SIZE	(sizeof(ICMPV6_ECHO_REPLY) + DATA_SIZE)

/* All arguments of Icmp6SendEcho2(). */
struct call6 {
	HANDLE icmp;
	HANDLE event;
	PIO_APC_ROUTINE routine;
	PVOID context;
	struct sockaddr_in6 source;
	struct sockaddr_in6 destination;
	LPVOID data;
	WORD size;
	PIP_OPTION_INFORMATION options;
	LPVOID reply;
	DWORD reply_size;
	DWORD timeout;
};

static struct sockaddr_in6 address6(const char *text)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };

	inet_pton(AF_INET6, text, &address.sin6_addr);
	return address;
}

static struct call6 call6_to(HANDLE icmp, const char *destination)
{
	return (struct call6){
		.icmp = icmp,
		.source = address6("::"),
		.destination = address6(destination),
		.data = data,
		.size = DATA_SIZE,
		.reply = exact_buffer(REPLY6_SIZE),
		.reply_size = REPLY6_SIZE,
		.timeout = ANSWER_MS,
	};
}

static void give_room6(struct call6 *call, WORD request_size, WORD room)
{
	call->size = request_size;
	call->reply_size = sizeof(ICMPV6_ECHO_REPLY) + room;
	call->reply = exact_buffer(call->reply_size);
}

static DWORD send_call6(struct call6 *c)
{
	SetLastError(UNTOUCHED);
	return Icmp6SendEcho2(c->icmp, c->event, c->routine, c->context, &c->source,
			      &c->destination, c->data, c->size, c->options, c->reply,
			      c->reply_size, c->timeout);
}

static ICMPV6_ECHO_REPLY *reply6_in(const struct call6 *c)
{
	return c->reply;
}

static bool is_from(const ICMPV6_ECHO_REPLY *reply, const char *text)
{
	struct sockaddr_in6 address = address6(text);

	return !memcmp(reply->Address.sin6_addr, &address.sin6_addr, 16);
}

#define EXPECT_FAILS6(code, call)	EXPECT_FAILURE(code, send_call6(call))
#define EXPECT_PENDING6(call)		EXPECT_FAILURE(ERROR_IO_PENDING, send_call6(call))
#define EXPECT_REPLY6(call)		EXPECT_EQ(1, send_call6(call))

/* A successful reply with all of our data, from an address. */
#define EXPECT_ECHO6(call, from) do {						\
	const ICMPV6_ECHO_REPLY *echo_ = reply6_in(call);			\
	EXPECT_EQ(IP_SUCCESS, echo_->Status);					\
	EXPECT_TRUE(is_from(echo_, from));					\
	EXPECT_EQ(0, memcmp(echo_ + 1, data, (call)->size));			\
	EXPECT_TRUE(exact_buffer_is_intact(echo_, (call)->reply_size));		\
} while (0)

/* Refused at once in all three modes. */
static void expect_refused(struct __test_metadata *_metadata, struct call6 *call, DWORD code)
{
	call->event = NULL;
	call->routine = NULL;
	EXPECT_FAILS6(code, call);
	call->event = auto_reset_event();
	EXPECT_FAILS6(code, call);
	EXPECT_NOT_SIGNALLED(call->event);
	call->event = NULL;
	call->routine = on_apc;
	EXPECT_FAILS6(code, call);
	EXPECT_NO_APC();
}

/* The ways to wait for a request. */
enum mode { SYNC, EVENT, APC, MODES };

/* Send and wait: 1, or the last error, as a program learns it in that mode. */
static DWORD outcome6(struct call6 *call, enum mode mode)
{
	DWORD count;

	call->event = mode == EVENT ? auto_reset_event() : NULL;
	call->routine = mode == APC ? on_apc : NULL;
	count = send_call6(call);
	if (mode != SYNC) {
		if (count || GetLastError() != ERROR_IO_PENDING)
			return count ? UNTOUCHED : GetLastError();
		if (mode == EVENT && WaitForSingleObject(call->event, PATIENCE_MS))
			return UNTOUCHED;
		if (mode == APC && SleepEx(PATIENCE_MS, TRUE) != WAIT_IO_COMPLETION)
			return UNTOUCHED;
		if (mode == EVENT)
			CloseHandle(call->event);
		count = Icmp6ParseReplies(call->reply, call->reply_size);
	}
	return count ?: GetLastError();
}

/* A host that is alone. */
FIXTURE(loop)
{
	struct call6 call;
};

FIXTURE_SETUP(loop)
{
	netns_alone();
	self->call = call6_to(Icmp6CreateFile(), LOOPBACK6);
}

FIXTURE_TEARDOWN(loop)
{
}

/* Real hosts answer. */
FIXTURE(path6)
{
	struct path path;
	struct call6 call;
};

FIXTURE_SETUP(path6)
{
	self->path = contract_net();
	self->call = call6_to(Icmp6CreateFile(), FAR6);
}

FIXTURE_TEARDOWN(path6)
{
}

/* The test answers. */
FIXTURE(wire6)
{
	int injector;
	struct call6 call;
};

static struct packet request, answer;

FIXTURE_SETUP(wire6)
{
	struct pair pair = netns_pair6();

	self->injector = injector_open(pair.world, "world0", AF_INET6);
	self->call = call6_to(Icmp6CreateFile(), BEYOND6);
	self->call.event = auto_reset_event();
}

FIXTURE_TEARDOWN(wire6)
{
}

static void ask(struct __test_metadata *_metadata, FIXTURE_DATA(wire6) *self)
{
	EXPECT_PENDING6(&self->call);
	injector_request(self->injector, &request);
	packet_reply(&answer, &request);
}

static void deliver(struct __test_metadata *_metadata, FIXTURE_DATA(wire6) *self)
{
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->call.event, PATIENCE_MS));
}

/* Handles */

TEST_F(loop, fact_003_ipv6_address_is_the_bytes_of_the_packet)
{
	static const unsigned char bytes[16] = { [15] = 1 };

	EXPECT_REPLY6(&self->call);
	EXPECT_EQ(0, memcmp(reply6_in(&self->call)->Address.sin6_addr, bytes, 16));
}

TEST_F(loop, fact_011_create_returns_an_open_handle)
{
	EXPECT_NE(INVALID_HANDLE_VALUE, self->call.icmp);
	EXPECT_NE(NULL, self->call.icmp);
	EXPECT_REPLY6(&self->call);
}

/* Ours */
TEST(fact_012_nothing_is_supported_without_the_module)
{
	own_dev(0);
	EXPECT_EQ(INVALID_HANDLE_VALUE, Icmp6CreateFile());
	EXPECT_EQ(ERROR_NOT_SUPPORTED, GetLastError());
}

TEST(fact_013_close_serves_both_kinds)
{
	HANDLE icmp = IcmpCreateFile(), icmp6 = Icmp6CreateFile();

	EXPECT_EQ(TRUE, IcmpCloseHandle(icmp6));
	EXPECT_EQ(TRUE, IcmpCloseHandle(icmp));
	EXPECT_EQ(FALSE, IcmpCloseHandle(icmp6));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
}

TEST_F(path6, fact_015_close_does_not_cancel)
{
	self->call.event = auto_reset_event();
	EXPECT_PENDING6(&self->call);
	EXPECT_EQ(TRUE, IcmpCloseHandle(self->call.icmp));
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_ECHO6(&self->call, FAR6);

	self->call = call6_to(Icmp6CreateFile(), SILENT6);
	self->call.timeout = 50;
	self->call.routine = on_apc;
	EXPECT_PENDING6(&self->call);
	EXPECT_EQ(TRUE, IcmpCloseHandle(self->call.icmp));
	EXPECT_APC();
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply6_in(&self->call)->Status);
}

/* Ours */
TEST_F(loop, fact_016_handle_of_the_other_family_is_invalid_parameter)
{
	struct call call = call_to(self->call.icmp, LOOPBACK);

	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	self->call.icmp = IcmpCreateFile();
	expect_refused(_metadata, &self->call, ERROR_INVALID_PARAMETER);
}

/* Ours: the page says it only of IPv4. */
TEST_F(loop, fact_019_invalid_handle_is_invalid_parameter)
{
	static const HANDLE handles[] = { INVALID_HANDLE_VALUE, NULL, (HANDLE)0x1234 };
	int i;

	for (i = 0; i < 3; i++) {
		self->call.icmp = handles[i];
		expect_refused(_metadata, &self->call, ERROR_INVALID_PARAMETER);
	}
}

/* Addresses */

TEST_F(path6, fact_091_family_is_not_checked)
{
	self->call.source.sin6_family = 0;
	self->call.destination.sin6_family = 0;
	EXPECT_REPLY6(&self->call);
	EXPECT_ECHO6(&self->call, FAR6);
	self->call.destination.sin6_family = 23;	/* Windows' AF_INET6 */
	EXPECT_REPLY6(&self->call);
	EXPECT_ECHO6(&self->call, FAR6);
}

TEST_F(wire6, fact_092_source_any_is_chosen)
{
	struct sockaddr_in6 near = address6(NEAR6);

	memset(&self->call.source, 0, sizeof(self->call.source));
	ask(_metadata, self);
	EXPECT_EQ(0, memcmp(&request.ip6.saddr, &near.sin6_addr, 16));
}

TEST_F(wire6, fact_092_local_source_is_the_packets)
{
	link_add_address("near0", "2001:db8:1::77/64");
	self->call.source = address6("2001:db8:1::77");
	ask(_metadata, self);
	EXPECT_EQ(0, memcmp(&request.ip6.saddr, &self->call.source.sin6_addr, 16));
	deliver(_metadata, self);
	EXPECT_ECHO6(&self->call, BEYOND6);
}

TEST_F(loop, fact_092_source_may_be_loopback)
{
	self->call.source = address6(LOOPBACK6);
	EXPECT_REPLY6(&self->call);
	EXPECT_ECHO6(&self->call, LOOPBACK6);
}

TEST_F(loop, fact_092_foreign_source_is_invalid_netname)
{
	self->call.source = address6("::ffff");
	expect_refused(_metadata, &self->call, ERROR_INVALID_NETNAME);
	self->call.source = address6(FOREIGN6);
	expect_refused(_metadata, &self->call, ERROR_INVALID_NETNAME);
}

TEST_F(loop, fact_093_destination_any_is_invalid_netname)
{
	self->call.destination = address6("::");
	expect_refused(_metadata, &self->call, ERROR_INVALID_NETNAME);
}

/* Ours */
TEST_F(loop, fact_094_no_address_is_invalid_parameter)
{
	struct call6 *c = &self->call;

	EXPECT_FAILURE(ERROR_INVALID_PARAMETER,
		       Icmp6SendEcho2(c->icmp, NULL, NULL, NULL, NULL, &c->destination, data,
				      DATA_SIZE, NULL, c->reply, c->reply_size, ANSWER_MS));
	SetLastError(UNTOUCHED);
	EXPECT_FAILURE(ERROR_INVALID_PARAMETER,
		       Icmp6SendEcho2(c->icmp, NULL, NULL, NULL, &c->source, NULL, data,
				      DATA_SIZE, NULL, c->reply, c->reply_size, ANSWER_MS));
}

/* Success */

TEST_F(loop, fact_095_success_is_1_and_the_reply)
{
	EXPECT_REPLY6(&self->call);
	EXPECT_EQ(0, GetLastError());
	EXPECT_ECHO6(&self->call, LOOPBACK6);
	EXPECT_EQ(0, reply6_in(&self->call)->Address.sin6_port);
	EXPECT_EQ(0, reply6_in(&self->call)->Address.sin6_flowinfo);
	EXPECT_EQ(0, reply6_in(&self->call)->Address.sin6_scope_id);
	EXPECT_EQ(0, memcmp(self->call.reply + 36, data, DATA_SIZE));
}

TEST_F(loop, fact_095_exact_buffer_is_enough)
{
	static const WORD sizes[] = { 0, 1, 8, DATA_SIZE };
	enum mode mode;
	int i;

	for (mode = SYNC; mode < MODES; mode++) {
		for (i = 0; i < 4; i++) {
			give_room6(&self->call, sizes[i], sizes[i]);
			EXPECT_EQ(1, outcome6(&self->call, mode));
			EXPECT_ECHO6(&self->call, LOOPBACK6);
		}
	}
}

/* As in IPv4. */
TEST_F(loop, fact_030_reply_size_may_be_overstated)
{
	enum mode mode;

	for (mode = SYNC; mode < MODES; mode++) {
		give_room6(&self->call, DATA_SIZE, DATA_SIZE);
		self->call.reply_size += 65536;
		EXPECT_EQ(1, outcome6(&self->call, mode));
		self->call.reply_size -= 65536;
		EXPECT_ECHO6(&self->call, LOOPBACK6);
	}
}

TEST_F(loop, fact_033_request_may_lie_in_the_reply_buffer)
{
	enum mode mode;

	for (mode = SYNC; mode < MODES; mode++) {
		give_room6(&self->call, DATA_SIZE, DATA_SIZE);
		self->call.data = self->call.reply + 4;
		memcpy(self->call.data, data, DATA_SIZE);
		EXPECT_EQ(1, outcome6(&self->call, mode));
		EXPECT_ECHO6(&self->call, LOOPBACK6);
	}
}

TEST_F(path6, fact_017_one_handle_carries_many_requests)
{
	struct call6 calls[30];
	int i;

	for (i = 0; i < 30; i++) {
		calls[i] = call6_to(self->call.icmp, i % 2 ? FAR6 : LOOPBACK6);
		calls[i].event = auto_reset_event();
		EXPECT_PENDING6(&calls[i]);
	}
	for (i = 30; i--; ) {
		EXPECT_SIGNALLED(calls[i].event);
		EXPECT_ECHO6(&calls[i], i % 2 ? FAR6 : LOOPBACK6);
	}
}

TEST_F(loop, fact_074_immediate_answer_is_pending_first)
{
	int i;

	self->call.event = auto_reset_event();
	for (i = 0; i < 20; i++) {
		EXPECT_PENDING6(&self->call);
		EXPECT_SIGNALLED(self->call.event);
		EXPECT_ECHO6(&self->call, LOOPBACK6);
	}
}

TEST_F(loop, fact_075_routine_beside_an_event_is_never_called)
{
	self->call.event = auto_reset_event();
	self->call.routine = on_apc;
	EXPECT_PENDING6(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_ECHO6(&self->call, LOOPBACK6);
	EXPECT_NO_APC();
	EXPECT_EQ(0, apc.calls);
}

TEST_F(loop, fact_081_information_is_structure_and_data)
{
	self->call.routine = on_apc;
	self->call.context = &self->call;
	EXPECT_PENDING6(&self->call);
	EXPECT_APC();
	EXPECT_EQ(&self->call, apc.context);
	EXPECT_EQ(0, apc.reserved);
	EXPECT_IO_STATUS(0, 36 + DATA_SIZE);
}

/* The only way to learn how long the reply was: the structure does not tell. */
TEST_F(wire6, fact_002_information_tells_the_length_of_a_short_echo)
{
	self->call.event = NULL;
	self->call.routine = on_apc;
	ask(_metadata, self);
	answer.len -= DATA_SIZE - 5;
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	EXPECT_APC();
	EXPECT_IO_STATUS(0, 36 + 5);
	EXPECT_EQ(IP_SUCCESS, reply6_in(&self->call)->Status);
	EXPECT_EQ(0, memcmp(self->call.reply + 36, data, 5));
	EXPECT_TRUE(is_untouched(self->call.reply, REPLY6_SIZE, 36 + 5));
}

TEST_F(path6, fact_052_round_trip_time_is_in_milliseconds)
{
	netns_enter(self->path.far);
	tc_batch("qdisc add dev far0 root netem delay 150ms\n");
	netns_enter(self->path.near);
	EXPECT_REPLY6(&self->call);
	EXPECT_LE(150, reply6_in(&self->call)->RoundTripTime);
}

/* Buffers */

/* By analogy with IPv4: no test and no client tells. */
TEST_F(loop, fact_096_no_room_for_the_structure_is_invalid_parameter)
{
	static const DWORD sizes[] = { 0, 1, 28, 35 };
	int i;

	self->call.size = 0;
	for (i = 0; i < 4; i++) {
		self->call.reply_size = sizes[i];
		expect_refused(_metadata, &self->call, ERROR_INVALID_PARAMETER);
	}
	EXPECT_TRUE(is_untouched(self->call.reply, REPLY6_SIZE, 0));
	self->call.reply = NULL;
	self->call.reply_size = REPLY6_SIZE;
	expect_refused(_metadata, &self->call, ERROR_INVALID_PARAMETER);
}

TEST_F(loop, fact_096_no_room_for_the_data_is_general_failure)
{
	static const struct {
		WORD request;
		WORD room;
	} sizes[] = { { DATA_SIZE, DATA_SIZE - 1 }, { 8, 7 }, { 1, 0 }, { DATA_SIZE, 0 } };
	enum mode mode;
	int i;

	for (mode = SYNC; mode < MODES; mode++) {
		for (i = 0; i < 4; i++) {
			give_room6(&self->call, sizes[i].request, sizes[i].room);
			EXPECT_EQ(IP_GENERAL_FAILURE, outcome6(&self->call, mode));
			EXPECT_TRUE(exact_buffer_is_intact(self->call.reply,
							   self->call.reply_size));
		}
	}
}

/* Options */

TEST_F(wire6, fact_097_no_options_are_the_defaults)
{
	ask(_metadata, self);
	EXPECT_EQ(64, request.ip6.hop_limit);
	deliver(_metadata, self);
	EXPECT_ECHO6(&self->call, BEYOND6);
}

TEST_F(loop, fact_097_ttl_1_reaches_loopback)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };

	self->call.options = &options;
	EXPECT_REPLY6(&self->call);
	EXPECT_ECHO6(&self->call, LOOPBACK6);
}

TEST_F(loop, fact_098_ttl_0_is_general_failure)
{
	IP_OPTION_INFORMATION options = { .Ttl = 0 };

	self->call.options = &options;
	EXPECT_FAILS6(IP_GENERAL_FAILURE, &self->call);
	EXPECT_EQ(IP_GENERAL_FAILURE, reply6_in(&self->call)->Status);
}

TEST_F(loop, fact_098_ttl_0_completes_when_asynchronous)
{
	static const IPV6_ADDRESS_EX no_address;
	IP_OPTION_INFORMATION options = { .Ttl = 0 };

	self->call.options = &options;
	self->call.event = auto_reset_event();
	EXPECT_PENDING6(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(IP_GENERAL_FAILURE, reply6_in(&self->call)->Status);
	EXPECT_EQ(0, memcmp(&no_address, self->call.reply, sizeof(no_address)));
	EXPECT_FAILURE(IP_GENERAL_FAILURE,
		       Icmp6ParseReplies(self->call.reply, self->call.reply_size));

	self->call.event = NULL;
	self->call.routine = on_apc;
	self->call.reply = exact_buffer(REPLY6_SIZE);
	EXPECT_PENDING6(&self->call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0xC000000D, 36);
	EXPECT_EQ(IP_GENERAL_FAILURE, reply6_in(&self->call)->Status);
	EXPECT_EQ(0, memcmp(&no_address, self->call.reply, sizeof(no_address)));
}

TEST_F(path6, fact_099_df_does_no_harm)
{
	IP_OPTION_INFORMATION options = { .Ttl = 64, .Flags = IP_FLAG_DF };

	self->call.options = &options;
	EXPECT_REPLY6(&self->call);
	EXPECT_ECHO6(&self->call, FAR6);
}

TEST(fact_099_one_reply_at_most)
{
	struct call6 call;

	netns_crowd(3);
	call = call6_to(Icmp6CreateFile(), "ff02::1");
	give_room6(&call, DATA_SIZE, 4096);
	call.destination.sin6_scope_id = if_nametoindex("near0");
	EXPECT_REPLY6(&call);
	EXPECT_EQ(IP_SUCCESS, reply6_in(&call)->Status);
	EXPECT_TRUE(is_untouched(call.reply, call.reply_size, REPLY6_SIZE));
}

/* Icmp6ParseReplies() */

TEST(fact_100_parse_counts_success_and_hop_limit)
{
	static const DWORD statuses[] = { IP_SUCCESS, IP_HOP_LIMIT_EXCEEDED };
	ICMPV6_ECHO_REPLY reply, before;
	int i;

	for (i = 0; i < 4; i++) {
		memset(&reply, 0xa5, sizeof(reply));
		reply.Status = statuses[i / 2];
		memcpy(&before, &reply, sizeof(reply));
		SetLastError(UNTOUCHED);
		EXPECT_EQ(1, Icmp6ParseReplies(&reply, sizeof(reply)));
		EXPECT_EQ(1, Icmp6ParseReplies(&reply, sizeof(reply)));
		EXPECT_EQ(UNTOUCHED, GetLastError());
		EXPECT_EQ(0, memcmp(&before, &reply, sizeof(reply)));
	}
}

TEST(fact_100_parse_makes_other_statuses_the_last_error)
{
	static const DWORD statuses[] = { 12345, IP_REQ_TIMED_OUT, IP_DEST_HOST_UNREACHABLE,
					  IP_REASSEMBLY_TIME_EXCEEDED, IP_GENERAL_FAILURE };
	ICMPV6_ECHO_REPLY reply, before;
	int i;

	for (i = 0; i < 5; i++) {
		memset(&reply, 0xa5, sizeof(reply));
		reply.Status = statuses[i];
		memcpy(&before, &reply, sizeof(reply));
		SetLastError(UNTOUCHED);
		EXPECT_FAILURE(statuses[i], Icmp6ParseReplies(&reply, sizeof(reply)));
		EXPECT_FAILURE(statuses[i], Icmp6ParseReplies(&reply, sizeof(reply)));
		EXPECT_EQ(0, memcmp(&before, &reply, sizeof(reply)));
	}
}

TEST(fact_100_parse_of_no_buffer_is_gen_failure)
{
	ICMPV6_ECHO_REPLY reply = {};

	SetLastError(UNTOUCHED);
	EXPECT_FAILURE(ERROR_GEN_FAILURE, Icmp6ParseReplies(NULL, sizeof(reply)));
	SetLastError(UNTOUCHED);
	EXPECT_FAILURE(ERROR_GEN_FAILURE, Icmp6ParseReplies(&reply, 0));
}

/* Unlike IcmpParseReplies(), which counts once only. */
TEST_F(loop, fact_100_parse_after_a_synchronous_call_is_1)
{
	EXPECT_REPLY6(&self->call);
	EXPECT_EQ(1, Icmp6ParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_EQ(1, Icmp6ParseReplies(self->call.reply, self->call.reply_size));
}

/* Errors */

TEST_F(path6, fact_101_hop_limit_is_a_reply_of_the_router)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };
	enum mode mode;

	netns_enter(self->path.router);
	tc_batch("qdisc add dev router0 root netem delay 50ms\n");
	netns_enter(self->path.near);
	self->call.options = &options;
	for (mode = SYNC; mode < MODES; mode++) {
		self->call.reply = exact_buffer(REPLY6_SIZE);
		EXPECT_EQ(1, outcome6(&self->call, mode));
		EXPECT_EQ(IP_HOP_LIMIT_EXCEEDED, reply6_in(&self->call)->Status);
		EXPECT_TRUE(is_from(reply6_in(&self->call), ROUTER6));
		EXPECT_LE(50, reply6_in(&self->call)->RoundTripTime);
	}
	/* Ours, as for IPv4: no data, and never the packet that is quoted. */
	EXPECT_IO_STATUS(0, 36);
	EXPECT_TRUE(is_untouched(self->call.reply, REPLY6_SIZE, 36));
}

TEST_F(path6, fact_102_other_errors_are_no_reply_but_a_status)
{
	enum mode mode;

	path_route_of_type(&self->path, FAR6, RTN_PROHIBIT);
	for (mode = SYNC; mode < MODES; mode++) {
		self->call.reply = exact_buffer(REPLY6_SIZE);
		EXPECT_EQ(IP_DEST_PROHIBITED, outcome6(&self->call, mode));
		EXPECT_EQ(IP_DEST_PROHIBITED, reply6_in(&self->call)->Status);
		EXPECT_TRUE(is_from(reply6_in(&self->call), ROUTER6));
	}
	/* Fact 81, ours: the count is 0, and so this is not a success. */
	EXPECT_IO_STATUS(0xC0000001, 36);
}

static const struct {
	int type;
	int code;
	DWORD status;
} statuses[] = {
	{ 1, 0, IP_DEST_NO_ROUTE },
	{ 1, 1, IP_DEST_PROHIBITED },
	{ 1, 2, IP_DEST_SCOPE_MISMATCH },
	{ 1, 3, IP_DEST_ADDR_UNREACHABLE },
	{ 1, 4, IP_DEST_PORT_UNREACHABLE },
	{ 1, 5, IP_ICMP_ERROR },
	{ 1, 6, IP_DEST_UNREACHABLE },
	{ 1, 7, IP_BAD_HEADER },
	{ 1, 8, IP_DEST_ADDR_UNREACHABLE },
	{ 1, 99, IP_DEST_ADDR_UNREACHABLE },
	{ 2, 0, IP_PACKET_TOO_BIG },
	{ 3, 0, IP_HOP_LIMIT_EXCEEDED },
	{ 3, 1, IP_REASSEMBLY_TIME_EXCEEDED },
	{ 3, 2, IP_TIME_EXCEEDED },
	{ 4, 0, IP_PARAMETER_PROBLEM },
	{ 4, 1, IP_PARAMETER_PROBLEM },
	{ 4, 2, IP_PARAMETER_PROBLEM },
};

TEST_F(wire6, fact_103_each_error_has_its_status)
{
	int i;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		ask(_metadata, self);
		packet_error(&answer, &request, "2001:db8:9::1", statuses[i].type,
			     statuses[i].code);
		if (statuses[i].type == 2)
			packet_set_mtu(&answer, 1280);
		deliver(_metadata, self);
		EXPECT_EQ(statuses[i].status, reply6_in(&self->call)->Status)
			TH_LOG("type %d code %d", statuses[i].type, statuses[i].code);
		EXPECT_TRUE(is_from(reply6_in(&self->call), "2001:db8:9::1"));
	}
}

TEST_F(wire6, fact_103_other_messages_are_ignored)
{
	static const int types[] = { 100, 128, 133, 135, 137, 200 };
	int i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ask(_metadata, self);
		packet_error(&answer, &request, "2001:db8:9::1", types[i], 0);
		packet_seal(&answer);
		injector_send(self->injector, &answer);
		packet_reply(&answer, &request);
		deliver(_metadata, self);
		EXPECT_ECHO6(&self->call, BEYOND6);
	}
}

TEST_F(path6, fact_053_time_out_leaves_a_status_and_zeroes)
{
	ICMPV6_ECHO_REPLY expected = { .Status = IP_REQ_TIMED_OUT };
	enum mode mode;

	self->call.destination = address6(SILENT6);
	self->call.timeout = 50;
	for (mode = SYNC; mode < MODES; mode++) {
		self->call.reply = exact_buffer(REPLY6_SIZE);
		EXPECT_EQ(IP_REQ_TIMED_OUT, outcome6(&self->call, mode));
		EXPECT_EQ(0, memcmp(&expected, self->call.reply, sizeof(expected)));
		EXPECT_TRUE(is_untouched(self->call.reply, REPLY6_SIZE, sizeof(expected)));
	}
}

/* The status is ours. It does not say success. */
TEST_F(path6, fact_081_status_of_a_time_out_is_timeout)
{
	self->call.destination = address6(SILENT6);
	self->call.timeout = 50;
	EXPECT_EQ(IP_REQ_TIMED_OUT, outcome6(&self->call, APC));
	EXPECT_IO_STATUS(0x102, 36);
}

/* Ours */
TEST_F(loop, fact_081_status_of_a_reply_that_does_not_fit_is_an_error)
{
	give_room6(&self->call, DATA_SIZE, DATA_SIZE - 1);
	EXPECT_EQ(IP_GENERAL_FAILURE, outcome6(&self->call, APC));
	EXPECT_IO_STATUS(0xC0000001, 36);
}

/* Ours, as for IPv4 */
TEST_F(path6, fact_064_time_out_below_16_ms_is_16_ms)
{
	unsigned long long start;
	enum mode mode;
	DWORD timeout;

	self->call.destination = address6(SILENT6);
	for (mode = SYNC; mode < MODES; mode++) {
		for (timeout = 0; timeout < 16; timeout += 5) {
			self->call.timeout = timeout;
			start = now_ms();
			EXPECT_EQ(IP_REQ_TIMED_OUT, outcome6(&self->call, mode));
			EXPECT_LE(16, now_ms() - start);
		}
	}
}

/*
 * Ours: what is answered at once succeeds. A machine may stand still for 16 ms,
 * which is not the fault of the time-out.
 */
TEST_F(loop, fact_064_time_out_0_reaches_loopback)
{
	unsigned long long start;
	DWORD outcome;
	int i;

	for (i = 0; i < 1000; i++) {
		self->call.timeout = i % 3;
		start = now_ms();
		outcome = outcome6(&self->call, i % MODES);
		if (outcome != 1)
			EXPECT_LE(16, now_ms() - start);
	}
	self->call.timeout = ANSWER_MS;
	EXPECT_EQ(1, outcome6(&self->call, SYNC));
}

/* The page says that an asynchronous request has no time-out. It has. */
TEST_F(path6, fact_083_time_out_is_not_early_and_not_much_late)
{
	unsigned long long start;
	struct late_tries tries;
	enum mode mode;

	self->call.destination = address6(SILENT6);
	self->call.timeout = 200;
	for (mode = SYNC; mode < MODES; mode++) {
		tries = (struct late_tries){};
		do {
			start = now_ms();
			EXPECT_EQ(IP_REQ_TIMED_OUT, outcome6(&self->call, mode));
		} while (try_again(&tries, 200, now_ms() - start));
		EXPECT_LE(180, tries.shortest);
		EXPECT_GE(200 + LATE_MS, tries.last);
	}
}

/* Scopes, routes, length */

TEST_F(path6, fact_104_scope_of_a_link_local_destination)
{
	DWORD scope = if_nametoindex("near0");

	self->call.destination = address6(ROUTER_LL);
	self->call.destination.sin6_scope_id = scope;
	EXPECT_REPLY6(&self->call);
	EXPECT_ECHO6(&self->call, ROUTER_LL);
	EXPECT_EQ(scope, reply6_in(&self->call)->Address.sin6_scope_id);

	self->call.destination = address6(ROUTER6);
	EXPECT_REPLY6(&self->call);
	EXPECT_EQ(0, reply6_in(&self->call)->Address.sin6_scope_id);
}

TEST_F(path6, fact_105_no_route_is_network_unreachable)
{
	self->call.destination = address6(UNROUTED6);
	expect_refused(_metadata, &self->call, ERROR_NETWORK_UNREACHABLE);
}

TEST_F(path6, fact_105_unreachable_route_is_host_unreachable)
{
	self->call.destination = address6(REJECTED6);
	expect_refused(_metadata, &self->call, ERROR_HOST_UNREACHABLE);
}

TEST_F(path6, fact_105_absent_neighbour_is_address_unreachable)
{
	give_up_neighbours_soon();
	self->call.destination = address6(ABSENT6);
	EXPECT_FAILS6(IP_DEST_ADDR_UNREACHABLE, &self->call);
	EXPECT_EQ(IP_DEST_ADDR_UNREACHABLE, reply6_in(&self->call)->Status);
}

/* IPv6 is switched off: no address, no route, not even to itself. */
TEST(fact_105_host_without_ipv6_cannot_send)
{
	static const char *const destinations[] = { LOOPBACK6, FAR6 };
	struct call6 call;
	int i;

	netns_alone();
	netns_sysctl("ipv6/conf/all/disable_ipv6", "1");
	for (i = 0; i < 2; i++) {
		call = call6_to(Icmp6CreateFile(), destinations[i]);
		EXPECT_EQ(0, send_call6(&call));
		EXPECT_TRUE(GetLastError() == ERROR_NETWORK_UNREACHABLE ||
			    GetLastError() == ERROR_HOST_UNREACHABLE ||
			    GetLastError() == ERROR_NOT_SUPPORTED ||
			    GetLastError() == IP_GENERAL_FAILURE)
			TH_LOG("to %s it is %u", destinations[i], GetLastError());
	}
}

/* Ours */
TEST_F(path6, fact_106_long_request_is_fragmented_here)
{
	static unsigned char pattern[10001];
	enum mode mode;
	int i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i ^ (i >> 8);
	self->call.data = pattern;
	for (mode = SYNC; mode < MODES; mode++) {
		give_room6(&self->call, sizeof(pattern), sizeof(pattern));
		EXPECT_EQ(1, outcome6(&self->call, mode));
		EXPECT_EQ(IP_SUCCESS, reply6_in(&self->call)->Status);
		EXPECT_EQ(0, memcmp(self->call.reply + 36, pattern, sizeof(pattern)));
		EXPECT_TRUE(exact_buffer_is_intact(self->call.reply, self->call.reply_size));
	}
}

TEST_HARNESS_MAIN
