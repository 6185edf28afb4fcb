// SPDX-License-Identifier: MIT
/* Icmp6SendEcho2() on a real device. */
#define TAP_PART
#include <winsock2.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include <net/if.h>
#include "device.h"

static struct sockaddr_in6 any;

/* Without a family, which Icmp6SendEcho2() ignores. */
static struct sockaddr_in6 address(const char *text)
{
	struct sockaddr_in6 in6;

	memset(&in6, 0, sizeof(in6));
	inet_pton(AF_INET6, text, &in6.sin6_addr);
	return in6;
}

static PICMPV6_ECHO_REPLY new_reply6(size_t size)
{
	return (PICMPV6_ECHO_REPLY)(void *)new_reply(size);
}

static bool is_whole_reply6(const ICMPV6_ECHO_REPLY *reply, const struct sockaddr_in6 *from)
{
	return reply->Status == IP_SUCCESS && reply->Address.sin6_port == 0 &&
	       reply->Address.sin6_flowinfo == 0 &&
	       !memcmp(reply->Address.sin6_addr, &from->sin6_addr, 16) &&
	       !memcmp(reply + 1, pattern, PAYLOAD_SIZE);
}

static bool is_only_status(const ICMPV6_ECHO_REPLY *reply, ULONG status)
{
	ICMPV6_ECHO_REPLY expected;

	memset(&expected, 0, sizeof(expected));
	expected.Status = status;
	return !memcmp(reply, &expected, sizeof(expected));
}

static DWORD ping6(HANDLE icmp, struct sockaddr_in6 *destination, PIP_OPTION_INFORMATION options,
		   void *reply, DWORD reply_size, DWORD timeout)
{
	return Icmp6SendEcho2(icmp, NULL, NULL, NULL, &any, destination, pattern, PAYLOAD_SIZE,
			      options, reply, reply_size, timeout);
}

TEST(ipv6_refusals)
{
	struct sockaddr_in6 self = address("::1"), strange = address("::ffff"),
			    nowhere = address("2001:db8::1"), linklocal = address("fe80::9");
	const struct {
		struct sockaddr_in6 *source, *destination;
		DWORD error;
	} cases[] = {
		{ &any, &any, ERROR_INVALID_NETNAME },
		{ &strange, &self, ERROR_INVALID_NETNAME },
		{ &any, &nowhere, ERROR_NETWORK_UNREACHABLE },
		{ &any, &linklocal, ERROR_INVALID_PARAMETER },
		{ NULL, &self, ERROR_INVALID_PARAMETER },
		{ &any, NULL, ERROR_INVALID_PARAMETER },
	};
	PICMPV6_ECHO_REPLY reply;
	HANDLE icmp, event;
	size_t i;

	need_device();
	icmp = Icmp6CreateFile();
	event = CreateEvent(NULL, TRUE, FALSE, NULL);
	reply = new_reply6(REPLY6_SIZE);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SetLastError(0);
		CHECK_EQ(Icmp6SendEcho2(icmp, NULL, NULL, NULL, cases[i].source,
					cases[i].destination, pattern, PAYLOAD_SIZE, NULL, reply,
					REPLY6_SIZE, 50), 0);
		CHECK_EQ(GetLastError(), cases[i].error);
		SetLastError(0);
		CHECK_EQ(Icmp6SendEcho2(icmp, event, NULL, NULL, cases[i].source,
					cases[i].destination, pattern, PAYLOAD_SIZE, NULL, reply,
					REPLY6_SIZE, 50), 0);
		CHECK_EQ(GetLastError(), cases[i].error);
		CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	}
	free(reply);
	CloseHandle(event);
	IcmpCloseHandle(icmp);
}

static IO_STATUS_BLOCK noted_status;
static unsigned int noted_calls;

static VOID NTAPI note_status(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved)
{
	CHECK(context == pattern && reserved == 0);
	noted_status = *status;
	noted_calls++;
}

/* The request is accepted and completes with a failure. */
TEST(ipv6_ttl_zero_is_general_failure)
{
	struct sockaddr_in6 self = address("::1");
	IP_OPTION_INFORMATION options = { 0 };
	PICMPV6_ECHO_REPLY reply;
	HANDLE icmp, event;

	need_device();
	icmp = Icmp6CreateFile();
	event = CreateEvent(NULL, FALSE, FALSE, NULL);
	reply = new_reply6(REPLY6_SIZE);
	CHECK_EQ(ping6(icmp, &self, &options, reply, REPLY6_SIZE, 1000), 0);
	CHECK_EQ(GetLastError(), IP_GENERAL_FAILURE);
	CHECK(is_only_status(reply, IP_GENERAL_FAILURE));

	memset(reply, 0xa5, REPLY6_SIZE);
	CHECK_EQ(Icmp6SendEcho2(icmp, event, NULL, NULL, &any, &self, pattern, PAYLOAD_SIZE,
				&options, reply, REPLY6_SIZE, 1000), 0);
	CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	CHECK_EQ(WaitForSingleObject(event, 1000), WAIT_OBJECT_0);
	CHECK(is_only_status(reply, IP_GENERAL_FAILURE));

	memset(reply, 0xa5, REPLY6_SIZE);
	noted_calls = 0;
	CHECK_EQ(Icmp6SendEcho2(icmp, NULL, note_status, pattern, &any, &self, pattern,
				PAYLOAD_SIZE, &options, reply, REPLY6_SIZE, 1000), 0);
	CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	CHECK_EQ(noted_calls, 0);
	CHECK_EQ(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(noted_calls, 1);
	CHECK_EQ((ULONG)noted_status.Status, (ULONG)STATUS_INVALID_PARAMETER);
	CHECK_EQ(noted_status.Information, sizeof(ICMPV6_ECHO_REPLY));
	CHECK(is_only_status(reply, IP_GENERAL_FAILURE));
	free(reply);
	CloseHandle(event);
	IcmpCloseHandle(icmp);
}

/* Our own address on the interface, which every interface with IPv6 has. */
TEST(link_local_reply_has_its_scope)
{
	struct sockaddr_in6 self = address("fe80::1234"), unscoped = self, source = any;
	PICMPV6_ECHO_REPLY reply;
	HANDLE icmp;

	need_device();
	CHECK_EQ(system("ip addr replace fe80::1234/64 dev silent nodad"), 0);
	self.sin6_scope_id = if_nametoindex("silent");
	icmp = Icmp6CreateFile();
	reply = new_reply6(REPLY6_SIZE);
	CHECK_EQ(ping6(icmp, &self, NULL, reply, REPLY6_SIZE, 1000), 1);
	CHECK(is_whole_reply6(reply, &self));
	CHECK_EQ(reply->Address.sin6_scope_id, self.sin6_scope_id);
	source.sin6_scope_id = self.sin6_scope_id;
	CHECK_EQ(Icmp6SendEcho2(icmp, NULL, NULL, NULL, &source, &unscoped, pattern, PAYLOAD_SIZE,
				NULL, reply, REPLY6_SIZE, 1000), 1);
	CHECK_EQ(reply->Address.sin6_scope_id, self.sin6_scope_id);
	free(reply);
	IcmpCloseHandle(icmp);
}

TEST(large_ipv6_request_comes_back)
{
	static unsigned char request[65527], reply[sizeof(ICMPV6_ECHO_REPLY) + sizeof(request)];
	struct sockaddr_in6 self = address("::1");
	HANDLE icmp;

	need_device();
	icmp = Icmp6CreateFile();
	memset(request, 'x', sizeof(request));
	CHECK_EQ(Icmp6SendEcho2(icmp, NULL, NULL, NULL, &any, &self, request, 65500, NULL, reply,
				sizeof(reply), 2000), 1);
	CHECK(!memcmp(reply + sizeof(ICMPV6_ECHO_REPLY), request, 65500));
	IcmpCloseHandle(icmp);
}

TEST(native_ipv6_request_is_answered)
{
	unsigned char record[ICMPECHO_RECORD_LEN(PAYLOAD_SIZE)] __attribute__((aligned(8)));
	struct sockaddr_in6 self = address("::1");
	const struct icmpecho_completion *c;
	struct sockaddr_storage from;
	struct icmpecho_info info;
	struct icmpecho_echo echo;
	struct icmpecho *handle;

	need_device();
	handle = icmpecho_open();
	CHECK_EQ(icmpecho_get_info(handle, &info), 0);
	CHECK(info.features & ICMPECHO_FEATURE_IPV6);
	self.sin6_family = AF_INET6;
	CHECK_EQ(icmpecho_echo_sockaddr(&echo, (struct sockaddr *)&self, sizeof(self), pattern,
					PAYLOAD_SIZE, 1000000000), 0);
	CHECK_EQ(icmpecho_send(handle, &echo, record, sizeof(record), NULL), 0);
	c = icmpecho_next_completion(record, sizeof(record), NULL);
	CHECK(c && c->status == ICMPECHO_STATUS_SUCCESS && c->data_len == PAYLOAD_SIZE);
	CHECK(c && icmpecho_completion_from(c, &from) == sizeof(self) &&
	      !memcmp(&from, &self, sizeof(self)));
	icmpecho_close(handle);
}
