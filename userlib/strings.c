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

EXPORT const char *icmpecho_strerror(int error)
{
	switch (error) {
	case ENOENT:
		return "no such request in flight";
	case ENODEV:
		return "no such network interface";
	case EACCES:
		return "a prohibit route or a security module forbids sending there";
	case ENOTTY:
		return "not an icmpecho device, or the module is too old";
	case E2BIG:
		return "the module is too old for this request";
	case EINVAL:
		return "invalid request";
	case EAFNOSUPPORT:
		return "address family not supported";
	case EOPNOTSUPP:
		return "not supported by this version of the module";
	case EDESTADDRREQ:
		return "destination is the unspecified address";
	case EADDRNOTAVAIL:
		return "source is not a local address";
	case EMSGSIZE:
		return "payload too long";
	case ERANGE:
		return "time-out too long";
	case EBADF:
		return "bad descriptor, or not an eventfd";
	case EPERM:
		return "this host's firewall forbids it (nftables, iptables, a cgroup's filter); "
		       "or CAP_NET_RAW is missing (broadcast, source route, mark)";
	case ENETUNREACH:
		return "no route to network";
	case EHOSTUNREACH:
		return "no route to host";
	case EAGAIN:
		return "too many requests in flight and uncollected in this session (max_requests)";
	case EDQUOT:
		return "too much memory in requests of this user (max_user_bytes)";
	case ENOBUFS:
		return "a queue of this host is full: send buffer, device or neighbours";
	case ENOSPC:
		return "buffer too small for the completion";
	case EBUSY:
		return "another thread waits for this request";
	case EBADMSG:
		return "malformed completion record";
	default:
		return strerror(error);
	}
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
