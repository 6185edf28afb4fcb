// SPDX-License-Identifier: MIT
/* Finds libmicrohttpd and its functions. */
#ifdef HAS_MICROHTTPD
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "message.h"
#include "microhttpd.h"

/* The binary interface that the header has described since 0.9.71. */
#define LIBRARY	"libmicrohttpd.so.12"

#define FUNCTION(name)	{ "MHD_" #name, offsetof(struct microhttpd, name) }

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(add_response_header),
	FUNCTION(create_response_from_buffer),
	FUNCTION(destroy_response),
	FUNCTION(get_daemon_info),
	FUNCTION(lookup_connection_value),
	FUNCTION(queue_response),
	FUNCTION(resume_connection),
	FUNCTION(run),
	FUNCTION(start_daemon),
	FUNCTION(stop_daemon),
	FUNCTION(suspend_connection),
};

static int find_functions(void *library, struct microhttpd *microhttpd)
{
	void *function;
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		function = dlsym(library, functions[i].name);
		if (!function)
			return -1;
		/* C has no cast from a pointer to data to one to a function; dlsym(3) needs it. */
		memcpy((char *)microhttpd + functions[i].offset, &function, sizeof(function));
	}
	return 0;
}

/* It stays: what GnuTLS has set up is not made to be unloaded. */
const struct microhttpd *microhttpd_load(void)
{
	static struct microhttpd microhttpd;
	static void *library;

	if (library)
		return &microhttpd;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library && !find_functions(library, &microhttpd))
		return &microhttpd;
	complain("pages by HTTP need " LIBRARY ", which is in the package libmicrohttpd or, with "
		 "its version in the name, libmicrohttpd12: %s", dlerror());
	library = NULL;
	return NULL;
}

#endif
