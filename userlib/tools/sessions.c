// SPDX-License-Identifier: MIT
/* Looks through the descriptors of all processes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts.h"
#include "message.h"
#include "sessions.h"

/* As few are enough to know it by: another version of the module may not have all. */
#define MIN_COUNTERS	4

const char *const session_counters[SESSION_COUNTERS] = {
	[SESSION_NETNS] = "netns",
	[SESSION_IN_FLIGHT] = "in_flight",
	[SESSION_UNREAPED] = "unreaped",
	[SESSION_MAX_REQUESTS] = "max_requests",
	[SESSION_PACE_INTERVAL_NS] = "pace_interval_ns",
	[SESSION_USER_BYTES] = "user_bytes",
	[SESSION_USER_CACHED_BYTES] = "user_cached_bytes",
	[SESSION_MAX_USER_BYTES] = "max_user_bytes",
	[SESSION_REPLIES] = "replies",
	[SESSION_ERRORS] = "errors",
	[SESSION_TIMEOUTS] = "timeouts",
	[SESSION_CANCELLED] = "cancelled",
	[SESSION_NOT_SENT] = "not_sent",
	[SESSION_DROP_MALFORMED] = "netns_drop_malformed",
	[SESSION_DROP_UNMATCHED] = "netns_drop_unmatched",
	[SESSION_DROP_ADDRESS] = "netns_drop_address",
	[SESSION_DROP_CHECKSUM] = "netns_drop_checksum",
	[SESSION_DROP_LATE] = "netns_drop_late",
};

/* Whether the line is "NAME:\tNUMBER" of one of the counters. */
static bool read_counter(struct session *session, const char *line)
{
	const char *colon = strchr(line, ':');
	size_t i;

	for (i = 0; colon && i < SESSION_COUNTERS; i++) {
		if (strncmp(line, session_counters[i], (size_t)(colon - line)) ||
		    session_counters[i][colon - line])
			continue;
		session->counters[i] = strtoull(colon + 1, NULL, 10);
		return true;
	}
	return false;
}

/* Returns 0, or -1 if it is no fdinfo of a session. */
static int read_counters(struct session *session, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int found = 0;
	char line[128];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		found += read_counter(session, line);
	fclose(file);
	return found >= MIN_COUNTERS ? 0 : -1;
}

int session_read_own(struct session *session, int fd)
{
	char path[64];

	memset(session, 0, sizeof(*session));
	session->pid = getpid();
	session->fd = fd;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return read_counters(session, path);
}

/* The path is that in the mount namespace of the process, also of a removed node. */
static bool is_device(const char *link)
{
	char target[256];
	ssize_t len = readlink(link, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = '\0';
	return !strcmp(target, ICMPECHO_DEVICE) ||
	       !strcmp(target, ICMPECHO_DEVICE " (deleted)");
}

static void add_session(struct sessions *sessions, const struct session *session)
{
	sessions->list = reallocarray(sessions->list, sessions->count + 1,
				      sizeof(*sessions->list));
	if (!sessions->list) {
		complain("there is no memory for %zu sessions", sessions->count + 1);
		exit(EXIT_WRONG_USE);
	}
	sessions->list[sessions->count++] = *session;
}

static void look_at(struct sessions *sessions, const char *root, pid_t pid, int fd)
{
	struct session session = { .pid = pid, .fd = fd };
	char path[FACTS_PATH_LEN];
	struct stat process;
	FILE *file;

	if (!is_device(facts_path(path, root, "/proc/%d/fd/%d", pid, fd)) ||
	    read_counters(&session, facts_path(path, root, "/proc/%d/fdinfo/%d", pid, fd)))
		return;
	if (!stat(facts_path(path, root, "/proc/%d", pid), &process))
		session.uid = process.st_uid;
	file = fopen(facts_path(path, root, "/proc/%d/comm", pid), "re");
	if (file) {
		if (fgets(session.program, sizeof(session.program), file))
			session.program[strcspn(session.program, "\n")] = '\0';
		fclose(file);
	}
	add_session(sessions, &session);
}

static void look_through(struct sessions *sessions, const char *root, pid_t pid)
{
	char path[FACTS_PATH_LEN];
	DIR *dir = opendir(facts_path(path, root, "/proc/%d/fd", pid));
	const struct dirent *entry;

	if (!dir) {
		sessions->hidden += errno == EACCES || errno == EPERM;
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			look_at(sessions, root, pid, atoi(entry->d_name));
	}
	closedir(dir);
}

static int compare_sessions(const void *left, const void *right)
{
	const struct session *a = left, *b = right;

	return a->pid != b->pid ? (a->pid > b->pid) - (a->pid < b->pid) :
				  (a->fd > b->fd) - (a->fd < b->fd);
}

void sessions_find(struct sessions *sessions, const char *root)
{
	char path[FACTS_PATH_LEN];
	DIR *dir = opendir(facts_path(path, root, "/proc"));
	const struct dirent *entry;
	pid_t pid;

	memset(sessions, 0, sizeof(*sessions));
	while (dir && (entry = readdir(dir))) {
		pid = (pid_t)atoi(entry->d_name);
		if (pid > 0 && (root[0] || pid != getpid()))
			look_through(sessions, root, pid);
	}
	if (dir)
		closedir(dir);
	if (sessions->count)
		qsort(sessions->list, sessions->count, sizeof(*sessions->list), compare_sessions);
}

void sessions_free(struct sessions *sessions)
{
	free(sessions->list);
	sessions->list = NULL;
	sessions->count = 0;
}
