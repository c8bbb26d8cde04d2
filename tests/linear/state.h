/* SPDX-License-Identifier: MIT */
/*
 * The sequential model again, on a board, small enough to be searched: an AS is
 * one word, a call changes it in some dozens of instructions, and two states
 * are equal if their words are. tests/support/model.c remains the oracle: that
 * both agree is tested (by_oracle_test.c), and each order that the search comes
 * up with is run on the oracle (oracle.c).
 */
#ifndef TESTS_STATE_H
#define TESTS_STATE_H

#include <stdbool.h>

#include "board.h"
#include "ops.h"

enum {
	CELL_BITS = 10,
	ENTRIES = 4, /* of an array call */
};

/*
 * A line: ten bits for each unit. id << 3 | perm << 1 | begin; `begin` marks
 * the unit that a mapping begins with; perm 0, and with it the cell, is a hole.
 */
static inline unsigned int line_cell(uint64_t line, unsigned int unit)
{
	return (line >> unit * CELL_BITS) & ((1u << CELL_BITS) - 1);
}

static inline unsigned int cell_perm(unsigned int cell)
{
	return cell >> 1 & 3;
}

static inline unsigned int cell_id(unsigned int cell)
{
	return cell >> 3;
}

/* Makes units first..last of the line one mapping. */
uint64_t line_map(uint64_t line, unsigned int first, unsigned int last,
		  unsigned int id, unsigned int perm);
/* The line without the mappings that do not touch first..last. */
uint64_t line_touching(uint64_t line, unsigned int first, unsigned int last);
unsigned int line_mappings(uint64_t line);
uint64_t line_bytes(const struct board *b, uint64_t line);

/*
 * The line of these mappings, sorted and whole, as iteration gives them. False
 * if one is none that the test can have made. The identity may reach out of the
 * board.
 */
bool line_from(const struct board *b, const struct riotlb_mapping *maps,
	       size_t n, uint64_t *line);

/* What does not change during a history. */
struct world {
	const struct board *board;
	enum riotlb_default_kind kind[SPACES];
	unsigned int limit[SPACES]; /* live mappings; 0: none */
};

/* The line of an AS in its default state. */
uint64_t world_initial(const struct world *w, unsigned int asid);
/* What riotlb_create and model_init get for this AS; list: room for two. */
struct riotlb_default world_default(const struct world *w, unsigned int asid,
				    struct riotlb_mapping *list);

struct state {
	uint64_t live[SPACES]; /* 0 in the default state */
	uint8_t is_default;    /* bit asid */
	uint8_t binding;       /* bit group: the asid */
};

/* As created. */
struct state state_initial(void);
bool state_equal(const struct state *a, const struct state *b);
/* The line that translates. */
uint64_t state_view(const struct world *w, const struct state *s,
		    unsigned int asid);

/* ---- updates ------------------------------------------------------------- */

struct entry {
	uint8_t kind; /* enum riotlb_op_kind */
	uint8_t flags;
	uint8_t policy;
	uint8_t first; /* units */
	uint8_t last;
	uint8_t id;
	uint8_t perm; /* map and protect; 0 is invalid */
};

/* An update. A single call has its one entry in entry[0]. */
struct call {
	uint8_t kind; /* enum op_kind */
	uint8_t asid;
	uint8_t group; /* OP_BIND */
	uint8_t n;
	struct entry entry[ENTRIES];
};

struct result {
	int err;
	uint64_t removed;
	uint64_t cut;
	uint64_t bytes;
	uint64_t index;
};

bool result_equal(const struct result *a, const struct result *b);

/* Runs the call: its result, and the state after it. */
struct result state_call(const struct world *w, struct state *s,
			 const struct call *call);
/* Might the call need memory in this state? -ENOMEM is an answer then. */
bool state_needs_memory(const struct state *s, const struct call *call);
/* Does the call name this unit of this AS? */
bool call_touches(const struct call *call, unsigned int asid,
		  unsigned int unit);

/* As the engine and the oracle get it; `many` is room for ENTRIES. */
struct op call_op(const struct board *b, const struct call *call,
		  struct riotlb_op *many);

#endif
