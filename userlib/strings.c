// SPDX-License-Identifier: MIT
/* Statuses and errors in words. */
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
		return "icmpecho is not loaded, or no such request in flight";
	case ENXIO:
		return "icmpecho is not loaded";
	case ENODEV:
		return "no such network interface, or icmpecho is not loaded";
	case EACCES:
		return "no permission to open " ICMPECHO_DEVICE " or to send there";
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
		return "broadcast, source route and firewall mark need CAP_NET_RAW";
	case ENETUNREACH:
		return "no route to network";
	case EHOSTUNREACH:
		return "no route to host";
	case EAGAIN:
		return "too many requests in flight and uncollected in this session";
	case EDQUOT:
		return "too much memory in requests of this user";
	case ENOBUFS:
		return "send buffer full";
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
