/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

json_t *json_hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

json_t *json_path(const char *path)
{
	json_t *text = json_string(path);
	char *copy;

	if (text || is_ascii(path)) /* NULL: no memory */
		return text;
	copy = strdup(path);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++) {
		if (*c & 0x80)
			*c = '?';
	}
	text = json_string(copy);
	free(copy);
	return text;
}
