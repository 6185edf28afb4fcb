// SPDX-License-Identifier: GPL-2.0
/* Makes programs of the calls in calls.c, and changes programs. */
#include <string.h>

#include "keeper.h"
#include "random.h"

static const __u64 numbers[] = {
	0, 1, 2, 3, 7, 8, 16, 40, 41, 56, 57, 63, 64, 65, 88, 96, 104, 112, 120, 128, 129, 255,
	256, 1000, 1472, 1473, 4095, 4096, 4097, 8192, 65507, 65508, 65527, 65528, 65535, 65536,
	65537, 1 << 20, (1 << 20) + 1, 1000000, 1000000000, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
};

#define LENGTH(array)	(sizeof(array) / sizeof(*(array)))

void grammar_begin(__u32 seed)
{
	random_state = seed * 0x9e3779b1 ?: 1;
	random_below(2);
}

__u32 pick(__u32 n)
{
	return random_below(n);
}

static bool one_in(__u32 n)
{
	return !random_below(n);
}

static __u64 some_number(__u64 usual)
{
	switch (random_below(6)) {
	case 0:
		return usual + random_below(17) - 8;
	case 1:
		return 1ULL << random_below(64);
	case 2:
		return random_below(100);
	case 3:
		return random_below(70000);
	default:
		return numbers[random_below(LENGTH(numbers))];
	}
}

/* Mostly near the beginning of a page or its end, where an access crosses into the next */
static __u64 some_pointer(void)
{
	__u32 region = random_below(NR_REGIONS), offset = 0;

	switch (random_below(5)) {
	case 0:
		offset = random_below(2) * PAGE + PAGE - random_below(200);
		break;
	case 1:
		offset = random_below(2 * PAGE);
		break;
	case 2:
		offset = (__u32)numbers[random_below(LENGTH(numbers))];
		break;
	case 3:
		offset = PAGE;
		break;
	}
	if (one_in(3))
		offset &= ~7;
	return POINTER_TO(region, offset);
}

static __u32 count_of(const char *const *names)
{
	__u32 n = 0;

	while (names[n])
		n++;
	return n;
}

static __u64 some_value(const struct field *field)
{
	switch (field->kind) {
	case POINTER:
		return some_pointer();
	case ADDRESS:
		return random_below(count_of(addresses));
	case DESCRIPTOR:
		return random_below(NR_DESCRIPTORS);
	case ID:
		return one_in(8) ? some_number(0) : random_below(ID_NUMBERS);
	case DEADLINE:
		return one_in(4) ? ICMPECHO_FOREVER : some_number(field->usual);
	default:
		return some_number(field->usual);
	}
}

/* Flags and small numbers in which all bits mean something */
static bool some_bits(const struct field *field, __u64 *value)
{
	static const struct {
		const char *name;
		__u32 below;
	} bits[] = {
		{ "flags", 1 << 5 }, { "how", 1 << 6 }, { "region", NR_REGIONS },
		{ "change", NR_CHANGES }, { "thread", NR_THREADS }, { "to", NR_SESSIONS },
		{ "calls", 5 }, { "restarts", 2 }, { "leave", 2 }, { "count", 300 },
		{ "min", 8 }, { "max", 64 }, { "max_replies", 6 }, { "options_len", 42 },
		{ "first", NR_ECHOES }, { "run", 16 }, { "burst", 10 },
		{ "interval_ns", 3000000 }, { "us", 20000 },
	};
	unsigned int i;

	for (i = 0; i < LENGTH(bits); i++) {
		if (strcmp(field->name, bits[i].name))
			continue;
		*value = random_below(bits[i].below);
		return true;
	}
	return false;
}

static void give_value(struct op *op, unsigned int i)
{
	const struct field *field = &calls[op->call].fields[i];

	if (one_in(6) || !some_bits(field, &op->values[i]))
		op->values[i] = some_value(field);
	op->given |= 1U << i;
}

static __u8 some_call(void)
{
	unsigned int sum = 0, i;

	for (i = 0; i < NR_CALLS; i++)
		sum += calls[i].weight;
	sum = random_below(sum);
	for (i = 0; sum >= calls[i].weight; i++)
		sum -= calls[i].weight;
	return i;
}

/* Is it a field for which nearly all values are refused, or make no difference? */
static bool is_formal(const struct field *field)
{
	return strstr(field->name, "size") || !strcmp(field->name, "reserved") ||
	       !strcmp(field->name, "at");
}

/* Each field more that is unusual makes it likelier that the call is refused at once. */
static void make_op(struct op *op, unsigned int nr_threads)
{
	unsigned int often = 2 + random_below(10), i;

	memset(op, 0, sizeof(*op));
	op->call = some_call();
	op->thread = random_below(nr_threads);
	op->session = one_in(3) ? random_below(NR_SESSIONS) : 0;
	for (i = 0; i < calls[op->call].nr_fields; i++)
		if (one_in(often) && (one_in(4) || !is_formal(&calls[op->call].fields[i])))
			give_value(op, i);
	/* Leave some good ones. */
	if (op->call == CALL_ECHO && !one_in(4))
		give_value(op, ECHO_RUN);
}

void grammar_make(struct program *program)
{
	unsigned int nr_threads = one_in(2) ? 1 : 2 + random_below(NR_THREADS - 1), i;

	memset(program, 0, sizeof(*program));
	program->ms = 2 + random_below(30);
	program->abrupt = one_in(8);
	program->nr_ops = 1 + random_below(12);
	for (i = 0; i < program->nr_ops; i++)
		make_op(&program->ops[i], nr_threads);
}

static void insert_op(struct program *program)
{
	unsigned int at = random_below(program->nr_ops + 1);

	if (program->nr_ops == NR_OPS)
		return;
	memmove(&program->ops[at + 1], &program->ops[at],
		(program->nr_ops - at) * sizeof(program->ops[0]));
	make_op(&program->ops[at], NR_THREADS);
	program->nr_ops++;
}

static void remove_op(struct program *program)
{
	unsigned int at = random_below(program->nr_ops);

	if (program->nr_ops == 1)
		return;
	program->nr_ops--;
	memmove(&program->ops[at], &program->ops[at + 1],
		(program->nr_ops - at) * sizeof(program->ops[0]));
}

static void change_op(struct program *program)
{
	struct op *op = &program->ops[random_below(program->nr_ops)];
	unsigned int n = calls[op->call].nr_fields;

	switch (random_below(8)) {
	case 0:
		op->thread = random_below(NR_THREADS);
		break;
	case 1:
		op->session = random_below(NR_SESSIONS);
		break;
	case 2:
		op->given &= ~(1U << random_below(32));
		break;
	default:
		if (n)
			give_value(op, random_below(n));
	}
}

static void swap_ops(struct program *program)
{
	struct op *a = &program->ops[random_below(program->nr_ops)];
	struct op *b = &program->ops[random_below(program->nr_ops)];
	struct op op = *a;

	*a = *b;
	*b = op;
}

void grammar_change(struct program *program)
{
	unsigned int n = 1 + random_below(4);

	while (n--) {
		switch (random_below(8)) {
		case 0:
		case 1:
			insert_op(program);
			break;
		case 2:
			remove_op(program);
			break;
		case 3:
			swap_ops(program);
			break;
		default:
			change_op(program);
		}
	}
	if (one_in(8))
		program->ms = 2 + random_below(50);
	if (one_in(8))
		program->abrupt = one_in(4);
}
