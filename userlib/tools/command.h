/* SPDX-License-Identifier: MIT */
/*
 * The subcommands. Each is a function that gets its words, its own name first, and
 * returns an exit status of message.h. A new one is a file, a prototype here, and a line in
 * the table of main.c.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

struct command {
	const char *name;
	const char *summary;		/* for "icmpecho --help"; NULL: not there */
	int (*run)(int argc, char **argv);
};

int fping_main(int argc, char **argv);
int fping6_main(int argc, char **argv);
int monitor_main(int argc, char **argv);
int mtu_main(int argc, char **argv);
int ping_main(int argc, char **argv);
int status_main(int argc, char **argv);
int sweep_main(int argc, char **argv);
int trace_main(int argc, char **argv);

#endif /* TOOLS_COMMAND_H */
