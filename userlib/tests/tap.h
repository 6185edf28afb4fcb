/* SPDX-License-Identifier: MIT */
/*
 * A test program is a file of TEST()s and nothing else: this has its main().
 * Each runs in turn and fails by its CHECK()s, which say what they saw and go
 * on, or is skipped by SKIP(). The output is TAP. Of a program of several files
 * all but one define TAP_PART first.
 */
#ifndef TAP_H
#define TAP_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

extern struct tap_test *tap_first, **tap_last;
extern unsigned int tap_count;
extern bool tap_failed;
extern const char *tap_skipped;
extern jmp_buf tap_leave;

#define TEST(name) \
	static void test_##name(void); \
	__attribute__((constructor)) static void add_test_##name(void) \
	{ \
		static struct tap_test test = { #name, test_##name, NULL }; \
		*tap_last = &test; \
		tap_last = &test.next; \
		tap_count++; \
	} \
	static void test_##name(void)

/* For the thread that runs the test; threads of its own return their verdict. */
#define CHECK(condition) \
	((condition) ? (void)0 : tap_fail(__FILE__, __LINE__, #condition))

#define CHECK_EQ(value, expected) \
	tap_check_eq(__FILE__, __LINE__, #value, (unsigned long long)(value), \
		     (unsigned long long)(expected))

/* Leaves the test. Only where there is nothing to clean up. */
#define SKIP(reason) \
	(tap_skipped = (reason), longjmp(tap_leave, 1))

static inline void tap_fail(const char *file, int line, const char *what)
{
	printf("# %s:%d: not true: %s\n", file, line, what);
	tap_failed = true;
}

static inline void tap_check_eq(const char *file, int line, const char *what,
				unsigned long long value, unsigned long long expected)
{
	if (value == expected)
		return;
	printf("# %s:%d: %s is %llu (0x%llx), not %llu (0x%llx)\n", file, line, what, value,
	       value, expected, expected);
	tap_failed = true;
}

#ifndef TAP_PART
struct tap_test *tap_first, **tap_last = &tap_first;
unsigned int tap_count;
bool tap_failed;
const char *tap_skipped;
jmp_buf tap_leave;

static inline bool tap_run(const struct tap_test *test, unsigned int number)
{
	tap_failed = false;
	tap_skipped = NULL;
	if (!setjmp(tap_leave))
		test->run();
	printf("%sok %u - %s%s%s\n", tap_failed ? "not " : "", number, test->name,
	       tap_skipped ? " # SKIP " : "", tap_skipped ? tap_skipped : "");
	return !tap_failed;
}

int main(void)
{
	const struct tap_test *test;
	unsigned int number = 0;
	bool all_passed = true;

	/* What a test prints before it crashes must not get lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", tap_count);
	for (test = tap_first; test; test = test->next)
		all_passed = tap_run(test, ++number) && all_passed;
	return all_passed ? 0 : 1;
}

#endif /* TAP_PART */

#endif /* TAP_H */
