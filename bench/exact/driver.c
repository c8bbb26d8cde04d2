/* SPDX-License-Identifier: MIT */
/*
 * riotlb-bench-exact: calls riotlb so that callgrind can count what one call
 * takes. Started by riotlb-bench and by riotlb-gate; by itself it only calls.
 *
 *	riotlb-bench-exact [NAME]...   counts these operations, or all
 *	riotlb-bench-exact --facts     prints what can be had without callgrind
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact/facts.h"
#include "exact/run.h"

static bool is_wanted(const struct exact_op *op, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], op->name) == 0)
			return true;
	}
	return argc <= 1;
}

static bool count_op(const struct exact_op *op)
{
	struct exact_calls calls;
	struct run r;
	bool ok;

	ok = run_begin(&r, op);
	calls = run_calls(&r);
	ok = ok && exact_count(op->name, &calls, op->count);
	run_end(&r);
	return ok;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--facts") == 0)
		return print_facts() ? EXIT_SUCCESS : EXIT_FAILURE;
	for (size_t i = 0; i < exact_op_count; i++) {
		if (!is_wanted(&exact_ops[i], argc, argv) ||
		    count_op(&exact_ops[i]))
			continue;
		fprintf(stderr, "riotlb-bench-exact: %s: a call went wrong\n",
			exact_ops[i].name);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
