/* SPDX-License-Identifier: MIT */
#include "count_libraries.h"

#include <stdio.h>
#include <unistd.h>

#include "count.h"
#include "linker.h"
#include "path.h"
#include "progress.h"

/* The program says what its numbers depend on; here both have the same. */
static void exact_flags(const struct build *build, char *flags, size_t size)
{
	path_make(flags, size,
		  "%s -DEXACT_FLAGS=\"compared\" -DEXACT_URCU=\"compared\"",
		  build->flags);
}

static enum status count_one(struct library *library, const struct build *build,
			     struct count_set *set)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct linker linker = { 0 };
	char flags[512];
	char driver[PATH_MAX];
	enum status status;

	*set = (struct count_set){ .n = 0 };
	exact_flags(build, flags, sizeof(flags));
	status = linker_open(&linker, PROGRAM_EXACT, library, build->cc, flags,
			     0);
	if (!status)
		status = linker_link(&linker, 0, driver);
	if (!status) {
		struct count_build files = { driver, library->file };

		status = count_take(&files, cpus > 0 ? (size_t)cpus : 1, set);
	}
	linker_close(&linker);
	return status;
}

static enum status add(struct gate *gate, const struct count_set *base,
		       const struct count_set *head)
{
	struct count_findings found;
	int err = count_compare(base, head, &found);

	for (size_t i = 0; !err && i < found.n; i++)
		err = gate_add_count(gate, found.all[i].row,
				     count_metric_name(found.all[i].metric),
				     found.all[i].base, found.all[i].head);
	count_findings_free(&found);
	return err ? say(STATUS_INTERNAL, "out of memory") : STATUS_PASS;
}

enum status count_libraries(struct gate *gate, struct library *base,
			    struct library *head)
{
	struct build build = build_of(base, head, base->shop);
	struct count_set from = { 0 };
	struct count_set to = { 0 };
	enum status status;

	gate_progress("counting", 0, 20);
	status = count_one(base, &build, &from);
	gate_progress("counting", 0.5, 10);
	if (!status)
		status = count_one(head, &build, &to);
	gate_progress_end();
	if (!status)
		status = add(gate, &from, &to);
	count_free(&from);
	count_free(&to);
	return status;
}
