/* SPDX-License-Identifier: MIT */
#include "linker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"
#include "path.h"
#include "process.h"
#include "sources.h"

#define GAPS 4u /* of 0 to 3 times 16 bytes */

/* ---- running the compiler ----------------------------------------------- */

static enum status compiler(const struct linker *l, struct args *args,
			    const char *what)
{
	const struct workshop *shop = l->library->shop;
	int status = process_run(args, NULL, shop->log);

	if (!status)
		return STATUS_PASS;
	if (status == 127 || status < 0)
		return say(STATUS_INTERNAL, "the compiler cannot be run");
	/* an API that this side does not have is no failure of the gate */
	return say(STATUS_INTEGRITY,
		   "%s does not go with '%s'; run with --keep and see the log",
		   what, l->library->side->given);
}

static void common(const struct linker *l, struct args *args, const char *cc,
		   const char *flags)
{
	const struct library *library = l->library;

	args_add(args, "%s", cc);
	args_add_words(args, flags);
	/* a call that the headers lack would only be a warning */
	args_add_words(args, "-std=c11 -D_GNU_SOURCE "
			     "-Werror=implicit-function-declaration");
	for (size_t i = 0; i < 2; i++) {
		if (*library->include[i])
			args_add(args, "-I%s", library->include[i]);
	}
}

/* ---- sources ------------------------------------------------------------ */

static enum status write_source(const char *dir, const struct source *source)
{
	char path[PATH_MAX];
	FILE *file;
	bool good;

	path_make(path, sizeof(path), "%s/%s", dir, source->name);
	if (strchr(source->name, '/')) {
		*strrchr(path, '/') = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			return say(STATUS_INTERNAL, "%s: %s", path,
				   strerror(errno));
		path_make(path, sizeof(path), "%s/%s", dir, source->name);
	}
	file = fopen(path, "wxe");
	if (!file)
		return say(STATUS_INTERNAL, "%s: %s", path, strerror(errno));
	good = fwrite(source->bytes, 1, source->size, file) == source->size;
	if (fclose(file) || !good)
		return say(STATUS_INTERNAL, "%s: cannot write", path);
	return STATUS_PASS;
}

static bool is_c(const char *name)
{
	size_t n = strlen(name);

	return n > 2 && strcmp(name + n - 2, ".c") == 0;
}

static enum status compile(struct linker *l, const char *dir, const char *name,
			   const char *cc, const char *flags)
{
	struct args args = { 0 };
	char *object;

	if (asprintf(&object, "%s/%s.o", dir, name) < 0)
		return say(STATUS_INTERNAL, "out of memory");
	l->callers[l->caller_count++] = object;
	common(l, &args, cc, flags);
	args_add(&args, "-I%s", dir);
	args_add_words(&args, "-c -o");
	args_add(&args, "%s", object);
	args_add(&args, "%s/%s", dir, name);
	return compiler(l, &args, name);
}

/* Does nothing but take up room. */
static enum status make_gap(const struct linker *l, unsigned gap,
			    const char *cc)
{
	struct args args = { 0 };
	char path[PATH_MAX];
	FILE *file;

	path_make(path, sizeof(path), "%s/gap%u.s", l->library->dir, gap);
	file = fopen(path, "we");
	if (!file)
		return say(STATUS_INTERNAL, "%s: %s", path, strerror(errno));
	fprintf(file,
		"\t.text\n\t.balign 16\n\t.zero %u\n"
		"\t.section .note.GNU-stack,\"\",%%progbits\n",
		16 * gap);
	if (fclose(file))
		return say(STATUS_INTERNAL, "%s: cannot write", path);
	args_add(&args, "%s", cc);
	args_add_words(&args, "-c -o");
	args_add(&args, "%s/gap%u.o", l->library->dir, gap);
	args_add(&args, "%s", path);
	return compiler(l, &args, "an assembler file");
}

/* Where liburcu is; without pkg-config, where it always is. */
static void find_urcu(struct linker *l)
{
	struct args args = { 0 };
	char *out = NULL;

	args_add_words(&args, "pkg-config --libs liburcu-memb");
	if (process_run(&args, &out, l->library->shop->log) == 0)
		path_make(l->urcu_libs, sizeof(l->urcu_libs), "%.*s",
			  (int)strcspn(out, "\n"), out);
	free(out);
	if (!*l->urcu_libs)
		path_make(l->urcu_libs, sizeof(l->urcu_libs),
			  "-lurcu-common -lurcu-memb");
}

static enum status compile_all(struct linker *l, const char *dir,
			       const char *cc, const char *flags)
{
	enum status status = STATUS_PASS;

	for (size_t i = 0; !status && i < source_count; i++) {
		if (sources[i].program == l->program)
			status = write_source(dir, &sources[i]);
	}
	for (size_t i = 0; !status && i < source_count; i++) {
		if (sources[i].program == l->program && is_c(sources[i].name))
			status = compile(l, dir, sources[i].name, cc, flags);
	}
	return status;
}

static const char *name_of(enum program program)
{
	return program == PROGRAM_RUN ? "run" : "exact";
}

enum status linker_open(struct linker *l, enum program program,
			struct library *library, const char *cc,
			const char *flags, uint64_t seed)
{
	enum status status;
	char dir[PATH_MAX];

	*l = (struct linker){ .library = library,
			      .program = program,
			      .seed = seed };
	path_make(dir, sizeof(dir), "%s/%s.d", library->dir, name_of(program));
	path_make(library->cc, sizeof(library->cc), "%s", cc);
	if (mkdir(dir, 0777))
		return say(STATUS_INTERNAL, "%s: %s", dir, strerror(errno));
	find_urcu(l);
	status = compile_all(l, dir, cc, flags);
	for (unsigned gap = 1; !status && gap < GAPS; gap++)
		status = make_gap(l, gap, cc);
	return status;
}

void linker_close(struct linker *l)
{
	for (size_t i = 0; i < l->caller_count; i++)
		free(l->callers[i]);
	l->caller_count = 0;
}

/* ---- layouts ------------------------------------------------------------ */

struct placed {
	const char *path;
	uint64_t place;
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a;
	const struct placed *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/*
 * Where a file goes depends on the seed and on its own name: with the same seed
 * a file that only one side has moves no other, and what did not change lies
 * alike on both.
 */
static uint64_t place_of(uint64_t seed, const char *path)
{
	const char *name = strrchr(path, '/');
	struct rng rng = { seed };

	for (name = name ? name + 1 : path; *name; name++)
		rng.state = rng_next(&rng) ^ (unsigned char)*name;
	return rng_next(&rng);
}

static size_t lay_out(const struct linker *l, unsigned layout,
		      struct placed *placed)
{
	const struct library *library = l->library;
	struct rng rng = { l->seed + layout };
	uint64_t seed = rng_next(&rng);
	size_t n = 0;

	for (size_t i = 0; i < l->caller_count; i++)
		placed[n++].path = l->callers[i];
	for (size_t i = 0; i < library->object_count; i++)
		placed[n++].path = library->objects[i];
	for (size_t i = 0; i < n; i++)
		placed[i].place = layout ? place_of(seed, placed[i].path) : i;
	qsort(placed, n, sizeof(*placed), by_place);
	return n;
}

static void add_objects(const struct linker *l, unsigned layout,
			struct args *args)
{
	struct placed placed[2 * OBJECTS_MAX];
	size_t n = lay_out(l, layout, placed);

	for (size_t i = 0; i < n; i++) {
		unsigned gap = (unsigned)(placed[i].place >> 7) % GAPS;

		if (layout && gap)
			args_add(args, "%s/gap%u.o", l->library->dir, gap);
		args_add(args, "%s", placed[i].path);
	}
}

enum status linker_link(struct linker *l, unsigned layout, char path[PATH_MAX])
{
	const struct library *library = l->library;
	struct args args = { 0 };
	char dir[PATH_MAX];

	path_make(path, PATH_MAX, "%s/%s-%04u", library->dir,
		  name_of(l->program), layout);
	if (access(path, X_OK) == 0)
		return STATUS_PASS;
	args_add(&args, "%s", library->cc);
	args_add_words(&args, "-o");
	args_add(&args, "%s", path);
	add_objects(l, layout, &args);
	if (library->shared) {
		path_make(dir, sizeof(dir), "%s", library->file);
		*strrchr(dir, '/') = '\0';
		args_add(&args, "%s", library->file);
		args_add(&args, "-Wl,-rpath,%s", dir);
	}
	args_add_words(&args, l->urcu_libs);
	args_add_words(&args, "-lpthread -lm");
	return compiler(l, &args, "linking");
}
