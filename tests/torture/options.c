/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
	"usage: riotlb-torture --seconds N [--seed S] [--json FILE]\n"
	"           [--flavor memb|qsbr|all] [--kind capped|plain|all]\n"
	"           [--round N] [--readers N]\n"
	"           [--updaters N] [--mortal N] [--cap BYTES]\n"
	"\n"
	"Lets readers, updaters, resetters, rebinders and lease holders loose\n"
	"on engines of both flavours, and judges everything that they see.\n"
	"\n"
	"  --seconds N    how long, and how much must have happened by then;\n"
	"                 it goes on for as long as that takes\n"
	"  --seed S       of all that is random; default: the clock\n"
	"  --json FILE    what happened; - is standard output\n"
	"  --flavor NAME  memb, qsbr or all, in turn (default)\n"
	"  --kind NAME    capped: engines with a retire callback and a "
	"backlog\n"
	"                 cap; plain: engines without; all, in turn (default)\n"
	"  --round N      seconds that one engine lives at most (default 10)\n"
	"  --readers N    threads that look up (default 2)\n"
	"  --updaters N   threads that map and unmap (default 3)\n"
	"  --mortal N     one block in N is unmapped when it is released, the\n"
	"                 others are poisoned; 0: none is (default 64)\n"
	"  --cap BYTES    the engine's backlog_cap (default 2 MiB)\n"
	"\n"
	"Exit status: 0: no violation; 1: a violation, or less happened than\n"
	"must; 2: usage.\n";

__attribute__((noreturn, format(printf, 1, 2))) static void
bad(const char *format, ...)
{
	va_list args;

	fputs("riotlb-torture: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s", usage);
	exit(2);
}

static uint64_t number(const char *name, const char *text, uint64_t low,
		       uint64_t high)
{
	unsigned long long value;
	char *rest;

	errno = 0;
	value = strtoull(text, &rest, 0);
	if (errno || *rest || rest == text || strchr(text, '-'))
		bad("%s: not a number: %s", name, text);
	if (value < low || value > high)
		bad("%s: out of range: %s", name, text);
	return value;
}

static void parse_flavor(struct options *o, const char *name)
{
	o->memb = !strcmp(name, "memb") || !strcmp(name, "all");
	o->qsbr = !strcmp(name, "qsbr") || !strcmp(name, "all");
	if (!o->memb && !o->qsbr)
		bad("--flavor: no such flavour: %s", name);
}

static void parse_kind(struct options *o, const char *name)
{
	o->capped = !strcmp(name, "capped") || !strcmp(name, "all");
	o->plain = !strcmp(name, "plain") || !strcmp(name, "all");
	if (!o->capped && !o->plain)
		bad("--kind: no such kind: %s", name);
}

static void parse_one(struct options *o, const char *name, const char *value)
{
	if (!strcmp(name, "--seconds"))
		o->seconds = number(name, value, 1, 1000000000);
	else if (!strcmp(name, "--seed"))
		o->seed = number(name, value, 0, UINT64_MAX);
	else if (!strcmp(name, "--json"))
		o->json = value;
	else if (!strcmp(name, "--flavor"))
		parse_flavor(o, value);
	else if (!strcmp(name, "--kind"))
		parse_kind(o, value);
	else if (!strcmp(name, "--round"))
		o->round = number(name, value, 1, 1000000000);
	else if (!strcmp(name, "--readers"))
		o->readers = (unsigned int)number(name, value, 1, 16);
	else if (!strcmp(name, "--updaters"))
		o->updaters = (unsigned int)number(name, value, 1, 16);
	else if (!strcmp(name, "--mortal"))
		o->mortal = (unsigned int)number(name, value, 0, 1000000);
	else if (!strcmp(name, "--cap"))
		o->cap = number(name, value, 0x10000, 0x1000000);
	else
		bad("no such option: %s", name);
}

struct options options_parse(int argc, char **argv)
{
	struct options o = {
		.round = 10,
		.memb = true,
		.qsbr = true,
		.capped = true,
		.plain = true,
		.readers = 2,
		.updaters = 3,
		.mortal = 64,
		.cap = 0x200000,
	};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	o.seed = (uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec;
	for (int i = 1; i < argc; i += 2) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(usage, stdout);
			exit(0);
		}
		if (i + 1 == argc)
			bad("%s: no such option, or it lacks its value",
			    argv[i]);
		parse_one(&o, argv[i], argv[i + 1]);
	}
	if (!o.seconds)
		bad("--seconds is missing");
	return o;
}
