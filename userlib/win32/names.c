// SPDX-License-Identifier: MIT
/*
 * Names of objects. An object belongs to one process. To claim a name, the process binds
 * a Unix socket to an address made of the name: another process cannot bind that
 * address, and the kernel frees it however the process ends. So a process is refused
 * a name that another one has, instead of getting a new object of that name.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

struct name {
	LIST_ENTRY(name) link;		/* in names, or in no list */
	struct object *object;		/* constant once in the list */
	int claim;			/* a socket; -1: not claimed */
	bool global;			/* constant: "Global\", for all users */
	char text[];			/* constant: without the namespace, in UTF-8 */
};

/* Locked */
static LIST_HEAD(, name) names = LIST_HEAD_INITIALIZER(names);

/* Writes at most 4 bytes and returns their end. */
static char *write_utf8(char *text, uint32_t c)
{
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	*text++ = (char)(first[more] | (c >> more * 6 & 0x7f));
	while (more-- > 0)
		*text++ = (char)(0x80 | (c >> more * 6 & 0x3f));
	return text;
}

const char *name_narrow(const wchar_t *wide, char text[NAME_SIZE])
{
	unsigned int characters;
	char *end = text;

	if (!wide)
		return NULL;
	/* One character more than is valid, so that name_create() refuses the name. */
	for (characters = 0; wide[characters] && characters <= MAX_PATH; characters++)
		end = write_utf8(end, (uint32_t)wide[characters]);
	*end = '\0';
	return text;
}

/* In UTF-8 only the first byte of a character counts. */
static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

DWORD name_create(const char *text, struct name **result)
{
	bool global = !strncmp(text, "Global\\", 7);
	struct name *name;

	if (count_characters(text) > MAX_PATH)
		return ERROR_FILENAME_EXCED_RANGE;
	if (global)
		text += 7;
	else if (!strncmp(text, "Local\\", 6))
		text += 6;
	if (!*text || strchr(text, '\\'))
		return ERROR_PATH_NOT_FOUND;
	name = calloc(1, sizeof(*name) + strlen(text) + 1);
	if (!name)
		return ERROR_NOT_ENOUGH_MEMORY;
	name->claim = -1;
	name->global = global;
	memcpy(name->text, text, strlen(text) + 1);
	*result = name;
	return ERROR_SUCCESS;
}

void name_free(struct name *name)
{
	if (name->claim >= 0)
		close(name->claim);
	free(name);
}

struct object *name_find_locked(const struct name *wanted)
{
	const struct name *name;

	LIST_FOREACH(name, &names, link) {
		if (name->global == wanted->global && !strcmp(name->text, wanted->text))
			return name->object;
	}
	return NULL;
}

/* For long names: an address has room only for their beginning, and for this hash. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* An address in the abstract namespace, which needs no file. */
static socklen_t address_of(const struct name *name, struct sockaddr_un *address)
{
	char user[16] = "all";
	int len;

	if (!name->global)
		snprintf(user, sizeof(user), "%u", geteuid());
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
		       "icmpecho-win32/%s/%016llx/%s", user,
		       (unsigned long long)hash_of(name->text), name->text);
	if (len > (int)sizeof(address->sun_path) - 2)
		len = sizeof(address->sun_path) - 2;
	return (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)len;
}

DWORD name_claim(struct name *name)
{
	struct sockaddr_un address;
	socklen_t len = address_of(name, &address);

	name->claim = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (name->claim < 0)
		return errno == EMFILE || errno == ENFILE ? ERROR_TOO_MANY_OPEN_FILES :
							    ERROR_NOT_SUPPORTED;
	if (bind(name->claim, (struct sockaddr *)&address, len) < 0)
		return errno == EADDRINUSE ? ERROR_ACCESS_DENIED : ERROR_NOT_SUPPORTED;
	return ERROR_SUCCESS;
}

void name_add_locked(struct name *name, struct object *object)
{
	name->object = object;
	object->name = name;
	LIST_INSERT_HEAD(&names, name, link);
}

void name_remove_locked(struct object *object)
{
	LIST_REMOVE(object->name, link);
	name_free(object->name);
	object->name = NULL;
}
