// SPDX-License-Identifier: MIT
/*
 * icmpecho mtu: the search over networks that are made up here, with routers that report,
 * and others; and what is printed of it.
 */
#include <errno.h>

#include "../tools/mtu_search.h"
#include "tool.h"

#define MIN	28
#define MAX	65535

/* A path: its host's interface, then links that are narrower and narrower. */
struct network {
	uint32_t interface;
	uint32_t router;		/* a link behind a router that reports; 0: none */
	uint32_t reported;		/* what that says; 0: nothing of use */
	uint32_t hole;			/* what is longer vanishes; 0: no hole */
	unsigned int lost;		/* every such packet is lost, too; 0: none */
};

static unsigned int sent;

static void complete(const struct network *net, uint32_t len, struct icmpecho_completion *c)
{
	memset(c, 0, sizeof(*c));
	c->family = AF_INET;
	if (len > net->interface) {
		c->status = ICMPECHO_STATUS_PACKET_TOO_BIG;
		c->flags = ICMPECHO_LOCAL;
		c->error = EMSGSIZE;
		return;
	}
	sent++;
	if ((net->hole && len > net->hole) || (net->lost && sent % net->lost == 0)) {
		c->status = ICMPECHO_STATUS_TIMED_OUT;
	} else if (net->router && len > net->router) {
		c->status = ICMPECHO_STATUS_PACKET_TOO_BIG;
		c->info = net->reported;
		c->from[0] = 10;
	} else {
		c->status = ICMPECHO_STATUS_SUCCESS;
		c->from[0] = 10;
	}
}

/* Searches, and returns how many rounds it took. */
static unsigned int search_in(const struct network *net, struct mtu_search *search)
{
	struct icmpecho_completion c;
	uint32_t lens[SEARCH_ROUND];
	unsigned int rounds;
	size_t n, i;

	sent = 0;
	search_init(search, MIN, MAX);
	for (rounds = 0; rounds < 200 && (n = search_next(search, lens)); rounds++) {
		CHECK(n <= SEARCH_ROUND);
		for (i = 0; i < n; i++) {
			CHECK(lens[i] >= MIN && lens[i] <= MAX);
			complete(net, lens[i], &c);
			search_count(search, lens[i], &c);
		}
	}
	return rounds;
}

/* Finds @mtu within so many rounds. */
static void check(const struct network *net, uint32_t mtu, enum search_limit_kind kind,
		  unsigned int most_rounds)
{
	struct mtu_search search;
	unsigned int rounds = search_in(net, &search);

	CHECK(search_is_done(&search));
	CHECK_EQ(search.low, mtu);
	CHECK_EQ(search.limit.kind, kind);
	CHECK(rounds <= most_rounds);
	if (rounds > most_rounds)
		printf("# %u rounds\n", rounds);
}

TEST(usual_lengths_take_one_round)
{
	static const uint32_t usual[] = { 1280, 1400, 1420, 1450, 1480, 1492, 1500, 9000, 65535 };
	struct network net = { 0 };
	size_t i;

	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		net.interface = usual[i];
		check(&net, usual[i], usual[i] == MAX ? LIMIT_NONE : LIMIT_INTERFACE, 1);
	}
}

TEST(every_interface_is_found)
{
	struct network net = { 0 };

	for (net.interface = MIN; net.interface < 2000; net.interface += 7)
		check(&net, net.interface, LIMIT_INTERFACE, 8);
	for (net.interface = 2000; net.interface < MAX; net.interface += 997)
		check(&net, net.interface, LIMIT_INTERFACE, 8);
}

TEST(a_router_that_reports_takes_two_rounds)
{
	struct network net = { .interface = 1500 };

	for (net.router = 69; net.router < 1500; net.router++) {
		net.reported = net.router;
		check(&net, net.router, LIMIT_ROUTER, 2);
	}
}

TEST(a_router_that_does_not_say_how_long_is_found_out)
{
	struct network net = { .interface = 1500, .router = 1333 };

	check(&net, 1333, LIMIT_ROUTER, 8);
	/* More than what it let pass not */
	net.reported = 1500;
	check(&net, 1333, LIMIT_ROUTER, 8);
}

TEST(a_router_that_says_too_little_is_not_believed)
{
	struct network net = { .interface = 1500, .router = 1400, .reported = 600 };

	check(&net, 1400, LIMIT_ROUTER, 8);
	net.router = 1433;
	check(&net, 1433, LIMIT_ROUTER, 8);
}

TEST(black_holes_are_told_from_routers)
{
	struct network net = { .interface = 1500 };

	/* Of a usual length: three timeouts. */
	net.hole = 1400;
	check(&net, 1400, LIMIT_SILENCE, 2);
	for (net.hole = 100; net.hole < 1500; net.hole += 11)
		check(&net, net.hole, LIMIT_SILENCE, 12);
}

TEST(a_hole_behind_a_router)
{
	struct network net = { .interface = 9000, .router = 1500, .reported = 1500, .hole = 1456 };

	check(&net, 1456, LIMIT_SILENCE, 12);
}

TEST(lost_packets_are_not_too_long)
{
	struct network net = { .interface = 1500, .router = 1400, .reported = 1400 };

	for (net.lost = 3; net.lost < 12; net.lost++)
		check(&net, 1400, LIMIT_ROUTER, 12);
	net.router = 0;
	for (net.lost = 3; net.lost < 12; net.lost++)
		check(&net, 1500, LIMIT_INTERFACE, 12);
}

TEST(the_interface_is_known_though_a_router_is_narrower)
{
	struct network net = { .interface = 1500, .router = 1400, .reported = 1400 };
	struct mtu_search search;

	search_in(&net, &search);
	CHECK_EQ(search_interface_mtu(&search), 1500);
	CHECK_EQ(search.routers_len, 1);
	CHECK_EQ(search.routers[0].mtu, 1400);
	/* It was not asked for exactly. */
	net.interface = 1499;
	search_in(&net, &search);
	CHECK_EQ(search_interface_mtu(&search), 0);
}

TEST(a_host_that_keeps_silent_ends_the_search)
{
	struct network net = { .interface = 1500, .lost = 1 };
	struct mtu_search search;

	CHECK_EQ(search_in(&net, &search), 2);
	CHECK(search_has_failed(&search) && !search_is_done(&search));
	CHECK_EQ(search.status, ICMPECHO_STATUS_TIMED_OUT);
}

TEST(text_names_who_says_so)
{
	CHECK_EQ(run_tool("icmpecho mtu -n 10.10.4.1"), 0);
	CHECK_TEXT(tool_output, "10.10.4.1: path MTU 1400 bytes (1372 bytes of payload)\n"
				"   1500  the interface of this host\n   1400  10.0.2.254\n");
	CHECK_EQ(run_tool("icmpecho mtu -n 10.8.4.1"), 0);
	CHECK_TEXT(tool_output, "10.8.4.1: path MTU 1500 bytes (1472 bytes of payload)\n"
				"   1500  the interface of this host\n");
	CHECK_EQ(run_tool("icmpecho mtu -4 localhost"), 0);
	CHECK_TEXT(tool_output,
		   "localhost (127.0.0.1): path MTU 65535 bytes (65507 bytes of payload)\n");
	CHECK_EQ(run_tool("icmpecho mtu -q 10.10.4.1"), 0);
	CHECK_TEXT(tool_output, "1400\n");
}

TEST(text_of_a_black_hole_says_how_far_packets_get)
{
	CHECK_EQ(run_tool("icmpecho mtu -n -W 0.05 10.11.4.1"), 0);
	CHECK_TEXT(tool_output, "10.11.4.1: path MTU 1400 bytes (1372 bytes of payload)\n"
				"   1500  the interface of this host\n"
				"   1400  black hole: longer packets are not answered, and no router "
				"says why\n"
				"         packets of 1401 bytes get as far as hop 2, 10.0.2.254\n");
}

TEST(json_and_csv)
{
	CHECK_EQ(run_tool("icmpecho mtu -n --json 10.10.4.1"), 0);
	CHECK_TEXT(tool_output,
		   "{\"type\":\"mtu\",\"host\":\"10.10.4.1\",\"address\":\"10.10.4.1\",\"mtu\":1400,"
		   "\"payload_bytes\":1372,\"limit\":\"router\",\"reason\":null,"
		   "\"from\":\"10.0.2.254\",\"name\":null,\"black_hole\":false,\"last_hop\":null,"
		   "\"last_hop_from\":null,\"last_hop_name\":null,\"interface_mtu\":1500,"
		   "\"routers\":[{\"mtu\":1400,\"from\":\"10.0.2.254\"}]}\n");
	CHECK_EQ(run_tool("icmpecho mtu -n -W 0.05 --csv 10.11.4.1"), 0);
	CHECK_TEXT(tool_output,
		   "host,address,mtu,payload_bytes,limit,reason,from,name,black_hole,last_hop,"
		   "last_hop_from,last_hop_name,interface_mtu,routers\n"
		   "10.11.4.1,10.11.4.1,1400,1372,silence,,,,true,2,10.0.2.254,,1500,\n");
	CHECK_EQ(run_tool("icmpecho mtu -n --csv 10.10.4.1"), 0);
	CHECK_HAS(tool_output, ",1500,\"[{\"\"mtu\"\":1400,\"\"from\"\":\"\"10.0.2.254\"\"}]\"\n");
	CHECK_EQ(run_tool("icmpecho mtu -n -W 0.05 --json 10.1.0.1"), 1);
	CHECK_HAS(tool_output, "\"mtu\":null,\"payload_bytes\":null,\"limit\":null,"
			       "\"reason\":\"timed out\",\"from\":null");
}

TEST(failures_are_told)
{
	CHECK_EQ(run_tool("icmpecho mtu -n -W 0.05 10.1.0.1"), 1);
	CHECK_TEXT(tool_output, "10.1.0.1: unknown: timed out\n");
	CHECK_EQ(run_tool("icmpecho mtu -n 10.2.0.1"), 1);
	CHECK_TEXT(tool_output, "10.2.0.1: unknown: host unreachable, says 10.0.0.254\n");
	CHECK_EQ(run_tool("icmpecho mtu -n 10.3.0.1"), 1);
	CHECK_TEXT(tool_output, "10.3.0.1: unknown: no route to network\n");
	CHECK_EQ(run_tool("icmpecho mtu -n 10.4.0.1"), 1);
	CHECK_HAS(tool_output, "10.4.0.1: unknown: this host's firewall forbids it");
	CHECK_EQ(run_tool("icmpecho mtu"), 2);
	CHECK_HAS(tool_errors, "name one host");
	CHECK_EQ(run_tool("icmpecho mtu -s 5 10.8.1.1"), 2);
	CHECK_HAS(tool_errors, "there is no option -s");
}
