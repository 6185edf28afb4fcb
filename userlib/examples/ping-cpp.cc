// SPDX-License-Identifier: MIT
/*
 * Pings several addresses at once, in C++: a handle that its destructor closes, and the
 * outcomes in the order in which the requests ended.
 *
 *	ping-cpp ADDRESS...
 */
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <getopt.h>
#include <icmpecho.h>
#include <netdb.h>

namespace {

constexpr std::uint64_t timeout_ns = 1000000000;

struct closer {
	void operator()(icmpecho *handle) const { icmpecho_close(handle); }
};

using session = std::unique_ptr<icmpecho, closer>;

constexpr char usage[] =
	"usage: ping-cpp ADDRESS...\n"
	"       ping-cpp --help | --version\n"
	"Exit status: 0 if all requests have ended in some way, 2 on failure.\n";

[[noreturn]] void fail(const char *what)
{
	throw std::runtime_error(std::string(what) + ": " + icmpecho_strerror(errno));
}

session open_session()
{
	session handle(icmpecho_open());

	if (!handle)
		throw std::runtime_error(icmpecho_strerror_open(errno));
	return handle;
}

icmpecho_echo make_echo(const char *address, const std::string &payload)
{
	addrinfo hints{}, *info;
	icmpecho_echo echo;

	hints.ai_flags = AI_NUMERICHOST;
	hints.ai_socktype = SOCK_DGRAM;
	if (getaddrinfo(address, nullptr, &hints, &info))
		throw std::invalid_argument(std::string(address) + " is not an address");
	icmpecho_echo_sockaddr(&echo, info->ai_addr, info->ai_addrlen, payload.data(),
			       static_cast<std::uint32_t>(payload.size()), timeout_ns);
	freeaddrinfo(info);
	return echo;
}

void print(const char *address, const icmpecho_completion &c)
{
	if (c.status == ICMPECHO_STATUS_SUCCESS)
		std::printf("%s: %u bytes, %.3f ms\n", address, c.wire_len,
			    static_cast<double>(c.rtt_ns) / 1e6);
	else if (c.flags & ICMPECHO_LOCAL)
		std::printf("%s: not sent: %s\n", address, icmpecho_strerror(c.error));
	else
		std::printf("%s: %s\n", address, icmpecho_strstatus(c.status));
}

void ping(const std::vector<const char *> &addresses)
{
	const std::string payload = "some bytes to come back";
	const auto count = static_cast<std::uint32_t>(addresses.size());
	std::vector<std::uint64_t> buffer(count * ICMPECHO_RECORD_LEN(payload.size()) / 8);
	const icmpecho_completion *c = nullptr;
	std::vector<icmpecho_echo> echoes;
	const session handle = open_session();

	for (const char *address : addresses) {
		echoes.push_back(make_echo(address, payload));
		echoes.back().user_data = echoes.size() - 1;
	}
	const int sent = icmpecho_submit(handle.get(), echoes.data(), count);
	if (sent < 0)
		fail("send");
	const int ended = icmpecho_reap(handle.get(), buffer.data(), buffer.size() * 8,
					static_cast<std::uint32_t>(sent), count, ICMPECHO_FOREVER);
	if (ended < 0)
		fail("collect");
	for (int i = 0; i < ended; i++) {
		c = icmpecho_next_completion(buffer.data(), buffer.size() * 8, c);
		if (!c)
			fail("record");
		print(addresses[c->user_data], *c);
	}
}

} // namespace

int main(int argc, char **argv)
try {
	static const option options[] = {
		{ "help", no_argument, nullptr, 'h' },
		{ "version", no_argument, nullptr, 'V' },
		{ nullptr, 0, nullptr, 0 },
	};
	const int chosen = getopt_long(argc, argv, "", options, nullptr);

	if (chosen == 'h') {
		std::fputs(usage, stdout);
		return 0;
	}
	if (chosen == 'V') {
		std::printf("ping-cpp (icmpecho) %s\n", icmpecho_version());
		return 0;
	}
	if (chosen != -1 || optind == argc) {
		std::fputs(usage, stderr);
		return 2;
	}
	ping({ argv + optind, argv + argc });
	return 0;
} catch (const std::exception &error) {
	std::fprintf(stderr, "ping-cpp: %s\n", error.what());
	return 2;
}
