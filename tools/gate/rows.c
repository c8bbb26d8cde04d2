/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct fields {
	char *name;
	char *metric;
	char *unit;
	char *control;
	char *family;
	char *n;
	char *step;
};

static bool split(char *line, struct fields *f)
{
	char **all[] = { &f->name,   &f->metric, &f->unit, &f->control,
			 &f->family, &f->n,      &f->step };

	for (size_t i = 0; i < 7; i++) {
		*all[i] = strsep(&line, "\t");
		if (!*all[i] || !**all[i])
			return false;
	}
	return !line && strtoul(f->step, NULL, 10) > 0;
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
	if (strcmp(f->metric, metric_name(METRIC_TAIL)) == 0)
		row->metric = METRIC_TAIL;
	row->n = strtod(f->n, NULL);
	if (strcmp(f->family, "-") == 0)
		return row;
	row->family = strdup(f->family);
	return row->family ? row : NULL;
}

static enum status take_line(struct gate *gate, char *line, bool is_head,
			     const regex_t *wanted, struct row_plan **plans)
{
	struct gate_row *row;
	struct fields f;
	char **unit;

	if (!split(line, &f))
		return say(STATUS_INTERNAL, "a list of rows is damaged");
	if (wanted && regexec(wanted, f.name, 0, NULL, 0) != 0 &&
	    strcmp(f.control, "control") != 0)
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

static enum status take_list(struct gate *gate, char *list, bool is_head,
			     const regex_t *wanted, struct row_plan **plans)
{
	enum status status = STATUS_PASS;
	char *line;

	while (!status && (line = strsep(&list, "\n"))) {
		if (*line)
			status = take_line(gate, line, is_head, wanted, plans);
	}
	return status;
}

enum status rows_make(struct gate *gate, const struct plan *plan, char *base,
		      char *head, struct row_plan **plans)
{
	enum status status;
	regex_t filter;

	*plans = NULL;
	if (plan->filter &&
	    regcomp(&filter, plan->filter, REG_EXTENDED | REG_NOSUB))
		return say(STATUS_USAGE, "'%s' is no regular expression",
			   plan->filter);
	status = take_list(gate, base, false, plan->filter ? &filter : NULL,
			   plans);
	if (!status)
		status = take_list(gate, head, true,
				   plan->filter ? &filter : NULL, plans);
	if (plan->filter)
		regfree(&filter);
	return status;
}
