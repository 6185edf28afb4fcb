// SPDX-License-Identifier: MIT
/*
 * The main() of a program that begins at wmain(). It is in an archive of its own, since a
 * shared library must not have a main(); the linker takes it only for a program that
 * has none. Nothing is freed: the program may keep its arguments.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

int main(int argc, char **argv);
int wmain(int argc, wchar_t **argv, wchar_t **envp);

static void *allocate(size_t count, size_t size)
{
	void *block = calloc(count, size);

	if (!block)
		abort();
	return block;
}

static wchar_t *widen(const char *text)
{
	size_t size = strlen(text) + 1, i;
	wchar_t *wide = allocate(size, sizeof(*wide));

	if (mbstowcs(wide, text, size) != (size_t)-1)
		return wide;
	for (i = 0; i < size; i++)
		wide[i] = (unsigned char)text[i];
	return wide;
}

static wchar_t **widen_all(char *const *texts)
{
	wchar_t **wides;
	size_t count, i;

	for (count = 0; texts[count]; count++)
		;
	wides = allocate(count + 1, sizeof(*wides));
	for (i = 0; i < count; i++)
		wides[i] = widen(texts[i]);
	return wides;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	return wmain(argc, widen_all(argv), widen_all(environ));
}
