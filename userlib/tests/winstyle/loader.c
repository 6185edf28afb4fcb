// SPDX-License-Identifier: MIT
/*
 * Looks up the functions at run time, in either library that has had them.
 *
 *	loader ADDRESS
 */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

/* As programs without icmpapi.h declare it. */
typedef struct {
	unsigned char Ttl, Tos, Flags, OptionsSize;
	unsigned char *OptionsData;
} ip_option_t;

typedef struct {
	DWORD Address, Status, RoundTripTime;
	unsigned short DataSize, Reserved;
	void *Data;
	ip_option_t Options;
} icmp_echo_reply_t;

typedef HANDLE (WINAPI *create_t)(void);
typedef BOOL (WINAPI *close_t)(HANDLE);
typedef DWORD (WINAPI *send_t)(HANDLE, DWORD, LPVOID, WORD, ip_option_t *, LPVOID, DWORD, DWORD);

static BOOL ping(const char *library, DWORD address)
{
	char data[16] = "at run time", buffer[sizeof(icmp_echo_reply_t) + 16 + 8];
	icmp_echo_reply_t *reply = (icmp_echo_reply_t *)buffer;
	HMODULE module = LoadLibraryA(library);
	create_t create;
	close_t destroy;
	send_t send_echo;
	HANDLE icmp;
	DWORD count;

	if (!module) {
		printf("%s: error %lu\n", library, (unsigned long)GetLastError());
		return FALSE;
	}
	create = (create_t)(void (*)(void))GetProcAddress(module, "IcmpCreateFile");
	destroy = (close_t)(void (*)(void))GetProcAddress(module, "IcmpCloseHandle");
	send_echo = (send_t)(void (*)(void))GetProcAddress(module, "IcmpSendEcho");
	if (!create || !destroy || !send_echo || GetProcAddress(module, "IcmpNoSuch")) {
		printf("%s: wrong functions\n", library);
		return FALSE;
	}
	icmp = create();
	count = send_echo(icmp, address, data, sizeof(data), NULL, buffer, sizeof(buffer), 1000);
	printf("%s: %lu replies, %u bytes: %.16s\n", library, (unsigned long)count,
	       count ? reply->DataSize : 0, count ? (char *)reply->Data : "");
	destroy(icmp);
	FreeLibrary(module);
	return count == 1;
}

int main(int argc, char **argv)
{
	DWORD address;

	if (argc != 2)
		return 2;
	address = inet_addr(argv[1]);
	if (!ping("ICMP.DLL", address))
		return 1;
	if (!ping("iphlpapi", address))
		return 1;
	if (LoadLibraryA("no-such-library.dll"))
		return 1;
	printf("error %lu\n", (unsigned long)GetLastError());
	return 0;
}
