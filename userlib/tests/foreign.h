/* SPDX-License-Identifier: MIT */
/*
 * foreign.c stands for another project's library that has some of the names of Windows,
 * as WinPR has. foreign_test.c is a program that uses it beside libicmpecho.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#define FOREIGN_MARK	4711

/* They take the arguments of the functions of Windows. */
int CreateEventA(void *attributes, int manual_reset, int initial_state, const char *name);
int CloseHandle(void *handle);
int Sleep(unsigned int milliseconds);
/* What they return when the library itself calls them. */
int foreign_sum(void);

#endif /* FOREIGN_H */
