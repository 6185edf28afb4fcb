// SPDX-License-Identifier: GPL-2.0
/* Facts 1 to 10: types, layouts and numbers, of a 64-bit and a 32-bit program. */
#include <winsock2.h>
#include <windows.h>
#include <icmpapi.h>

#include "contract_test.h"

/* Sizes and offsets that differ between 64-bit and 32-bit programs. */
#define EXPECT_BY_BITS(in_64, in_32, value) \
	EXPECT_EQ((size_t)(is_64_bit() ? (in_64) : (in_32)), (size_t)(value))
#define EXPECT_OFFSET(value, type, member)	EXPECT_EQ(value, offsetof(type, member))

TEST(fact_001_layout_of_options)
{
	EXPECT_BY_BITS(16, 8, sizeof(IP_OPTION_INFORMATION));
	EXPECT_OFFSET(0, IP_OPTION_INFORMATION, Ttl);
	EXPECT_OFFSET(1, IP_OPTION_INFORMATION, Tos);
	EXPECT_OFFSET(2, IP_OPTION_INFORMATION, Flags);
	EXPECT_OFFSET(3, IP_OPTION_INFORMATION, OptionsSize);
	EXPECT_BY_BITS(8, 4, offsetof(IP_OPTION_INFORMATION, OptionsData));
}

TEST(fact_001_layout_of_reply)
{
	EXPECT_BY_BITS(40, 28, sizeof(ICMP_ECHO_REPLY));
	EXPECT_OFFSET(0, ICMP_ECHO_REPLY, Address);
	EXPECT_OFFSET(4, ICMP_ECHO_REPLY, Status);
	EXPECT_OFFSET(8, ICMP_ECHO_REPLY, RoundTripTime);
	EXPECT_OFFSET(12, ICMP_ECHO_REPLY, DataSize);
	EXPECT_EQ(2, sizeof(((ICMP_ECHO_REPLY *)0)->DataSize));
	EXPECT_OFFSET(14, ICMP_ECHO_REPLY, Reserved);
	EXPECT_EQ(2, sizeof(((ICMP_ECHO_REPLY *)0)->Reserved));
	EXPECT_OFFSET(16, ICMP_ECHO_REPLY, Data);
	EXPECT_BY_BITS(24, 20, offsetof(ICMP_ECHO_REPLY, Options));
	EXPECT_BY_BITS(32, 24, offsetof(ICMP_ECHO_REPLY, Options.OptionsData));
}

TEST(fact_001_layout_of_ipv6_address_is_packed)
{
	EXPECT_EQ(26, sizeof(IPV6_ADDRESS_EX));
	EXPECT_OFFSET(0, IPV6_ADDRESS_EX, sin6_port);
	EXPECT_OFFSET(2, IPV6_ADDRESS_EX, sin6_flowinfo);
	EXPECT_OFFSET(6, IPV6_ADDRESS_EX, sin6_addr);
	EXPECT_OFFSET(22, IPV6_ADDRESS_EX, sin6_scope_id);
}

TEST(fact_001_layout_of_ipv6_reply)
{
	EXPECT_EQ(36, sizeof(ICMPV6_ECHO_REPLY));
	EXPECT_OFFSET(0, ICMPV6_ECHO_REPLY, Address);
	EXPECT_OFFSET(28, ICMPV6_ECHO_REPLY, Status);
	EXPECT_OFFSET(32, ICMPV6_ECHO_REPLY, RoundTripTime);
}

TEST(fact_001_layout_of_io_status_block)
{
	EXPECT_BY_BITS(16, 8, sizeof(IO_STATUS_BLOCK));
	EXPECT_OFFSET(0, IO_STATUS_BLOCK, Status);
	EXPECT_BY_BITS(8, 4, offsetof(IO_STATUS_BLOCK, Information));
}

/* The round-trip time is the last member: data follows, and no length of it. */
TEST(fact_002_ipv6_reply_has_no_data_size)
{
	EXPECT_EQ(sizeof(ICMPV6_ECHO_REPLY),
		  offsetof(ICMPV6_ECHO_REPLY, RoundTripTime) +
		  sizeof(((ICMPV6_ECHO_REPLY *)0)->RoundTripTime));
}

TEST(fact_003_ipv4_address_is_the_bytes_of_the_packet)
{
	static const unsigned char bytes[] = { 127, 0, 0, 1 };
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	EXPECT_EQ(0, memcmp(&call.destination, bytes, 4));
	EXPECT_REPLY(&call);
	EXPECT_EQ(0x7f000001, ntohl(reply_in(&call)->Address));
	EXPECT_EQ(0, memcmp(&reply_in(&call)->Address, bytes, 4));
}

TEST(fact_004_integers_have_their_windows_width)
{
	EXPECT_EQ(4, sizeof(DWORD));
	EXPECT_EQ(4, sizeof(ULONG));
	EXPECT_EQ(4, sizeof(u_long));
	EXPECT_EQ(4, sizeof(LONG));
	EXPECT_EQ(4, sizeof(BOOL));
	EXPECT_EQ(4, sizeof(NTSTATUS));
	EXPECT_EQ(4, sizeof(IPAddr));
	EXPECT_EQ(2, sizeof(WORD));
	EXPECT_EQ(2, sizeof(USHORT));
	EXPECT_EQ(1, sizeof(UCHAR));
	EXPECT_EQ(sizeof(void *), sizeof(HANDLE));
	EXPECT_EQ(sizeof(void *), sizeof(ULONG_PTR));
	EXPECT_LT(0, (DWORD)-1);
	EXPECT_GT(0, (LONG)-1);
}

/* As programs do it with the address of a hostent. */
TEST(fact_004_u_long_reads_an_ipv4_address_and_no_more)
{
	static char address[8] __attribute__((aligned(8))) = { 127, 0, 0, 1, 9, 9, 9, 9 };

	EXPECT_EQ(inet_addr(LOOPBACK), *(u_long *)address);
}

TEST(fact_005_status_codes)
{
	EXPECT_EQ(11000, IP_STATUS_BASE);
	EXPECT_EQ(0, IP_SUCCESS);
	EXPECT_EQ(11001, IP_BUF_TOO_SMALL);
	EXPECT_EQ(11002, IP_DEST_NET_UNREACHABLE);
	EXPECT_EQ(11003, IP_DEST_HOST_UNREACHABLE);
	EXPECT_EQ(11004, IP_DEST_PROT_UNREACHABLE);
	EXPECT_EQ(11005, IP_DEST_PORT_UNREACHABLE);
	EXPECT_EQ(11006, IP_NO_RESOURCES);
	EXPECT_EQ(11007, IP_BAD_OPTION);
	EXPECT_EQ(11008, IP_HW_ERROR);
	EXPECT_EQ(11009, IP_PACKET_TOO_BIG);
	EXPECT_EQ(11010, IP_REQ_TIMED_OUT);
	EXPECT_EQ(11011, IP_BAD_REQ);
	EXPECT_EQ(11012, IP_BAD_ROUTE);
	EXPECT_EQ(11013, IP_TTL_EXPIRED_TRANSIT);
	EXPECT_EQ(11014, IP_TTL_EXPIRED_REASSEM);
	EXPECT_EQ(11015, IP_PARAM_PROBLEM);
	EXPECT_EQ(11016, IP_SOURCE_QUENCH);
	EXPECT_EQ(11017, IP_OPTION_TOO_BIG);
	EXPECT_EQ(11018, IP_BAD_DESTINATION);
	EXPECT_EQ(11040, IP_DEST_UNREACHABLE);
	EXPECT_EQ(11041, IP_TIME_EXCEEDED);
	EXPECT_EQ(11042, IP_BAD_HEADER);
	EXPECT_EQ(11043, IP_UNRECOGNIZED_NEXT_HEADER);
	EXPECT_EQ(11044, IP_ICMP_ERROR);
	EXPECT_EQ(11045, IP_DEST_SCOPE_MISMATCH);
	EXPECT_EQ(11050, IP_GENERAL_FAILURE);
	EXPECT_EQ(11050, MAX_IP_STATUS);
	EXPECT_EQ(11255, IP_PENDING);
}

TEST(fact_005_status_codes_by_their_ipv6_names)
{
	EXPECT_EQ(11002, IP_DEST_NO_ROUTE);
	EXPECT_EQ(11003, IP_DEST_ADDR_UNREACHABLE);
	EXPECT_EQ(11004, IP_DEST_PROHIBITED);
	EXPECT_EQ(11013, IP_HOP_LIMIT_EXCEEDED);
	EXPECT_EQ(11014, IP_REASSEMBLY_TIME_EXCEEDED);
	EXPECT_EQ(11015, IP_PARAMETER_PROBLEM);
}

/* No function returns these, but programs have tables of all. */
TEST(fact_005_status_indications)
{
#ifdef IP_ADDR_DELETED
	EXPECT_EQ(11019, IP_ADDR_DELETED);
	EXPECT_EQ(11020, IP_SPEC_MTU_CHANGE);
	EXPECT_EQ(11021, IP_MTU_CHANGE);
	EXPECT_EQ(11022, IP_UNLOAD);
	EXPECT_EQ(11023, IP_ADDR_ADDED);
	EXPECT_EQ(11024, IP_MEDIA_CONNECT);
	EXPECT_EQ(11025, IP_MEDIA_DISCONNECT);
	EXPECT_EQ(11026, IP_BIND_ADAPTER);
	EXPECT_EQ(11027, IP_UNBIND_ADAPTER);
	EXPECT_EQ(11028, IP_DEVICE_DOES_NOT_EXIST);
	EXPECT_EQ(11029, IP_DUPLICATE_ADDRESS);
	EXPECT_EQ(11030, IP_INTERFACE_METRIC_CHANGE);
	EXPECT_EQ(11031, IP_RECONFIG_SECFLTR);
	EXPECT_EQ(11032, IP_NEGOTIATING_IPSEC);
	EXPECT_EQ(11033, IP_INTERFACE_WOL_CAPABILITY_CHANGE);
	EXPECT_EQ(11034, IP_DUPLICATE_IPADD);
#else
	EXPECT_TRUE(false)
		TH_LOG("<ipexport.h> lacks IP_ADDR_DELETED and what follows it");
#endif
}

TEST(fact_006_flags_and_options)
{
	EXPECT_EQ(0x1, IP_FLAG_REVERSE);
	EXPECT_EQ(0x2, IP_FLAG_DF);
	EXPECT_EQ(0x00, IP_OPT_EOL);
	EXPECT_EQ(0x01, IP_OPT_NOP);
	EXPECT_EQ(0x82, IP_OPT_SECURITY);
	EXPECT_EQ(0x83, IP_OPT_LSRR);
	EXPECT_EQ(0x89, IP_OPT_SSRR);
	EXPECT_EQ(0x07, IP_OPT_RR);
	EXPECT_EQ(0x44, IP_OPT_TS);
	EXPECT_EQ(0x88, IP_OPT_SID);
	EXPECT_EQ(0x94, IP_OPT_ROUTER_ALERT);
	EXPECT_EQ(40, MAX_OPT_SIZE);
}

TEST(fact_007_error_codes)
{
	EXPECT_EQ(0, NO_ERROR);
	EXPECT_EQ(5, ERROR_ACCESS_DENIED);
	EXPECT_EQ(6, ERROR_INVALID_HANDLE);
	EXPECT_EQ(8, ERROR_NOT_ENOUGH_MEMORY);
	EXPECT_EQ(31, ERROR_GEN_FAILURE);
	EXPECT_EQ(50, ERROR_NOT_SUPPORTED);
	EXPECT_EQ(87, ERROR_INVALID_PARAMETER);
	EXPECT_EQ(122, ERROR_INSUFFICIENT_BUFFER);
	EXPECT_EQ(997, ERROR_IO_PENDING);
	EXPECT_EQ(998, ERROR_NOACCESS);
	EXPECT_EQ(1214, ERROR_INVALID_NETNAME);
	EXPECT_EQ(1231, ERROR_NETWORK_UNREACHABLE);
	EXPECT_EQ(1232, ERROR_HOST_UNREACHABLE);
}

#if UINTPTR_MAX > 0xffffffff
/* The *32 structures are for 64-bit programs that mention them. */
TEST(fact_009_32_structures_have_pointers_of_32_bits)
{
	EXPECT_EQ(8, sizeof(IP_OPTION_INFORMATION32));
	EXPECT_OFFSET(4, IP_OPTION_INFORMATION32, OptionsData);
	EXPECT_EQ(28, sizeof(ICMP_ECHO_REPLY32));
	EXPECT_OFFSET(16, ICMP_ECHO_REPLY32, Data);
	EXPECT_OFFSET(20, ICMP_ECHO_REPLY32, Options);
	EXPECT_OFFSET(24, ICMP_ECHO_REPLY32, Options.OptionsData);
}
#endif

/* Whatever older pages say, what a call writes has pointers of its program's width. */
TEST(fact_009_replies_are_native_structures)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	EXPECT_REPLY(&call);
	EXPECT_EQ(call.reply + sizeof(ICMP_ECHO_REPLY), reply_in(&call)->Data);
	EXPECT_EQ(0, memcmp(call.reply + sizeof(ICMP_ECHO_REPLY), data, DATA_SIZE));
}

/* What a program for 32 bits may have declared by itself. */
struct own_reply {
	DWORD address;
	DWORD status;
	DWORD round_trip_time;
	WORD data_size;
	WORD reserved;
	DWORD data;
	struct {
		UCHAR ttl;
		UCHAR tos;
		UCHAR flags;
		UCHAR options_size;
		DWORD options_data;
	} options;
};

TEST(fact_009_own_structures_of_32_bits_fit_a_32_bit_program_only)
{
	const struct own_reply *reply;
	struct call call;
	bool fits;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	EXPECT_REPLY(&call);
	reply = call.reply;
	EXPECT_EQ(IP_SUCCESS, reply->status);
	EXPECT_EQ(DATA_SIZE, reply->data_size);
	fits = reply->options.ttl == reply_in(&call)->Options.Ttl &&
	       !memcmp(reply + 1, data, DATA_SIZE);
	EXPECT_EQ(!is_64_bit(), fits);

	call.reply_size = sizeof(*reply) + DATA_SIZE;
	if (is_64_bit())
		EXPECT_FAILS(IP_GENERAL_FAILURE, &call);
	else
		EXPECT_REPLY(&call);
}

/* PIO_APC_ROUTINE_DEFINED is not defined here; contract_async.c defines it. */
TEST(fact_010_routine_is_farproc_unless_asked_otherwise)
{
	typedef DWORD (*send_echo2)(HANDLE, HANDLE, FARPROC, PVOID, IPAddr, LPVOID, WORD,
				    PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);
	typedef DWORD (*send_echo2_ex)(HANDLE, HANDLE, FARPROC, PVOID, IPAddr, IPAddr, LPVOID,
				       WORD, PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);

	EXPECT_TRUE(__builtin_types_compatible_p(__typeof__(&IcmpSendEcho2), send_echo2));
	EXPECT_TRUE(__builtin_types_compatible_p(__typeof__(&IcmpSendEcho2Ex), send_echo2_ex));
}

TEST_HARNESS_MAIN
