/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "counted.h"
#include "report.h"
#include "subject.h"

#define SCHEMA 1

/*
 * jansson's *_new setters take NULL for an error and fail, so one check of the
 * finished document is enough: every step's result is and-ed into ok.
 */
struct writer {
	bool ok;
};

static json_t *object(struct writer *w)
{
	json_t *o = json_object();

	w->ok = w->ok && o;
	return o;
}

static void put(struct writer *w, json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value))
		w->ok = false;
}

/* Byte totals are hex strings: a JSON number loses bits above 2^53. */
static json_t *hex(uint64_t value)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static json_t *estimate(struct writer *w, const struct estimate *e)
{
	json_t *o = object(w);

	put(w, o, "median", json_real(e->median));
	put(w, o, "low", json_real(e->low));
	put(w, o, "high", json_real(e->high));
	return o;
}

static json_t *comparison(struct writer *w, const struct shape_result *r,
			  const struct comparison *c)
{
	json_t *o = object(w);

	put(w, o, "riotlb_ns", estimate(w, &c->riotlb));
	put(w, o, "radix_ns",
	    r->has_radix ? estimate(w, &c->radix) : json_null());
	put(w, o, "ratio", r->has_radix ? estimate(w, &c->ratio) : json_null());
	return o;
}

static json_t *memory(struct writer *w, const struct shape_result *r)
{
	json_t *o = object(w);
	double n = (double)r->shape->n;

	put(w, o, "riotlb_bytes", hex(r->bytes));
	put(w, o, "riotlb_updated_bytes", hex(r->bytes_later));
	put(w, o, "radix_bytes",
	    r->has_radix ? hex(r->radix_bytes) : json_null());
	put(w, o, "riotlb_per_mapping", json_real((double)r->bytes / n));
	put(w, o, "riotlb_updated_per_mapping",
	    json_real((double)r->bytes_later / n));
	put(w, o, "radix_per_mapping",
	    r->has_radix ? json_real((double)r->radix_bytes / n) : json_null());
	return o;
}

static json_t *reset(struct writer *w, const struct shape_result *r)
{
	json_t *o = object(w);

	put(w, o, "calls", json_integer((json_int_t)r->reset_calls));
	put(w, o, "riotlb_ns", estimate(w, &r->reset));
	put(w, o, "riotlb_16_ns", estimate(w, &r->reset_16));
	put(w, o, "ratio_to_16", estimate(w, &r->reset_to_16));
	put(w, o, "radix_ns",
	    r->has_radix ? estimate(w, &r->radix_reset) : json_null());
	return o;
}

static json_t *shape(struct writer *w, const struct shape_result *r)
{
	json_t *o = object(w);

	put(w, o, "name", json_string(r->shape->name));
	put(w, o, "what", json_string(r->shape->what));
	put(w, o, "mappings", json_integer((json_int_t)r->shape->n));
	put(w, o, "keys", json_integer((json_int_t)r->keys));
	put(w, o, "lookup", comparison(w, r, &r->lookup));
	put(w, o, "lookup_burst", comparison(w, r, &r->burst));
	put(w, o, "lookup_dependent", comparison(w, r, &r->dependent));
	put(w, o, "unmap_map", comparison(w, r, &r->remap));
	put(w, o, "map_bulk", comparison(w, r, &r->bulk));
	put(w, o, "memcpy_ns", estimate(w, &r->copy));
	put(w, o, "map_bulk_to_memcpy", estimate(w, &r->bulk_to_copy));
	put(w, o, "memory", memory(w, r));
	put(w, o, "reset_map", reset(w, r));
	return o;
}

static json_t *machine(struct writer *w, const struct report *report)
{
	const struct machine *m = report->machine;
	json_t *o = object(w);

	put(w, o, "cpu", json_string(m->cpu));
	put(w, o, "cores", json_integer(m->cores));
	put(w, o, "kernel", json_string(m->kernel));
	put(w, o, "huge_pages", json_string(m->huge_pages));
	put(w, o, "compiler", json_string(m->compiler));
	put(w, o, "flags", json_string(m->flags));
	put(w, o, "hypervisor", json_boolean(m->virtual));
	put(w, o, "steal_percent", json_real(report->steal));
	put(w, o, "membarrier", json_boolean(m->membarrier));
	put(w, o, "clock", json_string(clock_facts.source));
	put(w, o, "clocksource", json_string(m->clocksource));
	put(w, o, "clock_quantum_ns", json_real(clock_facts.quantum_ns));
	put(w, o, "clock_overhead_ns", json_real(clock_facts.overhead_ns));
	return o;
}

static json_t *settings(struct writer *w, const struct report *report)
{
	const struct run_settings *s = report->settings;
	const struct subject_settings *t = &subject_settings;
	json_t *o = object(w);

	put(w, o, "rounds", json_integer((json_int_t)s->rounds));
	put(w, o, "lookups", json_integer((json_int_t)s->lookups));
	put(w, o, "updates", json_integer((json_int_t)s->updates));
	put(w, o, "section", json_integer(t->section));
	put(w, o, "seed", hex(s->seed));
	put(w, o, "allocator", json_string(counted_allocator_name));
	put(w, o, "table_huge_pages", json_boolean(t->huge_pages));
	put(w, o, "reader_cpu", json_integer(t->reader_cpu));
	put(w, o, "reclaim_cpu",
	    t->reclaim_cpu < 0 ? json_null() : json_integer(t->reclaim_cpu));
	put(w, o, "flush_bytes", hex(cache_flush_bytes));
	return o;
}

static json_t *document(struct writer *w, const struct report *report)
{
	json_t *o = object(w);
	json_t *shapes = json_array();

	for (size_t i = 0; i < report->n; i++) {
		if (json_array_append_new(shapes,
					  shape(w, &report->results[i])))
			w->ok = false;
	}
	put(w, o, "schema", json_integer(SCHEMA));
	put(w, o, "machine", machine(w, report));
	put(w, o, "settings", settings(w, report));
	put(w, o, "seconds", json_real(report->seconds));
	put(w, o, "shapes", shapes);
	return o;
}

int report_json(const struct report *report, FILE *file)
{
	struct writer w = { .ok = true };
	json_t *root = document(&w, report);
	int err = w.ok ? 0 : -ENOMEM;

	if (!err &&
	    (json_dumpf(root, file, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
	     fputc('\n', file) == EOF))
		err = -EIO;
	if (fclose(file) && !err)
		err = -errno;
	json_decref(root);
	return err;
}
