/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd, loaded when it is needed: it brings GnuTLS along, whose start takes longer
 * than most commands do.
 */
#ifndef TOOLS_MICROHTTPD_H
#define TOOLS_MICROHTTPD_H

#include <microhttpd.h>

/* Its functions without MHD_, each of the type that its header declares. */
struct microhttpd {
	__typeof__(MHD_add_response_header) *add_response_header;
	__typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
	__typeof__(MHD_destroy_response) *destroy_response;
	__typeof__(MHD_get_daemon_info) *get_daemon_info;
	__typeof__(MHD_lookup_connection_value) *lookup_connection_value;
	__typeof__(MHD_queue_response) *queue_response;
	__typeof__(MHD_resume_connection) *resume_connection;
	__typeof__(MHD_run) *run;
	__typeof__(MHD_start_daemon) *start_daemon;
	__typeof__(MHD_stop_daemon) *stop_daemon;
	__typeof__(MHD_suspend_connection) *suspend_connection;
};

/* Loads it at the first call. Returns NULL after a message. */
const struct microhttpd *microhttpd_load(void);

#endif /* TOOLS_MICROHTTPD_H */
