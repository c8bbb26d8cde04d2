/* SPDX-License-Identifier: MIT */
/*
 * The command line of `riotlb replay` and others: the first byte says which,
 * the rest are arguments, each ended by a NUL.
 */
#include "fuzz.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "check.h"
#include "options.h"

#define MAX_ARGS 16

/* getopt_long keeps a place in the arguments of the call before. */
static void forget_last_call(void)
{
	static char name[] = "x";
	char *argv[] = { name, NULL };

	optind = 0;
	check_eq(getopt(1, argv, ""), -1);
}

static void check_files(const struct options *o, char *const *argv, int argc)
{
	check(o->files >= argv && o->nfiles >= 0);
	check(o->files + o->nfiles == argv + argc);
	for (int i = 0; i < o->nfiles; i++)
		check(o->files[i]);
}

enum command { REPLAY, DUMP, CACHE, CONVERT };

static void check_cache(const struct options *o)
{
	check(o->nentries <= OPTIONS_MAX_ENTRIES);
	for (uint32_t i = 0; i < o->nentries; i++)
		check(o->entries[i] && o->entries[i] <= OPTIONS_MAX_ENTRY);
	check(o->synthetic || o->nfiles >= 1);
	check(!o->verify && !o->json && !o->shape && o->copies == 1);
}

static void check_options(const struct options *o, enum command command,
			  char *const *argv, int argc)
{
	bool is_dump = command == DUMP;

	if (o->help)
		return;
	check_files(o, argv, argc);
	if (command == CACHE) {
		check_cache(o);
		return;
	}
	if (command == CONVERT) {
		check(o->nfiles == 2 && !o->verify && !o->json && !o->shape);
		return;
	}
	check(!o->nentries && !o->whole && !o->synthetic);
	check(o->format == FORMAT_AUTO || o->format == FORMAT_VIRTIO_IOMMU ||
	      o->format == FORMAT_FTRACE);
	check(is_dump ? o->nfiles == 1 : o->nfiles >= 1);
	check(o->repeat >= 1 && o->repeat <= OPTIONS_MAX_REPEAT);
	check(o->copies >= 1);
	check(!is_dump || (!o->verify && o->repeat == 1 && o->copies == 1));
	check(is_dump || !o->shape);
	check(is_dump || !!o->json == !!o->json_file);
}

static enum status (*const parse[])(struct options *options, int argc,
				    char **argv) = {
	[REPLAY] = options_replay,
	[DUMP] = options_dump,
	[CACHE] = options_cache,
	[CONVERT] = options_convert,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	uint8_t first = bytes_u8(&b);
	enum command which = first & 1   ? DUMP
			     : first & 2 ? CACHE
			     : first & 4 ? CONVERT
					 : REPLAY;
	char *text = fuzz_text(b.at, b.left), *at = text;
	static char command[] = "command";
	char *argv[MAX_ARGS + 2] = { command };
	struct options options;
	enum status status;
	int argc = 1;

	while (at < text + b.left && argc <= MAX_ARGS) {
		argv[argc++] = at;
		at += strlen(at) + 1;
	}
	forget_last_call();
	status = parse[which](&options, argc, argv);
	if (status == STATUS_OK)
		check_options(&options, which, argv, argc);
	else
		check_eq(status, STATUS_USAGE);
	free(text);
	return 0;
}
