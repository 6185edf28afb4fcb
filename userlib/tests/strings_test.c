// SPDX-License-Identifier: MIT
/* Statuses and errors in words, and the version. */
#include <errno.h>
#include <icmpecho.h>
#include <string.h>

#include "tap.h"

TEST(every_status_has_words_of_its_own)
{
	static const uint32_t statuses[] = {
		0, 11002, 11003, 11004, 11005, 11006, 11007, 11009, 11010, 11012, 11013, 11014,
		11015, 11040, 11041, 11042, 11044, 11045, 11050, 11300,
	};
	size_t i, j;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		CHECK(strcmp(icmpecho_strstatus(statuses[i]), "unknown status"));
		for (j = 0; j < i; j++)
			CHECK(strcmp(icmpecho_strstatus(statuses[i]),
				     icmpecho_strstatus(statuses[j])));
	}
}

TEST(any_number_is_a_status)
{
	CHECK(!strcmp(icmpecho_strstatus(1), "unknown status"));
	CHECK(!strcmp(icmpecho_strstatus(~0U), "unknown status"));
}

TEST(errors_of_the_interface_have_their_own_words)
{
	static const int errors[] = {
		ENOTTY, E2BIG, EINVAL, EAFNOSUPPORT, EOPNOTSUPP, EDESTADDRREQ, EADDRNOTAVAIL,
		ENODEV, EMSGSIZE, ERANGE, EBADF, EPERM, ENETUNREACH, EHOSTUNREACH, EAGAIN, EDQUOT,
		ENOBUFS, ENOSPC, ENOENT, EBUSY,
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		CHECK(strcmp(icmpecho_strerror(errors[i]), strerror(errors[i])));
}

/* Whether words name all of these, in any order. */
static bool names(const char *words, const char *const *what)
{
	bool all = true;

	for (; *what; what++) {
		if (strstr(words, *what))
			continue;
		printf("# \"%s\" is not in: %s\n", *what, words);
		all = false;
	}
	return all;
}

#define NAMES(words, ...) names(words, (const char *const[]){ __VA_ARGS__, NULL })

TEST(errors_of_opening_name_the_cause_and_the_cure)
{
	CHECK(NAMES(icmpecho_strerror_open(ENOENT), ICMPECHO_DEVICE, "modprobe icmpecho",
		    "container"));
	CHECK(NAMES(icmpecho_strerror_open(ENODEV), ICMPECHO_DEVICE, "modprobe icmpecho"));
	CHECK(NAMES(icmpecho_strerror_open(ENXIO), ICMPECHO_DEVICE, "modprobe icmpecho"));
	CHECK(NAMES(icmpecho_strerror_open(EACCES), ICMPECHO_DEVICE, "group", "usermod -aG",
		    "security module"));
	CHECK(NAMES(icmpecho_strerror_open(EPERM), "device cgroup", "DeviceAllow=" ICMPECHO_DEVICE,
		    "--device " ICMPECHO_DEVICE, "sandbox", "security module"));
	CHECK(NAMES(icmpecho_strerror_open(EINTR), "again"));
	CHECK(NAMES(icmpecho_strerror_open(EMFILE), "this process", "ulimit -n"));
	CHECK(NAMES(icmpecho_strerror_open(ENFILE), "this system", "fs.file-max"));
	CHECK(NAMES(icmpecho_strerror_open(ENOMEM), "memory", "cgroup"));
}

TEST(errors_of_opening_do_not_speak_of_requests)
{
	int error;

	for (error = 1; error < 200; error++) {
		CHECK(!strstr(icmpecho_strerror_open(error), "in flight"));
		CHECK(!strstr(icmpecho_strerror_open(error), "broadcast"));
	}
	/* Nor the other way round. */
	for (error = 1; error < 200; error++)
		CHECK(!strstr(icmpecho_strerror(error), "modprobe"));
	CHECK(strcmp(icmpecho_strerror_open(EIO), icmpecho_strerror_open(EPERM)));
	CHECK(!strcmp(icmpecho_strerror_open(EIO), strerror(EIO)));
}

TEST(eperm_of_a_request_names_firewall_and_rights)
{
	CHECK(NAMES(icmpecho_strerror(EPERM), "firewall", "nftables", "iptables", "CAP_NET_RAW",
		    "broadcast", "source route", "mark"));
}

TEST(errors_of_a_limit_name_its_parameter)
{
	CHECK(NAMES(icmpecho_strerror(EAGAIN), "max_requests"));
	CHECK(NAMES(icmpecho_strerror(EDQUOT), "max_user_bytes"));
}

TEST(version_is_that_of_the_build)
{
	CHECK(!strcmp(icmpecho_version(), ICMPECHO_VERSION));
}

TEST(any_number_is_an_error)
{
	CHECK(icmpecho_strerror(0));
	CHECK(icmpecho_strerror(-1));
	CHECK(icmpecho_strerror(123456));
	CHECK(!strcmp(icmpecho_strerror(ENOMEM), strerror(ENOMEM)));
}
