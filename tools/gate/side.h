/* SPDX-License-Identifier: MIT */
/*
 * From what was said on the command line to a library that can be linked: a
 * revision or a tree of sources is built, a build directory or an installed
 * prefix is taken as it is.
 */
#ifndef RIOTLB_GATE_SIDE_H
#define RIOTLB_GATE_SIDE_H

#include <limits.h>
#include <stdbool.h>

#include "model.h"

#define OBJECTS_MAX 192

/* Where this run keeps what it makes, and how. */
struct workshop {
	char dir[PATH_MAX / 4];
	char log[PATH_MAX / 2]; /* what the programs said */
	char cc[128];
	char repository[PATH_MAX / 4];
	bool keep;
};

/* A library, ready to be linked. */
struct library {
	struct side *side;
	const struct workshop *shop;
	char dir[PATH_MAX / 2]; /* its place in the workshop */
	char include[2][PATH_MAX / 2];
	char file[PATH_MAX]; /* libriotlb.a or .so */
	bool shared;
	char cc[128];               /* what to compile callers with; "" any */
	char flags[256];            /* and how */
	char *objects[OBJECTS_MAX]; /* of an archive, each by itself */
	size_t object_count;
};

/* Makes a directory for the run. STATUS_PASS, or what it has said. */
enum status workshop_open(struct workshop *shop);
/* Removes it, unless it is to be kept. */
void workshop_close(struct workshop *shop);

enum side_kind {
	SIDE_NONE,
	SIDE_BUILD,    /* a build directory of CMake */
	SIDE_SOURCE,   /* a tree of sources */
	SIDE_PREFIX,   /* where riotlb is installed */
	SIDE_REVISION, /* of the repository */
};

/* The first of these that it can be. */
enum side_kind side_kind(const struct workshop *shop, const char *text);

/*
 * Fills in the side, too. `name` is "base" or "head". The library has to be
 * closed whatever is returned.
 */
enum status library_open(struct library *library, struct side *side,
			 const struct workshop *shop, const char *name);
void library_close(struct library *library);

/*
 * How to compile callers of both sides, which has to be the same: as one of
 * them was built, if that is known.
 */
struct build {
	char cc[128];
	char flags[256];
};
struct build build_of(const struct library *base, const struct library *head,
		      const struct workshop *shop);

/*
 * Are two texts revisions whose libraries are built of the same files? Then
 * *why says how it is known, to be freed; else it is NULL.
 */
enum status sides_unchanged(const struct workshop *shop, const char *base,
			    const char *head, char **why);

/* Can a file change what the library does? Paths are those of the tree. */
bool path_matters(const char *path);

#endif
