/* SPDX-License-Identifier: MIT */
#include "lex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_FILE = 1 << 16,
};

_Noreturn void lex_fail(const struct lexer *lexer, const char *what)
{
	fprintf(stderr, "%s:%d: %s", lexer->path, lexer->line, what);
	if (lexer->word[0] != '\0')
		fprintf(stderr, ", at \"%s\"", lexer->word);
	fputc('\n', stderr);
	exit(2);
}

void lex_open(struct lexer *lexer, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t n;

	*lexer = (struct lexer){ .path = path, .line = 1 };
	if (file == NULL)
		lex_fail(lexer, "cannot be opened");
	lexer->text = calloc(1, MAX_FILE);
	if (lexer->text == NULL)
		lex_fail(lexer, "no memory");
	n = fread(lexer->text, 1, MAX_FILE, file);
	if (ferror(file) || n == MAX_FILE)
		lex_fail(lexer, "cannot be read, or is too long");
	fclose(file);
	lexer->at = lexer->text;
}

void lex_close(struct lexer *lexer)
{
	free(lexer->text);
}

void lex_line(struct lexer *lexer, char *line)
{
	size_t n = strcspn(lexer->at, "\n");

	if (n >= MAX_NAME)
		lex_fail(lexer, "the first line is too long");
	memcpy(line, lexer->at, n);
	line[n] = '\0';
	lexer->at += n;
}

/* Skips until `end`, which is skipped too. */
static void skip_until(struct lexer *lexer, const char *end)
{
	const char *found = strstr(lexer->at, end);

	if (found == NULL)
		lex_fail(lexer, "a comment does not end");
	for (; lexer->at < found; lexer->at++)
		lexer->line += *lexer->at == '\n';
	lexer->at += strlen(end);
}

static void skip_blanks(struct lexer *lexer)
{
	for (;;) {
		if (isspace((unsigned char)*lexer->at))
			lexer->line += *lexer->at++ == '\n';
		else if (!lexer->in_code && strncmp(lexer->at, "(*", 2) == 0)
			skip_until(lexer, "*)");
		else if (strncmp(lexer->at, "/*", 2) == 0)
			skip_until(lexer, "*/");
		else if (strncmp(lexer->at, "//", 2) == 0)
			lexer->at += strcspn(lexer->at, "\n");
		else
			return;
	}
}

static size_t sign_length(const char *at)
{
	static const char *const pairs[] = { "==", "!=", "/\\", "\\/" };
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strncmp(at, pairs[i], 2) == 0)
			return 2;
	return 1;
}

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_')
		n++;
	return n;
}

void lex_next(struct lexer *lexer)
{
	size_t n;

	skip_blanks(lexer);
	if (*lexer->at == '\0') {
		lexer->kind = WORD_END;
		lexer->word[0] = '\0';
		return;
	}
	n = word_length(lexer->at);
	if (n == 0) {
		lexer->kind = WORD_SIGN;
		n = sign_length(lexer->at);
	} else {
		lexer->kind = isdigit((unsigned char)*lexer->at) ? WORD_NUMBER
								 : WORD_NAME;
	}
	if (n >= MAX_NAME)
		lex_fail(lexer, "a word is too long");
	memcpy(lexer->word, lexer->at, n);
	lexer->word[n] = '\0';
	lexer->at += n;
}

bool lex_is(const struct lexer *lexer, const char *word)
{
	return lexer->kind != WORD_END && strcmp(lexer->word, word) == 0;
}

bool lex_accept(struct lexer *lexer, const char *word)
{
	if (!lex_is(lexer, word))
		return false;
	lex_next(lexer);
	return true;
}

void lex_expect(struct lexer *lexer, const char *word)
{
	char what[MAX_NAME + 16];

	if (lex_accept(lexer, word))
		return;
	snprintf(what, sizeof(what), "\"%s\" expected", word);
	lex_fail(lexer, what);
}
