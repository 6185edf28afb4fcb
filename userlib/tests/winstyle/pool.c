// SPDX-License-Identifier: MIT
/*
 * A pool of threads that share a list of addresses, which a mutex protects. One thread
 * ends while it owns the mutex; the others notice and go on.
 *
 *	pool ADDRESS...
 */
#include <winsock2.h>
#include <windows.h>
#include <winbase.h>
#include <synchapi.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#define THREADS 8
#define MAX_ADDRESSES 64

static HANDLE icmp, list_mutex, once_mutex;
static const char *addresses[MAX_ADDRESSES];
static DWORD status[MAX_ADDRESSES];
static int count, next_one, abandoned;

static int take_next(void)
{
	DWORD ret = WaitForSingleObject(list_mutex, INFINITE);
	int number = -1;

	/* If the mutex was abandoned, the list is still intact. */
	if (ret == WAIT_ABANDONED)
		abandoned++;
	else if (ret != WAIT_OBJECT_0)
		return -1;
	if (next_one < count)
		number = next_one++;
	ReleaseMutex(list_mutex);
	return number;
}

static DWORD WINAPI worker(IN LPVOID unused)
{
	char data[32] = "from a pool", buffer[sizeof(ICMP_ECHO_REPLY) + 32 + 8];
	PICMP_ECHO_REPLY reply = (PICMP_ECHO_REPLY)buffer;
	int number;

	(void)unused;
	while ((number = take_next()) >= 0) {
		if (IcmpSendEcho(icmp, inet_addr(addresses[number]), data, sizeof(data), NULL,
				 buffer, sizeof(buffer), 300))
			status[number] = reply->Status;
		else
			status[number] = GetLastError();
	}
	return 0;
}

static DWORD WINAPI dying(IN LPVOID unused)
{
	(void)unused;
	return WaitForSingleObject(list_mutex, INFINITE);
}

int main(int argc, char **argv)
{
	HANDLE threads[THREADS];
	int i;

	if (argc < 2 || argc - 1 > MAX_ADDRESSES)
		return 2;
	once_mutex = CreateMutex(NULL, TRUE, "Local\\winstyle-pool");
	if (once_mutex == NULL || GetLastError() == ERROR_ALREADY_EXISTS) {
		printf("it is running already\n");
		return 3;
	}
	icmp = IcmpCreateFile();
	if (icmp == INVALID_HANDLE_VALUE)
		return 2;
	list_mutex = CreateMutexW(NULL, FALSE, NULL);
	for (i = 1; i < argc; i++)
		addresses[count++] = argv[i];
	threads[0] = CreateThread(NULL, 0, dying, NULL, 0, NULL);
	WaitForSingleObject(threads[0], INFINITE);
	CloseHandle(threads[0]);
	for (i = 0; i < THREADS; i++)
		threads[i] = CreateThread(NULL, 0, worker, NULL, 0, NULL);
	WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
	for (i = 0; i < THREADS; i++)
		CloseHandle(threads[i]);
	for (i = 0; i < count; i++)
		printf("%s: %lu\n", addresses[i], (unsigned long)status[i]);
	printf("%d abandoned\n", abandoned);
	CloseHandle(list_mutex);
	ReleaseMutex(once_mutex);
	CloseHandle(once_mutex);
	IcmpCloseHandle(icmp);
	return 0;
}
