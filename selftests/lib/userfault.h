/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page that comes when the test says so, as from a slow disk: who touches it
 * waits until then.
 */
#ifndef USERFAULT_H
#define USERFAULT_H

#include <linux/userfaultfd.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netns.h"

#define USERFAULT_LEN	4096

/* Make a *@page; returns a descriptor for the other calls. */
static inline int userfault_page(void **page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

	*page = mmap(NULL, USERFAULT_LEN, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area.range.start = (uintptr_t)*page;
	area.range.len = USERFAULT_LEN;
	if (uffd < 0 || *page == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &area))
		die("userfaultfd");
	return uffd;
}

/* Wait until somebody waits for the page. */
static inline void userfault_wait(int uffd)
{
	struct uffd_msg msg;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		die("userfaultfd");
}

/* Let it come, full of zeros. */
static inline void userfault_serve(int uffd, const void *page)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)page, .len = USERFAULT_LEN },
	};

	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
}

/* Let it never come: a task that waits for it gets EFAULT. */
static inline void userfault_refuse(int uffd, void *page)
{
	struct uffdio_range range = {
		.start = (uintptr_t)page, .len = USERFAULT_LEN,
	};

	if (mprotect(page, USERFAULT_LEN, PROT_NONE) ||
	    ioctl(uffd, UFFDIO_WAKE, &range))
		die("UFFDIO_WAKE");
}

#endif /* USERFAULT_H */
