/* SPDX-License-Identifier: MIT */
#include "html_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 64
#define IDS 20000

struct check {
	char open[DEPTH][32];
	size_t depth;
	char **ids;
	size_t id_count;
	char **references;
	size_t reference_count;
	char wrong[256];
};

static bool is_void(const char *name)
{
	return strcmp(name, "meta") == 0 || strcmp(name, "br") == 0;
}

static char *piece(const char *from, size_t n)
{
	char *text = malloc(n + 1);

	memcpy(text, from, n);
	text[n] = '\0';
	return text;
}

static void complain(struct check *c, const char *what, const char *at)
{
	if (!*c->wrong)
		snprintf(c->wrong, sizeof(c->wrong), "%s: %.120s", what, at);
}

static void attribute(struct check *c, const char *name, size_t name_size,
		      const char *value, size_t size)
{
	bool link = (name_size == 4 && strncmp(name, "href", 4) == 0) ||
		    (name_size == 10 && strncmp(name, "xlink:href", 10) == 0);

	if (name_size == 2 && strncmp(name, "id", 2) == 0) {
		if (c->id_count < IDS)
			c->ids[c->id_count++] = piece(value, size);
	} else if (link) {
		if (*value != '#')
			complain(c, "points outside", value);
		else if (c->reference_count < IDS)
			c->references[c->reference_count++] =
				piece(value + 1, size - 1);
	} else if (name_size == 3 && strncmp(name, "src", 3) == 0) {
		complain(c, "loads", value);
	}
	if (name_size > 2 && strncmp(name, "on", 2) == 0)
		complain(c, "has a handler", name);
}

/* From behind the name to behind the >; sets *closed for a "/>". */
static const char *attributes(struct check *c, const char *p, bool *closed)
{
	while (*p && *p != '>') {
		const char *name = p + strspn(p, " \t\n");
		size_t n = strcspn(name, " \t\n=>/");
		const char *value = name + n + strspn(name + n, " \t\n");

		if (*name == '/' && name[1] == '>') {
			*closed = true;
			return name + 2;
		}
		if (*name == '>')
			return name + 1;
		if (!n || *value != '=') {
			complain(c, "an attribute without a value", name);
			return name + 1;
		}
		value += 1 + strspn(value + 1, " \t\n");
		if (*value != '"' && *value != '\'') {
			complain(c, "an unquoted value", name);
			return value;
		}
		p = strchr(value + 1, *value);
		if (!p) {
			complain(c, "an open quote", name);
			return value + strlen(value);
		}
		attribute(c, name, n, value + 1, (size_t)(p - value - 1));
		p++;
	}
	return *p ? p + 1 : p;
}

static const char *closing(struct check *c, const char *p)
{
	size_t n = strcspn(p, ">");

	if (!c->depth || strlen(c->open[c->depth - 1]) != n ||
	    strncmp(c->open[c->depth - 1], p, n) != 0)
		complain(c, "closes what is not open", p);
	else
		c->depth--;
	return p + n + 1;
}

static const char *opening(struct check *c, const char *p)
{
	char name[32];
	size_t n = strcspn(p, " \t\n>/");
	bool closed = false;

	if (n == 0 || n >= sizeof(name) || c->depth == DEPTH) {
		complain(c, "a stray <", p);
		return p + 1;
	}
	snprintf(name, sizeof(name), "%.*s", (int)n, p);
	if (strcmp(name, "script") == 0)
		complain(c, "a script", p);
	p = attributes(c, p + n, &closed);
	if (closed || is_void(name))
		return p;
	snprintf(c->open[c->depth++], sizeof(c->open[0]), "%s", name);
	if (strcmp(name, "style") != 0)
		return p;
	if (memmem(p, strcspn(p, "<"), "url(", 4) ||
	    memmem(p, strcspn(p, "<"), "@import", 7))
		complain(c, "a style loads", p);
	return p + strcspn(p, "<");
}

static const char *text(struct check *c, const char *p)
{
	static const char *const entities[] = { "amp;",  "lt;",  "gt;",
						"quot;", "#39;", "nbsp;" };

	if (*p != '&')
		return p + 1;
	for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++) {
		if (strncmp(p + 1, entities[i], strlen(entities[i])) == 0)
			return p + 1;
	}
	complain(c, "a bare &", p);
	return p + 1;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_ids(struct check *c)
{
	qsort(c->ids, c->id_count, sizeof(*c->ids), compare);
	for (size_t i = 1; i < c->id_count; i++) {
		if (strcmp(c->ids[i - 1], c->ids[i]) == 0)
			complain(c, "an id comes twice", c->ids[i]);
	}
	for (size_t i = 0; i < c->reference_count; i++) {
		if (!bsearch(&c->references[i], c->ids, c->id_count,
			     sizeof(*c->ids), compare))
			complain(c, "no such id", c->references[i]);
		free(c->references[i]);
	}
	for (size_t i = 0; i < c->id_count; i++)
		free(c->ids[i]);
}

const char *html_check(const char *page)
{
	static char wrong[256];
	struct check c = {
		.ids = calloc(IDS, sizeof(char *)),
		.references = calloc(IDS, sizeof(char *)),
	};
	const char *p = page;

	if (strncmp(p, "<!DOCTYPE html>\n", 16) != 0)
		complain(&c, "no doctype", p);
	else
		p += 16;
	while (*p && !*c.wrong) {
		if (*p != '<')
			p = text(&c, p);
		else if (p[1] == '/')
			p = closing(&c, p + 2);
		else
			p = opening(&c, p + 1);
	}
	if (c.depth)
		complain(&c, "left open", c.open[c.depth - 1]);
	check_ids(&c);
	free(c.ids);
	free(c.references);
	memcpy(wrong, c.wrong, sizeof(wrong));
	return *wrong ? wrong : NULL;
}
