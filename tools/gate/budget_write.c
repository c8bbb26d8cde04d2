/* SPDX-License-Identifier: MIT */
#include "budget_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_PATH 4096
#define NAME_COLUMNS 24

/* Without zeros at the end. */
static void print_number(FILE *file, double value)
{
	char text[64];
	size_t n = (size_t)snprintf(text, sizeof(text), "%.6f", value);

	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	fprintf(file, "%.*s", (int)n, text);
}

void budget_print(FILE *file, const struct count_set *set)
{
	const char *row = "";

	fprintf(file, "[%s]", set->key);
	for (size_t i = 0; i < set->n; i++) {
		const struct count_value *v = &set->all[i];

		if (strcmp(row, v->row) != 0)
			fprintf(file, "\n%-*s", NAME_COLUMNS, v->row);
		row = v->row;
		fprintf(file, " %s=", count_metric_name(v->metric));
		print_number(file, v->value);
	}
	fputc('\n', file);
}

/* ---- in place of what was there ----------------------------------------- */

static bool is_key(const char *line, const char *key)
{
	size_t n = strlen(key);

	return line[0] == '[' && strncmp(line + 1, key, n) == 0 &&
	       line[n + 1] == ']';
}

/* Rows of the old set are dropped; everything else is copied. */
static void copy_with(FILE *from, FILE *to, const struct count_set *set)
{
	bool is_written = false;
	bool is_old = false;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, from) > 0) {
		if (*line == '[')
			is_old = is_key(line, set->key);
		if (is_old && *line == '[') {
			budget_print(to, set);
			is_written = true;
		} else if (!is_old || strchr("#\r\n", *line)) {
			fputs(line, to);
		}
	}
	if (!is_written) {
		fputc('\n', to);
		budget_print(to, set);
	}
	free(line);
}

static int check(FILE *file)
{
	struct budget_file budgets;
	int err = budget_read(file, &budgets);

	budget_free(&budgets);
	rewind(file);
	return err;
}

static int write_new(FILE *from, const char *path, const struct count_set *set)
{
	struct stat was;
	FILE *to;
	int fd;
	int err = 0;
	char name[LONGEST_PATH];

	if ((size_t)snprintf(name, sizeof(name), "%s.XXXXXX", path) >=
	    sizeof(name))
		return -ENAMETOOLONG;
	fd = mkstemp(name);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	copy_with(from, to, set);
	if (fflush(to) || ferror(to) || fstat(fileno(from), &was) ||
	    fchmod(fd, was.st_mode & 0777))
		err = errno ? -errno : -EIO;
	if (fclose(to) && !err)
		err = -errno;
	if (!err && rename(name, path))
		err = -errno;
	if (err)
		unlink(name);
	return err;
}

int budget_update(const char *path, const struct count_set *set)
{
	FILE *from = fopen(path, "r");
	int err;

	if (!from)
		return -errno;
	err = check(from);
	if (!err)
		err = write_new(from, path, set);
	fclose(from);
	return err;
}
