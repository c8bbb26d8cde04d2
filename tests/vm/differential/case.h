/* SPDX-License-Identifier: MIT */
/*
 * What is put to both sides. Each step is one call; afterwards its result and
 * what the device can translate are compared. Where they are to differ the step
 * says why, and what each side has then.
 */
#ifndef TESTS_VM_CASE_H
#define TESTS_VM_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

enum action {
	NO_ACTION,  /* behind the last step */
	WRITE,      /* one message, `length` bytes of it */
	WRITE_MANY, /* `argument` updates of a page, every second page, till
		       one is refused */
	SET_FEATURES,
	GET_FEATURES,
	SET_OWNER,
	RESET, /* status 0 */
	CLOSE,
	OPEN,           /* and nothing more */
	OPEN_TWICE,     /* by somebody else, while it is open */
	REFUSE_NEXT,    /* the next step cannot be done: the device says no, or
			there is no memory */
	SET_GROUP_ASID, /* group `argument` to `asid` */
	GET_VQ_GROUP,   /* of virtqueue `argument` */
	GET_AS_NUM,
	GET_GROUP_NUM,
	GET_IOVA_FIRST, /* in pages */
	GET_IOVA_LAST,
};

/* Why the two are to differ; the words are in reasons.c. */
enum reason {
	SAME,
	WHICH_ERROR,
	NEVER_NAMED,
	STRICT_LENGTH,
	STRICT_PERM,
	STRICT_SIZE,
	ASID_NOT_IGNORED,
	OPENING_OWNS,
	LOOKS_AT_MEMORY,
	ONE_PER_UPDATE,
	WIPED,
	ATOMIC_BATCH,
	OLD_MAP_STAYS,
	RESET_CLEANS,
	RESET_IN_BATCH,
	NOTHING_LEFT,
	PERSIST_OFFERED,
	OWN_FEATURES,
	NO_GROUPS,
	REASONS,
};

struct difference {
	enum reason reason;
	int64_t kernel; /* the result, or how many regions */
	int64_t front;
};

/* A message as bytes, good or bad. */
struct message {
	uint32_t layout;
	uint32_t asid;
	uint8_t type;
	uint8_t perm;
	uint64_t iova;
	uint64_t size;
	struct place place;
};

struct step {
	enum action action;
	struct message message;
	size_t length;
	uint64_t argument;
	uint32_t asid;
	struct difference result;
	struct difference table;
};

#define MAX_STEPS 8

/* Starts open, with nothing mapped, and an owner with message features. */
struct test_case {
	const char *name;
	bool bare;        /* open alone */
	bool ranges_only; /* the kernel warns where it is asked for more */
	struct step steps[MAX_STEPS];
};

extern const struct test_case cases[];
extern const size_t n_cases;

/* SAME has no words. */
const char *reason_name(enum reason reason);
const char *reason_text(enum reason reason);

/* Into `text`, which has room for it. */
void step_describe(const struct step *step, char *text, size_t room);

#endif
