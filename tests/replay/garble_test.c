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

#include "limits.h"
#include "parse.h"

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

/* ---- what must hold ----------------------------------------------------- */

static void check_event(const struct trace *trace, const struct event *event)
{
	switch ((enum event_kind)event->kind) {
	case EVENT_MAP:
		assert_true(event->last >= event->start);
		assert_true(event->addr + (event->last - event->start) >=
			    event->addr);
		assert_in_range(event->perm, 1, 3);
		assert_true(event->place < trace->domains.n);
		assert_true(trace->top_iova >= event->last);
		break;
	case EVENT_UNMAP:
		assert_true(event->place < trace->domains.n);
		assert_true(trace->top_iova >= event->last);
		break;
	case EVENT_ATTACH:
	case EVENT_DETACH:
		assert_true(event->start < trace->domains.n);
		assert_true(event->place < trace->endpoints.n);
		break;
	case EVENT_ACCESS:
	case EVENT_ANSWERED:
		assert_in_range(event->perm, 0, 3);
		assert_true(event->place < trace->endpoints.n);
		break;
	case EVENT_NONE:
		break;
	}
}

static void check_sums(const struct trace *trace)
{
	uint64_t events = 0, answered = 0, bypassed = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct event *event = &trace->events[i];

		check_event(trace, event);
		events += event->kind != EVENT_NONE;
		answered += event->kind == EVENT_ANSWERED;
		bypassed += trace_bypasses(event);
	}
	assert_true(events == trace_events(trace));
	assert_true(answered == trace->answered);
	assert_true(bypassed == trace->bypassed);
	assert_true(trace->accesses >= answered + bypassed);
	assert_true(trace->pages <= LIMIT_PAGES);
}

/* Exactly as long as the line, so that a sanitizer sees a step too far. */
static bool parse(const struct parser *parser, struct trace *trace,
		  const char *line, size_t length)
{
	char *copy = malloc(length ? length : 1);
	char why[PARSE_WHY] = "";
	size_t before = trace->n;
	struct known known;
	bool added = false;

	assert_non_null(copy);
	memcpy(copy, line, length);
	if (parser->recognize(copy, length, &known)) {
		added = parser->add(trace, &known, 1, why);
		if (!added) {
			assert_true(trace->n == before);
			assert_true(strlen(why) > 5);
			assert_true(strlen(why) < PARSE_WHY);
		}
	}
	free(copy);
	return added;
}

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
		added += parse(parser, &trace, line, length);
		if (trace.n >= 4096) {
			check_sums(&trace);
			trace_free(&trace);
			trace_init(&trace, file, parser->format);
		}
	}
	check_sums(&trace);
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
