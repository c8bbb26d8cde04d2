/* SPDX-License-Identifier: MIT */
/* Expressions of programs and of conditions. */
#ifndef LITMUS_EXPR_H
#define LITMUS_EXPR_H

#include "lex.h"
#include "litmus.h"

/* What names stand for while an expression is evaluated. */
struct scene {
	int registers[MAX_THREADS][MAX_REGISTERS];
	int locations[MAX_LOCATIONS];
};

int expr_number(struct litmus *test, struct lexer *lexer, int number);
/* An expression of a thread; it knows registers only. */
int expr_read(struct litmus *test, struct lexer *lexer, int thread);
/* A condition after `exists`. */
int expr_read_condition(struct litmus *test, struct lexer *lexer);

int expr_value(const struct litmus *test, int expr, const struct scene *scene);

/* The index of a name, or NONE. */
int name_find(char (*names)[MAX_NAME], int n, const char *name);

#endif
