// SPDX-License-Identifier: MIT
/* What happens where the module is not loaded. */
#include <errno.h>
#include <fcntl.h>
#include <icmpapi.h>
#include <icmpecho.h>
#include <unistd.h>

#include "tap.h"

static bool device_exists(void)
{
	return access(ICMPECHO_DEVICE, F_OK) == 0;
}

TEST(open_fails_with_enoent)
{
	if (device_exists())
		SKIP("there is a device");
	errno = 0;
	CHECK(!icmpecho_open());
	CHECK_EQ(errno, ENOENT);
}

TEST(create_file_fails_with_not_supported)
{
	if (device_exists())
		SKIP("there is a device");
	SetLastError(0xdeadbeef);
	CHECK(IcmpCreateFile() == INVALID_HANDLE_VALUE);
	CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
	SetLastError(0xdeadbeef);
	CHECK(Icmp6CreateFile() == INVALID_HANDLE_VALUE);
	CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
}

TEST(close_accepts_null_and_keeps_errno)
{
	errno = 12345;
	icmpecho_close(NULL);
	CHECK_EQ(errno, 12345);
}

TEST(handle_owns_the_descriptor)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct icmpecho *handle = icmpecho_from_fd(fd);

	CHECK(handle && icmpecho_get_fd(handle) == fd);
	icmpecho_close(handle);
	CHECK_EQ(fcntl(fd, F_GETFD), -1);
}

TEST(negative_descriptor_is_refused)
{
	errno = 0;
	CHECK(!icmpecho_from_fd(-1));
	CHECK_EQ(errno, EBADF);
}

TEST(other_device_fails_with_enotty)
{
	struct icmpecho *handle = icmpecho_from_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
	unsigned char buffer[ICMPECHO_RECORD_LEN(0)] __attribute__((aligned(8)));
	struct icmpecho_info info;
	struct icmpecho_echo echo;
	struct in_addr dst = { .s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t id = 0;

	icmpecho_echo_ipv4(&echo, dst, NULL, 0, 0);
	errno = 0;
	CHECK_EQ(icmpecho_get_info(handle, &info), -1);
	CHECK_EQ(errno, ENOTTY);
	CHECK_EQ(icmpecho_send(handle, &echo, buffer, sizeof(buffer), &id), -1);
	CHECK_EQ(errno, ENOTTY);
	CHECK_EQ(id, 0);
	CHECK_EQ(icmpecho_submit(handle, &echo, 1), -1);
	CHECK_EQ(icmpecho_reap(handle, buffer, sizeof(buffer), 0, 1, 0), -1);
	CHECK_EQ(icmpecho_cancel(handle, 1), -1);
	CHECK_EQ(icmpecho_cancel_all(handle), -1);
	CHECK_EQ(icmpecho_pace(handle, 0, 1), -1);
	CHECK_EQ(icmpecho_set_eventfd(handle, -1), -1);
	CHECK_EQ(errno, ENOTTY);
	icmpecho_close(handle);
}
