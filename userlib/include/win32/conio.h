/* SPDX-License-Identifier: MIT */
/*
 * Keys of the console, which is the terminal of the process (/dev/tty) wherever
 * standard input comes from. Part of libicmpecho-win32; see icmpapi.h.
 *
 * Where there is no terminal, or this process is in the background, no key is hit,
 * and to get one fails with EOF. A key that is hit while the program does not wait
 * for one is echoed; a key with a sequence of bytes is as many characters.
 */
#ifndef ICMPECHO_CONIO_H
#define ICMPECHO_CONIO_H

#ifdef __cplusplus
extern "C" {
#endif

/* Not 0 if a key has been hit that nobody has got yet. */
int _kbhit(void);
/* Waits for a key, without echo. Ctrl+C is not one. */
int _getch(void);
int _getche(void);
/* Return the character, or 0; EOF on failure. */
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
