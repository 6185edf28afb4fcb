// SPDX-License-Identifier: MIT
/*
 * LoadLibrary() and GetProcAddress(), for programs that look up the functions at run
 * time. Nothing is loaded: a module is one of the tables below.
 */
#include <strings.h>

#include "../export.h"
#include "internal.h"

struct procedure {
	const char *name;
	FARPROC address;
};

struct module {
	const char *name;
	const struct procedure *procedures;
};

/* Casts by way of void (*)(void), which compilers accept without a warning. */
#define PROCEDURE(function) { #function, (FARPROC)(void (*)(void))(function) }

static const struct procedure icmp_procedures[] = {
	PROCEDURE(IcmpCreateFile),
	PROCEDURE(IcmpCloseHandle),
	PROCEDURE(IcmpSendEcho),
	PROCEDURE(IcmpSendEcho2),
	PROCEDURE(IcmpParseReplies),
	{ NULL, NULL },
};

static const struct procedure iphlpapi_procedures[] = {
	PROCEDURE(IcmpCreateFile),
	PROCEDURE(Icmp6CreateFile),
	PROCEDURE(IcmpCloseHandle),
	PROCEDURE(IcmpSendEcho),
	PROCEDURE(IcmpSendEcho2),
	PROCEDURE(IcmpSendEcho2Ex),
	PROCEDURE(IcmpParseReplies),
	PROCEDURE(Icmp6SendEcho2),
	PROCEDURE(Icmp6ParseReplies),
	PROCEDURE(GetIpErrorString),
	{ NULL, NULL },
};

static const struct module modules[] = {
	{ "icmp", icmp_procedures },
	{ "iphlpapi", iphlpapi_procedures },
};

#define MODULE_COUNT (sizeof(modules) / sizeof(*modules))

/* @name is without directories; ".dll" is optional. */
static bool is_name_of(const struct module *module, const char *name)
{
	size_t len = strlen(module->name);

	return !strncasecmp(name, module->name, len) &&
	       (!name[len] || !strcasecmp(name + len, ".dll"));
}

static HMODULE find_module(const char *path)
{
	const char *name = path, *c;
	size_t i;

	for (c = path; c && *c; c++) {
		if (*c == '/' || *c == '\\')
			name = c + 1;
	}
	for (i = 0; name && i < MODULE_COUNT; i++) {
		if (is_name_of(&modules[i], name))
			return (HMODULE)(uintptr_t)&modules[i];
	}
	SetLastError(ERROR_MOD_NOT_FOUND);
	return NULL;
}

/* The names in the table are ASCII, and shorter than MAX_PATH. */
static HMODULE find_module_wide(const wchar_t *path)
{
	char narrow[MAX_PATH + 1];
	size_t i = 0;

	for (; path && path[i] && i < MAX_PATH; i++)
		narrow[i] = path[i] < 128 ? (char)path[i] : '?';
	narrow[i] = '\0';
	return find_module(narrow);
}

static const struct module *module_of(HMODULE handle)
{
	size_t i;

	for (i = 0; i < MODULE_COUNT; i++) {
		if (handle == (HMODULE)(uintptr_t)&modules[i])
			return &modules[i];
	}
	return NULL;
}

EXPORT HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName)
{
	return find_module(lpLibFileName);
}

EXPORT HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName)
{
	return find_module_wide(lpLibFileName);
}

EXPORT HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	(void)hFile;
	(void)dwFlags;
	return find_module(lpLibFileName);
}

EXPORT HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	(void)hFile;
	(void)dwFlags;
	return find_module_wide(lpLibFileName);
}

EXPORT HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
{
	return find_module(lpModuleName);
}

EXPORT HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
{
	return find_module_wide(lpModuleName);
}

EXPORT FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
	const struct module *module = module_of(hModule);
	const struct procedure *procedure;

	/* A name below 65536 is an ordinal; these modules have none. */
	if (module && (uintptr_t)lpProcName > 0xffff) {
		for (procedure = module->procedures; procedure->name; procedure++) {
			if (!strcmp(procedure->name, lpProcName))
				return procedure->address;
		}
	}
	SetLastError(module ? ERROR_PROC_NOT_FOUND : ERROR_MOD_NOT_FOUND);
	return NULL;
}

EXPORT BOOL WINAPI FreeLibrary(HMODULE hLibModule)
{
	if (!module_of(hLibModule))
		return (BOOL)fail(ERROR_MOD_NOT_FOUND);
	return TRUE;
}
