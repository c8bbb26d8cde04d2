/* SPDX-License-Identifier: MIT */
/*
 * A main without a fuzzer, for any compiler: runs the files named, or all of
 * the directories named, through the harness, and says how many there were.
 * None is a failure.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LONGEST (1u << 20)

static unsigned long runs;

/* The input's memory has its size, so that a sanitizer sees a step too far. */
static bool run_file(const char *name)
{
	uint8_t *room = malloc(LONGEST), *data;
	FILE *file = fopen(name, "rb");
	size_t size = 0;
	bool ok = room && file;

	if (ok)
		size = fread(room, 1, LONGEST, file);
	ok = ok && !ferror(file) && size < LONGEST;
	data = ok ? malloc(size ? size : 1) : NULL;
	if (data) {
		memcpy(data, room, size);
		/* what follows may be a report of its end */
		fprintf(stderr, "%s\n", name);
		LLVMFuzzerTestOneInput(data, size);
		runs++;
	} else {
		fprintf(stderr, "%s: %s\n", name,
			size == LONGEST ? "too long" : strerror(errno));
	}
	if (file)
		fclose(file);
	free(room);
	free(data);
	return data != NULL;
}

static bool run_directory(const char *name)
{
	struct dirent **all;
	int n = scandir(name, &all, NULL, alphasort);
	bool ok = n >= 0;

	if (!ok)
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", name, all[i]->d_name);
		if (all[i]->d_name[0] != '.' && !run_file(path))
			ok = false;
		free(all[i]);
	}
	if (n >= 0)
		free(all);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok = LLVMFuzzerInitialize(&argc, &argv) == 0;
	struct stat info;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode))
			ok = run_directory(argv[i]) && ok;
		else
			ok = run_file(argv[i]) && ok;
	}
	fprintf(stderr, "%lu inputs\n", runs);
	return ok && runs ? 0 : 1;
}
