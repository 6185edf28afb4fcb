// SPDX-License-Identifier: MIT
/* Statuses and errors in words, and the version. */
#include <errno.h>
#include <icmpecho.h>
#include <string.h>

#include "export.h"

EXPORT const char *icmpecho_strstatus(uint32_t status)
{
	switch (status) {
	case ICMPECHO_STATUS_SUCCESS:
		return "reply";
	case ICMPECHO_STATUS_DEST_NET_UNREACHABLE:
		return "network unreachable";
	case ICMPECHO_STATUS_DEST_HOST_UNREACHABLE:
		return "host unreachable";
	case ICMPECHO_STATUS_DEST_PROT_UNREACHABLE:
		return "protocol unreachable";
	case ICMPECHO_STATUS_DEST_PORT_UNREACHABLE:
		return "port unreachable";
	case ICMPECHO_STATUS_NO_RESOURCES:
		return "no resources to send";
	case ICMPECHO_STATUS_BAD_OPTION:
		return "malformed IP option";
	case ICMPECHO_STATUS_PACKET_TOO_BIG:
		return "packet too big and fragmentation forbidden";
	case ICMPECHO_STATUS_TIMED_OUT:
		return "timed out";
	case ICMPECHO_STATUS_BAD_ROUTE:
		return "source route failed";
	case ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT:
		return "time to live expired in transit";
	case ICMPECHO_STATUS_TTL_EXPIRED_REASSEMBLY:
		return "fragment reassembly timed out";
	case ICMPECHO_STATUS_PARAMETER_PROBLEM:
		return "parameter problem";
	case ICMPECHO_STATUS_DEST_UNREACHABLE:
		return "destination unreachable";
	case ICMPECHO_STATUS_TIME_EXCEEDED:
		return "time exceeded";
	case ICMPECHO_STATUS_BAD_HEADER:
		return "bad header";
	case ICMPECHO_STATUS_ICMP_ERROR:
		return "ICMP error";
	case ICMPECHO_STATUS_DEST_SCOPE_MISMATCH:
		return "destination beyond the scope of the source";
	case ICMPECHO_STATUS_GENERAL_FAILURE:
		return "general failure";
	case ICMPECHO_STATUS_CANCELLED:
		return "cancelled";
	default:
		return "unknown status";
	}
}

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ ENOENT, "no such request in flight" },
	{ ENODEV, "no such network interface" },
	{ EACCES, "a prohibit route or a security module forbids sending there" },
	{ ENOTTY, "not an icmpecho device, or the module is too old" },
	{ E2BIG, "the module is too old for this request" },
	{ EINVAL, "invalid request" },
	{ EAFNOSUPPORT, "address family not supported" },
	{ EOPNOTSUPP, "not supported by this version of the module" },
	{ EDESTADDRREQ, "destination is the unspecified address" },
	{ EADDRNOTAVAIL, "source is not a local address" },
	{ EMSGSIZE, "payload too long" },
	{ ERANGE, "time-out too long" },
	{ EBADF, "bad descriptor, or not an eventfd" },
	{ EPERM,
	  "this host's firewall forbids it (nftables, iptables, a cgroup's filter); "
	  "or CAP_NET_RAW is missing (broadcast, source route, mark)" },
	{ ENETUNREACH, "no route to network" },
	{ EHOSTUNREACH, "no route to host" },
	{ EAGAIN, "too many requests in flight and uncollected in this session (max_requests)" },
	{ EDQUOT, "too much memory in requests of this user (max_user_bytes)" },
	{ ENOBUFS, "a queue of this host is full: send buffer, device or neighbours" },
	{ ENOSPC, "buffer too small for the completion" },
	{ EBUSY, "another thread waits for this request" },
	{ EBADMSG, "malformed completion record" },
};

EXPORT const char *icmpecho_strerror(int error)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (errors[i].error == error)
			return errors[i].text;
	}
	return strerror(error);
}

/* Each string names the likely causes, the likeliest first, and their cures. */
EXPORT const char *icmpecho_strerror_open(int error)
{
	switch (error) {
	case ENOENT:
		return ICMPECHO_DEVICE " does not exist: load the module (modprobe icmpecho); "
		       "in a container or sandbox, have the node passed in";
	case ENXIO:
	case ENODEV:
		return "no module is behind " ICMPECHO_DEVICE ": load it (modprobe icmpecho); "
		       "then, in a container, have the node passed in anew";
	case EACCES:
		return "no permission to open " ICMPECHO_DEVICE ": join its group (usermod -aG); "
		       "see ls -l; or have the security module allow it";
	case EPERM:
		return "a device cgroup, a sandbox or a security module forbids " ICMPECHO_DEVICE
		       ": allow it (systemd: DeviceAllow=" ICMPECHO_DEVICE "; docker: --device "
		       ICMPECHO_DEVICE "); or a cgroup's hook forbids raw sockets";
	case EINTR:
		return "interrupted by a signal: try again";
	case EMFILE:
		return "this process has too many files open (ulimit -n)";
	case ENFILE:
		return "this system has too many files open (sysctl fs.file-max)";
	case ENOMEM:
	case ENOBUFS:
		return "not enough memory for a session, here or in this cgroup";
	default:
		return strerror(error);
	}
}

EXPORT const char *icmpecho_version(void)
{
	return ICMPECHO_VERSION;
}
