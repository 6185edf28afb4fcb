// SPDX-License-Identifier: MIT
/*
 * icmpecho, the tool: one binary with subcommands. A subcommand also runs when the
 * program is called by its name, for example through a link that is named fping.
 */
#include <icmpecho.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "message.h"

static const struct command commands[] = {
	{ "fping", "ask many hosts, with the options and the output of fping", fping_main },
	{ "fping6", NULL, fping6_main },
	{ "monitor", "ask hosts again and again, print when one changes its state", monitor_main },
	{ "mtu", "the longest packet that reaches a host, and which router says so", mtu_main },
	{ "ping", "send echo requests to hosts, a line for each answer", ping_main },
	{ "status", "whether the device can be used, why not, and who uses it", status_main },
	{ "sweep", "find out which of many addresses answer", sweep_main },
	{ "trace", "the routers on the path to a host, once or as a live screen", trace_main },
};

#define COMMAND_COUNT	(sizeof(commands) / sizeof(*commands))

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static void print_help(FILE *stream)
{
	size_t i;

	fputs("usage: icmpecho COMMAND [OPTION...] [WORD...]\n"
	      "       icmpecho --help | --version\n"
	      "Sends ICMP echo requests through " ICMPECHO_DEVICE ".\n\n", stream);
	for (i = 0; i < COMMAND_COUNT; i++) {
		if (commands[i].summary)
			fprintf(stream, "  %-9s %s\n", commands[i].name, commands[i].summary);
	}
	fputs("\n\"icmpecho COMMAND --help\" explains the options of a command.\n"
	      "Exit status: 0 if all were answered, 1 if not, 2 on wrong use or failure.\n",
	      stream);
}

static int run(const struct command *command, const char *name, int argc, char **argv)
{
	program_name = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "";
	const struct command *command;
	static char full_name[64];

	setlocale(LC_CTYPE, "");
	command = find_command(name);
	if (command)
		return run(command, command->name, argc, argv);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_WRONG_USE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("icmpecho %s\n", icmpecho_version());
		return 0;
	}
	command = find_command(argv[1]);
	if (!command) {
		complain("there is no command '%s'; see icmpecho --help", argv[1]);
		return EXIT_WRONG_USE;
	}
	snprintf(full_name, sizeof(full_name), "icmpecho %s", command->name);
	return run(command, full_name, argc - 1, argv + 1);
}
