/* SPDX-License-Identifier: MIT */
#include "budget_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_LINE 1024
#define MOST_DIGITS 15

__attribute__((format(printf, 2, 3))) static int refuse(struct budget_file *b,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->why, sizeof(b->why), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- a line ------------------------------------------------------------- */

/*
 * -12.345678: no blanks, no exponent, no more digits than can be told apart.
 * strtod alone would take "nan", "0x1p9" and what follows the number.
 */
static bool read_number(const char *text, size_t length, double *value)
{
	char copy[MOST_DIGITS + 3];
	size_t sign = length && *text == '-';
	size_t whole = strspn(text + sign, "0123456789");
	size_t decimals = 0;
	size_t used = sign + whole;

	if (!whole)
		return false;
	if (text[used] == '.') {
		decimals = strspn(text + used + 1, "0123456789");
		if (!decimals || decimals > 6)
			return false;
		used += 1 + decimals;
	}
	if (used != length || whole + decimals > MOST_DIGITS)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	*value = strtod(copy, NULL);
	return true;
}

static bool is_row_name(const char *name, size_t length)
{
	return length && length < COUNT_LONGEST_ROW &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

/* "metric=number" */
static int read_value(struct budget_file *b, struct count_set *set,
		      const char *row, const char *word, size_t length)
{
	const char *equals = memchr(word, '=', length);
	enum count_metric metric;
	double value;

	if (!equals || !count_metric_of(word, (size_t)(equals - word), &metric))
		return refuse(b, "no such metric: %.*s", (int)length, word);
	if (!read_number(equals + 1, length - (size_t)(equals + 1 - word),
			 &value))
		return refuse(b, "no number: %.*s", (int)length, word);
	if (value < 0 && metric != COUNT_EXPONENT)
		return refuse(b, "less than nothing: %.*s", (int)length, word);
	if (count_find(set, row, metric))
		return refuse(b, "%s has two %s", row,
			      count_metric_name(metric));
	return count_add(set, row, metric, value);
}

static int read_row(struct budget_file *b, const char *line)
{
	struct count_set *set = b->n ? &b->sets[b->n - 1] : NULL;
	size_t length = strcspn(line, " \t");
	char row[COUNT_LONGEST_ROW];
	int err = 0;

	if (!set)
		return refuse(b, "a row before any [key]");
	if (!is_row_name(line, length))
		return refuse(b, "no name of a row");
	memcpy(row, line, length);
	row[length] = '\0';
	for (size_t i = 0; i < set->n; i++) {
		if (strcmp(set->all[i].row, row) == 0)
			return refuse(b, "there are two rows %s", row);
	}
	line += length;
	line += strspn(line, " \t");
	if (!*line)
		return refuse(b, "%s has no number", row);
	while (!err && *line) {
		length = strcspn(line, " \t");
		err = read_value(b, set, row, line, length);
		line += length;
		line += strspn(line, " \t");
	}
	return err;
}

/* "[key]" */
static int read_key(struct budget_file *b, const char *line)
{
	size_t length = strlen(line);
	char key[COUNT_LONGEST_KEY];
	struct count_set *sets;

	if (length < 3 || line[length - 1] != ']' ||
	    length - 2 >= COUNT_LONGEST_KEY)
		return refuse(b, "no [key]");
	memcpy(key, line + 1, length - 2);
	key[length - 2] = '\0';
	if (budget_of(b, key))
		return refuse(b, "that key was there before");
	sets = realloc(b->sets, (b->n + 1) * sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	b->sets = sets;
	sets[b->n] = (struct count_set){ .n = 0 };
	memcpy(sets[b->n++].key, key, sizeof(key));
	return 0;
}

static int read_line(struct budget_file *b, char *line, size_t length)
{
	b->line++;
	if (memchr(line, '\0', length))
		return refuse(b, "a NUL");
	if (length > LONGEST_LINE)
		return refuse(b, "a line of more than %d bytes", LONGEST_LINE);
	while (length && strchr(" \t\r\n", line[length - 1]))
		line[--length] = '\0';
	if (!length || *line == '#')
		return 0;
	return *line == '[' ? read_key(b, line) : read_row(b, line);
}

int budget_read(FILE *file, struct budget_file *budgets)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int err = 0;

	*budgets = (struct budget_file){ .n = 0 };
	while (!err && (length = getline(&line, &room, file)) > 0)
		err = read_line(budgets, line, (size_t)length);
	free(line);
	if (!err && ferror(file))
		err = -EIO;
	return err;
}

void budget_free(struct budget_file *budgets)
{
	for (size_t i = 0; i < budgets->n; i++)
		count_free(&budgets->sets[i]);
	free(budgets->sets);
	*budgets = (struct budget_file){ .n = 0 };
}

struct count_set *budget_of(const struct budget_file *budgets, const char *key)
{
	for (size_t i = 0; i < budgets->n; i++) {
		if (strcmp(budgets->sets[i].key, key) == 0)
			return &budgets->sets[i];
	}
	return NULL;
}
