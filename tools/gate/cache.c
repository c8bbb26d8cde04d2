/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

int cache_read(struct cache *cache, const char *dir)
{
	char path[PATH_MAX];
	FILE *file;
	ssize_t got;

	*cache = (struct cache){ 0 };
	path_make(path, sizeof(path), "%s/CMakeCache.txt", dir);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	got = getdelim(&cache->text, &cache->size, '\0', file);
	fclose(file);
	if (got < 0)
		return -EIO;
	/* lines become strings */
	cache->size = (size_t)got;
	for (size_t i = 0; i < cache->size; i++) {
		if (cache->text[i] == '\n')
			cache->text[i] = '\0';
	}
	return 0;
}

void cache_free(struct cache *cache)
{
	free(cache->text);
	*cache = (struct cache){ 0 };
}

const char *cache_get(struct cache *cache, const char *key)
{
	size_t length = strlen(key);

	/* KEY:TYPE=VALUE */
	for (const char *line = cache->text; line < cache->text + cache->size;
	     line += strlen(line) + 1) {
		const char *value = strchr(line, '=');

		if (strncmp(line, key, length) == 0 && line[length] == ':' &&
		    value)
			return value + 1;
	}
	return "";
}

const char *cache_build_type(struct cache *cache)
{
	const char *type = cache_get(cache, "CMAKE_BUILD_TYPE");
	size_t i = 0;

	for (; type[i] && i + 1 < sizeof(cache->type); i++)
		cache->type[i] = (char)toupper((unsigned char)type[i]);
	cache->type[i] = '\0';
	return cache->type;
}
