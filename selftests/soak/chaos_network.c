// SPDX-License-Identifier: GPL-2.0
/* What happens to the links and routes of a pair. Of a link that went down, routes are lost. */
#include "soak.h"
#include "netns6.h"
#include "random.h"

#define ROUTES						\
	"ip route replace default via " WORLD "; "	\
	"ip -6 route replace default via " WORLD6 "; "

static struct soak_pair *any_pair(void)
{
	return &pairs[random_below(NR_PAIRS)];
}

void link_flap(void)
{
	struct soak_pair *pair = any_pair();
	unsigned int ms = random_below(100);

	if (random_below(2))
		run_in(pair->ns.near,
		       "ip link set near0 down; sleep 0.%03u; ip link set near0 up; " ROUTES, ms);
	else
		run_in(pair->ns.world,
		       "ip link set world0 down; sleep 0.%03u; ip link set world0 up; "
		       "ip route replace 10.4.0.0/16 via " NEAR "; "
		       "ip -6 route replace 2001:db8:a4::/48 via " NEAR6, ms);
}

void link_rename(void)
{
	run_in(any_pair()->ns.near,
	       "ip link set near0 down; ip link set near0 name odd0; ip link set odd0 up; "
	       ROUTES "sleep 0.05; "
	       "ip link set odd0 down; ip link set odd0 name near0; ip link set near0 up; " ROUTES);
}

/* To the namespace of some worker, where it stays, with its address and all */
void link_move(void)
{
	unsigned int index = random_below(NR_WORKERS);
	struct soak_pair *from = any_pair(), *to = pair_of(index);
	pid_t pid = soak->tallies[index].pid;
	static unsigned int number;

	if (!pid || from == to)
		return;
	from->broken = true;
	number++;
	run_in(from->ns.near, "ip link set near0 down; ip link set near0 name moved%u netns %d",
	       number, pid);
	run_in(to->ns.near, "ip addr add 192.0.2.%u/24 dev moved%u; ip link set moved%u up",
	       100 + number % 100, number, number);
}

void link_delete(void)
{
	struct soak_pair *pair = any_pair();

	pair->broken = true;
	if (random_below(2))
		run_in(pair->ns.near, "exec ip link del near0");
	else
		run_in(pair->ns.world, "exec ip link del world0");
}

void link_impair(void)
{
	static const char *const how[] = {
		"delay 20ms 10ms", "delay 300ms", "loss 30%", "duplicate 30%",
		"delay 10ms reorder 30%", "corrupt 20%", "rate 100kbit limit 20", "limit 1",
	};
	struct soak_pair *pair = any_pair();
	bool near = random_below(2);

	if (random_below(3))
		run_in(near ? pair->ns.near : pair->ns.world,
		       "exec tc qdisc replace dev %s root netem %s", near ? "near0" : "world0",
		       how[random_below(ARRAY_SIZE(how))]);
	else
		run_in(near ? pair->ns.near : pair->ns.world, "exec tc qdisc del dev %s root",
		       near ? "near0" : "world0");
}

/* In near */
void routes_change(void)
{
	static const char *const what[] = {
		"ip route del default",
		"ip -6 route del default",
		ROUTES,
		ROUTES,
		"ip route replace default via " WORLD " mtu 1280",
		"ip route replace 10.1.0.0/16 dev near0",
		"ip route replace unreachable 10.5.0.0/16; ip route replace prohibit 10.2.0.0/16",
		"ip route flush cache; ip route del 10.1.0.0/16",
		"ip rule add pref 100 fwmark 7 table 100; ip route replace prohibit default table 100",
		"ip rule add pref 101 to 10.0.0.0/8 table 100; ip -6 rule add pref 101 unreachable",
		"ip rule del pref 100; ip rule del pref 101; ip -6 rule del pref 101",
		"ip addr add 192.0.2.9/24 dev near0; ip addr add 2001:db8:1::9/64 dev near0 nodad",
		"ip addr del 192.0.2.9/24 dev near0; ip addr del 2001:db8:1::9/64 dev near0",
		"ip neigh flush dev near0; ip -6 neigh flush dev near0",
		"ip link set near0 mtu 1300",
		"ip link set near0 mtu 1500",
	};

	run_in(any_pair()->ns.near, "%s", what[random_below(ARRAY_SIZE(what))]);
}
