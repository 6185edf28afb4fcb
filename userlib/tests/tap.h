/* SPDX-License-Identifier: MIT */
/*
 * The one TAP harness for programs in user space that kselftest's does not fit:
 * the library's tests and those of the module's parsers (selftests/unit).
 *
 * A test program is a file of TEST()s and TEST_CASES() and nothing else: this
 * header has its main(). A TEST() runs and gives one result: it fails by its
 * CHECK()s, which say what they saw and go on, or is skipped by SKIP(). A
 * TEST_CASES() calls report() for each of its cases. Of a program of several files
 * all but one define TAP_PART first.
 */
#ifndef TAP_H
#define TAP_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

struct tap_test {
	const char *name;		/* NULL: of TEST_CASES() */
	void (*run)(void);
	struct tap_test *next;
};

extern struct tap_test *tap_first, **tap_last;
extern unsigned int tap_planned, tap_results;
extern bool tap_failed;			/* by the test that is running */
extern bool tap_all_passed;
extern bool tap_has_cases;
extern const char *tap_skipped;
extern jmp_buf tap_leave;

#define TAP_ADD(function, result_name) \
	static void test_##function(void); \
	__attribute__((constructor)) static void add_test_##function(void) \
	{ \
		static struct tap_test test = { result_name, test_##function, NULL }; \
		*tap_last = &test; \
		tap_last = &test.next; \
		tap_planned++; \
		tap_has_cases |= !test.name; \
	} \
	static void test_##function(void)

#define TEST(name)		TAP_ADD(name, #name)
#define TEST_CASES(name)	TAP_ADD(name, NULL)

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

/* One result. */
static inline void report(bool passed, const char *name)
{
	printf("%sok %u - %s%s%s\n", passed ? "" : "not ", ++tap_results, name,
	       tap_skipped ? " # SKIP " : "", tap_skipped ? tap_skipped : "");
	tap_all_passed &= passed;
}

#ifndef TAP_PART
struct tap_test *tap_first, **tap_last = &tap_first;
unsigned int tap_planned, tap_results;
bool tap_failed, tap_all_passed = true, tap_has_cases;
const char *tap_skipped;
jmp_buf tap_leave;

static inline void tap_run(const struct tap_test *test)
{
	tap_failed = false;
	tap_skipped = NULL;
	if (!setjmp(tap_leave))
		test->run();
	if (test->name)
		report(!tap_failed, test->name);
}

int main(void)
{
	const struct tap_test *test;

	/* What a test prints before it crashes must not get lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	/* A plan at the start shows which tests a crash left out; cases are not known then. */
	if (!tap_has_cases)
		printf("1..%u\n", tap_planned);
	for (test = tap_first; test; test = test->next)
		tap_run(test);
	if (tap_has_cases)
		printf("1..%u\n", tap_results);
	return tap_all_passed ? 0 : 1;
}

#endif /* TAP_PART */

#endif /* TAP_H */
