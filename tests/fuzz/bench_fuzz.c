/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks' programs take: a file of iterations, or arguments. The
 * first byte says which. Left out are flags that end the program, and the
 * filter, which is the C++ library's regular expression.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cbench.h"
#include "cbench_impl.h"
#include "check.h"

#define MAX_ARGS 16

static void nothing(struct cb_state *state, void *arg)
{
	(void)state;
	(void)arg;
}

static void check_error(int rc)
{
	check(rc == 0 || (rc < 0 && *cb_error()));
}

static void check_iterations(const char *name)
{
	int rc = cb_load_iterations(name);

	check_error(rc);
	/* all or none of it */
	for (struct cb_benchmark *b = cb_benchmarks; b; b = b->next)
		check(rc == 0 || b->iterations == 0);
}

static bool is_left_out(const char *arg)
{
	return strstr(arg, "help") || strstr(arg, "filter") ||
	       strstr(arg, "version");
}

static void take_args(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = text;
	static char program[] = "program";
	char *argv[MAX_ARGS + 2] = { program };
	int argc = 1, was;

	while (at < text + size && argc <= MAX_ARGS) {
		if (!is_left_out(at))
			argv[argc++] = at;
		at += strlen(at) + 1;
	}
	was = argc;
	check_error(cb_init(&argc, argv));
	check(argc >= 1 && argc <= was && !argv[argc]);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	bool as_file = bytes_u8(&b) & 1;

	check(cb_register("a", nothing, NULL));
	check(cb_register("b/1", nothing, NULL));
	if (as_file)
		check_iterations(fuzz_file(b.at, b.left));
	else
		take_args(b.at, b.left);
	cb_shutdown();
	return 0;
}
