/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What must hold whatever the input is; the fuzzer keeps the input if not. */
#define require(condition)		\
	do {				\
		if (!(condition))	\
			abort();	\
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends where its memory ends, so that reads beyond it are seen. */
static inline void *exact_copy(const void *data, size_t size)
{
	void *copy = malloc(size ?: 1);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

#endif /* FUZZ_H */
