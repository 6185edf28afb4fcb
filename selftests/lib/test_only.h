/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICMPECHO_TEST_ONLY in the environment chooses one test of a program, by its name as the
 * program prints it: "fixture.test" or "fixture.variant.test". The harness of newer kernels
 * has options for that, that of 6.1 does not. Include it after the harness.
 */
#ifndef TEST_ONLY_H
#define TEST_ONLY_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leave only this test in the harness's lists; @v is NULL for a fixture without variants. */
static inline void test_only_keep(struct __fixture_metadata *f,
				  struct __fixture_variant_metadata *v, struct __test_metadata *t)
{
	__fixture_list = f;
	f->next = NULL;
	f->variant = v;
	if (v)
		v->next = NULL;
	f->tests = t;
	t->next = NULL;
}

/* Keep test @name of @f and @v. Returns false if they have none. For NULL, list the tests. */
static inline bool test_only_of(struct __fixture_metadata *f,
				struct __fixture_variant_metadata *v, const char *name)
{
	struct __test_metadata *t;
	char full[512];

	for (t = f->tests; t; t = t->next) {
		snprintf(full, sizeof(full), "%s%s%s.%s", f->name, v ? "." : "", v ? v->name : "",
			 t->name);
		if (!name) {
			printf("# %s\n", full);
		} else if (!strcmp(full, name)) {
			test_only_keep(f, v, t);
			return true;
		}
	}
	return false;
}

static inline bool test_only_walk(const char *name)
{
	struct __fixture_variant_metadata *v;
	struct __fixture_metadata *f;

	for (f = __fixture_list; f; f = f->next) {
		v = f->variant;
		do {
			if (test_only_of(f, v, name))
				return true;
			v = v ? v->next : NULL;
		} while (v);
	}
	return false;
}

static inline void test_only_choose(void)
{
	const char *name = getenv("ICMPECHO_TEST_ONLY");

	if (!name || test_only_walk(name))
		return;
	test_only_walk(NULL);
	printf("Bail out! There is no test '%s' (ICMPECHO_TEST_ONLY), only those above.\n", name);
	exit(1);
}

/* The harness's main() calls this. */
#define test_harness_run(argc, argv)	(test_only_choose(), test_harness_run(argc, argv))

#endif /* TEST_ONLY_H */
