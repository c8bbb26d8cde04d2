/* SPDX-License-Identifier: MIT */
#include "side.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "code.h"
#include "fetch.h"
#include "path.h"
#include "unpack.h"

/* ---- what it is --------------------------------------------------------- */

static bool has(const char *dir, const char *file)
{
	char path[PATH_MAX];

	path_make(path, sizeof(path), "%s/%s", dir, file);
	return access(path, R_OK) == 0;
}

enum side_kind side_kind(const struct workshop *shop, const char *text)
{
	char *commit;

	if (has(text, "CMakeCache.txt"))
		return SIDE_BUILD;
	if (has(text, "CMakeLists.txt") && has(text, "core"))
		return SIDE_SOURCE;
	if (has(text, "include/riotlb/riotlb.h"))
		return SIDE_PREFIX;
	commit = fetch_commit(shop, text);
	free(commit);
	return commit ? SIDE_REVISION : SIDE_NONE;
}

/* ---- a build directory -------------------------------------------------- */

static bool set_file(struct library *l, const char *dir, const char *name)
{
	path_make(l->file, sizeof(l->file), "%s/%s", dir, name);
	l->shared = strstr(name, ".so") != NULL;
	return access(l->file, R_OK) == 0;
}

/* What its user chose; what the tree itself adds is part of what is judged. */
static enum status read_settings(struct library *l, const char *dir)
{
	struct cache cache;
	const char *flags;
	char key[64];

	if (cache_read(&cache, dir))
		return say(STATUS_USAGE, "%s: no cache of CMake", dir);
	path_make(key, sizeof(key), "CMAKE_C_FLAGS_%s",
		  cache_build_type(&cache));
	path_make(l->flags, sizeof(l->flags), "%s %s",
		  cache_get(&cache, "CMAKE_C_FLAGS"), cache_get(&cache, key));
	flags = l->flags + strspn(l->flags, " ");
	memmove(l->flags, flags, strlen(flags) + 1);
	path_make(l->side->flags, sizeof(l->side->flags), "%s", l->flags);
	path_make(l->cc, sizeof(l->cc), "%s",
		  cache_get(&cache, "CMAKE_C_COMPILER"));
	path_make(l->include[0], sizeof(l->include[0]), "%s/include",
		  cache_get(&cache, "CMAKE_HOME_DIRECTORY"));
	path_make(l->include[1], sizeof(l->include[1]), "%s/include", dir);
	l->side->assertions =
		strcmp(cache_get(&cache, "RIOTLB_DEBUG"), "ON") == 0;
	if (*cache_get(&cache, "RIOTLB_SANITIZE") ||
	    strcmp(cache_get(&cache, "RIOTLB_COVERAGE"), "ON") == 0) {
		cache_free(&cache);
		return say(STATUS_USAGE, "%s: built with instruments", dir);
	}
	cache_free(&cache);
	return STATUS_PASS;
}

static enum status take_build(struct library *l, const char *dir)
{
	char absolute[PATH_MAX];
	enum status status;

	if (!realpath(dir, absolute))
		return say(STATUS_USAGE, "%s: %s", dir, strerror(errno));
	status = read_settings(l, absolute);
	if (status)
		return status;
	if (set_file(l, absolute, "core/libriotlb.a") ||
	    set_file(l, absolute, "core/libriotlb.so"))
		return STATUS_PASS;
	return say(STATUS_USAGE, "%s: libriotlb is not built there", dir);
}

/* ---- an installed prefix ------------------------------------------------ */

static enum status take_prefix(struct library *l, const char *dir)
{
	static const char *const names[] = { "libriotlb.a", "libriotlb.so" };
	static const char *const places[] = { "lib", "lib64", "lib/*" };
	char prefix[PATH_MAX / 4];

	if (!path_make(prefix, sizeof(prefix), "%s", dir))
		return say(STATUS_USAGE, "%s: too long", dir);
	path_make(l->include[0], sizeof(l->include[0]), "%s/include", prefix);
	for (size_t i = 0; i < 6; i++) {
		char pattern[PATH_MAX / 2];
		glob_t found;

		path_make(pattern, sizeof(pattern), "%s/%s/%s", prefix,
			  places[i % 3], names[i / 3]);
		if (glob(pattern, 0, NULL, &found) == 0) {
			l->shared = i / 3 == 1;
			if (!realpath(found.gl_pathv[0], l->file))
				l->file[0] = '\0';
		}
		globfree(&found);
		if (*l->file)
			return STATUS_PASS;
	}
	return say(STATUS_USAGE, "%s: there is no libriotlb", dir);
}

/* ---- sources ------------------------------------------------------------ */

static enum status build_sources(struct library *l, const char *sources)
{
	char build[PATH_MAX];
	enum status status;

	path_make(build, sizeof(build), "%s/build", l->dir);
	status = fetch_build(l->shop, sources, build);
	return status ? status : take_build(l, build);
}

static enum status take_revision(struct library *l, const char *text)
{
	char *commit = fetch_commit(l->shop, text);
	char sources[PATH_MAX];
	enum status status;

	if (!commit)
		return say(STATUS_USAGE, "no revision '%s'", text);
	path_make(l->side->commit, sizeof(l->side->commit), "%s", commit);
	free(commit);
	path_make(sources, sizeof(sources), "%s/tree", l->dir);
	if (mkdir(sources, 0777))
		return say(STATUS_INTERNAL, "%s: %s", sources, strerror(errno));
	status = fetch_sources(l->shop, l->side->commit, sources);
	return status ? status : build_sources(l, sources);
}

/* ---- what is in it ------------------------------------------------------ */

static enum status look_inside(struct library *l)
{
	struct code code = { 0 };
	enum status status = STATUS_PASS;
	int err = 0;

	if (!l->shared)
		status = unpack_archive(l);
	if (status)
		return status;
	for (size_t i = 0; !err && i < l->object_count; i++)
		err = code_add(&code, l->objects[i]);
	if (!err && l->shared)
		err = code_add(&code, l->file);
	if (err)
		return say(STATUS_INTERNAL, "%s: %s", l->file, strerror(-err));
	code_text(&code, l->side->code);
	memcpy(l->side->compiler, code.compiler, sizeof(code.compiler));
	l->side->assertions = l->side->assertions || code.assertions;
	return STATUS_PASS;
}

static enum status take(struct library *l, const char *text)
{
	static const char *const kinds[] = { "", "build", "source", "prefix",
					     "revision" };
	enum side_kind kind = side_kind(l->shop, text);

	path_make(l->side->kind, sizeof(l->side->kind), "%s", kinds[kind]);
	switch (kind) {
	case SIDE_BUILD:
		return take_build(l, text);
	case SIDE_SOURCE:
		return build_sources(l, text);
	case SIDE_PREFIX:
		return take_prefix(l, text);
	case SIDE_REVISION:
		return take_revision(l, text);
	case SIDE_NONE:
		break;
	}
	return say(STATUS_USAGE,
		   "'%s' is neither a revision, a build directory, a tree of "
		   "sources, nor a prefix",
		   text);
}

enum status library_open(struct library *l, struct side *side,
			 const struct workshop *shop, const char *name)
{
	enum status status;

	*l = (struct library){ .side = side, .shop = shop };
	path_make(l->dir, sizeof(l->dir), "%s/%s", shop->dir, name);
	if (mkdir(l->dir, 0777))
		return say(STATUS_INTERNAL, "%s: %s", l->dir, strerror(errno));
	status = take(l, side->given);
	return status ? status : look_inside(l);
}

void library_close(struct library *l)
{
	for (size_t i = 0; i < l->object_count; i++)
		free(l->objects[i]);
	l->object_count = 0;
}

/* ---- callers ------------------------------------------------------------ */

static const char *pick(const char *a, const char *b, const char *fallback)
{
	if (*a)
		return a;
	return *b ? b : fallback;
}

struct build build_of(const struct library *base, const struct library *head,
		      const struct workshop *shop)
{
	struct build build;

	path_make(build.cc, sizeof(build.cc), "%s",
		  pick(base->cc, head->cc, *shop->cc ? shop->cc : "cc"));
	path_make(build.flags, sizeof(build.flags), "%s",
		  pick(base->flags, head->flags, "-O3 -DNDEBUG"));
	return build;
}
