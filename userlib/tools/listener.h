/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server in the loop of the engine, by libmicrohttpd. It knows nothing of metrics: a
 * request comes to handle(), which answers it at once or later.
 */
#ifndef TOOLS_LISTENER_H
#define TOOLS_LISTENER_H

#include <stddef.h>

#include "engine.h"

struct listener;
struct exchange;			/* a request and its response */

/* Each request ends in one call of exchange_respond(), in handle() or later. */
typedef void (*listener_handle)(void *self, struct exchange *exchange);

/*
 * Opens a socket. @text is ADDRESS:PORT with a numeric address, of which an IPv6 one is in
 * brackets; without an address, all addresses of the host. Returns it, or -1 after a
 * message.
 */
int listener_socket(const char *text);

/*
 * Serves a socket, which it closes in the end. Returns NULL after a message. Before
 * listener_close(), each exchange must have its response.
 */
struct listener *listener_open(int fd, struct engine *engine, listener_handle handle, void *self);
void listener_close(struct listener *listener);

/* Ends connections on which nothing happens. To be called about once a second. */
void listener_tick(struct listener *listener);

/* What the request asks for. Texts live as long as the exchange; NULL: there is none. */
const char *exchange_path(const struct exchange *exchange);
const char *exchange_query(const struct exchange *exchange, const char *name);
const char *exchange_header(const struct exchange *exchange, const char *name);

/* Answers it. @body is freed with free(). The exchange is gone. */
void exchange_respond(struct exchange *exchange, unsigned int status, const char *content_type,
		      char *body, size_t len);

/* The same with a line of text. */
void exchange_refuse(struct exchange *exchange, unsigned int status, const char *text);

#endif /* TOOLS_LISTENER_H */
