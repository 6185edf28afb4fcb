// SPDX-License-Identifier: MIT
/* The HTTP server. */
#ifdef HAS_MICROHTTPD
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "listener.h"
#include "message.h"
#include "microhttpd.h"
#include "parse.h"

#define BACKLOG		64
#define MAX_CONNECTIONS	256
#define IDLE_S		30
#define LAST_RUNS	4
#define CONNECTION_BYTES	16384

/* "ADDRESS:PORT" or ":PORT" */
static int parse_address(const char *text, struct sockaddr_storage *sockaddr, socklen_t *len)
{
	const char *colon = strrchr(text, ':');
	struct address address = { .family = AF_INET6 };
	size_t host_len = colon ? (size_t)(colon - text) : 0;
	char host[ADDRESS_TEXT_LEN];
	uint64_t port;

	if (!colon || host_len >= sizeof(host) || parse_number(colon + 1, 0, 65535, &port))
		return -1;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']') {
		host[host_len - 1] = '\0';
		if (address_parse(&address, host + 1, AF_INET6))
			return -1;
	} else if (host_len && address_parse(&address, host, AF_INET)) {
		return -1;
	}
	*len = address_to_sockaddr(&address, sockaddr);
	/* address_to_sockaddr() knows no unspecified address. */
	if (!*len) {
		sockaddr->ss_family = address.family;
		*len = address.family == AF_INET ? sizeof(struct sockaddr_in) :
						   sizeof(struct sockaddr_in6);
	}
	/* The port is at the same place in both families. */
	((struct sockaddr_in *)sockaddr)->sin_port = htons((uint16_t)port);
	return 0;
}

int listener_socket(const char *text)
{
	struct sockaddr_storage sockaddr = { 0 };
	socklen_t len;
	int fd, one = 1;

	if (parse_address(text, &sockaddr, &len))
		return complain("'%s' is not ADDRESS:PORT, as in 127.0.0.1:9427 or [::1]:9427",
				text);
	fd = socket(sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return complain("cannot make a socket for %s: %s", text, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&sockaddr, len) && !listen(fd, BACKLOG))
		return fd;
	complain("cannot listen on %s: %s", text, strerror(errno));
	close(fd);
	return -1;
}

/* From listener_open() on */
static const struct microhttpd *mhd;

struct listener {
	struct MHD_Daemon *daemon;
	struct engine *engine;
	int fd;				/* of libmicrohttpd's epoll */
	listener_handle handle;
	void *self;
};

struct exchange {
	struct MHD_Connection *connection;
	const char *path;
	struct MHD_Response *response;
	unsigned int status;
	bool is_handled;		/* handle() has seen it */
	bool is_suspended;
};

const char *exchange_path(const struct exchange *exchange)
{
	return exchange->path;
}

const char *exchange_query(const struct exchange *exchange, const char *name)
{
	return mhd->lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
	return mhd->lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

void exchange_respond(struct exchange *exchange, unsigned int status, const char *content_type,
		      char *body, size_t len)
{
	exchange->response = mhd->create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!exchange->response) {
		free(body);
	} else {
		mhd->add_response_header(exchange->response, "Content-Type", content_type);
		mhd->add_response_header(exchange->response, "Cache-Control", "no-store");
	}
	exchange->status = status;
	if (exchange->is_suspended)
		mhd->resume_connection(exchange->connection);
	exchange->is_suspended = false;
}

void exchange_refuse(struct exchange *exchange, unsigned int status, const char *text)
{
	size_t len = strlen(text);
	char *body = allocate(1, len + 1);

	memcpy(body, text, len);
	body[len] = '\n';
	exchange_respond(exchange, status, "text/plain; charset=utf-8", body, len + 1);
}

/* A connection without a response, for which there was no memory, is closed. */
static enum MHD_Result queue_response(struct exchange *exchange)
{
	enum MHD_Result result;

	if (!exchange->response)
		return MHD_NO;
	result = mhd->queue_response(exchange->connection, exchange->status, exchange->response);
	mhd->destroy_response(exchange->response);
	exchange->response = NULL;
	return result;
}

/*
 * libmicrohttpd calls it when the headers are there, for each piece of a body, at the end of
 * that, and again when a suspended connection goes on.
 */
static enum MHD_Result handle(void *self, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *body,
			      size_t *body_len, void **data)
{
	struct listener *listener = self;
	struct exchange *exchange = *data;

	(void)version;
	(void)body;
	if (!exchange) {
		exchange = allocate(1, sizeof(*exchange));
		exchange->connection = connection;
		exchange->path = url;
		*data = exchange;
		return MHD_YES;
	}
	if (*body_len) {
		*body_len = 0;
		return MHD_YES;
	}
	if (!exchange->is_handled) {
		exchange->is_handled = true;
		if (strcmp(method, "GET") && strcmp(method, "HEAD"))
			exchange_refuse(exchange, MHD_HTTP_METHOD_NOT_ALLOWED,
					"only GET and HEAD are allowed");
		else
			listener->handle(listener->self, exchange);
		if (!exchange->response) {
			exchange->is_suspended = true;
			mhd->suspend_connection(connection);
			return MHD_YES;
		}
	}
	return queue_response(exchange);
}

static void forget(void *self, struct MHD_Connection *connection, void **data,
		   enum MHD_RequestTerminationCode reason)
{
	struct exchange *exchange = *data;

	(void)self;
	(void)connection;
	(void)reason;
	if (exchange && exchange->response)
		mhd->destroy_response(exchange->response);
	free(exchange);
	*data = NULL;
}

static void log_error(void *self, const char *format, va_list arguments)
{
	char text[256];

	(void)self;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\r\n")] = '\0';
	complain("HTTP: %s", text);
}

static void ready(void *self, short revents)
{
	struct listener *listener = self;

	(void)revents;
	mhd->run(listener->daemon);
}

void listener_tick(struct listener *listener)
{
	mhd->run(listener->daemon);
}

static struct MHD_Daemon *start_daemon(struct listener *listener, int fd)
{
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_error, NULL },
		{ MHD_OPTION_LISTEN_SOCKET, fd, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)forget, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_Daemon *daemon;

	mhd = microhttpd_load();
	if (!mhd)
		return NULL;
	daemon = mhd->start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
				   NULL, NULL, handle, listener, MHD_OPTION_ARRAY, options,
				   MHD_OPTION_END);
	if (!daemon)
		complain("cannot start the HTTP server: %s", strerror(errno));
	return daemon;
}

struct listener *listener_open(int fd, struct engine *engine, listener_handle handle_request,
			       void *self)
{
	struct listener *listener = allocate(1, sizeof(*listener));

	listener->engine = engine;
	listener->handle = handle_request;
	listener->self = self;
	listener->daemon = start_daemon(listener, fd);
	if (!listener->daemon) {
		close(fd);
		free(listener);
		return NULL;
	}
	listener->fd = mhd->get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	engine_watch(engine, listener->fd, POLLIN, ready, listener);
	return listener;
}

void listener_close(struct listener *listener)
{
	int i;

	if (!listener)
		return;
	engine_watch(listener->engine, listener->fd, 0, NULL, NULL);
	/* The last responses: a run resumes the connections, the next ones write. */
	for (i = 0; i < LAST_RUNS; i++)
		mhd->run(listener->daemon);
	mhd->stop_daemon(listener->daemon);
	free(listener);
}

#endif
