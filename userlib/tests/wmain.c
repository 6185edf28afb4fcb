// SPDX-License-Identifier: MIT
/* A program that begins at wmain(), in C and in C++. run-tests checks what it prints. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

#ifdef WITH_ENVIRONMENT
int wmain(int argc, wchar_t *argv[], wchar_t *envp[])
#else
int wmain(int argc, wchar_t *argv[])
#endif
{
	int i;

	for (i = 1; i < argc; i++)
		wprintf(L"%ls has %d\n", argv[i], (int)wcslen(argv[i]));
#ifdef WITH_ENVIRONMENT
	for (i = 0; envp[i]; i++) {
		if (!wcsncmp(envp[i], L"WMAIN_TEST=", 11))
			wprintf(L"%ls\n", envp[i]);
	}
#endif
	return argv[argc] ? 1 : 7;
}
