/* SPDX-License-Identifier: MIT */
/* The words of a litmus file. */
#ifndef LITMUS_LEX_H
#define LITMUS_LEX_H

#include <stdbool.h>

#include "litmus.h"

enum word_kind {
	WORD_END,
	WORD_NAME,
	WORD_NUMBER,
	WORD_SIGN,
};

struct lexer {
	const char *path;
	char *text;
	const char *at;
	int line;
	bool in_code; /* where a parenthesis and a star begin no comment */
	enum word_kind kind; /* of the word that is next */
	char word[MAX_NAME];
};

void lex_open(struct lexer *lexer, const char *path);
void lex_close(struct lexer *lexer);
/* The rest of the line, before the first word was asked for. */
void lex_line(struct lexer *lexer, char *line);
void lex_next(struct lexer *lexer);

bool lex_is(const struct lexer *lexer, const char *word);
/* If the next word is this one: takes it. */
bool lex_accept(struct lexer *lexer, const char *word);
void lex_expect(struct lexer *lexer, const char *word);

_Noreturn void lex_fail(const struct lexer *lexer, const char *what);

#endif
