// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that calls point to. Of each region, programs use offsets; where it is differs
 * from process to process. Only what the kernel does is tried, so this process itself
 * writes to regions that may not be there by /proc/self/mem, which fails instead of
 * raising a signal.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostile.h"
#include "netns.h"
#include "userfault.h"

/* Where nothing else is put while the region is not there */
#define GONE_AT		((void *)0x30000000)
#define KERNEL_AT	0xffff888000000000ULL
#define ECHOES_SIZE	(NR_ECHOES * sizeof(struct icmpecho_echo))
#define REGION_SIZE	(2 * PAGE)

static unsigned char *base[NR_REGIONS];
static unsigned char *own[NR_THREADS];
static int self_mem = -1;
static int uffd = -1;
static unsigned char late_page[PAGE];	/* what REGION_LATE will hold */

static void *map(void *at, size_t size, int flags)
{
	void *p = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
		       -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* Memory of @size bytes, behind which nothing can be accessed */
static unsigned char *map_to_edge(size_t size)
{
	unsigned char *p = map(NULL, size + PAGE, 0);

	mprotect(p + size, PAGE, PROT_NONE);
	return p;
}

void memory_open(void)
{
	unsigned int i;

	for (i = 0; i < NR_THREADS; i++)
		own[i] = map_to_edge(OWN_SIZE);
	base[REGION_ECHOES] = map_to_edge((ECHOES_SIZE + PAGE - 1) / PAGE * PAGE);
	base[REGION_EDGE] = map_to_edge(REGION_SIZE);
	base[REGION_READONLY] = map_to_edge(REGION_SIZE);
	mprotect(base[REGION_READONLY], REGION_SIZE, PROT_READ);
	base[REGION_NONE] = map_to_edge(REGION_SIZE);
	mprotect(base[REGION_NONE], REGION_SIZE, PROT_NONE);
	base[REGION_GONE] = map(GONE_AT, REGION_SIZE, MAP_FIXED);
	uffd = userfault_page((void **)&base[REGION_LATE]);
	self_mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (self_mem < 0)
		die("/proc/self/mem");
}

unsigned long memory_address(const struct actor *actor, __u64 pointer)
{
	__u32 region = pointer >> 32, offset = pointer;

	if (region >= REGION_KERNEL)
		return KERNEL_AT + offset;
	if (region == REGION_OWN)
		return (unsigned long)own[actor->thread] + offset;
	return (unsigned long)base[region] + offset;
}

unsigned char *memory_at(const struct actor *actor, __u64 pointer, size_t len)
{
	__u64 region = pointer >> 32, offset = (__u32)pointer;

	if (region == REGION_OWN && offset + len <= OWN_SIZE)
		return own[actor->thread] + offset;
	if (region == REGION_ECHOES && offset + len <= ECHOES_SIZE)
		return base[REGION_ECHOES] + offset;
	return NULL;
}

void memory_write(const struct actor *actor, __u64 pointer, const void *data, size_t len)
{
	unsigned char *p = memory_at(actor, pointer, len);
	__u64 region = pointer >> 32, offset = (__u32)pointer;

	if (p)
		memcpy(p, data, len);
	else if (region == REGION_LATE && offset + len <= PAGE)
		memcpy(late_page + offset, data, len);
	else if (region != REGION_LATE && region < REGION_KERNEL)
		/* It fails for memory that is not there, which is what the program wants. */
		(void)!pwrite64(self_mem, data, len, memory_address(actor, pointer));
}

void memory_change(__u64 region, __u64 change)
{
	void *p = base[REGION_GONE];

	if (region == REGION_EDGE)
		p = base[REGION_EDGE];
	switch (change % NR_CHANGES) {
	case CHANGE_UNMAP:
		/* Only that region has an address where nothing else is put meanwhile. */
		munmap(base[REGION_GONE], REGION_SIZE);
		break;
	case CHANGE_MAP:
		map(base[REGION_GONE], REGION_SIZE, MAP_FIXED);
		break;
	case CHANGE_READONLY:
		mprotect(p, REGION_SIZE, PROT_READ);
		break;
	case CHANGE_NONE:
		mprotect(p, REGION_SIZE, PROT_NONE);
		break;
	case CHANGE_DISCARD:
		madvise(p, REGION_SIZE, MADV_DONTNEED);
		break;
	}
}

void memory_serve(__u64 how)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)base[REGION_LATE],
		.src = (unsigned long)late_page,
		.len = PAGE,
	};
	struct uffdio_range range = { .start = copy.dst, .len = PAGE };

	switch (how % NR_SERVES) {
	case SERVE_PAGE:
		mprotect(base[REGION_LATE], PAGE, PROT_READ | PROT_WRITE);
		ioctl(uffd, UFFDIO_COPY, &copy);
		break;
	case SERVE_NOTHING:
		mprotect(base[REGION_LATE], PAGE, PROT_NONE);
		ioctl(uffd, UFFDIO_WAKE, &range);
		break;
	case SERVE_AGAIN:
		mprotect(base[REGION_LATE], PAGE, PROT_READ | PROT_WRITE);
		madvise(base[REGION_LATE], PAGE, MADV_DONTNEED);
		break;
	}
}

/* Change the structure that a call of @thread takes, and change it back. */
void memory_scribble(__u64 thread, __u64 offset, __u64 value, __u64 times)
{
	unsigned char *page = own[thread % NR_THREADS] + OWN_ARGUMENT;
	__u32 *word = (__u32 *)(page + offset % 64 / 4 * 4);
	__u32 before;
	__u64 i;

	for (i = 0; i < times % 20000 && !is_stopping(); i++) {
		before = __atomic_load_n(word, __ATOMIC_RELAXED);
		__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
		__atomic_store_n(word, before, __ATOMIC_SEQ_CST);
	}
}

void memory_release(void)
{
	struct uffdio_range range = { .start = (unsigned long)base[REGION_LATE], .len = PAGE };

	ioctl(uffd, UFFDIO_UNREGISTER, &range);
}
