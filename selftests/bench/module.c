// SPDX-License-Identifier: GPL-2.0
/*
 * icmpecho's module: loaded only after those were measured that need none, so
 * that what it costs them while nobody has it open is seen, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define DEVICE	"/dev/icmpecho"

bool module_load(void)
{
	const char *path = getenv("BENCH_MODULE");
	int fd;

	if (!access(DEVICE, F_OK))
		return true;
	if (!path)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd,
			      "max_requests=1100000 max_user_bytes=1073741824", 0))
		die("%s", path);
	close(fd);
	return true;
}
