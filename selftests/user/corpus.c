// SPDX-License-Identifier: GPL-2.0
/* Programs that are worth changing: the seeds, and those that have reached something new. */
#include <errno.h>
#include <string.h>

#include "keeper.h"

#define MOST	4096

static struct program corpus[MOST];
static unsigned int nr;
static unsigned int nr_seeds;
static unsigned int next_seed;

int corpus_read(const char *path)
{
	FILE *file = fopen(path, "re");
	int ret = 0;

	if (!file) {
		printf("# %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (nr < MOST && (ret = program_read(file, &corpus[nr])) > 0)
		nr++;
	fclose(file);
	nr_seeds = nr;
	return ret < 0 ? -1 : (int)nr;
}

void corpus_add(const struct program *program)
{
	/* When it is full, an old one goes, but no seed. */
	unsigned int i = nr < MOST ? nr++ : nr_seeds + pick(MOST - nr_seeds);

	corpus[i] = *program;
}

/* First each seed as it is. */
bool corpus_next(struct program *program, bool only_seeds)
{
	if (only_seeds && next_seed == nr_seeds)
		next_seed = 0;
	if (next_seed < nr_seeds) {
		*program = corpus[next_seed++];
		return false;
	}
	if (!nr || !pick(4)) {
		grammar_make(program);
	} else {
		*program = corpus[pick(nr)];
		grammar_change(program);
	}
	return true;
}

unsigned int corpus_size(void)
{
	return nr;
}
