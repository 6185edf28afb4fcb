// SPDX-License-Identifier: MIT
/* Statuses and errors in words. */
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

TEST(any_number_is_an_error)
{
	CHECK(icmpecho_strerror(0));
	CHECK(icmpecho_strerror(-1));
	CHECK(icmpecho_strerror(123456));
	CHECK(!strcmp(icmpecho_strerror(ENOMEM), strerror(ENOMEM)));
}
