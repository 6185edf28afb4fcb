// SPDX-License-Identifier: MIT
/* Plain text, checked and escaped. */
#include "plain.h"

/*
 * The length of the character that begins here, or 0 if it is not valid: too short, longer
 * than it must be, a surrogate, or beyond U+10FFFF (RFC 3629).
 */
static unsigned int utf8_len(const unsigned char *text)
{
	unsigned int len, i, c;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	len = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	c = text[0] & (0x7fU >> len);
	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3fU);
	}
	if (len == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000) || c >= 0xfffe))
		return 0;
	return len == 4 && (c < 0x10000 || c > 0x10ffff) ? 0 : len;
}

bool is_plain_text(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned int len;

	for (; *at; at += len) {
		len = utf8_len(at);
		if (!len || *at < 0x20 || *at == 0x7f)
			return false;
		/* The control characters of Latin 1 */
		if (len == 2 && at[0] == 0xc2 && at[1] < 0xa0)
			return false;
	}
	return true;
}

void put_escaped_label(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", stream);
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', stream);
		fputc(*text, stream);
	}
}

void put_escaped_xml(FILE *stream, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}
