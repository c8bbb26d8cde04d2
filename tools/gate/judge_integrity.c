/* SPDX-License-Identifier: MIT */
/* Can the two sides be compared at all? */
#include <math.h>
#include <string.h>

#include "judge_parts.h"

static int same(struct gate *gate, const char *what, const char *base,
		const char *head)
{
	/* of an installed library not everything is known */
	if (!*base || !*head || strcmp(base, head) == 0)
		return 0;
	return gate_add_fault(gate, "%s differ: '%s' and '%s'", what, base,
			      head);
}

static int check_sides(struct gate *gate)
{
	const struct side *base = &gate->base;
	const struct side *head = &gate->head;
	int err = same(gate, "compilers", base->compiler, head->compiler);

	if (!err)
		err = same(gate, "flags", base->flags, head->flags);
	if (!err)
		err = same(gate, "libraries", base->runtime, head->runtime);
	if (!err && base->assertions)
		err = gate_add_fault(gate, "BASE has its assertions on");
	if (!err && head->assertions)
		err = gate_add_fault(gate, "HEAD has its assertions on");
	return err;
}

static bool positive(double value)
{
	return isfinite(value) && value > 0;
}

static int check_pairs(struct gate *gate, const struct gate_row *row)
{
	if (row->count != row->planned)
		return gate_add_fault(gate, "%s: %zu pairs of the planned %zu",
				      row->name, row->count, row->planned);
	for (size_t i = 0; i < row->count; i++) {
		const struct pair *pair = &row->pairs[i];

		if (positive(pair->base) && positive(pair->head))
			continue;
		return gate_add_fault(gate,
				      "%s: pair %zu is %g and %g: no times",
				      row->name, i + 1, pair->base, pair->head);
	}
	return 0;
}

static int check_row(struct gate *gate, const struct gate_row *row)
{
	if (row->metric == METRIC_GROWTH)
		return 0; /* made of others */
	if (row->error)
		return gate_add_fault(gate, "%s: %s", row->name, row->error);
	if (!row->head_unit && !row->base_unit)
		return gate_add_fault(gate, "%s: neither side has it",
				      row->name);
	if (!row->head_unit)
		return gate->rules.allow_removed
			       ? 0
			       : gate_add_fault(gate,
						"%s: HEAD has no such row",
						row->name);
	if (!row->base_unit)
		return 0; /* new */
	if (strcmp(row->base_unit, row->head_unit) != 0)
		return gate_add_fault(gate, "%s: in '%s' and in '%s'",
				      row->name, row->base_unit,
				      row->head_unit);
	return check_pairs(gate, row);
}

int check_integrity(struct gate *gate)
{
	int err = check_sides(gate);
	size_t judged = 0;

	for (size_t i = 0; !err && i < gate->count; i++) {
		const struct gate_row *row = &gate->rows[i];

		err = check_row(gate, row);
		judged += row_is_judged(row);
		for (size_t j = 0; !err && j < i; j++) {
			if (strcmp(row->name, gate->rows[j].name) == 0)
				err = gate_add_fault(gate, "%s: twice",
						     row->name);
		}
	}
	if (!err && !judged && !gate->count_count && !gate->unchanged)
		err = gate_add_fault(gate, "no row was compared");
	return err;
}
