// SPDX-License-Identifier: MIT
/* IP options, and destinations that are many hosts, on a real device. */
#define TAP_PART
#include "device.h"

static HANDLE icmp;

TEST(record_route_comes_back)
{
	static UCHAR route[11] = { IP_OPT_RR, 11, 4 };
	IP_OPTION_INFORMATION options = { .OptionsSize = sizeof(route), .OptionsData = route };
	size_t size = REPLY_SIZE + 12;
	PICMP_ECHO_REPLY reply;
	IPAddr recorded;

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(size);
	CHECK_EQ(IcmpSendEcho(icmp, loopback(), pattern, PAYLOAD_SIZE, &options, reply,
			      (DWORD)size, 1000), 1);
	CHECK_EQ(GetLastError(), 0);
	/* On the wire options come in multiples of 4. */
	CHECK_EQ(reply->Options.OptionsSize, 12);
	CHECK(reply->Options.OptionsData == (PUCHAR)(reply + 1));
	CHECK(reply->Options.OptionsData[0] == IP_OPT_RR && reply->Options.OptionsData[1] == 11);
	memcpy(&recorded, reply->Options.OptionsData + 3, sizeof(recorded));
	CHECK_EQ(recorded, loopback());
	CHECK(reply->Data == (PUCHAR)(reply + 1) + 12);
	CHECK_EQ(reply->DataSize, PAYLOAD_SIZE);
	CHECK(!memcmp(reply->Data, pattern, PAYLOAD_SIZE));
	/* One byte short, the reply does not fit. */
	CHECK_EQ(IcmpSendEcho(icmp, loopback(), pattern, PAYLOAD_SIZE, &options, reply,
			      (DWORD)size - 1, 1000), 0);
	CHECK_EQ(GetLastError(), IP_GENERAL_FAILURE);
	free(reply);
	IcmpCloseHandle(icmp);
}

static void let_broadcasts_be_answered(void)
{
	CHECK_EQ(system("echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts"), 0);
}

/* Only this host answers, but the call waits for others until the timeout. */
TEST(broadcast_collects_until_the_time_out)
{
	size_t size = 3 * REPLY_SIZE;
	PICMP_ECHO_REPLY reply;
	HANDLE event;
	uint64_t start;

	need_device();
	let_broadcasts_be_answered();
	icmp = IcmpCreateFile();
	reply = new_reply(size);
	start = now_ms();
	CHECK_EQ(IcmpSendEcho(icmp, inet_addr("10.77.0.255"), pattern, PAYLOAD_SIZE, NULL, reply,
			      (DWORD)size, 200), 1);
	CHECK(now_ms() - start >= 199);
	CHECK_EQ(reply->Address, inet_addr("10.77.0.1"));
	CHECK(reply->Data == reply + 1 && !memcmp(reply->Data, pattern, PAYLOAD_SIZE));
	CHECK_EQ(reply->Reserved, 0);
	/* The buffer has room for one reply: the first ends the call. */
	start = now_ms();
	CHECK_EQ(IcmpSendEcho(icmp, inet_addr("10.77.0.255"), pattern, PAYLOAD_SIZE, NULL, reply,
			      REPLY_SIZE, 5000), 1);
	CHECK(now_ms() - start < 4000);
	event = CreateEvent(NULL, FALSE, FALSE, NULL);
	IcmpSendEcho2(icmp, event, NULL, NULL, inet_addr("10.77.0.255"), pattern, PAYLOAD_SIZE,
		      NULL, reply, (DWORD)size, 100);
	CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	CHECK_EQ(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
	CHECK_EQ(reply->Reserved, 1);
	CHECK_EQ(IcmpParseReplies(reply, (DWORD)size), 1);
	CloseHandle(event);
	free(reply);
	IcmpCloseHandle(icmp);
}

TEST(multicast_collects_until_the_time_out)
{
	size_t size = 2 * REPLY_SIZE;
	PICMP_ECHO_REPLY reply;
	uint64_t start;

	need_device();
	let_broadcasts_be_answered();
	CHECK_EQ(system("ip route replace 224.0.0.0/4 dev silent"), 0);
	icmp = IcmpCreateFile();
	reply = new_reply(size);
	start = now_ms();
	CHECK_EQ(IcmpSendEcho(icmp, inet_addr("224.0.0.1"), pattern, PAYLOAD_SIZE, NULL, reply,
			      (DWORD)size, 200), 1);
	CHECK(now_ms() - start >= 199);
	CHECK_EQ(reply->Address, inet_addr("10.77.0.1"));
	free(reply);
	IcmpCloseHandle(icmp);
}

TEST(large_buffer_of_a_broadcast_is_not_too_much)
{
	static UCHAR buffer[4 << 20];
	ICMP_ECHO_REPLY reply;

	need_device();
	let_broadcasts_be_answered();
	icmp = IcmpCreateFile();
	CHECK_EQ(IcmpSendEcho(icmp, inet_addr("10.77.0.255"), pattern, PAYLOAD_SIZE, NULL, buffer,
			      sizeof(buffer), 50), 1);
	CHECK_EQ(IcmpSendEcho(icmp, inet_addr("10.77.0.255"), NULL, 0, NULL, buffer,
			      sizeof(buffer), 50), 1);
	memcpy(&reply, buffer, sizeof(reply));
	CHECK_EQ(reply.Address, inet_addr("10.77.0.1"));
	IcmpCloseHandle(icmp);
}
