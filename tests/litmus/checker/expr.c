/* SPDX-License-Identifier: MIT */
#include "expr.h"

#include <stdlib.h>
#include <string.h>

int name_find(char (*names)[MAX_NAME], int n, const char *name)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return NONE;
}

static int add(struct litmus *test, struct lexer *lexer, struct expr expr)
{
	if (test->nexprs == MAX_EXPRS)
		lex_fail(lexer, "too long");
	test->exprs[test->nexprs] = expr;
	return test->nexprs++;
}

static int add_pair(struct litmus *test, struct lexer *lexer,
		    enum expr_kind kind, int left, int right)
{
	return add(test, lexer,
		   (struct expr){ .kind = kind, .left = left, .right = right });
}

int expr_number(struct litmus *test, struct lexer *lexer, int number)
{
	return add(test, lexer,
		   (struct expr){ .kind = EXPR_NUMBER, .number = number });
}

static int read_number(struct lexer *lexer)
{
	int number = atoi(lexer->word);

	if (lexer->kind != WORD_NUMBER)
		lex_fail(lexer, "a number expected");
	lex_next(lexer);
	return number;
}

static int read_register(struct litmus *test, struct lexer *lexer, int thread)
{
	struct thread *t = &test->threads[thread];
	int reg = name_find(t->registers, t->nregisters, lexer->word);

	if (reg == NONE)
		lex_fail(lexer, "no such register");
	lex_next(lexer);
	return add_pair(test, lexer, EXPR_REGISTER, thread, reg);
}

/* ---- programs -------------------------------------------------- */

static int read_atom(struct litmus *test, struct lexer *lexer, int thread)
{
	int inner;

	if (lex_accept(lexer, "!"))
		return add_pair(test, lexer, EXPR_NOT,
				read_atom(test, lexer, thread), NONE);
	if (lex_accept(lexer, "(")) {
		inner = expr_read(test, lexer, thread);
		lex_expect(lexer, ")");
		return inner;
	}
	if (lexer->kind == WORD_NUMBER)
		return expr_number(test, lexer, read_number(lexer));
	return read_register(test, lexer, thread);
}

static int read_sum(struct litmus *test, struct lexer *lexer, int thread)
{
	int left = read_atom(test, lexer, thread);

	while (lex_is(lexer, "+") || lex_is(lexer, "-")) {
		enum expr_kind kind =
			lex_is(lexer, "+") ? EXPR_PLUS : EXPR_MINUS;

		lex_next(lexer);
		left = add_pair(test, lexer, kind, left,
				read_atom(test, lexer, thread));
	}
	return left;
}

int expr_read(struct litmus *test, struct lexer *lexer, int thread)
{
	int left = read_sum(test, lexer, thread);
	enum expr_kind kind = EXPR_EQUAL;

	if (lex_is(lexer, "!="))
		kind = EXPR_DIFFERENT;
	else if (!lex_is(lexer, "=="))
		return left;
	lex_next(lexer);
	return add_pair(test, lexer, kind, left, read_sum(test, lexer, thread));
}

/* ---- conditions ------------------------------------------------ */

static int read_place(struct litmus *test, struct lexer *lexer)
{
	bool brackets;
	int location, thread;

	if (lexer->kind == WORD_NUMBER) {
		thread = read_number(lexer);
		if (thread >= test->nthreads)
			lex_fail(lexer, "no such thread");
		lex_expect(lexer, ":");
		return read_register(test, lexer, thread);
	}
	brackets = lex_accept(lexer, "[");
	location = name_find(test->locations, test->nlocations, lexer->word);
	if (location == NONE)
		lex_fail(lexer, "no such location");
	lex_next(lexer);
	if (brackets)
		lex_expect(lexer, "]");
	return add_pair(test, lexer, EXPR_LOCATION, NONE, location);
}

static int read_proposition(struct litmus *test, struct lexer *lexer)
{
	int inner, left;

	if (lex_accept(lexer, "~"))
		return add_pair(test, lexer, EXPR_NOT,
				read_proposition(test, lexer), NONE);
	if (lex_accept(lexer, "(")) {
		inner = expr_read_condition(test, lexer);
		lex_expect(lexer, ")");
		return inner;
	}
	left = read_place(test, lexer);
	lex_expect(lexer, "=");
	inner = expr_number(test, lexer, read_number(lexer));
	return add_pair(test, lexer, EXPR_EQUAL, left, inner);
}

static int read_conjunction(struct litmus *test, struct lexer *lexer)
{
	int left = read_proposition(test, lexer);

	while (lex_accept(lexer, "/\\"))
		left = add_pair(test, lexer, EXPR_AND, left,
				read_proposition(test, lexer));
	return left;
}

int expr_read_condition(struct litmus *test, struct lexer *lexer)
{
	int left = read_conjunction(test, lexer);

	while (lex_accept(lexer, "\\/"))
		left = add_pair(test, lexer, EXPR_OR, left,
				read_conjunction(test, lexer));
	return left;
}

/* ---- values ---------------------------------------------------- */

int expr_value(const struct litmus *test, int expr, const struct scene *scene)
{
	const struct expr *e = &test->exprs[expr];
	int left, right;

	switch (e->kind) {
	case EXPR_NUMBER:
		return e->number;
	case EXPR_REGISTER:
		return scene->registers[e->left][e->right];
	case EXPR_LOCATION:
		return scene->locations[e->right];
	case EXPR_NOT:
		return !expr_value(test, e->left, scene);
	default:
		break;
	}
	left = expr_value(test, e->left, scene);
	right = expr_value(test, e->right, scene);
	switch (e->kind) {
	case EXPR_PLUS:
		return left + right;
	case EXPR_MINUS:
		return left - right;
	case EXPR_EQUAL:
		return left == right;
	case EXPR_DIFFERENT:
		return left != right;
	case EXPR_AND:
		return left && right;
	default:
		return left || right;
	}
}
