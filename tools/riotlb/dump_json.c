/* SPDX-License-Identifier: MIT */
/*
 * Written piece by piece: a document in memory would take hundreds of bytes for
 * each mapping.
 */
#include "dump.h"

#include <inttypes.h>
#include <stdio.h>

#include "json.h"

/* Takes `value`; NULL fails, as there was no memory for it. */
static bool put(json_t *value)
{
	bool done = value && json_dumpf(value, stdout, JSON_ENCODE_ANY) == 0;

	json_decref(value);
	return done;
}

static bool put_member(const char *before, const char *key, json_t *value)
{
	printf("%s\"%s\": ", before, key);
	return put(value);
}

static json_t *bytes(const struct riotlb_bytes *bytes)
{
	if (!bytes->hi)
		return json_hex(bytes->lo);
	return json_sprintf("0x%" PRIx64 "%016" PRIx64, bytes->hi, bytes->lo);
}

static json_t *endpoints(const struct dump *dump, uint32_t asid)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < dump->trace->endpoints.n; i++) {
		if (dump->session->bound[i] == asid &&
		    json_array_append_new(
			    array,
			    json_integer(dump->trace->endpoints.of[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* *ctx is what stands before the mapping. */
static bool put_mapping(void *ctx, const struct riotlb_mapping *mapping)
{
	const char **before = ctx;

	printf("%s\n    ", *before);
	*before = ",";
	return put(json_pack("{so so so si}", "start", json_hex(mapping->start),
			     "last", json_hex(mapping->last), "addr",
			     json_hex(mapping->addr), "perm",
			     (int)mapping->perm));
}

static bool put_mappings(const struct dump *dump, uint32_t asid)
{
	const char *before = "";

	printf(",\n   \"mappings\": [");
	if (!dump_mappings(dump, asid, put_mapping, &before))
		return false;
	printf("]");
	return true;
}

static bool put_shape(const struct dump *dump, uint32_t asid)
{
	struct dump_figure figures[DUMP_FIGURES];
	json_t *shape = json_object();

	dump_shape(dump, asid, figures);
	for (size_t i = 0; i < DUMP_FIGURES; i++) {
		const struct dump_figure *figure = &figures[i];
		json_t *value =
			figure->is_bytes
				? json_hex(figure->value)
				: json_integer((json_int_t)figure->value);

		if (json_object_set_new(shape, figure->name, value)) {
			json_decref(shape);
			return false;
		}
	}
	return put_member(",\n   ", "shape", shape);
}

/* An ftrace names no domains. */
static json_t *domain(const struct dump *dump, uint32_t asid)
{
	if (dump->trace->format == FORMAT_FTRACE)
		return json_null();
	return json_integer(dump->trace->domains.of[asid]);
}

static bool put_space(const struct dump *dump, uint32_t asid)
{
	struct riotlb_stats stats = { 0 };

	riotlb_get_stats(dump->session->engine, asid, &stats);
	if (!put_member("  {", "domain", domain(dump, asid)) ||
	    !put_member(", ", "endpoints", endpoints(dump, asid)) ||
	    !put_member(", ", "count",
			json_integer((json_int_t)stats.mappings)) ||
	    !put_member(",\n   ", "bytes", bytes(&stats.bytes)) ||
	    !put_member(", ", "table_bytes", json_hex(stats.table_bytes)) ||
	    !put_member(", ", "generation", json_hex(stats.generation)))
		return false;
	if (!(dump->shape ? put_shape(dump, asid) : put_mappings(dump, asid)))
		return false;
	printf("}");
	return true;
}

bool dump_json(const struct dump *dump)
{
	if (!put_member("{", "schema", json_integer(JSON_SCHEMA)) ||
	    !put_member(", ", "file", json_path(dump->trace->file)) ||
	    !put_member(", ", "format",
			json_string(format_name(dump->trace->format))) ||
	    !put_member(", ", "skipped",
			json_integer((json_int_t)dump->trace->skipped)))
		return false;
	printf(",\n \"spaces\": [");
	for (uint32_t i = 0; i < dump->session->nas; i++) {
		printf(i ? ",\n" : "\n");
		if (!put_space(dump, i))
			return false;
	}
	printf("]}\n");
	return true;
}
