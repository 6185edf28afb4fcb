// SPDX-License-Identifier: GPL-2.0
/* Facts 19 to 44: which arguments are refused, and how, and which are not. */
#include "contract_test.h"

#include "inject.h"

/* What holds for every function of the family, and with an event as without. */
FIXTURE(each)
{
	struct call call;
};

FIXTURE_VARIANT(each)
{
	enum entry entry;
};

FIXTURE_VARIANT_ADD(each, send_echo) { .entry = SEND_ECHO };
FIXTURE_VARIANT_ADD(each, send_echo2) { .entry = SEND_ECHO2 };
FIXTURE_VARIANT_ADD(each, send_echo2_ex) { .entry = SEND_ECHO2_EX };
FIXTURE_VARIANT_ADD(each, send_echo2_with_event) { .entry = SEND_ECHO2_EVENT };

FIXTURE_SETUP(each)
{
	netns_alone();
	self->call = call_to(IcmpCreateFile(), LOOPBACK);
	if (variant->entry == SEND_ECHO2_EVENT)
		self->call.event = auto_reset_event();
}

FIXTURE_TEARDOWN(each)
{
}

/* Refused at once: with an event too, which is not signalled. */
#define EXPECT_EACH_REFUSED(code) do {						\
	EXPECT_FAILURE(code, send_call_by(variant->entry, &self->call));	\
	if (self->call.event)							\
		EXPECT_NOT_SIGNALLED(self->call.event);				\
} while (0)

TEST_F(each, fact_019_invalid_handle_value_is_invalid_parameter)
{
	self->call.icmp = INVALID_HANDLE_VALUE;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
}

/* Ours, as far as the number goes. */
TEST_F(each, fact_020_no_handle_is_invalid_parameter)
{
	static char not_a_handle[64];
	HANDLE garbage[] = { NULL, (HANDLE)1, (HANDLE)0x12345678, not_a_handle,
			     auto_reset_event() };
	int i;

	for (i = 0; i < 5; i++) {
		self->call.icmp = garbage[i];
		EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	}
}

TEST_F(each, fact_021_no_reply_buffer_is_invalid_parameter)
{
	static const DWORD sizes[] = { 0, 1, sizeof(ICMP_ECHO_REPLY), REPLY_SIZE, 65536 };
	int i;

	self->call.reply = NULL;
	for (i = 0; i < 5; i++) {
		self->call.reply_size = sizes[i];
		EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	}
}

TEST_F(each, fact_022_reply_size_0_is_invalid_parameter)
{
	self->call.reply_size = 0;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	EXPECT_TRUE(is_untouched(self->call.reply, REPLY_SIZE, 0));
}

TEST_F(each, fact_023_no_room_for_the_structure_is_invalid_parameter)
{
	DWORD size;

	self->call.size = 0;
	for (size = 1; size < sizeof(ICMP_ECHO_REPLY); size++) {
		self->call.reply_size = size;
		EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	}
	EXPECT_TRUE(is_untouched(self->call.reply, REPLY_SIZE, 0));
}

TEST_F(each, fact_025_destination_0_is_invalid_netname)
{
	self->call.destination = INADDR_ANY;
	EXPECT_EACH_REFUSED(ERROR_INVALID_NETNAME);
}

/* Ours: nobody knows what current Windows does. */
TEST_F(each, fact_032_no_data_but_a_size_is_invalid_parameter)
{
	self->call.data = NULL;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
}

/* Ours: the longest that fits into an IPv4 packet is 65,507 bytes. */
TEST_F(each, fact_040_request_longer_than_a_packet_is_invalid_parameter)
{
	static char request[65535];

	self->call.data = request;
	self->call.reply = exact_buffer(sizeof(ICMP_ECHO_REPLY) + sizeof(request));
	self->call.reply_size = sizeof(ICMP_ECHO_REPLY) + sizeof(request);
	self->call.size = 65508;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	self->call.size = 65535;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
}

/* Ours */
TEST_F(each, fact_039_bad_sizes_of_options_are_invalid_parameter)
{
	static UCHAR nops[44] = { [0 ... 43] = IP_OPT_NOP };
	IP_OPTION_INFORMATION options = { .OptionsSize = 4 };

	self->call.options = &options;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	options.OptionsData = nops;
	options.OptionsSize = 41;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	options.OptionsSize = 44;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
	options.OptionsSize = 255;
	EXPECT_EACH_REFUSED(ERROR_INVALID_PARAMETER);
}

/* How a request ends: 1, or the last error of a call or of its completion. */
static DWORD outcome_of(enum entry entry, const struct call *call)
{
	DWORD count = send_call_by(entry, call);

	if (!count && GetLastError() == ERROR_IO_PENDING) {
		if (WaitForSingleObject(call->event, PATIENCE_MS) != WAIT_OBJECT_0)
			return ERROR_IO_PENDING;
		count = IcmpParseReplies(call->reply, call->reply_size);
	}
	return count ?: GetLastError();
}

static void give_room(struct call *call, WORD request_size, WORD room)
{
	call->size = request_size;
	call->reply_size = sizeof(ICMP_ECHO_REPLY) + room;
	call->reply = exact_buffer(call->reply_size);
}

static const struct {
	WORD request;
	WORD room;
} too_small[] = { { DATA_SIZE, DATA_SIZE - 1 }, { 9, 8 }, { 8, 7 }, { 1, 0 }, { DATA_SIZE, 0 } };

TEST_F(each, fact_024_no_room_for_the_data_is_general_failure)
{
	int i;

	for (i = 0; i < 5; i++) {
		give_room(&self->call, too_small[i].request, too_small[i].room);
		EXPECT_EQ(IP_GENERAL_FAILURE, outcome_of(variant->entry, &self->call));
		EXPECT_TRUE(exact_buffer_is_intact(self->call.reply, self->call.reply_size));
	}
}

TEST_F(each, fact_027_exact_buffer_is_enough)
{
	static const WORD sizes[] = { 0, 1, 8, DATA_SIZE };
	int i;

	for (i = 0; i < 4; i++) {
		give_room(&self->call, sizes[i], sizes[i]);
		EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
		EXPECT_ECHO(&self->call, LOOPBACK);
	}
}

/* What older versions said about a small buffer is not said any more. */
TEST_F(each, fact_028_errors_of_older_versions_do_not_come_back)
{
	DWORD outcome;
	DWORD size;

	for (size = 0; size < REPLY_SIZE; size++) {
		self->call.reply_size = size;
		outcome = outcome_of(variant->entry, &self->call);
		EXPECT_EQ(size < sizeof(ICMP_ECHO_REPLY) ? ERROR_INVALID_PARAMETER :
							   IP_GENERAL_FAILURE, outcome);
	}
}

/* More room is said to be there than there is: nothing may be written at its end. */
TEST_F(each, fact_030_reply_size_may_be_overstated)
{
	static const DWORD lies[] = { 10, 4096, 65536, 0x10000000 };
	int i;

	for (i = 0; i < 4; i++) {
		give_room(&self->call, DATA_SIZE, DATA_SIZE);
		self->call.reply_size += lies[i];
		EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
		self->call.reply_size -= lies[i];
		EXPECT_ECHO(&self->call, LOOPBACK);
	}
}

/* Nor is the rest of a larger buffer cleared. */
TEST_F(each, fact_030_rest_of_the_buffer_is_left_alone)
{
	give_room(&self->call, DATA_SIZE, 4096);
	EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
	EXPECT_ECHO(&self->call, LOOPBACK);
	EXPECT_TRUE(is_untouched(self->call.reply, self->call.reply_size, REPLY_SIZE));
}

TEST_F(each, fact_031_no_data_is_an_empty_request)
{
	give_room(&self->call, 0, 0);
	self->call.data = NULL;
	EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
	EXPECT_ECHO(&self->call, LOOPBACK);
	self->call.data = data;
	EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
	EXPECT_ECHO(&self->call, LOOPBACK);
}

/* Programs build the request where the reply will be, at any place in it. */
TEST_F(each, fact_033_request_may_lie_in_the_reply_buffer)
{
	static const size_t offsets[] = { 0, 4, sizeof(ICMP_ECHO_REPLY) - 8,
					  sizeof(ICMP_ECHO_REPLY) };
	int i;

	for (i = 0; i < 4; i++) {
		give_room(&self->call, DATA_SIZE, DATA_SIZE);
		self->call.data = self->call.reply + offsets[i];
		memcpy(self->call.data, data, DATA_SIZE);
		EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
		EXPECT_ECHO(&self->call, LOOPBACK);
	}
}

TEST_F(each, fact_034_timeout_0_is_no_error)
{
	DWORD outcome;

	self->call.timeout = 0;
	outcome = outcome_of(variant->entry, &self->call);
	EXPECT_TRUE(outcome == 1 || outcome == IP_REQ_TIMED_OUT)
		TH_LOG("it is %u", outcome);
}

TEST_F(each, fact_035_timeout_ffffffff_is_long)
{
	self->call.timeout = 0xffffffff;
	EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
	EXPECT_ECHO(&self->call, LOOPBACK);
}

/* Ours: the default is the system's, here 64, and 128 on Windows. */
TEST_F(each, fact_036_no_options_are_the_defaults)
{
	self->call.options = NULL;
	EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
	EXPECT_EQ(64, reply_in(&self->call)->Options.Ttl);
	EXPECT_EQ(0, reply_in(&self->call)->Options.OptionsSize);
}

TEST_F(each, fact_037_ttl_0_is_the_default)
{
	IP_OPTION_INFORMATION options = {};

	self->call.options = &options;
	EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
	EXPECT_ECHO(&self->call, LOOPBACK);
	EXPECT_EQ(64, reply_in(&self->call)->Options.Ttl);
}

TEST_F(each, fact_040_longest_request_comes_back)
{
	static const WORD sizes[] = { 65500, 65507 };
	static unsigned char request[65507];
	int i;

	for (i = 0; i < sizeof(request); i++)
		request[i] = i ^ (i >> 8);
	for (i = 0; i < 2; i++) {
		give_room(&self->call, sizes[i], sizes[i]);
		self->call.data = request;
		EXPECT_EQ(1, outcome_of(variant->entry, &self->call));
		EXPECT_EQ(IP_SUCCESS, reply_in(&self->call)->Status);
		EXPECT_EQ(sizes[i], reply_in(&self->call)->DataSize);
		EXPECT_EQ(0, memcmp(request, reply_in(&self->call)->Data, sizes[i]));
		EXPECT_TRUE(exact_buffer_is_intact(self->call.reply, self->call.reply_size));
	}
}

/* What only IcmpSendEcho2Ex() has, or only one of the modes. */

TEST(fact_026_foreign_source_is_invalid_netname)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	call.source = inet_addr(FOREIGN);
	EXPECT_FAILS(ERROR_INVALID_NETNAME, &call);
	call.event = auto_reset_event();
	EXPECT_FAILS(ERROR_INVALID_NETNAME, &call);
	EXPECT_NOT_SIGNALLED(call.event);
}

/* Ours: it is when the reply comes that the buffer turns out to be too small. */
TEST(fact_029_error_without_data_fits_into_a_small_buffer)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };
	struct call call;

	contract_net();
	call = call_to(IcmpCreateFile(), FAR);
	give_room(&call, DATA_SIZE, 0);
	call.options = &options;
	EXPECT_REPLY(&call);
	EXPECT_EQ(IP_TTL_EXPIRED_TRANSIT, reply_in(&call)->Status);
	EXPECT_TRUE(exact_buffer_is_intact(call.reply, call.reply_size));
}

TEST(fact_033_request_may_be_reused_once_the_call_has_returned)
{
	static struct packet request, answer;
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	struct call call = call_to(IcmpCreateFile(), BEYOND);
	char reused[DATA_SIZE];

	memcpy(reused, data, DATA_SIZE);
	call.data = reused;
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	memset(reused, 'x', DATA_SIZE);
	injector_request(injector, &request);
	EXPECT_EQ(0, memcmp(packet_icmp(&request) + 1, data, DATA_SIZE));
	packet_reply(&answer, &request);
	injector_send(injector, &answer);
	EXPECT_SIGNALLED(call.event);
	EXPECT_ECHO(&call, BEYOND);
}

/* Ours: the pages say that Tos is ignored, and clients rely on it. */
TEST(fact_038_tos_is_honoured)
{
	static struct packet request;
	IP_OPTION_INFORMATION options = { .Tos = 0xb8 };
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	struct call call = call_to(IcmpCreateFile(), BEYOND);

	call.options = &options;
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	injector_request(injector, &request);
	EXPECT_EQ(0xb8, request.ip.tos);
}

TEST(fact_036_ttl_and_df_are_sent_as_asked)
{
	static struct packet request;
	IP_OPTION_INFORMATION options = { .Ttl = 200, .Flags = IP_FLAG_DF };
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	struct call call = call_to(IcmpCreateFile(), BEYOND);

	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	injector_request(injector, &request);
	EXPECT_EQ(64, request.ip.ttl);
	EXPECT_EQ(0, request.ip.frag_off);
	EXPECT_EQ(20, request.ip.ihl * 4);

	call.options = &options;
	call.reply = exact_buffer(REPLY_SIZE);
	EXPECT_PENDING(&call);
	injector_request(injector, &request);
	EXPECT_EQ(200, request.ip.ttl);
	EXPECT_EQ(htons(0x4000), request.ip.frag_off);
}

TEST(fact_039_options_may_fill_40_bytes)
{
	static UCHAR nops[MAX_OPT_SIZE] = { [0 ... MAX_OPT_SIZE - 1] = IP_OPT_NOP };
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(nops), .OptionsData = nops };
	static struct packet request;
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	struct call call = call_to(IcmpCreateFile(), BEYOND);

	call.options = &options;
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	injector_request(injector, &request);
	EXPECT_EQ(60, request.ip.ihl * 4);
	EXPECT_EQ(0, memcmp(&request.ip + 1, nops, sizeof(nops)));
}

/* Ours: a record route whose length says less than its header needs. */
TEST(fact_039_malformed_options_are_bad_option)
{
	static UCHAR malformed[] = { IP_OPT_RR, 2, 4, 0 };
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(malformed),
					  .OptionsData = malformed };
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	call.options = &options;
	EXPECT_FAILS(IP_BAD_OPTION, &call);
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	EXPECT_SIGNALLED(call.event);
	EXPECT_EQ(IP_BAD_OPTION, reply_in(&call)->Status);
	EXPECT_FAILURE(IP_BAD_OPTION, IcmpParseReplies(call.reply, call.reply_size));
}

static void answer_broadcasts(const struct path *path)
{
	netns_enter(path->router);
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_enter(path->near);
	link_add_route_on_link("224.0.0.0/4", "near0");
}

/* Ours */
TEST(fact_041_broadcast_and_multicast_are_accepted)
{
	struct path path = contract_net();
	struct call call;

	answer_broadcasts(&path);
	call = call_to(IcmpCreateFile(), BROADCAST);
	call.timeout = PLENTY_MS;
	EXPECT_REPLY(&call);
	EXPECT_ECHO(&call, ROUTER);
	call.destination = inet_addr(ALL_HOSTS);
	EXPECT_REPLY(&call);
	EXPECT_ECHO(&call, ROUTER);
}

/* Ours */
TEST(fact_042_bad_event_is_invalid_handle)
{
	struct call call;
	HANDLE closed;
	int i;

	netns_alone();
	closed = auto_reset_event();
	CloseHandle(closed);
	call = call_to(IcmpCreateFile(), LOOPBACK);
	for (i = 0; i < 3; i++) {
		call.event = i == 0 ? INVALID_HANDLE_VALUE : i == 1 ? closed : call.icmp;
		EXPECT_FAILS(ERROR_INVALID_HANDLE, &call);
	}
	EXPECT_TRUE(is_untouched(call.reply, call.reply_size, 0));
}

/* Ours: of several faults the first in this order is reported. */
TEST(fact_043_handle_and_buffer_come_before_addresses)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	call.destination = INADDR_ANY;
	call.reply_size = 1;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	call.reply = NULL;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);

	call = call_to(INVALID_HANDLE_VALUE, LOOPBACK);
	call.destination = INADDR_ANY;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	call.destination = inet_addr(UNROUTED);
	call.source = inet_addr(FOREIGN);
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	call.icmp = IcmpCreateFile();
	EXPECT_FAILS(ERROR_INVALID_NETNAME, &call);
}

TEST_HARNESS_MAIN
