/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hostile network against 10,000 requests in flight. Its parts:
 *
 *	requests.c	the requests: their secrets, their identities, who is in flight
 *	grammar.c	the packets: replies, errors, fragments, each right or with flaws
 *	flaws.c		what can be wrong about a packet
 *	host.c		what a host owes a packet, by the RFCs: up to its ICMP message
 *	message.c	and what it owes that message, by <linux/icmpecho.h> as well
 *	reassembly.c	how a host puts fragments together
 *	counters.c	what counters have to show then, and whether they do
 *	network_fuzz.c	sends it all, and compares
 *
 * The second half knows nothing of the first, and nothing of the module's code: it reads
 * the bytes of a packet as they go onto the wire. It does know which of two counters the
 * kernel takes for a packet that deserves both.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>

#include "family.h"

#define NR_TARGETS	10000
#define MAX_SECRET	256
#define MAX_REQUEST	(40 + 8 + MAX_SECRET)
/* How much of an answer the requests ask for */
#define CAPACITY	512

/* The targets are requests to so many hosts, */
#define NR_HOSTS	200
/* of which so many also answer in fragments, so that these meet. */
#define NR_FRAGMENTING	8

/* A request. When it has ended, another one takes its place. */
struct target {
	struct target *next;			/* with the same hash of the identity */
	unsigned char secret[MAX_SECRET];	/* its payload */
	unsigned int secret_len;
	unsigned char wire[MAX_REQUEST];	/* the packet, from its IP header on */
	unsigned int wire_len;
	__u32 identity;				/* identifier, then sequence number */
	__u32 late;				/* identity of the request before it */
	bool in_flight;
};

extern struct target targets[NR_TARGETS];
extern const struct family *family;

/* Look at what leaves near, and build the addresses of the hosts. */
void requests_open(const struct pair *pair);
/* Submit requests in place of all that have ended. Returns how many that were. */
unsigned int requests_refill(int fd);
/* The request in flight that has this identity, or NULL */
struct target *request_find(__u32 identity);
void request_end(struct target *target);
/* The packet of the request, as the attacker has seen it */
void request_see(const struct target *target, struct packet *packet);

/* What becomes of a packet */
enum fate {
	FATE_HEADER,		/* its IP header or an extension header is wrong */
	FATE_TRUNCATED,		/* is shorter than it says */
	FATE_ADDRESS,		/* is for another host */
	FATE_MARTIAN,		/* is from where nothing can come from */
	FATE_SOURCE_ROUTE,	/* has a source route */
	FATE_PROTOCOL,		/* has another protocol */
	FATE_NOTHING,		/* says that nothing follows its headers */
	FATE_HELD,		/* is a fragment that waits for others, or repeats one */
	FATE_FRAGMENT,		/* is a fragment that contradicts others: all are dropped */
	FATE_SHORT,		/* its ICMP header is not all there */
	FATE_TYPE,		/* neither a reply nor an error */
	FATE_QUOTE,		/* an error about something other than an echo request */
	FATE_MALFORMED,
	FATE_CHECKSUM,
	FATE_UNMATCHED,		/* no request in flight has its identity */
	FATE_OTHERS,		/* that request has other addresses */
	FATE_ANSWER,		/* it completes its request */
	NR_FATES,
};

extern const char *const fate_names[NR_FATES];

/* The completion that an answer deserves */
struct answer {
	struct target *target;
	bool reply;
	unsigned char from[16];
	unsigned char type, code, ttl, tos;
	__u32 info;
	unsigned int len;		/* of its data */
	unsigned char data[CAPACITY];	/* their beginning */
};

void host_open(void);
/* What becomes of a packet that arrives now. Fills in @answer if it is one. */
enum fate host_receive(const unsigned char *packet, unsigned int len, struct answer *answer);

/* An ICMP message that the IP layer delivers, and the IP header that came with it */
struct message {
	const unsigned char *ip;
	const unsigned char *icmp;
	unsigned int len;
};

enum fate message_receive(const struct message *message, struct answer *answer);

static inline unsigned int be16(const unsigned char *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

/* A fragment of a packet: bytes @begin to @end of what follows its headers */
struct fragment {
	const unsigned char *ip;
	const unsigned char *data;
	__u32 id;
	unsigned int begin;
	unsigned int end;
	bool more;		/* others follow */
	unsigned char protocol;	/* of what follows, in IPv6 */
};

struct whole {
	unsigned char ip[40];	/* header of the first fragment */
	unsigned char protocol;
	unsigned int len;
	unsigned char *bytes;	/* until the next call */
};

enum reassembly { REASSEMBLY_HELD, REASSEMBLY_FAILED, REASSEMBLY_WHOLE };

enum reassembly reassemble(const struct fragment *fragment, struct whole *whole);

/* What the host and the module count */
enum counter {
	COUNT_RECEIVED,
	COUNT_HEADER,
	COUNT_TRUNCATED,
	COUNT_ADDRESS,
	COUNT_MARTIAN,
	COUNT_PROTOCOL,
	COUNT_DISCARDED,
	COUNT_DELIVERED,
	COUNT_FRAGMENTS,
	COUNT_WHOLE,
	COUNT_FRAGMENT_FAILS,
	COUNT_MESSAGES,
	COUNT_CHECKSUM,
	COUNT_MODULE_MALFORMED,
	COUNT_MODULE_UNMATCHED,
	COUNT_MODULE_ADDRESS,
	COUNT_MODULE_CHECKSUM,
	COUNT_MODULE_LATE,
	COUNT_REPLIES,
	COUNT_ERRORS,
	COUNT_TIMEOUTS,
	COUNT_NOT_SENT,
	NR_NAMED,
	COUNT_TYPE = NR_NAMED,	/* ICMP messages of type 0; and so on */
	NR_COUNTERS = COUNT_TYPE + 256,
};

/* From now on, counters count from 0. */
void counters_begin(int fd);
/* The packet that has just been received is to be counted here. */
void count(enum counter counter);
/* Wait until all named counters are as they must be. False if they never are; says why. */
bool counters_agree(int fd);
/* The same for the types of ICMP messages */
bool counters_agree_on_types(int fd);
void counters_print(int fd);

/* A number below @n, the same each time for the same seed */
unsigned int pick(unsigned int n);
void pick_from(unsigned int seed);
void pick_bytes(unsigned char *bytes, unsigned int len);

/* Forms of messages, as bits */
#define FORM_REPLY	1
#define FORM_ERROR	2
#define FORM_ALL	(FORM_REPLY | FORM_ERROR)

/* The packet in the making, and the request that it is made for */
extern struct packet draft;
extern const struct target *victim;

/**
 * struct flaw - what is wrong about a packet
 * @name: it is wrong that ...
 * @forms: forms of messages that can have it
 * @family: of this family alone, or 0
 * @of_ip: the IP layer sees it, so there is no use of another flaw behind it
 * @weight: how often
 * @forge: changes the draft, which is sealed afterwards
 * @unseal: changes the sealed draft
 */
struct flaw {
	const char *name;
	unsigned int forms;
	int family;
	bool of_ip;
	unsigned int weight;
	void (*forge)(void);
	void (*unseal)(void);
};

extern const struct flaw flaws[];
extern const unsigned int nr_flaws;

/* A flaw that a message of the form can have */
const struct flaw *flaw_pick(unsigned int form, bool of_message_alone);

/* Options or extension headers that change nothing, in front of the message or in a quote */
void put_good_headers(void);
void quote_good_extensions(void);

/* Make some packets, and call this for each. */
void grammar_next(void);
/* Make the right reply to some request. */
void grammar_right_reply(void);

/* Kinds of packets by name, in the order of the grammar */
unsigned int grammar_nr_kinds(void);
const char *grammar_kind(unsigned int kind);

/*
 * In network_fuzz.c: submit the request of targets[@index], and read a line of fdinfo. (The
 * other parts cannot include icmpecho_test.h, which is for a program with the harness.)
 */
void session_submit(int fd, unsigned int index, const unsigned char *host);
long long session_counter(int fd, const char *name);

/* And: the packet goes onto the wire. */
void send_packet(const struct packet *packet, unsigned int kind);

#endif /* NETWORK_H */
