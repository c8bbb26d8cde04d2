/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct fields {
	char *name;
	char *metric;
	enum metric kind;
	char *unit;
	char *control;
	char *family;
	char *n;
	char *step;
};

static bool metric_of(const char *name, enum metric *metric)
{
	for (int m = 0; m < METRICS; m++) {
		if (strcmp(name, metric_name((enum metric)m)) != 0)
			continue;
		*metric = (enum metric)m;
		return true;
	}
	return false;
}

static bool split(char *line, struct fields *f)
{
	char **all[] = { &f->name,   &f->metric, &f->unit, &f->control,
			 &f->family, &f->n,      &f->step };

	for (size_t i = 0; i < 7; i++) {
		*all[i] = strsep(&line, "\t");
		if (!*all[i] || !**all[i])
			return false;
	}
	return !line && strtoul(f->step, NULL, 10) > 0 &&
	       metric_of(f->metric, &f->kind);
}

static struct gate_row *find(struct gate *gate, const char *name)
{
	for (size_t i = 0; i < gate->count; i++) {
		if (strcmp(gate->rows[i].name, name) == 0)
			return &gate->rows[i];
	}
	return NULL;
}

static struct gate_row *add(struct gate *gate, const struct fields *f,
			    struct row_plan **plans)
{
	struct row_plan *more =
		realloc(*plans, (gate->count + 1) * sizeof(*more));
	struct gate_row *row;

	if (!more)
		return NULL;
	*plans = more;
	more[gate->count] = (struct row_plan){
		.step = (uint32_t)strtoul(f->step, NULL, 10),
	};
	row = gate_add_row(gate, f->name);
	if (!row)
		return NULL;
	row->control = strcmp(f->control, "control") == 0;
	row->metric = f->kind;
	row->n = strtod(f->n, NULL);
	if (strcmp(f->family, "-") == 0)
		return row;
	row->family = strdup(f->family);
	return row->family ? row : NULL;
}

/* What can be measured here, and is wanted; controls always are. */
static bool is_wanted(const struct plan *plan, const regex_t *filter,
		      const struct fields *f)
{
	if (strcmp(f->control, "control") == 0)
		return true;
	if (plan->beside < 0 && f->kind == METRIC_BESIDE)
		return false;
	return !filter || regexec(filter, f->name, 0, NULL, 0) == 0;
}

static enum status take_line(struct gate *gate, const struct plan *plan,
			     char *line, bool is_head, const regex_t *filter,
			     struct row_plan **plans)
{
	struct gate_row *row;
	struct fields f;
	char **unit;

	if (!split(line, &f))
		return say(STATUS_INTERNAL, "a list of rows is damaged");
	if (!is_wanted(plan, filter, &f))
		return STATUS_PASS;
	row = find(gate, f.name);
	if (!row)
		row = add(gate, &f, plans);
	if (!row)
		return say(STATUS_INTERNAL, "out of memory");
	unit = is_head ? &row->head_unit : &row->base_unit;
	*unit = strdup(f.unit);
	return *unit ? STATUS_PASS : say(STATUS_INTERNAL, "out of memory");
}

static enum status take_list(struct gate *gate, const struct plan *plan,
			     char *list, bool is_head, const regex_t *filter,
			     struct row_plan **plans)
{
	enum status status = STATUS_PASS;
	char *line;

	while (!status && (line = strsep(&list, "\n"))) {
		if (*line)
			status = take_line(gate, plan, line, is_head, filter,
					   plans);
	}
	return status;
}

enum status rows_make(struct gate *gate, const struct plan *plan, char *base,
		      char *head, struct row_plan **plans)
{
	regex_t filter;
	const regex_t *wanted = plan->filter ? &filter : NULL;
	enum status status;

	*plans = NULL;
	if (plan->filter &&
	    regcomp(&filter, plan->filter, REG_EXTENDED | REG_NOSUB))
		return say(STATUS_USAGE, "'%s' is no regular expression",
			   plan->filter);
	status = take_list(gate, plan, base, false, wanted, plans);
	if (!status)
		status = take_list(gate, plan, head, true, wanted, plans);
	if (plan->filter)
		regfree(&filter);
	return status;
}
