// SPDX-License-Identifier: MIT
/*
 * Linked with libicmpecho and, behind it, with a library that has names of
 * Windows: run-tests does that.
 */
#include <dlfcn.h>
#include <icmpecho.h>
#include <string.h>

#include "foreign.h"
#include "tap.h"

TEST(another_librarys_windows_names_reach_the_program)
{
	CHECK(strcmp(icmpecho_strstatus(ICMPECHO_STATUS_SUCCESS), "unknown status"));
	CHECK_EQ(CreateEventA(NULL, 0, 0, NULL), FOREIGN_MARK);
	CHECK_EQ(CloseHandle(NULL), FOREIGN_MARK);
	CHECK_EQ(Sleep(0), FOREIGN_MARK);
}

TEST(another_library_calls_its_own_windows_names)
{
	CHECK_EQ(foreign_sum(), 3 * FOREIGN_MARK);
}

TEST(native_library_brings_no_windows_name_into_the_process)
{
	CHECK(!dlsym(RTLD_DEFAULT, "SetLastError"));
	CHECK(!dlsym(RTLD_DEFAULT, "IcmpCreateFile"));
}
