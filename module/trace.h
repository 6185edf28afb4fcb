/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: what happens to a request, and why a received packet was the answer to none. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM icmpecho

#if !defined(ICMPECHO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ICMPECHO_TRACE_H

#include <linux/tracepoint.h>

#include "icmpecho.h"

DECLARE_EVENT_CLASS(icmpecho_request,
	TP_PROTO(const struct icmpecho_request *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, user_data)
		__array(u8, dst, 16)
		__field(u16, family)
	),
	TP_fast_assign(
		__entry->id = request_id(req);
		__entry->user_data = req->user_data;
		memcpy(__entry->dst, req->dst.raw, 16);
		__entry->family = req->family;
	),
	TP_printk("id=%#llx user_data=%#llx family=%u dst=%*phN",
		  __entry->id, __entry->user_data, __entry->family,
		  16, __entry->dst)
);

#define ICMPECHO_REQUEST_EVENT(name)				\
	DEFINE_EVENT(icmpecho_request, icmpecho_##name,		\
		     TP_PROTO(const struct icmpecho_request *req),	\
		     TP_ARGS(req))

ICMPECHO_REQUEST_EVENT(submit);
ICMPECHO_REQUEST_EVENT(sent);

/* Events at the completion of a request, when its answers are filled in: they show the first */
DECLARE_EVENT_CLASS(icmpecho_completed,
	TP_PROTO(struct icmpecho_request *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, user_data)
		__array(u8, dst, 16)
		__field(u16, family)
		__field(u32, status)
		__field(u64, rtt_ns)
	),
	TP_fast_assign(
		__entry->id = request_id(req);
		__entry->user_data = req->user_data;
		memcpy(__entry->dst, req->dst.raw, 16);
		__entry->family = req->family;
		__entry->status = request_answer_at(req, 0)->status;
		__entry->rtt_ns = request_answer_at(req, 0)->rtt_ns;
	),
	TP_printk("id=%#llx user_data=%#llx family=%u dst=%*phN status=%u rtt_ns=%llu",
		  __entry->id, __entry->user_data, __entry->family,
		  16, __entry->dst, __entry->status, __entry->rtt_ns)
);

#define ICMPECHO_COMPLETED_EVENT(name)				\
	DEFINE_EVENT(icmpecho_completed, icmpecho_##name,	\
		     TP_PROTO(struct icmpecho_request *req),	\
		     TP_ARGS(req))

ICMPECHO_COMPLETED_EVENT(reply);
ICMPECHO_COMPLETED_EVENT(error);
ICMPECHO_COMPLETED_EVENT(timeout);
ICMPECHO_COMPLETED_EVENT(cancel);
ICMPECHO_COMPLETED_EVENT(not_sent);

TRACE_DEFINE_ENUM(ICMPECHO_DROP_MALFORMED);
TRACE_DEFINE_ENUM(ICMPECHO_DROP_UNMATCHED);
TRACE_DEFINE_ENUM(ICMPECHO_DROP_ADDRESS);
TRACE_DEFINE_ENUM(ICMPECHO_DROP_CHECKSUM);
TRACE_DEFINE_ENUM(ICMPECHO_DROP_LATE);

TRACE_EVENT(icmpecho_drop,
	TP_PROTO(const struct net *net, enum icmpecho_drop reason),
	TP_ARGS(net, reason),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(int, reason)
	),
	TP_fast_assign(
		__entry->netns = net->ns.inum;
		__entry->reason = reason;
	),
	TP_printk("netns=%u reason=%s", __entry->netns,
		  __print_symbolic(__entry->reason,
				   { ICMPECHO_DROP_MALFORMED, "malformed" },
				   { ICMPECHO_DROP_UNMATCHED, "unmatched" },
				   { ICMPECHO_DROP_ADDRESS, "address" },
				   { ICMPECHO_DROP_CHECKSUM, "checksum" },
				   { ICMPECHO_DROP_LATE, "late" }))
);

#endif /* ICMPECHO_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
