/* SPDX-License-Identifier: MIT */
/*
 * Keys of the console: the process's terminal (/dev/tty), wherever standard input comes
 * from. Part of libicmpecho-win32; see icmpapi.h.
 *
 * Without a terminal, or in a background process, _kbhit() returns 0 and _getch() EOF.
 * The terminal echoes a key that the user hits while the program is not waiting for
 * one. A key that sends several bytes gives as many characters.
 */
#ifndef ICMPECHO_CONIO_H
#define ICMPECHO_CONIO_H

#ifdef __cplusplus
extern "C" {
#endif

/* Not 0 if the user has hit a key that the program has not read yet. */
int _kbhit(void);
/* Waits for a key and returns it, without echo. Ctrl+C still interrupts the program. */
int _getch(void);
/* Likewise, with echo. */
int _getche(void);
/* _putch() returns the character, _cputs() 0; both return EOF on failure. */
int _putch(int c);
int _cputs(const char *text);

static inline int kbhit(void)
{
	return _kbhit();
}

static inline int getch(void)
{
	return _getch();
}

static inline int getche(void)
{
	return _getche();
}

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_CONIO_H */
