/* SPDX-License-Identifier: MIT */
#include "ops_decode.h"

#include <string.h>

/* The sum, or the last address where that wraps. */
static uint64_t add(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static uint64_t sub(uint64_t a, uint64_t b)
{
	return a < b ? 0 : a - b;
}

static uint64_t low_mask(unsigned int bits)
{
	return bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
}

/* ---- ranges ------------------------------------------------------------ */

/* Some mapping that is there; false: none is. */
static bool pick(struct bytes *b, const struct model *model, uint32_t asid,
		 struct riotlb_range *r)
{
	const struct model_table *t;
	size_t at = bytes_u8(b);

	if (asid >= model->nas)
		return false;
	t = model_view(model, asid);
	if (t->n == 0)
		return false;
	at %= t->n;
	*r = (struct riotlb_range){ t->maps[at].start, t->maps[at].last };
	return true;
}

/* `index` units from the base, `units` + 1 long. */
static struct riotlb_range at_unit(const struct setup *s, uint64_t index,
				   uint64_t units)
{
	struct riotlb_range r = { .start = s->base + (index << s->unit) };

	r.last = add(r.start, (units << s->unit) + low_mask(s->unit));
	return r;
}

static struct riotlb_range near(struct bytes *b, const struct setup *s,
				struct riotlb_range m, unsigned int how)
{
	uint64_t by = (uint64_t)bytes_u8(b) << s->unit;
	uint64_t size = m.last - m.start;
	struct riotlb_range r = m;

	switch (how) {
	case 0: /* a part of it */
		r.start = m.start + (by > size ? size / 2 : by);
		r.last = add(r.start, low_mask(s->unit));
		break;
	case 1: /* from within to beyond it */
		r.start = m.start + size / 2;
		r.last = add(m.last, by);
		break;
	case 2: /* more than it */
		r.start = sub(m.start, by);
		r.last = add(m.last, by);
		break;
	default: /* what follows it */
		r.start = m.last + (m.last != UINT64_MAX);
		r.last = add(r.start, by + low_mask(s->unit));
		break;
	}
	return r;
}

static struct riotlb_range aligned(struct bytes *b)
{
	uint64_t mask = low_mask(bytes_u8(b) % 65);
	uint64_t start = bytes_word(b, 8) & ~mask;

	return (struct riotlb_range){ start, start | mask };
}

enum {
	RANGE_MODE = 0x0f,
	RANGE_LATER = 0x10,  /* begins some bytes later */
	RANGE_SHORT = 0x20,  /* ends some bytes earlier */
	RANGE_INVERT = 0xc0, /* both bits: nothing but an error */
};

static struct riotlb_range skew(struct bytes *b, struct riotlb_range r,
				uint8_t mode)
{
	uint64_t by = mode & (RANGE_LATER | RANGE_SHORT) ? bytes_u8(b) : 0;

	if ((mode & RANGE_LATER) && r.last - r.start > by)
		r.start += by;
	if ((mode & RANGE_SHORT) && r.last - r.start > by)
		r.last -= by;
	if ((mode & RANGE_INVERT) == RANGE_INVERT && r.start)
		r.last = r.start - 1;
	return r;
}

static struct riotlb_range decode_range(struct bytes *b, const struct setup *s,
					const struct model *model,
					uint32_t asid)
{
	uint8_t mode = bytes_u8(b);
	unsigned int how = mode & RANGE_MODE;
	struct riotlb_range r = { 0, UINT64_MAX };

	if (how < 5) {
		r = at_unit(s, bytes_u8(b), how);
	} else if (how < 7) {
		r = at_unit(s, bytes_word(b, 2), bytes_u8(b));
	} else if (how < 12) {
		if (!pick(b, model, asid, &r))
			r = at_unit(s, 0, 0);
		else if (how < 11)
			r = near(b, s, r, how - 7);
	} else if (how < 14) {
		r = aligned(b);
	} else if (how == 14) {
		r.start = bytes_word(b, 8);
		r.last = bytes_word(b, 8);
	}
	return skew(b, r, mode);
}

/* ---- mappings ---------------------------------------------------------- */

enum {
	MAP_PERM = 0x03, /* 0: the permission is 4, which is none */
	MAP_OPAQUE = 0x04,
	MAP_RAW_ADDR = 0x08,
	MAP_DELTA_SHIFT = 4,
};

/*
 * Few deltas, so that neighbours often continue each other; one that puts the
 * end of the host's address space behind the base, and some that are no pages.
 */
static uint64_t delta_of(const struct setup *s, unsigned int which)
{
	static const uint64_t deltas[16] = {
		0,          0,          0x100000,
		0x100000,   0x7ff000,   0x100001,
		0xfff,      1,          0x800,
		1ull << 63, 1ull << 32, 0xfffffffffffff000,
		1ull << 20, 1ull << 21, (1ull << 21) + 0x1000,
		UINT64_MAX,
	};

	return which == 4 ? 0 - s->base - (16ull << s->unit) : deltas[which];
}

static struct riotlb_mapping decode_mapping(struct bytes *b,
					    const struct setup *s,
					    const struct model *model,
					    uint32_t asid)
{
	struct riotlb_range r = decode_range(b, s, model, asid);
	uint8_t how = bytes_u8(b);
	struct riotlb_mapping m = {
		.start = r.start,
		.last = r.last,
		.addr = r.start + delta_of(s, how >> MAP_DELTA_SHIFT),
		.perm = how & MAP_PERM ? how & MAP_PERM : 4,
		.reserved = how,
	};

	if (how & MAP_RAW_ADDR)
		m.addr = bytes_word(b, 8);
	if (how & MAP_OPAQUE)
		m.opaque = bytes_u8(b);
	return m;
}

/* ---- attributes -------------------------------------------------------- */

static void decode_default(struct bytes *b, struct setup *s, uint32_t asid,
			   const struct model *none)
{
	struct riotlb_default *d = &s->defaults[asid];
	uint8_t how = bytes_u8(b);
	struct riotlb_range r;

	*d = (struct riotlb_default){
		.kind = (enum riotlb_default_kind)(how & 3),
	};
	if (d->kind == RIOTLB_DEFAULT_APERTURE) {
		r = decode_range(b, s, none, asid);
		d->start = r.start;
		d->last = r.last;
	} else if (d->kind == RIOTLB_DEFAULT_LIST) {
		d->list = s->lists[asid];
		d->n = (how >> 2) % (FUZZ_LIST + 1);
	}
	for (size_t i = 0; i < d->n; i++)
		s->lists[asid][i] = decode_mapping(b, s, none, asid);
}

void decode_setup(struct bytes *b, struct setup *s)
{
	static const unsigned int units[4] = { 12, 0, 21, 4 };
	static const uint64_t bases[8] = {
		0,          0x40000000, 1ull << 32,         1ull << 63,
		0x12345000, 0x1ffff,    0xffffffff00000000, 0xffffffffffff0000,
	};
	uint8_t how = bytes_u8(b), where = bytes_u8(b);
	const struct model none = { .nas = 0 };

	memset(s, 0, sizeof(*s));
	s->retire = how & 1;
	s->sync = how & 2;
	s->backlog_cap = how & 4 ? 1u << (8 + (where >> 5)) : 0;
	s->unit = units[how >> 6];
	s->base = bases[where & 7];
	for (uint32_t i = 0; i < FUZZ_AS; i++) {
		if (how & 8)
			s->limits[i].mappings = 1 + bytes_u8(b) % 16;
		if (how & 16)
			s->limits[i].table_bytes = 4096ull << i;
		if (how & 32)
			decode_default(b, s, i, &none);
		else
			s->defaults[i].kind = i ? RIOTLB_DEFAULT_EMPTY
						: RIOTLB_DEFAULT_IDENTITY;
	}
}

/* ---- steps ------------------------------------------------------------- */

enum {
	STEP_KIND = 0x0f,
	STEP_AS_SHIFT = 4,
	STEP_AS = 0x30, /* 3: one too far */
	STEP_REPLACE = 0x40,
	STEP_REFUSE = 0x80,
};

/* 3 is no policy. */
static enum riotlb_unmap_policy policy_of(uint8_t how)
{
	return (enum riotlb_unmap_policy)(how & 3);
}

static void decode_entry(struct bytes *b, const struct setup *s,
			 const struct model *model, uint32_t asid,
			 struct riotlb_op *entry)
{
	uint8_t how = bytes_u8(b);

	*entry = (struct riotlb_op){
		.kind = (enum riotlb_op_kind)(how & 3), /* 3: none */
		.flags = (how >> 2) & 3,
		.policy = policy_of(how >> 4),
		.mapping = decode_mapping(b, s, model, asid),
	};
}

static void decode_array(struct bytes *b, const struct setup *s,
			 const struct model *model, struct step *step)
{
	struct op *op = &step->op;
	uint8_t how = bytes_u8(b);

	op->policy = policy_of(how >> 6);
	op->n = how & 15;
	op->many = step->many;
	for (size_t i = 0; i < op->n; i++) {
		if (op->kind == OP_APPLY) {
			decode_entry(b, s, model, op->asid, &step->many[i]);
			continue;
		}
		step->many[i] = (struct riotlb_op){
			.mapping = decode_mapping(b, s, model, op->asid),
		};
	}
}

/* Many mappings in few bytes: tables that have grown. */
static void decode_run(struct bytes *b, const struct setup *s,
		       struct step *step)
{
	uint8_t how = bytes_u8(b);
	uint64_t first = bytes_word(b, 2), stride = 1 + bytes_u8(b) % 64;
	uint64_t step_delta = how & 0x20 ? 0x1000 : 0;
	uint64_t delta = delta_of(s, how & 15);

	step->op.kind = how & 0x40 ? OP_SET_MAP : OP_MAP_BULK;
	step->op.n = 1 + bytes_u8(b) % FUZZ_ENTRIES;
	step->op.many = step->many;
	for (size_t i = 0; i < step->op.n; i++) {
		/* backwards is not sorted */
		size_t at = how & 0x80 ? step->op.n - 1 - i : i;
		struct riotlb_range r = at_unit(s, first + at * stride, 0);

		step->many[i] = (struct riotlb_op){
			.mapping = {
				.start = r.start,
				.last = r.last,
				.addr = r.start + delta + i * step_delta,
				.perm = RIOTLB_RW,
				.opaque = how & 0x10 ? i : 0,
			},
		};
	}
}

static void decode_one(struct bytes *b, const struct setup *s,
		       const struct model *model, struct op *op)
{
	op->one = decode_mapping(b, s, model, op->asid);
	if (op->kind == OP_UNMAP)
		op->policy = policy_of((uint8_t)op->one.reserved >> 4);
}

static void decode_update(struct bytes *b, const struct setup *s,
			  const struct model *model, unsigned int kind,
			  struct step *step)
{
	static const enum op_kind kinds[] = {
		OP_MAP,        OP_MAP,   OP_UNMAP,   OP_PROTECT, OP_MAP_BULK,
		OP_UNMAP_BULK, OP_APPLY, OP_SET_MAP, OP_RESET,   OP_BIND,
	};
	struct op *op = &step->op;

	step->kind = STEP_UPDATE;
	if (kind >= sizeof(kinds) / sizeof(kinds[0])) {
		decode_run(b, s, step);
		return;
	}
	op->kind = kinds[kind];
	if (op->kind == OP_BIND)
		op->group = bytes_u8(b) % (FUZZ_GROUPS + 1);
	else if (op->kind >= OP_MAP_BULK && op->kind <= OP_SET_MAP)
		decode_array(b, s, model, step);
	else if (op->kind != OP_RESET)
		decode_one(b, s, model, op);
}

static void decode_question(struct bytes *b, const struct setup *s,
			    const struct model *model, struct step *step)
{
	uint8_t how = bytes_u8(b);

	step->want = how & 3;
	step->room = 1 + (how >> 2) % 16;
	step->range = decode_range(b, s, model, step->asid);
	step->kind = how & 0x80 ? STEP_MANY : STEP_LOOKUP;
	if (step->kind == STEP_LOOKUP)
		return;
	step->n = bytes_u8(b) % FUZZ_ENTRIES;
	for (size_t i = 0; i < step->n; i++)
		step->ranges[i] = decode_range(b, s, model, step->asid);
}

void decode_step(struct bytes *b, const struct setup *s,
		 const struct model *model, struct step *step)
{
	uint8_t how = bytes_u8(b);
	unsigned int kind = how & STEP_KIND;

	memset(step, 0, sizeof(*step));
	step->asid = (uint32_t)(how & STEP_AS) >> STEP_AS_SHIFT;
	step->op.asid = step->asid;
	step->op.flags = how & STEP_REPLACE ? RIOTLB_MAP_REPLACE : 0;
	if (how & STEP_REFUSE)
		step->refuse = 1 + bytes_u8(b) % 32;
	switch (kind) {
	case 12:
		decode_question(b, s, model, step);
		break;
	case 13:
		step->kind = STEP_ITERATE;
		step->room = 1 + bytes_u8(b) % FUZZ_ENTRIES;
		step->range = decode_range(b, s, model, step->asid);
		break;
	case 14:
		step->kind = STEP_RECLAIM;
		break;
	case 15:
		step->kind = STEP_LEASE;
		break;
	default:
		decode_update(b, s, model, kind, step);
		break;
	}
}
