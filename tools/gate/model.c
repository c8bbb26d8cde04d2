/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rules rules_default(void)
{
	return (struct rules){
		.margin = { [METRIC_TIME] = 0.01,
			    [METRIC_TAIL] = 0.5,
			    [METRIC_GROWTH] = 0.05,
			    [METRIC_BESIDE] = 0.25 },
		.floor = { [METRIC_TIME] = 0.05,
			   [METRIC_TAIL] = 100,
			   [METRIC_GROWTH] = 0,
			   [METRIC_BESIDE] = 1 },
		.target = { [METRIC_TIME] = 0.05,
			    [METRIC_TAIL] = 1.0,
			    [METRIC_GROWTH] = 0.15,
			    [METRIC_BESIDE] = 0.75 },
		.alpha = 0.01,
		.looks = 2,
		.power = 0.95,
		.demote = true,
		.inconclusive = STATUS_INCONCLUSIVE,
	};
}

void gate_init(struct gate *gate)
{
	*gate = (struct gate){ .rules = rules_default(), .attempt = 1 };
}

static void free_row(struct gate_row *row)
{
	free(row->name);
	free(row->base_unit);
	free(row->head_unit);
	free(row->family);
	free(row->pairs);
	free(row->error);
}

void gate_free(struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++)
		free_row(&gate->rows[i]);
	for (size_t i = 0; i < gate->count_count; i++) {
		free(gate->counts[i].name);
		free(gate->counts[i].metric);
	}
	for (size_t i = 0; i < gate->fault_count; i++)
		free(gate->faults[i]);
	free(gate->rows);
	free(gate->counts);
	free(gate->faults);
	free(gate->unchanged);
	gate_init(gate);
}

/* Room for one more behind n things of a size; 0 or -ENOMEM. */
static int grow(void **things, size_t n, size_t size)
{
	void *more = realloc(*things, (n + 1) * size);

	if (!more)
		return -ENOMEM;
	memset((char *)more + n * size, 0, size);
	*things = more;
	return 0;
}

struct gate_row *gate_add_row(struct gate *gate, const char *name)
{
	void *rows = gate->rows;
	char *copy = strdup(name);

	if (!copy || grow(&rows, gate->count, sizeof(struct gate_row))) {
		free(copy);
		return NULL;
	}
	gate->rows = rows;
	gate->rows[gate->count].name = copy;
	return &gate->rows[gate->count++];
}

int row_add_pair(struct gate_row *row, struct pair pair)
{
	void *pairs = row->pairs;

	if (grow(&pairs, row->count, sizeof(struct pair)))
		return -ENOMEM;
	row->pairs = pairs;
	row->pairs[row->count++] = pair;
	return 0;
}

int gate_add_count(struct gate *gate, const char *name, const char *metric,
		   double base, double head)
{
	struct count_row row = { .name = strdup(name),
				 .metric = strdup(metric),
				 .base = base,
				 .head = head };
	void *counts = gate->counts;

	if (!row.name || !row.metric ||
	    grow(&counts, gate->count_count, sizeof(row))) {
		free(row.name);
		free(row.metric);
		return -ENOMEM;
	}
	gate->counts = counts;
	gate->counts[gate->count_count++] = row;
	return 0;
}

int gate_add_fact(struct gate *gate, const char *key, const char *format, ...)
{
	struct fact_line *line = &gate->facts[gate->fact_count];
	va_list args;

	if (gate->fact_count == FACT_LINES)
		return -ENOSPC;
	snprintf(line->key, sizeof(line->key), "%s", key);
	va_start(args, format);
	vsnprintf(line->value, sizeof(line->value), format, args);
	va_end(args);
	gate->fact_count++;
	return 0;
}

int gate_add_fault(struct gate *gate, const char *format, ...)
{
	void *faults = gate->faults;
	char *text;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	if (grow(&faults, gate->fault_count, sizeof(char *))) {
		free(text);
		return -ENOMEM;
	}
	gate->faults = faults;
	gate->faults[gate->fault_count++] = text;
	return 0;
}

const char *metric_name(enum metric metric)
{
	static const char *const names[] = { "time", "tail", "growth",
					     "beside" };

	return names[metric];
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "PASS", "FAIL", "INCONCLUSIVE" };

	return names[verdict];
}

const char *status_name(enum status status)
{
	static const char *const names[] = {
		"PASS",         "FAIL",         "USAGE",
		"INCOMPARABLE", "INCONCLUSIVE", "INTERNAL ERROR",
	};

	return names[status];
}

const char *row_unit(const struct gate_row *row)
{
	if (row->head_unit)
		return row->head_unit;
	return row->base_unit ? row->base_unit : "";
}

bool row_is_judged(const struct gate_row *row)
{
	return !row->control && row->base_unit && row->head_unit;
}
