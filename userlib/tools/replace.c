// SPDX-License-Identifier: MIT
/* Files that are replaced as a whole. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "replace.h"

/* The mode of a new file, which mkstemp() makes unreadable for others. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Closes the stream. A full disk may show only then. */
static int write_whole(int fd, void (*write)(FILE *stream, void *self), void *self)
{
	FILE *stream = fdopen(fd, "w");
	bool failed;

	if (!stream) {
		close(fd);
		return -1;
	}
	write(stream, self);
	failed = fflush(stream) || ferror(stream) || fchmod(fd, usual_mode());
	return fclose(stream) || failed ? -1 : 0;
}

int replace_file(const char *path, void (*write)(FILE *stream, void *self), void *self)
{
	/* Not the ending of @path: node_exporter reads all files with that of its own. */
	static const char ending[] = ".XXXXXX";
	size_t len = strlen(path);
	char *name = allocate(1, len + sizeof(ending));
	int fd, error = 0;

	memcpy(name, path, len);
	memcpy(name + len, ending, sizeof(ending));
	fd = mkostemp(name, 0);
	if (fd < 0) {
		error = errno;
	} else if (write_whole(fd, write, self) || rename(name, path)) {
		error = errno;
		unlink(name);
	}
	free(name);
	errno = error;
	return error ? -1 : 0;
}
