/* SPDX-License-Identifier: MIT */
/*
 * The part of herd7's language for C that the tests need: C11's atomics on
 * named locations, the kernel's names for the same and for RCU, registers,
 * and `if`.
 */
#include "litmus.h"

#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "lex.h"

struct primitive {
	const char *name;
	enum op op;
	enum order order;
	bool has_location, has_value, has_order;
};

/*
 * The kernel's xchg() is a full barrier on both sides. Here it is one access
 * that is sequentially consistent, which is less: what is impossible here is
 * impossible there.
 */
static const struct primitive primitives[] = {
	{ "atomic_load_explicit", OP_LOAD, RELAXED, true, false, true },
	{ "atomic_store_explicit", OP_STORE, RELAXED, true, true, true },
	{ "atomic_exchange_explicit", OP_SWAP, RELAXED, true, true, true },
	{ "atomic_fetch_add_explicit", OP_ADD, RELAXED, true, true, true },
	{ "atomic_thread_fence", OP_FENCE, RELAXED, false, false, true },
	{ "READ_ONCE", OP_LOAD, RELAXED, true, false, false },
	{ "WRITE_ONCE", OP_STORE, RELAXED, true, true, false },
	{ "smp_load_acquire", OP_LOAD, ACQUIRE, true, false, false },
	{ "smp_store_release", OP_STORE, RELEASE, true, true, false },
	{ "xchg", OP_SWAP, SEQ_CST, true, true, false },
	{ "smp_mb", OP_FENCE, SEQ_CST, false, false, false },
	{ "rcu_read_lock", OP_RCU_LOCK, RELAXED, false, false, false },
	{ "rcu_read_unlock", OP_RCU_UNLOCK, RELAXED, false, false, false },
	{ "synchronize_rcu", OP_GRACE_PERIOD, SEQ_CST, false, false, false },
};

static const struct {
	const char *name;
	enum order order;
} orders[] = {
	{ "memory_order_relaxed", RELAXED },
	{ "memory_order_acquire", ACQUIRE },
	{ "memory_order_release", RELEASE },
	{ "memory_order_acq_rel", ACQ_REL },
	{ "memory_order_seq_cst", SEQ_CST },
};

struct parser {
	struct lexer lexer;
	struct litmus *test;
	int thread;
	unsigned int parameters; /* the locations that the thread was given */
};

static struct thread *thread_of(struct parser *p)
{
	return &p->test->threads[p->thread];
}

static struct step *add_step(struct parser *p, enum op op)
{
	struct thread *t = thread_of(p);

	if (t->nsteps == MAX_STEPS)
		lex_fail(&p->lexer, "the thread is too long");
	t->steps[t->nsteps] = (struct step){ .op = op, .reg = NONE };
	return &t->steps[t->nsteps++];
}

static void copy_name(struct parser *p, char *name)
{
	if (p->lexer.kind != WORD_NAME)
		lex_fail(&p->lexer, "a name expected");
	strcpy(name, p->lexer.word);
	lex_next(&p->lexer);
}

static int add_location(struct parser *p, const char *name)
{
	struct litmus *test = p->test;
	int i = name_find(test->locations, test->nlocations, name);

	if (i != NONE)
		return i;
	if (test->nlocations == MAX_LOCATIONS)
		lex_fail(&p->lexer, "too many locations");
	strcpy(test->locations[test->nlocations], name);
	return test->nlocations++;
}

/* ---- steps ----------------------------------------------------- */

static int read_location(struct parser *p)
{
	char name[MAX_NAME];
	int i;

	lex_accept(&p->lexer, "*");
	copy_name(p, name);
	i = name_find(p->test->locations, p->test->nlocations, name);
	if (i == NONE || (p->parameters >> i & 1) == 0)
		lex_fail(&p->lexer, "not a parameter of this thread");
	return i;
}

static enum order read_order(struct parser *p)
{
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (lex_accept(&p->lexer, orders[i].name))
			return orders[i].order;
	lex_fail(&p->lexer, "a memory order expected");
}

static const struct primitive *find_primitive(const struct lexer *lexer)
{
	size_t i;

	for (i = 0; i < sizeof(primitives) / sizeof(primitives[0]); i++)
		if (lex_is(lexer, primitives[i].name))
			return &primitives[i];
	return NULL;
}

/* C has no load that releases and no store that acquires. */
static void check_order(struct parser *p, const struct step *s)
{
	if ((s->op == OP_LOAD &&
	     (s->order == RELEASE || s->order == ACQ_REL)) ||
	    (s->op == OP_STORE && (s->order == ACQUIRE || s->order == ACQ_REL)))
		lex_fail(&p->lexer, "an order that this access cannot have");
}

static void read_primitive(struct parser *p, const struct primitive *primitive,
			   int reg)
{
	struct step s = {
		.op = primitive->op,
		.order = primitive->order,
		.reg = reg,
	};
	bool first = true;

	if (reg != NONE && !op_reads(s.op))
		lex_fail(&p->lexer, "this has no value");
	lex_next(&p->lexer);
	lex_expect(&p->lexer, "(");
	if (primitive->has_location) {
		s.location = read_location(p);
		first = false;
	}
	if (primitive->has_value) {
		lex_expect(&p->lexer, ",");
		s.value = expr_read(p->test, &p->lexer, p->thread);
	}
	if (primitive->has_order) {
		if (!first)
			lex_expect(&p->lexer, ",");
		s.order = read_order(p);
	}
	lex_expect(&p->lexer, ")");
	check_order(p, &s);
	*add_step(p, s.op) = s;
}

static int read_target(struct parser *p, bool declares)
{
	struct thread *t = thread_of(p);
	int reg = name_find(t->registers, t->nregisters, p->lexer.word);

	if (!declares) {
		if (reg == NONE)
			lex_fail(&p->lexer, "no such register");
		lex_next(&p->lexer);
		return reg;
	}
	if (reg != NONE)
		lex_fail(&p->lexer, "declared already");
	if (t->nregisters == MAX_REGISTERS)
		lex_fail(&p->lexer, "too many registers");
	copy_name(p, t->registers[t->nregisters]);
	return t->nregisters++;
}

static void read_assignment(struct parser *p)
{
	const struct primitive *primitive;
	bool declares = lex_accept(&p->lexer, "int");
	int reg = read_target(p, declares), value;

	if (declares && lex_is(&p->lexer, ";"))
		return;
	lex_expect(&p->lexer, "=");
	primitive = find_primitive(&p->lexer);
	if (primitive != NULL) {
		read_primitive(p, primitive, reg);
		return;
	}
	value = expr_read(p->test, &p->lexer, p->thread);
	*add_step(p, OP_SET) = (struct step){
		.op = OP_SET,
		.reg = reg,
		.value = value,
	};
}

static void read_statement(struct parser *p);

/* `if`: a jump over what is not done */
static void read_branch(struct parser *p)
{
	struct thread *t = thread_of(p);
	int value, over, out;

	lex_expect(&p->lexer, "(");
	value = expr_read(p->test, &p->lexer, p->thread);
	lex_expect(&p->lexer, ")");
	over = t->nsteps;
	add_step(p, OP_JUMP_UNLESS)->value = value;
	read_statement(p);
	if (lex_accept(&p->lexer, "else")) {
		out = t->nsteps;
		add_step(p, OP_JUMP);
		t->steps[over].target = t->nsteps;
		read_statement(p);
		t->steps[out].target = t->nsteps;
	} else {
		t->steps[over].target = t->nsteps;
	}
}

static void read_statement(struct parser *p)
{
	const struct primitive *primitive;

	if (lex_accept(&p->lexer, "{")) {
		while (!lex_accept(&p->lexer, "}"))
			read_statement(p);
		return;
	}
	if (lex_accept(&p->lexer, "if")) {
		read_branch(p);
		return;
	}
	primitive = find_primitive(&p->lexer);
	if (primitive != NULL)
		read_primitive(p, primitive, NONE);
	else
		read_assignment(p);
	lex_expect(&p->lexer, ";");
}

/* ---- the file -------------------------------------------------- */

static void read_name(struct parser *p)
{
	char line[MAX_NAME];

	lex_line(&p->lexer, line);
	if (strncmp(line, "C ", 2) != 0 || line[2] == '\0')
		lex_fail(&p->lexer, "the first line is not \"C NAME\"");
	strcpy(p->test->name, line + 2);
}

/* { x = 0; int y = 1; }: what is not named starts as 0 */
static void read_initial(struct parser *p)
{
	char name[MAX_NAME];
	int location;

	lex_expect(&p->lexer, "{");
	while (!lex_accept(&p->lexer, "}")) {
		lex_accept(&p->lexer, "int");
		copy_name(p, name);
		location = add_location(p, name);
		if (lex_accept(&p->lexer, "=")) {
			if (p->lexer.kind != WORD_NUMBER)
				lex_fail(&p->lexer, "a number expected");
			p->test->initial[location] = atoi(p->lexer.word);
			lex_next(&p->lexer);
		}
		lex_expect(&p->lexer, ";");
	}
}

/* Parameters are the locations: only their names matter. */
static void read_parameters(struct parser *p)
{
	char name[MAX_NAME] = "";

	p->parameters = 0;
	lex_expect(&p->lexer, "(");
	while (!lex_accept(&p->lexer, ")")) {
		if (lex_accept(&p->lexer, "*"))
			continue;
		if (lex_accept(&p->lexer, ","))
			p->parameters |= 1U << add_location(p, name);
		else
			copy_name(p, name);
	}
	if (name[0] != '\0')
		p->parameters |= 1U << add_location(p, name);
}

static void read_threads(struct parser *p)
{
	p->lexer.in_code = true;
	while (!lex_is(&p->lexer, "exists")) {
		char name[] = { 'P', (char)('0' + p->test->nthreads), '\0' };

		if (p->test->nthreads == MAX_THREADS)
			lex_fail(&p->lexer, "too many threads");
		lex_expect(&p->lexer, name);
		p->thread = p->test->nthreads++;
		read_parameters(p);
		if (!lex_is(&p->lexer, "{"))
			lex_fail(&p->lexer, "\"{\" expected");
		read_statement(p);
	}
}

void litmus_read(struct litmus *test, const char *path)
{
	struct parser p = { .test = test };

	memset(test, 0, sizeof(*test));
	lex_open(&p.lexer, path);
	read_name(&p);
	lex_next(&p.lexer);
	read_initial(&p);
	read_threads(&p);
	p.lexer.in_code = false;
	lex_expect(&p.lexer, "exists");
	test->condition = expr_read_condition(test, &p.lexer);
	if (p.lexer.kind != WORD_END)
		lex_fail(&p.lexer, "nothing expected here");
	lex_close(&p.lexer);
}
