/* SPDX-License-Identifier: MIT */
/*
 * Records of a trace in the compact form, behind a header whose format is the
 * first byte. What was taken before something was wrong is sound; written again
 * as a whole file, with its end and checksum, it is taken, and is the same.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "binary_read.h"
#include "check.h"
#include "trace_check.h"

static enum status load(struct trace *trace, const uint8_t *data, size_t size)
{
	struct trace_reader *reader;
	enum status status;
	bool is;

	trace_init(trace, "input", FORMAT_AUTO);
	check_eq(reader_open(fuzz_file(data, size), &reader), STATUS_OK);
	check_eq(binary_is_next(reader, &is), STATUS_OK);
	check(is);
	status = binary_load(trace, reader, 0);
	reader_close(reader);
	trace_check(trace);
	return status;
}

static uint8_t *with_header(const uint8_t *data, size_t *size)
{
	uint8_t format = *size ? data[0] % 4 : 0;
	uint8_t *file = malloc(BINARY_HEADER + *size);
	size_t header;

	check(file);
	header = binary_put_header((enum format)format, file);
	if (*size)
		memcpy(file + header, data + 1, --*size);
	*size += header;
	return file;
}

static uint8_t *write_again(const struct trace *trace, size_t *size)
{
	struct binary_state *state = calloc(1, sizeof(*state));
	uint8_t *file = malloc((trace->n + 3) * BINARY_RECORD);
	uint32_t crc;

	check(state && file);
	*size = binary_put_header(trace->format, file);
	for (size_t i = 0; i < trace->n; i++) {
		size_t n = binary_put(state, trace, &trace->events[i],
				      file + *size);

		check(n && n <= BINARY_RECORD);
		*size += n;
	}
	*size += binary_put_end(trace, file + *size);
	crc = binary_crc(0, file, *size);
	for (int i = 0; i < 4; i++)
		file[(*size)++] = (uint8_t)(crc >> 8 * i);
	free(state);
	return file;
}

static void check_same(const struct trace *a, const struct trace *b)
{
	check_eq(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct event *x = &a->events[i], *y = &b->events[i];

		check(x->start == y->start && x->last == y->last &&
		      x->addr == y->addr && x->line == y->line &&
		      x->place == y->place && x->kind == y->kind &&
		      x->perm == y->perm);
	}
	check_eq(a->domains.n, b->domains.n);
	check_eq(a->endpoints.n, b->endpoints.n);
	for (uint32_t i = 0; i < a->domains.n; i++)
		check_eq(a->domains.of[i], b->domains.of[i]);
	for (uint32_t i = 0; i < a->endpoints.n; i++)
		check_eq(a->endpoints.of[i], b->endpoints.of[i]);
	check_eq(a->pages, b->pages);
	check_eq(a->top_iova, b->top_iova);
	check_eq(a->top_addr, b->top_addr);
	check_eq(a->lines, b->lines);
	check_eq(a->skipped, b->skipped);
	check_eq(trace_events(a), trace_events(b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace trace, again;
	uint8_t *file = with_header(data, &size);

	load(&trace, file, size);
	free(file);
	file = write_again(&trace, &size);
	check_eq(load(&again, file, size), STATUS_OK);
	check_same(&trace, &again);
	free(file);
	trace_free(&trace);
	trace_free(&again);
	return 0;
}
