// SPDX-License-Identifier: MIT
/*
 * icmpecho status: whether this process can use the device, and if not, why and what mends
 * it; what the module can do, what it has counted, and who has it open.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "diagnosis.h"
#include "message.h"
#include "options.h"
#include "sessions.h"

#define MIB	(1024.0 * 1024)
#define DAY_NS	(24 * 3600 * 1e9)

struct status {
	struct options options;
	struct facts facts;
	struct diagnosis diagnosis;
	bool has_own;
	struct session own;		/* of this process: what it says about user and namespace */
	struct sessions sessions;	/* of the others */
};

static const struct option_spec own_options[] = {
	{ 'q', "quiet", NULL, "print nothing: the exit status says whether it can be used" },
	{ 0 },
};

static int set_option(void *self, int letter, const char *option, const char *value)
{
	struct status *status = self;

	(void)letter;
	(void)option;
	(void)value;
	status->options.quiet = true;
	return 0;
}

static const struct option_set option_set = {
	.usage = "",
	.about = "Says whether this process can use " ICMPECHO_DEVICE ", and if not, why, and what "
		 "mends it;\nwhat the module can do, what it has counted, and who has it open.",
	.common = "",
	.own = own_options,
	.set = set_option,
	.notes = "Exit status: 0 if it can be used, 1 if not, 2 on wrong use.",
};

static const struct {
	uint64_t bit;
	const char *name, *words;
} features[] = {
	{ ICMPECHO_FEATURE_IPV4, "ipv4", "IPv4" },
	{ ICMPECHO_FEATURE_IPV6, "ipv6", "IPv6" },
	{ ICMPECHO_FEATURE_OPTIONS, "options", "IP options" },
	{ ICMPECHO_FEATURE_MANY_REPLIES, "many_replies", "several replies to a request" },
	{ ICMPECHO_FEATURE_PACING, "pacing", "pacing" },
};

#define FEATURE_COUNT	(sizeof(features) / sizeof(*features))

static const struct {
	const char *title;
	int width;
	enum session_counter counter;
} columns[] = {
	{ "NETNS", 10, SESSION_NETNS },
	{ "IN-FLIGHT", 9, SESSION_IN_FLIGHT },
	{ "UNREAPED", 8, SESSION_UNREAPED },
	{ "REPLIES", 9, SESSION_REPLIES },
	{ "ERRORS", 7, SESSION_ERRORS },
	{ "TIMEOUTS", 8, SESSION_TIMEOUTS },
	{ "CANCELLED", 9, SESSION_CANCELLED },
	{ "NOT-SENT", 8, SESSION_NOT_SENT },
};

#define COLUMN_COUNT	(sizeof(columns) / sizeof(*columns))

/* Opens the device, and closes it again. */
static void ask_device(struct status *status)
{
	struct icmpecho *handle = icmpecho_open();

	if (!handle) {
		status->facts.open_error = errno;
		return;
	}
	if (icmpecho_get_info(handle, &status->facts.info))
		status->facts.info_error = errno;
	status->has_own = !session_read_own(&status->own, icmpecho_get_fd(handle));
	icmpecho_close(handle);
}

static bool is_usable(const struct status *status)
{
	return status->diagnosis.cause == CAUSE_NONE;
}

static void print_verdict(const struct diagnosis *diagnosis)
{
	unsigned int i;

	if (diagnosis->cause == CAUSE_NONE) {
		output_text("%s" ICMPECHO_DEVICE " can be used%s\n", output_colour(COLOUR_GOOD),
			    output_colour(COLOUR_NONE));
		return;
	}
	output_text("%s" ICMPECHO_DEVICE " cannot be used%s: %s\n", output_colour(COLOUR_BAD),
		    output_colour(COLOUR_NONE), diagnosis->reason);
	if (diagnosis->remedies_len)
		output_text("to mend it:\n");
	for (i = 0; i < diagnosis->remedies_len; i++)
		output_text("    %s\n", diagnosis->remedies[i]);
}

static void print_node(const struct node_facts *node)
{
	if (!node->exists)
		output_text("node:       none\n");
	else if (!node->is_device)
		output_text("node:       not a device\n");
	else
		output_text("node:       character device %u:%u, mode %04o, user %s, group %s\n",
			    node->major, node->minor, node->mode, node->owner, node->group);
}

static void print_module(const struct module_facts *module)
{
	output_text("module:     %s", module->is_loaded ? "loaded" : "not loaded");
	if (module->version[0])
		output_text(", version %s", module->version);
	output_text("; kernel %s\n", module->release);
	output_text("tool:       version %s\n", icmpecho_version());
}

static void print_info(const struct icmpecho_info *info)
{
	const char *separator = ": ";
	size_t i;

	output_text("interface:  version %u", info->abi_version);
	for (i = 0; i < FEATURE_COUNT; i++) {
		if (!(info->features & features[i].bit))
			continue;
		output_text("%s%s", separator, features[i].words);
		separator = ", ";
	}
	output_text("\nlimits:     %u requests of a session, %.0f MiB for a user, payload %u bytes "
		    "(IPv4) and %u (IPv6),\n            timeout %.1f days\n", info->max_requests,
		    (double)info->max_user_bytes / MIB, info->max_payload, info->max_payload6,
		    (double)info->max_timeout_ns / DAY_NS);
}

static void print_own(const struct session *own)
{
	const uint64_t *counters = own->counters;

	output_text("this user:  %.3f MiB in use\n", (double)counters[SESSION_USER_BYTES] / MIB);
	output_text("dropped:    %" PRIu64 " malformed, %" PRIu64 " unmatched, %" PRIu64
		    " of a wrong address, %" PRIu64 " of a wrong\n            checksum, %" PRIu64
		    " late (packets of this network namespace)\n",
		    counters[SESSION_DROP_MALFORMED], counters[SESSION_DROP_UNMATCHED],
		    counters[SESSION_DROP_ADDRESS], counters[SESSION_DROP_CHECKSUM],
		    counters[SESSION_DROP_LATE]);
}

static void print_session(const struct session *session)
{
	char user[64];
	size_t i;

	facts_user_name(session->uid, user, sizeof(user));
	output_text("%8d %-10s %-15s", session->pid, user, session->program);
	for (i = 0; i < COLUMN_COUNT; i++)
		output_text(" %*" PRIu64, columns[i].width, session->counters[columns[i].counter]);
	output_text("\n");
}

static void print_sessions(const struct sessions *sessions)
{
	size_t i;

	output_text("open in:    %zu descriptor%s of other processes", sessions->count,
		    sessions->count == 1 ? "" : "s");
	if (sessions->hidden)
		output_text(" (root sees %zu more processes)", sessions->hidden);
	output_text("\n");
	if (!sessions->count)
		return;
	output_text("%8s %-10s %-15s", "PID", "USER", "PROGRAM");
	for (i = 0; i < COLUMN_COUNT; i++)
		output_text(" %*s", columns[i].width, columns[i].title);
	output_text("\n");
	for (i = 0; i < sessions->count; i++)
		print_session(&sessions->list[i]);
}

static void print_status(const struct status *status)
{
	print_verdict(&status->diagnosis);
	print_node(&status->facts.node);
	print_module(&status->facts.module);
	if (is_usable(status))
		print_info(&status->facts.info);
	if (status->has_own)
		print_own(&status->own);
	print_sessions(&status->sessions);
}

static void record_text_if(const char *name, bool condition, const char *text)
{
	if (condition)
		record_string(name, text);
	else
		record_null(name);
}

static void record_number_if(const char *name, bool condition, uint64_t number)
{
	if (condition)
		record_number(name, number);
	else
		record_null(name);
}

static void record_remedies(const struct diagnosis *diagnosis)
{
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < diagnosis->remedies_len; i++)
		json_object_array_add(list, json_object_new_string(diagnosis->remedies[i]));
	record_json("remedies", list);
}

static void record_node(const struct node_facts *node)
{
	bool is_device = node->exists && node->is_device;
	char text[48];

	record_string("device", ICMPECHO_DEVICE);
	snprintf(text, sizeof(text), "%u:%u", node->major, node->minor);
	record_text_if("number", is_device, text);
	snprintf(text, sizeof(text), "%04o", node->mode);
	record_text_if("mode", is_device, text);
	record_text_if("owner", is_device, node->owner);
	record_text_if("group", is_device, node->group);
}

static void record_module(const struct module_facts *module)
{
	record_bool("module_loaded", module->is_loaded);
	record_text_if("module_version", module->version[0], module->version);
	record_text_if("module_file", module->file[0], module->file);
	record_string("kernel", module->release);
	record_string("tool_version", icmpecho_version());
}

static void record_info(const struct icmpecho_info *info, bool is_known)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	record_number_if("abi_version", is_known, info->abi_version);
	record_number_if("max_requests", is_known, info->max_requests);
	record_number_if("max_user_bytes", is_known, info->max_user_bytes);
	record_number_if("max_payload", is_known, info->max_payload);
	record_number_if("max_payload6", is_known, info->max_payload6);
	if (is_known)
		record_ms("max_timeout_ms", (double)info->max_timeout_ns);
	else
		record_null("max_timeout_ms");
	for (i = 0; i < FEATURE_COUNT; i++) {
		if (info->features & features[i].bit)
			json_object_array_add(list, json_object_new_string(features[i].name));
	}
	record_words("features", list);
}

static void record_own(const struct status *status)
{
	static const enum session_counter counters[] = {
		SESSION_NETNS, SESSION_USER_BYTES, SESSION_DROP_MALFORMED, SESSION_DROP_UNMATCHED,
		SESSION_DROP_ADDRESS, SESSION_DROP_CHECKSUM, SESSION_DROP_LATE,
	};
	size_t i;

	for (i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		record_number_if(session_counters[counters[i]], status->has_own,
				 status->own.counters[counters[i]]);
}

static struct json_object *session_json(const struct session *session)
{
	struct json_object *object = json_object_new_object();
	char user[64];
	size_t i;

	facts_user_name(session->uid, user, sizeof(user));
	json_object_object_add(object, "pid", json_object_new_int(session->pid));
	json_object_object_add(object, "fd", json_object_new_int(session->fd));
	json_object_object_add(object, "user", json_object_new_string(user));
	json_object_object_add(object, "program", json_object_new_string(session->program));
	for (i = 0; i < SESSION_DROP_MALFORMED; i++) {
		json_object_object_add(object, session_counters[i],
				       json_object_new_uint64(session->counters[i]));
	}
	return object;
}

static void record_sessions(const struct sessions *sessions)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < sessions->count; i++)
		json_object_array_add(list, session_json(&sessions->list[i]));
	record_number("session_count", sessions->count);
	record_number("hidden_processes", sessions->hidden);
	record_json("sessions", list);
}

static void record_status(const struct status *status)
{
	const struct diagnosis *diagnosis = &status->diagnosis;

	record_begin("status");
	record_bool("usable", is_usable(status));
	record_text_if("cause", !is_usable(status), cause_name(diagnosis->cause));
	record_text_if("reason", !is_usable(status), diagnosis->reason);
	record_remedies(diagnosis);
	record_node(&status->facts.node);
	record_module(&status->facts.module);
	record_info(&status->facts.info, is_usable(status));
	record_own(status);
	record_sessions(&status->sessions);
	record_end();
}

static void tell(const struct status *status)
{
	if (status->options.quiet)
		return;
	if (status->options.format == OUTPUT_TEXT)
		print_status(status);
	else
		record_status(status);
}

int status_main(int argc, char **argv)
{
	struct status status = { 0 };
	int first;

	options_init(&status.options);
	first = options_parse(&status.options, &option_set, &status, argc, argv);
	if (first < 0)
		return EXIT_WRONG_USE;
	options_free(&status.options);
	if (first != argc) {
		complain("'%s': there is nothing to name; see %s --help", argv[first],
			 program_name);
		return EXIT_WRONG_USE;
	}
	ask_device(&status);
	facts_gather(&status.facts, "");
	sessions_find(&status.sessions, "");
	diagnose(&status.facts, &status.diagnosis);
	output_open(status.options.format);
	tell(&status);
	sessions_free(&status.sessions);
	if (output_close())
		return EXIT_WRONG_USE;
	return is_usable(&status) ? 0 : EXIT_SOME_LOST;
}
