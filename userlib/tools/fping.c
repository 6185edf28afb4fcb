// SPDX-License-Identifier: MIT
/* icmpecho fping: from the command line to the exit status. */
#include <stdio.h>

#include "command.h"
#include "fping.h"
#include "output.h"

static int exit_status(const struct fping *fping)
{
	if (fping->options.reachable)
		return fping->alive >= fping->options.reachable ? FPING_ALL_REACHABLE :
								  FPING_SOME_UNREACHABLE;
	if (fping->unknown)
		return FPING_UNKNOWN_ADDRESS;
	return fping->alive == fping->targets.count ? FPING_ALL_REACHABLE :
						       FPING_SOME_UNREACHABLE;
}

static int ask(struct fping *fping)
{
	int status = fping_run(fping);

	if (status)
		return status;
	if (fping->signal) {
		output_flush();
		signal(fping->signal, SIG_DFL);
		raise(fping->signal);
	}
	fping_report_end(fping);
	return output_close() ? FPING_SYSTEM_FAILURE : exit_status(fping);
}

static int fping_with(bool ipv6, int argc, char **argv)
{
	struct fping fping = { .options.ipv6 = ipv6 };
	int status, first;

	/* Summaries of many hosts, in one call of the system for each line. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	output_open(OUTPUT_TEXT);
	status = fping_parse(&fping.options, argc, argv, &first);
	if (!status)
		status = fping_make_hosts(&fping, argc - first, argv + first);
	if (!status)
		status = ask(&fping);
	fping_free_run(&fping);
	fping_free_hosts(&fping);
	return status;
}

int fping_main(int argc, char **argv)
{
	return fping_with(false, argc, argv);
}

int fping6_main(int argc, char **argv)
{
	return fping_with(true, argc, argv);
}
