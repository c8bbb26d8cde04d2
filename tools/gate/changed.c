/* SPDX-License-Identifier: MIT */
/* Did anything change that the library is built of? */
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "process.h"

static bool below(const char *path, const char *dir)
{
	return strncmp(path, dir, strlen(dir)) == 0;
}

static bool ends(const char *path, const char *with)
{
	size_t a = strlen(path);
	size_t b = strlen(with);

	return a >= b && strcmp(path + a - b, with) == 0;
}

/*
 * Everything matters but what is known not to: a directory that nobody has
 * thought of must not go unmeasured.
 */
bool path_matters(const char *path)
{
	static const char *const dirs[] = { "tests/", "bench/", ".github/",
					    ".gitlab/", "docs/" };
	static const char *const files[] = { "LICENSE", ".gitignore",
					     ".clang-format",
					     ".gitlab-ci.yml" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		if (below(path, dirs[i]))
			return false;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (strcmp(path, files[i]) == 0)
			return false;
	}
	/* of the tools the library needs how it is built, and nothing else */
	if (below(path, "tools/") && !below(path, "tools/cmake/"))
		return false;
	return !ends(path, ".md");
}

static char *changed_files(const struct workshop *shop, const char *base,
			   const char *head)
{
	struct args args = { 0 };
	char *out;

	args_add_words(&args, "git -C");
	args_add(&args, "%s", shop->repository);
	args_add_words(&args, "-c core.quotePath=off diff --no-renames "
			      "--no-ext-diff --name-only");
	args_add(&args, "%s", base);
	args_add(&args, "%s", head);
	args_add(&args, "--");
	return process_run(&args, &out, shop->log) == 0 ? out : NULL;
}

/* NULL: something matters; else what to say. */
static char *verdict_on(char *files)
{
	size_t n = 0;
	char *why = NULL;

	for (char *path = strtok(files, "\n"); path;
	     path = strtok(NULL, "\n")) {
		if (path_matters(path))
			return NULL;
		n++;
	}
	if (asprintf(&why,
		     "nothing that the library is built of changed (%zu other "
		     "file%s)",
		     n, n == 1 ? "" : "s") < 0)
		return NULL;
	return why;
}

enum status sides_unchanged(const struct workshop *shop, const char *base,
			    const char *head, char **why)
{
	char *from = NULL;
	char *to = NULL;
	char *files = NULL;

	*why = NULL;
	if (side_kind(shop, base) != SIDE_REVISION ||
	    side_kind(shop, head) != SIDE_REVISION)
		return STATUS_PASS;
	from = fetch_commit(shop, base);
	to = fetch_commit(shop, head);
	if (from && to)
		files = changed_files(shop, from, to);
	if (files)
		*why = verdict_on(files);
	free(files);
	free(from);
	free(to);
	return STATUS_PASS;
}
