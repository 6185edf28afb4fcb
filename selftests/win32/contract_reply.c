// SPDX-License-Identifier: GPL-2.0
/* Facts 45 to 71: what is in the buffer when an IPv4 request has ended. */
#include "contract_test.h"

#include "inject.h"

/* The router that reports errors which the test forges. */
#define REPORTER "203.0.113.1"

/* Real hosts answer. */
FIXTURE(path)
{
	struct path path;
	struct call call;
};

FIXTURE_SETUP(path)
{
	self->path = contract_net();
	self->call = call_to(IcmpCreateFile(), FAR);
}

FIXTURE_TEARDOWN(path)
{
}

/* The test answers: it takes the request off the wire. */
FIXTURE(wire)
{
	int injector;
	struct call call;
};

static struct packet request, answer;

FIXTURE_SETUP(wire)
{
	struct pair pair = netns_pair();

	self->injector = injector_open(pair.world, "world0", AF_INET);
	self->call = call_to(IcmpCreateFile(), BEYOND);
	self->call.event = auto_reset_event();
}

FIXTURE_TEARDOWN(wire)
{
}

/* Send the request and prepare its right answer in @answer. */
static void ask(struct __test_metadata *_metadata, FIXTURE_DATA(wire) *self)
{
	EXPECT_PENDING(&self->call);
	injector_request(self->injector, &request);
	packet_reply(&answer, &request);
}

/* Send @answer, which ends the request. */
static void deliver(struct __test_metadata *_metadata, FIXTURE_DATA(wire) *self)
{
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->call.event, PATIENCE_MS));
}

/* Send @answer, which does not end the request. The right answer still does. */
static void expect_ignored(struct __test_metadata *_metadata, FIXTURE_DATA(wire) *self)
{
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	packet_reply(&answer, &request);
	deliver(_metadata, self);
	EXPECT_ECHO(&self->call, BEYOND);
}

static void make_room(struct call *call, size_t data_size)
{
	call->reply_size = sizeof(ICMP_ECHO_REPLY) + data_size;
	call->reply = exact_buffer(call->reply_size);
}

/* Layout */

TEST_F(path, fact_046_data_follow_the_structure)
{
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(self->call.reply + (is_64_bit() ? 40 : 28), reply_in(&self->call)->Data);
	EXPECT_EQ(0, memcmp(reply_in(&self->call) + 1, data, DATA_SIZE));
}

TEST_F(path, fact_047_data_can_be_used_before_parse)
{
	self->call.event = auto_reset_event();
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(self->call.reply + sizeof(ICMP_ECHO_REPLY), reply_in(&self->call)->Data);
	EXPECT_EQ(0, memcmp(reply_in(&self->call)->Data, data, DATA_SIZE));
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_ECHO(&self->call, FAR);
}

#define RECORD_ROUTE_SLOTS	3
#define RECORD_ROUTE_LEN	(3 + 4 * RECORD_ROUTE_SLOTS)

static UCHAR record_route[RECORD_ROUTE_LEN + 1] = { IP_OPT_RR, RECORD_ROUTE_LEN, 4 };

/* Ours: options, zero bytes up to a multiple of 4, data. */
TEST_F(path, fact_048_options_are_between_structure_and_data)
{
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(record_route),
					  .OptionsData = record_route };
	const ICMP_ECHO_REPLY *reply;

	make_room(&self->call, MAX_OPT_SIZE + DATA_SIZE);
	self->call.options = &options;
	EXPECT_REPLY(&self->call);
	reply = reply_in(&self->call);
	EXPECT_EQ(IP_SUCCESS, reply->Status);
	EXPECT_EQ(16, (reply->Options.OptionsSize + 3) / 4 * 4);
	EXPECT_EQ((PUCHAR)(reply + 1), reply->Options.OptionsData);
	EXPECT_EQ(reply->Options.OptionsData + 16, reply->Data);
	EXPECT_EQ(0, memcmp(reply->Data, data, DATA_SIZE));
}

TEST_F(path, fact_049_reserved_is_the_count_until_it_is_parsed)
{
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(0, reply_in(&self->call)->Reserved);

	self->call.event = auto_reset_event();
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(1, reply_in(&self->call)->Reserved);
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_EQ(0, reply_in(&self->call)->Reserved);
}

/* Success */

TEST_F(path, fact_050_success_tells_who_and_what)
{
	EXPECT_REPLY(&self->call);
	EXPECT_ECHO(&self->call, FAR);
}

TEST_F(wire, fact_050_short_echo_is_a_success_of_its_length)
{
	ask(_metadata, self);
	answer.len -= DATA_SIZE - 5;
	deliver(_metadata, self);
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
	EXPECT_EQ(5, reply_in(&self->call)->DataSize);
	EXPECT_EQ(0, memcmp(reply_in(&self->call)->Data, data, 5));
	EXPECT_TRUE(is_untouched(self->call.reply, self->call.reply_size,
				 sizeof(ICMP_ECHO_REPLY) + 5));
}

TEST_F(wire, fact_050_long_echo_is_a_success_of_its_length)
{
	make_room(&self->call, DATA_SIZE + 4);
	ask(_metadata, self);
	packet_append(&answer, "more", 4);
	deliver(_metadata, self);
	EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
	EXPECT_EQ(DATA_SIZE + 4, reply_in(&self->call)->DataSize);
	EXPECT_EQ(0, memcmp(reply_in(&self->call)->Data + DATA_SIZE, "more", 4));
}

TEST_F(wire, fact_050_other_data_are_a_success)
{
	ask(_metadata, self);
	memset(packet_icmp(&answer) + 1, 'x', DATA_SIZE);
	deliver(_metadata, self);
	EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
	EXPECT_EQ(DATA_SIZE, reply_in(&self->call)->DataSize);
	EXPECT_EQ('x', *(char *)reply_in(&self->call)->Data);
}

TEST_F(wire, fact_051_options_are_those_of_the_answers_header)
{
	IP_OPTION_INFORMATION options = { .Ttl = 99, .Tos = 0x10, .Flags = IP_FLAG_DF };
	const ICMP_ECHO_REPLY *reply = reply_in(&self->call);

	self->call.options = &options;
	ask(_metadata, self);
	answer.ip.ttl = 201;
	answer.ip.tos = 0x28;
	deliver(_metadata, self);
	EXPECT_EQ(201, reply->Options.Ttl);
	EXPECT_EQ(0x28, reply->Options.Tos);
	EXPECT_EQ(0, reply->Options.Flags);
	EXPECT_EQ(0, reply->Options.OptionsSize);

	self->call.options = NULL;
	ask(_metadata, self);
	answer.ip.frag_off = htons(0x4000);
	deliver(_metadata, self);
	EXPECT_EQ(IP_FLAG_DF, reply->Options.Flags);
}

TEST_F(path, fact_052_round_trip_time_is_in_milliseconds)
{
	unsigned long long start;

	netns_enter(self->path.far);
	tc_batch("qdisc add dev far0 root netem delay 150ms\n");
	netns_enter(self->path.near);
	start = now_ms();
	EXPECT_REPLY(&self->call);
	EXPECT_LE(150, reply_in(&self->call)->RoundTripTime);
	EXPECT_GE(now_ms() - start + 1, reply_in(&self->call)->RoundTripTime);
}

/*
 * On a slow machine no call may take less than a millisecond; but none says more whole
 * milliseconds than it took, and rounding up would.
 */
TEST_F(path, fact_052_less_than_a_millisecond_is_0)
{
	unsigned long long start;
	int i;

	self->call.destination = inet_addr(LOOPBACK);
	for (i = 0; i < 200; i++) {
		start = now_us();
		EXPECT_REPLY(&self->call);
		EXPECT_GE((now_us() - start) / 1000, reply_in(&self->call)->RoundTripTime);
	}
}

TEST_F(path, fact_054_success_sets_the_last_error_to_0)
{
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(0, GetLastError());
}

/* No answer */

TEST_F(path, fact_053_time_out_is_the_last_error)
{
	self->call.destination = inet_addr(SILENT);
	self->call.timeout = 30;
	EXPECT_FAILS(IP_REQ_TIMED_OUT, &self->call);
}

TEST_F(path, fact_053_time_out_leaves_a_status_and_zeroes)
{
	ICMP_ECHO_REPLY expected = { .Status = IP_REQ_TIMED_OUT };

	self->call.destination = inet_addr(SILENT);
	self->call.event = auto_reset_event();
	self->call.timeout = 30;
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(0, memcmp(&expected, self->call.reply, sizeof(expected)));
	EXPECT_FAILURE(IP_REQ_TIMED_OUT,
		       IcmpParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_TRUE(is_untouched(self->call.reply, self->call.reply_size, sizeof(expected)));
}

TEST_F(path, fact_055_failure_of_the_stack_leaves_a_status_and_zeroes)
{
	static char long_request[2000];
	IP_OPTION_INFORMATION options = { .Flags = IP_FLAG_DF };
	ICMP_ECHO_REPLY expected = { .Status = IP_PACKET_TOO_BIG };

	self->call.data = long_request;
	self->call.size = sizeof(long_request);
	self->call.options = &options;
	make_room(&self->call, sizeof(long_request));
	EXPECT_FAILS(IP_PACKET_TOO_BIG, &self->call);
	EXPECT_EQ(0, memcmp(&expected, self->call.reply, sizeof(expected)));
}

/* ICMP errors */

TEST_F(path, fact_056_error_is_a_reply_of_the_router)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };

	netns_enter(self->path.router);
	tc_batch("qdisc add dev router0 root netem delay 50ms\n");
	netns_enter(self->path.near);
	self->call.options = &options;
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(IP_TTL_EXPIRED_TRANSIT, reply_in(&self->call)->Status);
	EXPECT_EQ(inet_addr(ROUTER), reply_in(&self->call)->Address);
	EXPECT_LE(50, reply_in(&self->call)->RoundTripTime);
}

TEST_F(path, fact_056_error_is_counted_by_parse)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };

	self->call.options = &options;
	self->call.event = auto_reset_event();
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_EQ(IP_TTL_EXPIRED_TRANSIT, reply_in(&self->call)->Status);
	EXPECT_EQ(inet_addr(ROUTER), reply_in(&self->call)->Address);
}

/* Observed on Windows: no data, and above all not the packet that is quoted. */
TEST_F(path, fact_057_error_has_no_data)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };

	self->call.options = &options;
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(0, reply_in(&self->call)->DataSize);
	EXPECT_EQ(NULL, reply_in(&self->call)->Data);
	EXPECT_TRUE(is_untouched(self->call.reply, self->call.reply_size,
				 sizeof(ICMP_ECHO_REPLY)));
}

/* Which status each error becomes */

static const struct {
	int type;
	int code;
	DWORD status;
} statuses[] = {
	{ 3, 0, IP_DEST_NET_UNREACHABLE },
	{ 3, 1, IP_DEST_HOST_UNREACHABLE },
	{ 3, 2, IP_DEST_PROT_UNREACHABLE },
	{ 3, 3, IP_DEST_PORT_UNREACHABLE },
	{ 3, 4, IP_PACKET_TOO_BIG },
	{ 3, 5, IP_BAD_ROUTE },
	{ 3, 6, IP_DEST_NET_UNREACHABLE },
	{ 3, 7, IP_DEST_HOST_UNREACHABLE },
	{ 3, 8, IP_DEST_HOST_UNREACHABLE },
	{ 3, 9, IP_DEST_NET_UNREACHABLE },
	{ 3, 10, IP_DEST_HOST_UNREACHABLE },
	{ 3, 11, IP_DEST_NET_UNREACHABLE },
	{ 3, 12, IP_DEST_HOST_UNREACHABLE },
	{ 3, 13, IP_DEST_HOST_UNREACHABLE },
	{ 3, 14, IP_DEST_HOST_UNREACHABLE },
	{ 3, 15, IP_DEST_HOST_UNREACHABLE },
	{ 3, 99, IP_DEST_HOST_UNREACHABLE },
	{ 11, 0, IP_TTL_EXPIRED_TRANSIT },
	{ 11, 1, IP_TTL_EXPIRED_REASSEM },
	{ 11, 2, IP_TTL_EXPIRED_TRANSIT },
	{ 12, 0, IP_PARAM_PROBLEM },
	{ 12, 1, IP_PARAM_PROBLEM },
};

TEST_F(wire, fact_059_each_error_has_its_status)
{
	int i;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		ask(_metadata, self);
		packet_error(&answer, &request, REPORTER, statuses[i].type, statuses[i].code);
		deliver(_metadata, self);
		EXPECT_EQ(statuses[i].status, reply_in(&self->call)->Status)
			TH_LOG("type %d code %d", statuses[i].type, statuses[i].code);
		EXPECT_EQ(inet_addr(REPORTER), reply_in(&self->call)->Address);
		EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
	}
}

/* Ours: type 4, source quench, among them, as RFC 6633 asks. */
TEST_F(wire, fact_059_other_messages_are_ignored)
{
	static const int types[] = { 4, 5, 8, 9, 10, 13, 14, 15, 16, 17, 18, 30, 255 };
	int i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ask(_metadata, self);
		packet_error(&answer, &request, REPORTER, types[i], 0);
		expect_ignored(_metadata, self);
	}
}

TEST_F(wire, fact_060_error_about_another_packet_is_ignored)
{
	struct icmphdr *quoted;
	int i;

	for (i = 0; i < 4; i++) {
		ask(_metadata, self);
		packet_error(&answer, &request, REPORTER, 3, 1);
		quoted = packet_quoted_icmp(&answer);
		if (i == 0)
			quoted->type = ICMP_ECHOREPLY;
		else if (i == 1)
			quoted->code = 1;
		else if (i == 2)
			quoted->un.echo.id ^= 1;
		else
			quoted->un.echo.sequence ^= 1;
		expect_ignored(_metadata, self);
	}
}

TEST_F(wire, fact_060_checksum_of_the_quoted_packet_does_not_matter)
{
	ask(_metadata, self);
	packet_error(&answer, &request, REPORTER, 3, 1);
	packet_quoted_icmp(&answer)->checksum ^= 0x1234;
	deliver(_metadata, self);
	EXPECT_EQ(IP_DEST_HOST_UNREACHABLE, reply_in(&self->call)->Status);
}

/* When it ends */

TEST_F(path, fact_061_first_reply_ends_the_call_whatever_the_buffer)
{
	unsigned long long start;

	make_room(&self->call, 65536);
	self->call.timeout = PATIENCE_MS;
	start = now_ms();
	EXPECT_REPLY(&self->call);
	EXPECT_GT(PATIENCE_MS / 2, now_ms() - start);
	EXPECT_ECHO(&self->call, FAR);
}

TEST_F(wire, fact_062_event_is_signalled_once)
{
	struct call other;

	ask(_metadata, self);
	deliver(_metadata, self);
	injector_send(self->injector, &answer);
	packet_error(&answer, &request, REPORTER, 3, 1);
	injector_send(self->injector, &answer);

	/* What comes after them has overtaken none of them. */
	other = call_to(self->call.icmp, BEYOND);
	other.event = auto_reset_event();
	EXPECT_PENDING(&other);
	injector_request(self->injector, &request);
	packet_reply(&answer, &request);
	injector_send(self->injector, &answer);
	EXPECT_SIGNALLED(other.event);
	EXPECT_NOT_SIGNALLED(self->call.event);
	EXPECT_ECHO(&self->call, BEYOND);
}

/*
 * Destinations that are many hosts. How replies are collected is ours; that
 * they are an array the pages tell.
 */
FIXTURE(collection)
{
	int injector;
	struct call call;
};

FIXTURE_VARIANT(collection)
{
	const char *destination;
};

FIXTURE_VARIANT_ADD(collection, from_subnet) { .destination = BROADCAST };
FIXTURE_VARIANT_ADD(collection, from_link) { .destination = "255.255.255.255" };
FIXTURE_VARIANT_ADD(collection, from_group) { .destination = ALL_HOSTS };

FIXTURE_SETUP(collection)
{
	struct pair pair = netns_pair();

	link_add_route_on_link("224.0.0.0/4", "near0");
	self->injector = injector_open(pair.world, "world0", AF_INET);
	self->call = call_to(IcmpCreateFile(), variant->destination);
	self->call.event = auto_reset_event();
	self->call.timeout = PLENTY_MS;
	make_room(&self->call, 4096);
}

FIXTURE_TEARDOWN(collection)
{
}

static void answer_from(FIXTURE_DATA(collection) *self, const char *from)
{
	packet_reply(&answer, &request);
	answer.ip.saddr = inet_addr(from);
	packet_seal(&answer);
	injector_send(self->injector, &answer);
}

/* Send the request and answer it from so many hosts. */
static void collect(struct __test_metadata *_metadata, FIXTURE_DATA(collection) *self, int hosts)
{
	static const char *const addresses[] = { "192.0.2.11", "192.0.2.12", "192.0.2.13" };
	int i;

	EXPECT_PENDING(&self->call);
	injector_request(self->injector, &request);
	for (i = 0; i < hosts; i++)
		answer_from(self, addresses[i]);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_TRUE(exact_buffer_is_intact(self->call.reply, self->call.reply_size));
}

static void expect_element(struct __test_metadata *_metadata, const struct call *call, int i,
			   const char *from)
{
	const ICMP_ECHO_REPLY *reply = reply_in(call) + i;
	size_t offset = (char *)reply->Data - (char *)call->reply;

	EXPECT_EQ(IP_SUCCESS, reply->Status);
	EXPECT_EQ(inet_addr(from), reply->Address);
	ASSERT_EQ(DATA_SIZE, reply->DataSize);
	ASSERT_GE(call->reply_size - DATA_SIZE, offset);
	EXPECT_EQ(0, memcmp(reply->Data, data, DATA_SIZE));
	EXPECT_EQ(64, reply->Options.Ttl);
}

TEST_F(collection, fact_045_several_replies_are_an_array)
{
	collect(_metadata, self, 3);
	EXPECT_EQ(3, reply_in(&self->call)[0].Reserved);
	EXPECT_EQ(3, IcmpParseReplies(self->call.reply, self->call.reply_size));
	EXPECT_EQ(0, reply_in(&self->call)[0].Reserved);
	EXPECT_EQ(0, reply_in(&self->call)[1].Reserved);
	EXPECT_EQ(0, reply_in(&self->call)[2].Reserved);
	expect_element(_metadata, &self->call, 0, "192.0.2.11");
	expect_element(_metadata, &self->call, 1, "192.0.2.12");
	expect_element(_metadata, &self->call, 2, "192.0.2.13");
}

TEST_F(collection, fact_063_goes_on_until_the_time_out)
{
	unsigned long long start = now_ms();

	collect(_metadata, self, 1);
	EXPECT_LE(PLENTY_MS - 20, now_ms() - start);
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
	expect_element(_metadata, &self->call, 0, "192.0.2.11");
}

TEST_F(collection, fact_063_ends_when_no_reply_fits_any_more)
{
	unsigned long long start = now_ms();

	self->call.timeout = PATIENCE_MS;
	make_room(&self->call, DATA_SIZE + sizeof(ICMP_ECHO_REPLY) + DATA_SIZE);
	collect(_metadata, self, 3);
	EXPECT_GT(PATIENCE_MS / 2, now_ms() - start);
	EXPECT_EQ(2, IcmpParseReplies(self->call.reply, self->call.reply_size));
	expect_element(_metadata, &self->call, 0, "192.0.2.11");
	expect_element(_metadata, &self->call, 1, "192.0.2.12");
}

TEST_F(collection, fact_063_is_not_ended_by_an_error)
{
	EXPECT_PENDING(&self->call);
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, 3, 1);
	injector_send(self->injector, &answer);
	answer_from(self, "192.0.2.11");
	answer_from(self, "192.0.2.12");
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_LE(2, IcmpParseReplies(self->call.reply, self->call.reply_size));
}

TEST_F(collection, fact_063_of_nothing_times_out)
{
	collect(_metadata, self, 0);
	EXPECT_FAILURE(IP_REQ_TIMED_OUT,
		       IcmpParseReplies(self->call.reply, self->call.reply_size));
}

TEST(fact_063_crowd_answers_a_synchronous_call)
{
	struct call call;
	DWORD i, j;

	netns_crowd(3);
	call = call_to(IcmpCreateFile(), BROADCAST);
	make_room(&call, 4096);
	call.timeout = 5000;
	ASSERT_EQ(3, send_call(&call));
	EXPECT_EQ(0, GetLastError());
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(IP_SUCCESS, reply_in(&call)[i].Status);
		EXPECT_EQ(0, reply_in(&call)[i].Reserved);
		EXPECT_EQ(0, memcmp(reply_in(&call)[i].Data, data, DATA_SIZE));
		for (j = 0; j < i; j++)
			EXPECT_NE(reply_in(&call)[j].Address, reply_in(&call)[i].Address);
	}
}

/* A reply a little later than the time-out may still be a success. */
TEST_F(path, fact_064_time_out_is_not_early_and_not_much_late)
{
	static const DWORD timeouts[] = { 0, 1, 30, 300, 1000 };
	unsigned long long start;
	struct late_tries tries;
	int i;

	self->call.destination = inet_addr(SILENT);
	for (i = 0; i < 5; i++) {
		self->call.timeout = timeouts[i];
		tries = (struct late_tries){};
		do {
			start = now_ms();
			EXPECT_FAILS(IP_REQ_TIMED_OUT, &self->call);
		} while (try_again(&tries, timeouts[i], now_ms() - start));
		EXPECT_LE(timeouts[i], tries.shortest + 20);
		EXPECT_GE(timeouts[i] + LATE_MS, tries.last);
	}
}

/* Send and wait: 1, or the last error. */
static DWORD outcome_by(enum entry entry, struct call *call)
{
	DWORD count;

	call->event = entry == SEND_ECHO2_EVENT ? auto_reset_event() : NULL;
	count = send_call_by(entry, call);
	if (call->event) {
		if (count || GetLastError() != ERROR_IO_PENDING ||
		    WaitForSingleObject(call->event, PATIENCE_MS))
			return UNTOUCHED;
		CloseHandle(call->event);
		count = IcmpParseReplies(call->reply, call->reply_size);
	}
	return count ?: GetLastError();
}

/* Ours: Windows rounds up to a tick of its clock. */
TEST_F(path, fact_064_time_out_below_16_ms_is_16_ms)
{
	unsigned long long start;
	enum entry entry;
	DWORD timeout;

	self->call.destination = inet_addr(SILENT);
	for (entry = SEND_ECHO; entry <= SEND_ECHO2_EVENT; entry++) {
		for (timeout = 0; timeout < 16; timeout += 5) {
			self->call.timeout = timeout;
			start = now_ms();
			EXPECT_EQ(IP_REQ_TIMED_OUT, outcome_by(entry, &self->call));
			EXPECT_LE(16, now_ms() - start);
		}
	}
}

/*
 * Ours: what is answered at once succeeds. A machine may stand still for 16 ms,
 * which is not the fault of the time-out.
 */
TEST_F(path, fact_064_time_out_0_reaches_loopback)
{
	unsigned long long start;
	DWORD outcome;
	int i;

	self->call.destination = inet_addr(LOOPBACK);
	for (i = 0; i < 1000; i++) {
		self->call.timeout = i % 3;
		start = now_ms();
		outcome = outcome_by(i % (SEND_ECHO2_EVENT + 1), &self->call);
		if (outcome != 1)
			EXPECT_LE(16, now_ms() - start);
	}
	self->call.timeout = ANSWER_MS;
	EXPECT_EQ(1, outcome_by(SEND_ECHO, &self->call));
}

/* Length */

static unsigned char pattern[10001];

/* A request of @size bytes, and room for as many. */
static void make_long(struct call *call, WORD size)
{
	int i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i ^ (i >> 8);
	call->data = pattern;
	call->size = size;
	make_room(call, size);
}

TEST_F(path, fact_065_long_request_is_fragmented)
{
	make_long(&self->call, sizeof(pattern));
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
	EXPECT_EQ(sizeof(pattern), reply_in(&self->call)->DataSize);
	EXPECT_EQ(0, memcmp(pattern, reply_in(&self->call)->Data, sizeof(pattern)));
}

TEST_F(path, fact_065_router_may_fragment_without_df)
{
	path_set_far_mtu(&self->path, 1300);
	make_long(&self->call, 1400);
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
	EXPECT_EQ(1400, reply_in(&self->call)->DataSize);
}

/* Ping says so without "Reply from": nobody has sent an answer. */
TEST_F(path, fact_066_df_and_longer_than_the_own_mtu_is_no_reply)
{
	IP_OPTION_INFORMATION options = { .Flags = IP_FLAG_DF };

	make_long(&self->call, 1473);
	self->call.options = &options;
	EXPECT_FAILS(IP_PACKET_TOO_BIG, &self->call);
	self->call.event = auto_reset_event();
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(IP_PACKET_TOO_BIG, reply_in(&self->call)->Status);
	EXPECT_FAILURE(IP_PACKET_TOO_BIG,
		       IcmpParseReplies(self->call.reply, self->call.reply_size));

	make_long(&self->call, 1472);
	self->call.event = NULL;
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
}

TEST_F(path, fact_066_df_and_longer_than_a_routers_mtu_is_its_reply)
{
	IP_OPTION_INFORMATION options = { .Flags = IP_FLAG_DF };
	int i;

	path_set_far_mtu(&self->path, 1300);
	make_long(&self->call, 1400);
	self->call.options = &options;
	for (i = 0; i < 3; i++) {
		EXPECT_REPLY(&self->call);
		EXPECT_EQ(IP_PACKET_TOO_BIG, reply_in(&self->call)->Status);
		EXPECT_EQ(inet_addr(ROUTER), reply_in(&self->call)->Address);
	}
}

/* Options */

/* Ours: it is documented, and nobody uses it. */
TEST_F(path, fact_067_reverse_is_not_supported)
{
	IP_OPTION_INFORMATION options = { .Flags = IP_FLAG_REVERSE };

	self->call.options = &options;
	EXPECT_FAILS(ERROR_NOT_SUPPORTED, &self->call);
	self->call.event = auto_reset_event();
	EXPECT_FAILS(ERROR_NOT_SUPPORTED, &self->call);
	EXPECT_NOT_SIGNALLED(self->call.event);
}

TEST_F(wire, fact_068_options_are_sent_as_given)
{
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(record_route),
					  .OptionsData = record_route };

	self->call.options = &options;
	ask(_metadata, self);
	EXPECT_EQ(20 + sizeof(record_route), request.ip.ihl * 4);
	EXPECT_EQ(IP_OPT_RR, ((UCHAR *)(&request.ip + 1))[0]);
	EXPECT_EQ(RECORD_ROUTE_LEN, ((UCHAR *)(&request.ip + 1))[1]);
}

/* Loose source routing by way of @hop to the final destination. */
TEST_F(wire, fact_068_source_route_goes_to_its_first_hop)
{
	UCHAR route[12] = { IP_OPT_LSRR, 11, 4 };
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(route), .OptionsData = route };
	IPAddr hop = inet_addr(WORLD), final = inet_addr(BEYOND);
	const UCHAR *sent = (UCHAR *)(&request.ip + 1);

	memcpy(route + 3, &hop, 4);
	memcpy(route + 7, &final, 4);
	self->call.options = &options;
	EXPECT_PENDING(&self->call);
	injector_request(self->injector, &request);
	EXPECT_EQ(hop, request.ip.daddr);
	ASSERT_LE(20 + 8, request.ip.ihl * 4);
	EXPECT_EQ(IP_OPT_LSRR, sent[0]);
	EXPECT_EQ(4, sent[2]);
	ASSERT_TRUE(sent[1] == 7 || sent[1] == 11);
	EXPECT_EQ(0, memcmp(sent + sent[1] - 4, &final, 4));
}

TEST_F(path, fact_068_recorded_route_comes_back)
{
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(record_route),
					  .OptionsData = record_route };
	/* Linux begins with the sender's own address. */
	IPAddr hops[3] = { inet_addr(NEAR), inet_addr("198.51.100.1"), inet_addr(FAR) };
	const IP_OPTION_INFORMATION *received;
	IPAddr hop;
	int i;

	make_room(&self->call, MAX_OPT_SIZE + DATA_SIZE);
	self->call.options = &options;
	EXPECT_REPLY(&self->call);
	received = &reply_in(&self->call)->Options;
	ASSERT_LE(RECORD_ROUTE_LEN, received->OptionsSize);
	EXPECT_EQ(IP_OPT_RR, received->OptionsData[0]);
	EXPECT_EQ(RECORD_ROUTE_LEN, received->OptionsData[1]);
	EXPECT_EQ(4 + 4 * 3, received->OptionsData[2]);
	for (i = 0; i < 3; i++) {
		memcpy(&hop, received->OptionsData + 3 + 4 * i, 4);
		EXPECT_EQ(hops[i], hop)
			TH_LOG("hop %d", i);
	}
}

TEST_F(path, fact_068_reply_needs_room_for_its_options)
{
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(record_route),
					  .OptionsData = record_route };

	self->call.options = &options;
	EXPECT_FAILS(IP_GENERAL_FAILURE, &self->call);
	EXPECT_TRUE(exact_buffer_is_intact(self->call.reply, self->call.reply_size));
}

/* Local failures */

#define EXPECT_REFUSED_IN_BOTH_MODES(code) do {				\
	EXPECT_FAILS(code, &self->call);				\
	self->call.event = auto_reset_event();				\
	EXPECT_FAILS(code, &self->call);				\
	EXPECT_NOT_SIGNALLED(self->call.event);				\
} while (0)

TEST_F(path, fact_069_no_route_is_network_unreachable)
{
	self->call.destination = inet_addr(UNROUTED);
	EXPECT_REFUSED_IN_BOTH_MODES(ERROR_NETWORK_UNREACHABLE);
}

TEST_F(path, fact_069_unreachable_route_is_host_unreachable)
{
	self->call.destination = inet_addr(REJECTED);
	EXPECT_REFUSED_IN_BOTH_MODES(ERROR_HOST_UNREACHABLE);
}

/* The host itself says so, after some tries: 3 s on Windows as on Linux, less here. */
TEST_F(path, fact_069_absent_neighbour_is_a_reply_of_the_host_itself)
{
	give_up_neighbours_soon();
	self->call.destination = inet_addr(ABSENT);
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(IP_DEST_HOST_UNREACHABLE, reply_in(&self->call)->Status);
	EXPECT_EQ(inet_addr(NEAR), reply_in(&self->call)->Address);
}

/* What the medium does on Windows a filter does here: the packet cannot go out. */
TEST_F(path, fact_069_packet_that_cannot_be_sent_is_general_failure)
{
	netns_drop_output();
	EXPECT_FAILS(IP_GENERAL_FAILURE, &self->call);
	self->call.event = auto_reset_event();
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(IP_GENERAL_FAILURE, reply_in(&self->call)->Status);
	EXPECT_FAILURE(IP_GENERAL_FAILURE,
		       IcmpParseReplies(self->call.reply, self->call.reply_size));
}

TEST_F(path, fact_070_loopback_answers_as_itself)
{
	self->call.destination = inet_addr(LOOPBACK);
	EXPECT_REPLY(&self->call);
	EXPECT_ECHO(&self->call, LOOPBACK);
}

TEST_F(wire, fact_071_source_address_is_the_packets)
{
	link_add_address("near0", "192.0.2.77/24");
	self->call.source = INADDR_ANY;
	ask(_metadata, self);
	EXPECT_EQ(inet_addr(NEAR), request.ip.saddr);
	deliver(_metadata, self);
	self->call.source = inet_addr("192.0.2.77");
	ask(_metadata, self);
	EXPECT_EQ(inet_addr("192.0.2.77"), request.ip.saddr);
	deliver(_metadata, self);
	EXPECT_ECHO(&self->call, BEYOND);
}

TEST_HARNESS_MAIN
