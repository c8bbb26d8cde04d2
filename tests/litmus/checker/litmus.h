/* SPDX-License-Identifier: MIT */
/*
 * A litmus test as it was read: a program of a few threads without loops, and
 * a condition on how it ends.
 */
#ifndef LITMUS_LITMUS_H
#define LITMUS_LITMUS_H

#include <stdbool.h>

enum {
	MAX_NAME = 64,
	MAX_THREADS = 5,
	MAX_LOCATIONS = 8,
	MAX_REGISTERS = 12,
	MAX_STEPS = 48,
	MAX_EXPRS = 512,
	NONE = -1,
};

enum order {
	RELAXED,
	ACQUIRE,
	RELEASE,
	ACQ_REL,
	SEQ_CST,
};

enum op {
	/* accesses */
	OP_LOAD,
	OP_STORE,
	OP_SWAP,
	OP_ADD,
	/* events without a location */
	OP_FENCE,
	OP_RCU_LOCK,
	OP_RCU_UNLOCK,
	OP_GRACE_PERIOD,
	/* no events */
	OP_SET,
	OP_JUMP,
	OP_JUMP_UNLESS,
};

/* One step of a thread. Jumps lead forward only, so every thread ends. */
struct step {
	enum op op;
	enum order order;
	int reg; /* what it sets, or NONE */
	int location;
	int value; /* an expression */
	int target;
};

enum expr_kind {
	EXPR_NUMBER,
	EXPR_REGISTER, /* left: thread, right: register */
	EXPR_LOCATION, /* right: location; in conditions, its last value */
	EXPR_PLUS,
	EXPR_MINUS,
	EXPR_EQUAL,
	EXPR_DIFFERENT,
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
};

struct expr {
	enum expr_kind kind;
	int number;
	int left, right;
};

struct thread {
	struct step steps[MAX_STEPS];
	int nsteps;
	char registers[MAX_REGISTERS][MAX_NAME];
	int nregisters;
};

struct litmus {
	char name[MAX_NAME];
	struct thread threads[MAX_THREADS];
	int nthreads;
	char locations[MAX_LOCATIONS][MAX_NAME];
	int initial[MAX_LOCATIONS];
	int nlocations;
	struct expr exprs[MAX_EXPRS];
	int nexprs;
	int condition; /* an expression */
};

/* Reads a file; ends the program with a message if it does not understand. */
void litmus_read(struct litmus *test, const char *path);

static inline bool op_reads(enum op op)
{
	return op == OP_LOAD || op == OP_SWAP || op == OP_ADD;
}

static inline bool op_writes(enum op op)
{
	return op == OP_STORE || op == OP_SWAP || op == OP_ADD;
}

#endif
