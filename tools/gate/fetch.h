/* SPDX-License-Identifier: MIT */
/* Sources from git, and builds of them. */
#ifndef RIOTLB_GATE_FETCH_H
#define RIOTLB_GATE_FETCH_H

#include "side.h"

/* The commit that a text names, to be freed; NULL: none. */
char *fetch_commit(const struct workshop *shop, const char *text);

/* Its files, into a directory that is there. */
enum status fetch_sources(const struct workshop *shop, const char *commit,
			  const char *to);

/* Configures and builds the static library alone. */
enum status fetch_build(const struct workshop *shop, const char *sources,
			const char *build);

#endif
