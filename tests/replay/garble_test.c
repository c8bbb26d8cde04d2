/* SPDX-License-Identifier: MIT */
/*
 * Lines of the small traces, changed at random: whatever a line is, a parser
 * takes it or names what is wrong, and what it takes is sound.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace_check.h"

#define ROUNDS 200000u
#define MAX_LINES 64u
#define MAX_LENGTH 512u

static char lines[MAX_LINES][MAX_LENGTH];
static unsigned int nlines;
static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static void read_lines(const char *file)
{
	FILE *stream = fopen(file, "r");

	assert_non_null(stream);
	nlines = 0;
	while (nlines < MAX_LINES && fgets(lines[nlines], MAX_LENGTH, stream)) {
		lines[nlines][strcspn(lines[nlines], "\n")] = '\0';
		nlines++;
	}
	assert_true(nlines > 10);
	fclose(stream);
}

/* ---- changes ------------------------------------------------------------ */

static char odd_byte(void)
{
	static const char odd[] = " 0x=-9afF:@.>~\t\r_";

	return random_below(8) ? odd[random_below(sizeof(odd))]
			       : (char)random_below(256);
}

/* One change; the line stays below MAX_LENGTH. */
static size_t change(char *line, size_t length)
{
	const char *other = lines[random_below(nlines)];
	size_t at = random_below((uint32_t)length + 1);
	size_t n;

	switch (random_below(4)) {
	case 0: /* another byte */
		if (at < length)
			line[at] = odd_byte();
		return length;
	case 1: /* some are gone */
		n = random_below(8);
		if (n > length - at)
			n = length - at;
		memmove(line + at, line + at + n, length - at - n);
		return length - n;
	case 2: /* one more */
		if (length + 1 >= MAX_LENGTH)
			return length;
		memmove(line + at + 1, line + at, length - at);
		line[at] = odd_byte();
		return length + 1;
	default: /* goes on as another line */
		n = strlen(other);
		if (at > n)
			at = n;
		memcpy(line + at, other + at, n - at);
		return n;
	}
}

/* ---- the test ------------------------------------------------------------ */

static void garble(const struct parser *parser, const char *file)
{
	unsigned int added = 0;
	struct trace trace;

	read_lines(file);
	trace_init(&trace, file, parser->format);
	random_state = 0x9e3779b97f4a7c15u;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		char line[MAX_LENGTH];
		size_t length;

		strcpy(line, lines[random_below(nlines)]);
		length = strlen(line);
		for (uint32_t n = random_below(4); n; n--)
			length = change(line, length);
		added += trace_check_line(parser, &trace, line, length, 1);
		if (trace.n >= 4096) {
			trace_check(&trace);
			trace_free(&trace);
			trace_init(&trace, file, parser->format);
		}
	}
	trace_check(&trace);
	trace_free(&trace);
	print_message("    %u of %u lines taken\n", added, ROUNDS);
	/* neither all nor none, or the changes were no test */
	assert_in_range(added, ROUNDS / 10, ROUNDS * 9 / 10);
}

static void virtio_iommu_lines(void **state)
{
	(void)state;
	garble(&parse_virtio_iommu, RIOTLB_DATA "/small.viommu.log");
}

static void ftrace_lines(void **state)
{
	(void)state;
	garble(&parse_ftrace, RIOTLB_DATA "/small.ftrace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(virtio_iommu_lines),
		cmocka_unit_test(ftrace_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
