// SPDX-License-Identifier: MIT
/*
 * icmpecho mtu: the length of the longest packet that reaches a host in one piece, and who
 * says that none is longer. Where nobody does, packets that are too long vanish: then it
 * looks how far they get.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "engine.h"
#include "hops.h"
#include "message.h"
#include "mtu_search.h"
#include "names.h"
#include "options.h"
#include "parse.h"
#include "targets.h"

#define MAX_HOPS	30
/* Requests to each hop, for packets that vanish */
#define HOP_TRIES	2
#define NAMES_WAIT_NS	NS_PER_S
#define FULL_NAME_LEN	(NAME_LEN + ADDRESS_TEXT_LEN + 4)

struct mtu {
	struct options options;
	bool is_numeric;
	struct targets targets;
	const char *host;
	char address[ADDRESS_TEXT_LEN];
	struct engine *engine;
	struct names *names;
	struct icmpecho_echo echo;
	struct mtu_search search;
	uint32_t lens[SEARCH_ROUND];	/* of this round; the first lens_sent are on their way */
	size_t lens_len, lens_sent;
	bool is_tracing;		/* looks how far a packet gets that is too long */
	struct path path;
	uint32_t probes_sent;
	uint64_t names_until_ns;
	bool was_interrupted;
};

static const struct option_spec own_options[] = {
	{ 'n', "numeric", NULL, "do not look names up" },
	{ 'q', "quiet", NULL, "print only the number" },
	{ 0 },
};

static int set_option(void *self, int letter, const char *option, const char *value)
{
	struct mtu *mtu = self;

	(void)option;
	(void)value;
	if (letter == 'n')
		mtu->is_numeric = true;
	else
		mtu->options.quiet = true;
	return 0;
}

static const struct option_set option_set = {
	.usage = "HOST",
	.about = "Finds the path MTU: the length of the longest packet that reaches a host in one\n"
		 "piece, and which router says so. Tells if longer packets vanish without a word.",
	.common = "46ISQmWp",
	.own = own_options,
	.set = set_option,
	.notes = "Lengths are those of IP packets in bytes, with all headers.\n"
		 "Exit status: 0 if the path MTU was found, 1 if not, 2 on wrong use or failure.",
};

static void make_echo(const struct mtu *mtu, struct icmpecho_echo *echo, uint32_t packet_len)
{
	*echo = mtu->echo;
	echo->payload_len = packet_len - mtu->search.min;
	if (!echo->payload_len)
		echo->payload = 0;
	echo->user_data = packet_len;
}

static uint32_t fill_search(struct mtu *mtu, struct icmpecho_echo *echoes, uint32_t room)
{
	uint32_t n = 0;

	if (mtu->lens_sent == mtu->lens_len && !engine_in_flight(mtu->engine)) {
		mtu->lens_sent = 0;
		mtu->lens_len = search_next(&mtu->search, mtu->lens);
	}
	while (n < room && mtu->lens_sent < mtu->lens_len)
		make_echo(mtu, &echoes[n++], mtu->lens[mtu->lens_sent++]);
	return n;
}

static uint32_t fill_trace(struct mtu *mtu, struct icmpecho_echo *echoes, uint32_t room)
{
	struct probe_id id;
	uint32_t n = 0;

	for (; n < room && mtu->probes_sent < MAX_HOPS * HOP_TRIES; mtu->probes_sent++) {
		id = path_ask(&mtu->path, 1 + mtu->probes_sent % MAX_HOPS);
		make_echo(mtu, &echoes[n], id.packet_len);
		echoes[n].ttl = (uint8_t)id.ttl;
		echoes[n++].user_data = probe_id_pack(&id);
	}
	return n;
}

static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	struct mtu *mtu = self;

	(void)now_ns;
	*due_ns = ENGINE_NEVER;
	return mtu->is_tracing ? fill_trace(mtu, echoes, room) : fill_search(mtu, echoes, room);
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct mtu *mtu = self;
	struct probe_id id;

	if (mtu->is_tracing) {
		id = probe_id_unpack(c->user_data);
		path_count(&mtu->path, &id, c);
		return;
	}
	search_count(&mtu->search, (uint32_t)c->user_data, c);
	if (search_is_done(&mtu->search) || search_has_failed(&mtu->search))
		engine_stop(mtu->engine);
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct mtu *mtu = self;
	struct probe_id id;

	if (mtu->is_tracing) {
		id = probe_id_unpack(echo->user_data);
		path_count_refused(&mtu->path, &id, error);
		return;
	}
	search_count_refused(&mtu->search, (uint32_t)echo->user_data, error);
}

static void signalled(void *self, int signal)
{
	struct mtu *mtu = self;

	(void)signal;
	mtu->was_interrupted = true;
	engine_stop(mtu->engine);
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.signalled = signalled,
};

static bool is_black_hole(const struct mtu *mtu)
{
	return search_is_done(&mtu->search) && mtu->search.limit.kind == LIMIT_SILENCE;
}

/* The last hop that a packet which is too long reaches; 0 if none. */
static uint32_t last_hop(const struct mtu *mtu)
{
	return mtu->is_tracing ? path_last_answer(&mtu->path) : 0;
}

static const struct address *last_hop_address(const struct mtu *mtu)
{
	const struct hop *hop = path_hop(&mtu->path, last_hop(mtu));

	return &hop->responders[hop->last].address;
}

/* "router.example (10.0.0.1)", in @text, of FULL_NAME_LEN bytes. */
static const char *full_name(const struct mtu *mtu, const struct address *address, char *text)
{
	const char *name = mtu->names ?
			   names_wait(mtu->names, address, mtu->names_until_ns) : NULL;
	char digits[ADDRESS_TEXT_LEN];

	address_format(address, digits);
	if (name)
		snprintf(text, FULL_NAME_LEN, "%.255s (%s)", name, digits);
	else
		snprintf(text, FULL_NAME_LEN, "%s", digits);
	return text;
}

static void print_limits(const struct mtu *mtu)
{
	const struct mtu_search *search = &mtu->search;
	char text[FULL_NAME_LEN];
	size_t i;

	if (search_interface_mtu(search))
		output_text("  %5u  the interface of this host\n", search_interface_mtu(search));
	for (i = 0; i < search->routers_len; i++)
		output_text("  %5u  %s\n", search->routers[i].mtu,
			    full_name(mtu, &search->routers[i].from, text));
	if (!is_black_hole(mtu))
		return;
	output_text("  %5u  %sblack hole%s: longer packets are not answered, and no router says "
		    "why\n", search->low, output_colour(COLOUR_BAD), output_colour(COLOUR_NONE));
	if (last_hop(mtu))
		output_text("         packets of %u bytes get as far as hop %u, %s\n",
			    search->low + 1, last_hop(mtu),
			    full_name(mtu, last_hop_address(mtu), text));
}

static const char *failure(const struct mtu_search *search)
{
	return search->error ? icmpecho_strerror(search->error) :
			       icmpecho_strstatus(search->status);
}

static void print_failure(const struct mtu *mtu)
{
	char text[FULL_NAME_LEN];

	output_text("%s: %sunknown%s: %s", mtu->host, output_colour(COLOUR_BAD),
		    output_colour(COLOUR_NONE), mtu->was_interrupted ? "interrupted" :
		    failure(&mtu->search));
	if (mtu->search.from.family)
		output_text(", says %s", full_name(mtu, &mtu->search.from, text));
	output_text("\n");
}

static void print_result(const struct mtu *mtu)
{
	const struct mtu_search *search = &mtu->search;

	if (!search_is_done(search))
		print_failure(mtu);
	else if (mtu->options.quiet)
		output_text("%u\n", search->low);
	else
		output_text("%s%s%s%s: path MTU %s%u%s bytes (%u bytes of payload)\n", mtu->host,
			    strcmp(mtu->host, mtu->address) ? " (" : "",
			    strcmp(mtu->host, mtu->address) ? mtu->address : "",
			    strcmp(mtu->host, mtu->address) ? ")" : "",
			    output_colour(is_black_hole(mtu) ? COLOUR_WARNING : COLOUR_GOOD),
			    search->low, output_colour(COLOUR_NONE), search->low - search->min);
	if (!mtu->options.quiet)
		print_limits(mtu);
}

static const char *kind_name(enum search_limit_kind kind)
{
	static const char *const names[] = {
		[LIMIT_NONE] = "protocol",
		[LIMIT_INTERFACE] = "interface",
		[LIMIT_ROUTER] = "router",
		[LIMIT_SILENCE] = "silence",
	};

	return names[kind];
}

static void record_address(const struct mtu *mtu, const char *name, const char *host_name,
			   const struct address *address)
{
	char text[ADDRESS_TEXT_LEN];
	const char *host;

	if (!address || !address->family) {
		record_null(name);
		record_null(host_name);
		return;
	}
	host = mtu->names ? names_wait(mtu->names, address, mtu->names_until_ns) : NULL;
	record_string(name, address_format(address, text));
	if (host)
		record_string(host_name, host);
	else
		record_null(host_name);
}

static struct json_object *routers_json(const struct mtu_search *search)
{
	struct json_object *list = json_object_new_array(), *object;
	char text[ADDRESS_TEXT_LEN];
	size_t i;

	for (i = 0; i < search->routers_len; i++) {
		address_format(&search->routers[i].from, text);
		object = json_object_new_object();
		json_object_object_add(object, "mtu",
				       json_object_new_uint64(search->routers[i].mtu));
		json_object_object_add(object, "from", json_object_new_string(text));
		json_object_array_add(list, object);
	}
	return list;
}

static void record_number_if(const char *name, uint32_t number)
{
	if (number)
		record_number(name, number);
	else
		record_null(name);
}

/* Of a search that has not ended well, how far it came. */
static void record_result(const struct mtu *mtu)
{
	const struct mtu_search *search = &mtu->search;
	bool is_known = search_is_done(search);

	record_begin("mtu");
	record_string("host", mtu->host);
	record_string("address", mtu->address);
	if (is_known) {
		record_number("mtu", search->low);
		record_number("payload_bytes", search->low - search->min);
		record_string("limit", kind_name(search->limit.kind));
		record_null("reason");
	} else {
		record_null("mtu");
		record_null("payload_bytes");
		record_null("limit");
		record_string("reason", mtu->was_interrupted ? "interrupted" : failure(search));
	}
	record_address(mtu, "from", "name", is_known ? &search->limit.from : &search->from);
	record_bool("black_hole", is_black_hole(mtu));
	record_number_if("last_hop", last_hop(mtu));
	record_address(mtu, "last_hop_from", "last_hop_name",
		       last_hop(mtu) ? last_hop_address(mtu) : NULL);
	record_number_if("interface_mtu", search_interface_mtu(search));
	record_json("routers", routers_json(search));
	record_end();
}

/* How far does a packet get that is one byte too long? */
static int trace_black_hole(struct mtu *mtu)
{
	path_init(&mtu->path, mtu->echo.family, mtu->search.low + 1 - mtu->search.min);
	mtu->path.first_ttl = 1;
	mtu->path.max_ttl = MAX_HOPS;
	mtu->is_tracing = true;
	return engine_run(mtu->engine, &ops, mtu);
}

static int run(struct mtu *mtu)
{
	if (engine_run(mtu->engine, &ops, mtu))
		return -1;
	if (is_black_hole(mtu) && trace_black_hole(mtu))
		return -1;
	mtu->names_until_ns = engine_now_ns() + NAMES_WAIT_NS;
	if (mtu->options.format == OUTPUT_TEXT)
		print_result(mtu);
	else
		record_result(mtu);
	return 0;
}

static int parse(struct mtu *mtu, int argc, char **argv)
{
	int first;

	options_init(&mtu->options);
	targets_init(&mtu->targets, AF_UNSPEC);
	mtu->options.size = MAX_PAYLOAD;
	first = options_parse(&mtu->options, &option_set, mtu, argc, argv);
	if (first < 0)
		return -1;
	if (argc - first != 1)
		return complain("name one host; see %s --help", program_name);
	mtu->targets.family = mtu->options.family;
	mtu->targets.max = 1;
	return targets_add(&mtu->targets, argv[first]);
}

static int begin(struct mtu *mtu)
{
	const struct target *target = mtu->targets.list;
	struct icmpecho_info info;
	bool is_ipv6 = target->address.family == AF_INET6;

	if (icmpecho_get_info(engine_handle(mtu->engine), &info))
		return complain_errno("cannot ask the device for its limits");
	if (!mtu->is_numeric)
		mtu->names = names_open();
	address_format(&target->address, mtu->address);
	mtu->host = target->name ? target->name : mtu->address;
	options_make_echo(&mtu->options, &mtu->echo);
	address_to_echo(&target->address, &mtu->echo);
	mtu->echo.flags |= ICMPECHO_DONT_FRAGMENT;
	/* No bytes of the answers are needed. */
	mtu->echo.reply_capacity = 0;
	search_init(&mtu->search, is_ipv6 ? 48 : 28,
		    (is_ipv6 ? 48 + info.max_payload6 : 28 + info.max_payload));
	return 0;
}

static void free_mtu(struct mtu *mtu)
{
	engine_close(mtu->engine);
	names_close(mtu->names);
	path_free(&mtu->path);
	targets_free(&mtu->targets);
	options_free(&mtu->options);
}

int mtu_main(int argc, char **argv)
{
	struct engine_config config = { .reply_capacity = 0 };
	struct mtu mtu = { 0 };
	int status = EXIT_WRONG_USE;

	if (!parse(&mtu, argc, argv))
		mtu.engine = engine_open(&config);
	if (mtu.engine && !begin(&mtu)) {
		output_open(mtu.options.format);
		if (!run(&mtu))
			status = search_is_done(&mtu.search) ? 0 : EXIT_SOME_LOST;
		if (output_close())
			status = EXIT_WRONG_USE;
	}
	free_mtu(&mtu);
	return status;
}
