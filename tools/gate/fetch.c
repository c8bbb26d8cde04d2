/* SPDX-License-Identifier: MIT */
#include "fetch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

char *fetch_commit(const struct workshop *shop, const char *text)
{
	struct args args = { 0 };
	char *out;

	/* what begins with a dash would be an option */
	if (*text == '-')
		return NULL;
	args_add(&args, "git");
	args_add(&args, "-C");
	args_add(&args, "%s", shop->repository);
	args_add_words(&args, "rev-parse --verify --quiet");
	args_add(&args, "%s^{commit}", text);
	if (process_run(&args, &out, shop->log) != 0)
		return NULL;
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* Runs it, and says where to look if it fails. */
static enum status must(const struct workshop *shop, struct args *args,
			const char *what)
{
	int status = process_run(args, NULL, shop->log);

	if (!status)
		return STATUS_PASS;
	if (!shop->keep) {
		/* the log is about to be removed */
		struct args show = { 0 };
		char *text = NULL;

		args_add_words(&show, "tail -n 20");
		args_add(&show, "%s", shop->log);
		if (process_run(&show, &text, NULL) == 0)
			fputs(text, stderr);
		free(text);
	}
	return say(STATUS_INTERNAL, "%s failed (status %d)%s%s", what, status,
		   shop->keep ? ", see " : "", shop->keep ? shop->log : "");
}

enum status fetch_sources(const struct workshop *shop, const char *commit,
			  const char *to)
{
	struct args args = { 0 };
	enum status status;

	args_add_words(&args, "git -C");
	args_add(&args, "%s", shop->repository);
	args_add_words(&args, "archive --format=tar -o");
	args_add(&args, "%s.tar", to);
	args_add(&args, "%s", commit);
	status = must(shop, &args, "git archive");
	if (status)
		return status;
	args_add_words(&args, "tar -x -f");
	args_add(&args, "%s.tar", to);
	args_add(&args, "-C");
	args_add(&args, "%s", to);
	return must(shop, &args, "tar");
}

/*
 * The same for both sides, whatever the presets of their trees say. The path of
 * the sources is in no object: with NDEBUG nothing asks for it.
 */
static const char options[] =
	"-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF "
	"-DRIOTLB_BUILD_TESTS=OFF -DRIOTLB_BUILD_TOOLS=OFF "
	"-DRIOTLB_BUILD_BENCH=OFF -DRIOTLB_INSTALL=OFF -DRIOTLB_JEMALLOC=OFF "
	"-DRIOTLB_BOTH_KINDS=OFF -DRIOTLB_DEBUG=OFF";

enum status fetch_build(const struct workshop *shop, const char *sources,
			const char *build)
{
	struct args args = { 0 };
	enum status status;

	args_add_words(&args, "cmake -S");
	args_add(&args, "%s", sources);
	args_add(&args, "-B");
	args_add(&args, "%s", build);
	args_add_words(&args, options);
	args_add(&args, "-DCMAKE_C_COMPILER=%s", *shop->cc ? shop->cc : "cc");
	args_add(&args, "-DCMAKE_C_FLAGS_RELEASE=-O3 -DNDEBUG");
	status = must(shop, &args, "cmake");
	if (status)
		return status;
	args_add_words(&args, "cmake --build");
	args_add(&args, "%s", build);
	args_add_words(&args, "--target riotlb --parallel");
	args_add(&args, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	return must(shop, &args, "the build");
}
