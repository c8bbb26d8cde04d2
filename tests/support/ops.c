/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "check.h"

static struct riotlb_mapping *mappings_of(const struct op *op)
{
	struct riotlb_mapping *list = calloc(op->n + 1, sizeof(*list));

	check(list);
	for (size_t i = 0; i < op->n; i++)
		list[i] = op->many[i].mapping;
	return list;
}

static struct riotlb_range *ranges_of(const struct op *op)
{
	struct riotlb_range *list = calloc(op->n + 1, sizeof(*list));

	check(list);
	for (size_t i = 0; i < op->n; i++) {
		list[i].start = op->many[i].mapping.start;
		list[i].last = op->many[i].mapping.last;
	}
	return list;
}

static int array_on_engine(struct riotlb *e, const struct op *op,
			   struct riotlb_report *report)
{
	struct riotlb_mapping *mappings = mappings_of(op);
	struct riotlb_range *ranges = ranges_of(op);
	int err;

	if (op->kind == OP_MAP_BULK)
		err = riotlb_map_bulk(e, op->asid, mappings, op->n, op->flags,
				      report);
	else if (op->kind == OP_SET_MAP)
		err = riotlb_set_map(e, op->asid, mappings, op->n, report);
	else
		err = riotlb_unmap_bulk(e, op->asid, ranges, op->n, op->policy,
					report);
	free(mappings);
	free(ranges);
	return err;
}

int op_on_engine(struct riotlb *e, const struct op *op,
		 struct riotlb_report *report)
{
	switch (op->kind) {
	case OP_MAP:
		return riotlb_map(e, op->asid, &op->one, op->flags, report);
	case OP_UNMAP:
		return riotlb_unmap(e, op->asid, op->one.start, op->one.last,
				    op->policy, report);
	case OP_PROTECT:
		return riotlb_protect(e, op->asid, op->one.start, op->one.last,
				      op->one.perm, report);
	case OP_MAP_BULK:
	case OP_UNMAP_BULK:
	case OP_SET_MAP:
		return array_on_engine(e, op, report);
	case OP_APPLY:
		return riotlb_apply(e, op->asid, op->many, op->n, report);
	case OP_RESET:
		return riotlb_reset_map(e, op->asid, report);
	case OP_BIND:
		return riotlb_set_group_asid(e, op->group, op->asid, report);
	case OP_KINDS:
		break;
	}
	abort();
}

static int array_on_model(struct model *m, const struct op *op,
			  struct riotlb_report *report)
{
	struct riotlb_mapping *mappings = mappings_of(op);
	struct riotlb_range *ranges = ranges_of(op);
	int err;

	if (op->kind == OP_MAP_BULK)
		err = model_map_bulk(m, op->asid, mappings, op->n, op->flags,
				     report);
	else if (op->kind == OP_SET_MAP)
		err = model_set_map(m, op->asid, mappings, op->n, report);
	else
		err = model_unmap_bulk(m, op->asid, ranges, op->n, op->policy,
				       report);
	free(mappings);
	free(ranges);
	return err;
}

int op_on_model(struct model *m, const struct op *op,
		struct riotlb_report *report)
{
	switch (op->kind) {
	case OP_MAP:
		return model_map(m, op->asid, &op->one, op->flags, report);
	case OP_UNMAP:
		return model_unmap(m, op->asid, op->one.start, op->one.last,
				   op->policy, report);
	case OP_PROTECT:
		return model_protect(m, op->asid, op->one.start, op->one.last,
				     op->one.perm, report);
	case OP_MAP_BULK:
	case OP_UNMAP_BULK:
	case OP_SET_MAP:
		return array_on_model(m, op, report);
	case OP_APPLY:
		return model_apply(m, op->asid, op->many, op->n, report);
	case OP_RESET:
		return model_reset_map(m, op->asid, report);
	case OP_BIND:
		return model_set_group_asid(m, op->group, op->asid, report);
	case OP_KINDS:
		break;
	}
	abort();
}

/* ---- comparison -------------------------------------------------------- */

static const struct {
	int err;
	const char *name;
} error_names[] = {
	{ 0, "0" },
	{ 1, "1" },
	{ -EAGAIN, "-EAGAIN" },
	{ -EDEADLK, "-EDEADLK" },
	{ -EEXIST, "-EEXIST" },
	{ -EFAULT, "-EFAULT" },
	{ -EINVAL, "-EINVAL" },
	{ -ENOBUFS, "-ENOBUFS" },
	{ -ENOMEM, "-ENOMEM" },
	{ -ENOSPC, "-ENOSPC" },
	{ -EOVERFLOW, "-EOVERFLOW" },
	{ -EPERM, "-EPERM" },
};

const char *error_name(int err)
{
	for (size_t i = 0; i < sizeof(error_names) / sizeof(*error_names); i++)
		if (error_names[i].err == err)
			return error_names[i].name;
	return "an undocumented error";
}

static void print_report(const char *who, int err,
			 const struct riotlb_report *r)
{
	fprintf(stderr,
		"  %-6s %s removed=%" PRIu64 " cut=%" PRIu64 " bytes=%" PRIu64
		":0x%" PRIx64 " index=%zu\n",
		who, error_name(err), r->removed, r->cut, r->bytes.hi,
		r->bytes.lo, r->index);
}

void op_check_same(const struct op *op, int err, int model_err,
		   const struct riotlb_report *r,
		   const struct riotlb_report *want)
{
	bool same = err == model_err && r->removed == want->removed &&
		    r->cut == want->cut && r->bytes.hi == want->bytes.hi &&
		    r->bytes.lo == want->bytes.lo && r->index == want->index &&
		    (err == 0 || r->token.cycle == 0);

	if (same)
		return;
	fprintf(stderr, "result differs from the model's: ");
	op_print(stderr, op);
	print_report("engine", err, r);
	print_report("model", model_err, want);
	check_fail("(an error must also leave token.cycle 0, it is %" PRIu64
		   ")",
		   r->token.cycle);
}

int op_on_both(struct riotlb *engine, struct model *model, const struct op *op,
	       struct riotlb_report *report)
{
	struct riotlb_report want;
	int err = op_on_engine(engine, op, report);

	op_check_same(op, err, op_on_model(model, op, &want), report, &want);
	return err;
}

/* ---- printing ---------------------------------------------------------- */

static const char *policy_name(enum riotlb_unmap_policy policy)
{
	switch (policy) {
	case RIOTLB_UNMAP_EXACT:
		return "exact";
	case RIOTLB_UNMAP_WHOLE:
		return "whole";
	case RIOTLB_UNMAP_NO_BISECT:
		return "no-bisect";
	}
	return "bad-policy";
}

static void print_range(FILE *out, const struct riotlb_mapping *m)
{
	fprintf(out, " [0x%" PRIx64 ", 0x%" PRIx64 "]", m->start, m->last);
}

static void print_mapping(FILE *out, const struct riotlb_mapping *m,
			  uint32_t flags)
{
	print_range(out, m);
	fprintf(out,
		" -> 0x%" PRIx64 " perm=%" PRIu32 " opaque=0x%" PRIx64 "%s",
		m->addr, m->perm, m->opaque,
		flags & RIOTLB_MAP_REPLACE ? " replace" : "");
}

static void print_entry(FILE *out, const struct op *op,
			const struct riotlb_op *entry)
{
	if (op->kind == OP_MAP_BULK || op->kind == OP_SET_MAP) {
		print_mapping(out, &entry->mapping, 0);
	} else if (op->kind == OP_UNMAP_BULK) {
		print_range(out, &entry->mapping);
	} else if (entry->kind == RIOTLB_OP_MAP) {
		fprintf(out, " map");
		print_mapping(out, &entry->mapping, entry->flags);
	} else if (entry->kind == RIOTLB_OP_UNMAP) {
		fprintf(out, " unmap");
		print_range(out, &entry->mapping);
		fprintf(out, " %s", policy_name(entry->policy));
	} else {
		fprintf(out, " protect");
		print_range(out, &entry->mapping);
		fprintf(out, " perm=%" PRIu32, entry->mapping.perm);
	}
}

void op_print(FILE *out, const struct op *op)
{
	static const char *const names[OP_KINDS] = {
		"map",   "unmap",   "protect",   "map_bulk",       "unmap_bulk",
		"apply", "set_map", "reset_map", "set_group_asid",
	};

	fprintf(out, "%s as%" PRIu32, names[op->kind], op->asid);
	if (op->kind == OP_BIND)
		fprintf(out, " group=%" PRIu32, op->group);
	if (op->kind == OP_MAP)
		print_mapping(out, &op->one, op->flags);
	if (op->kind == OP_UNMAP || op->kind == OP_PROTECT)
		print_range(out, &op->one);
	if (op->kind == OP_PROTECT)
		fprintf(out, " perm=%" PRIu32, op->one.perm);
	if (op->kind == OP_UNMAP || op->kind == OP_UNMAP_BULK)
		fprintf(out, " %s", policy_name(op->policy));
	if (op->kind == OP_MAP_BULK && (op->flags & RIOTLB_MAP_REPLACE))
		fprintf(out, " replace");
	fputc('\n', out);
	for (size_t i = 0; i < op->n; i++) {
		fprintf(out, "    %zu:", i);
		print_entry(out, op, &op->many[i]);
		fputc('\n', out);
	}
}
