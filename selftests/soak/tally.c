// SPDX-License-Identifier: GPL-2.0
/*
 * Does a session add up? What the calls have accepted and collected is in its tally, what became
 * of its requests in its fdinfo:
 *
 *	accepted = replies + errors + timed out + cancelled + not sent + in flight
 *	collected + unreaped = all of these but those in flight
 *
 * What is in flight or unreaped when the session is closed, the kernel drops.
 */
#include <stdarg.h>

#include "soak.h"

struct fdinfo {
	__u64 in_flight;
	__u64 unreaped;
	__u64 ended[NR_ENDS];
};

/* All in one read, so that the numbers are of one moment */
static void fdinfo_read(int fd, struct fdinfo *info)
{
	const struct {
		const char *name;
		__u64 *value;
	} members[] = {
		{ "in_flight", &info->in_flight },
		{ "unreaped", &info->unreaped },
		{ "replies", &info->ended[END_REPLY] },
		{ "errors", &info->ended[END_ERROR] },
		{ "timeouts", &info->ended[END_TIMEOUT] },
		{ "cancelled", &info->ended[END_CANCELLED] },
		{ "not_sent", &info->ended[END_NOT_SENT] },
	};
	char path[64], name[64], line[128];
	unsigned long long value;
	unsigned int i, found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63[^:]: %llu", name, &value) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(members); i++) {
			if (!strcmp(name, members[i].name)) {
				*members[i].value = value;
				found++;
			}
		}
	}
	if (file)
		fclose(file);
	if (found != ARRAY_SIZE(members))
		fail("%s has %u of %zu lines", path, found, ARRAY_SIZE(members));
}

void fail(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* One write: other processes print, too. */
	dprintf(STDOUT_FILENO, "# process %d: %s\n", getpid(), text);
	__atomic_fetch_add(&soak->failures, 1, __ATOMIC_RELAXED);
}

__u64 tally_sum(const __u64 *ends)
{
	__u64 sum = 0;
	int i;

	for (i = 0; i < NR_ENDS; i++)
		sum += ends[i];
	return sum;
}

enum end end_of(const struct icmpecho_completion *c)
{
	if (c->flags & ICMPECHO_LOCAL)
		return END_NOT_SENT;
	switch (c->status) {
	case ICMPECHO_STATUS_SUCCESS:
		return END_REPLY;
	case ICMPECHO_STATUS_TIMED_OUT:
		return END_TIMEOUT;
	case ICMPECHO_STATUS_CANCELLED:
		return END_CANCELLED;
	default:
		return END_ERROR;
	}
}

/*
 * Compare the sums. @least to @most were accepted, and @collecting collected at most that the
 * counts do not know of, by a call that did not come back.
 */
static void compare(const struct counts *counts, const struct fdinfo *info, __u64 least,
		    __u64 most, unsigned int collecting)
{
	__u64 ended = tally_sum(info->ended), known = ended + info->in_flight;
	__u64 collected = tally_sum(counts->collected) + info->unreaped;
	int i;

	if (known < least || known > most)
		fail("accepted %llu to %llu, but the session knows %llu, %llu of them in flight",
		     least, most, known, info->in_flight);
	if (ended < collected || ended > collected + collecting)
		fail("%llu have ended, but %llu were collected (or %u more) or are unreaped", ended,
		     collected, collecting);
	for (i = 0; i < NR_ENDS; i++)
		if (counts->collected[i] > info->ended[i])
			fail("collected %llu that ended in way %d, of %llu", counts->collected[i],
			     i, info->ended[i]);
}

/* Add the session to the total; of what was accepted, the fdinfo knows best. */
static void total_add(const struct counts *counts, const struct fdinfo *info, __u64 accepted)
{
	struct counts *total = &soak->total;
	int i;

	add(&total->accepted, accepted);
	add(&total->dropped, info->in_flight);
	add(&total->unreaped, info->unreaped);
	add(&total->lost, tally_sum(info->ended) - info->unreaped - tally_sum(counts->collected));
	for (i = 0; i < NR_ENDS; i++) {
		add(&total->collected[i], counts->collected[i]);
		add(&total->ended[i], info->ended[i]);
	}
	add(&soak->judged, 1);
}

void tally_begin(struct tally *tally, int fd)
{
	memset(&tally->counts, 0, sizeof(tally->counts));
	tally->submitting = 0;
	tally->sending = 0;
	tally->collecting = 0;
	tally->serial++;
	__atomic_store_n(&tally->fd, fd, __ATOMIC_SEQ_CST);
}

void tally_end(struct tally *tally)
{
	struct fdinfo info = {};
	__u64 accepted = tally->counts.accepted;
	int fd = tally->fd;

	__atomic_store_n(&tally->fd, -1, __ATOMIC_SEQ_CST);
	fdinfo_read(fd, &info);
	compare(&tally->counts, &info, accepted, accepted, 0);
	total_add(&tally->counts, &info, accepted);
	close(fd);
}

void tally_judge_killed(struct tally *tally, int fd)
{
	__u64 accepted = tally->counts.accepted;
	struct fdinfo info = {};
	unsigned int i, n = 0;

	for (i = 0; i < tally->submitting && tally->echoes[i].id; i++)
		n++;
	if (tally->sending && tally->send.id)
		n = 1;
	if (tally->submitting || tally->sending)
		accepted = tally->accepted_before + n;
	fdinfo_read(fd, &info);
	/* The kernel writes the id, then sends; if it cannot, it refuses the request, the last. */
	compare(&tally->counts, &info, n ? accepted - 1 : accepted, accepted, tally->collecting);
	total_add(&tally->counts, &info, tally_sum(info.ended) + info.in_flight);
	close(fd);
}
