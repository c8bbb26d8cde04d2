/* SPDX-License-Identifier: MIT */
/* Exit statuses, and what is said on standard error. */
#ifndef RIOTLB_GATE_SAY_H
#define RIOTLB_GATE_SAY_H

enum status {
	STATUS_PASS = 0,
	STATUS_REGRESSION = 1,
	STATUS_USAGE = 2,
	STATUS_INTEGRITY = 3,    /* the two sides cannot be compared */
	STATUS_INCONCLUSIVE = 4, /* too noisy to say */
	STATUS_INTERNAL = 5,     /* memory, a file, a child, a build */
};

/* Of two statuses the one to exit with: 5 beats 2, 3, 1, 4, 0. */
enum status status_worse(enum status a, enum status b);

/* "riotlb-gate: what"; returns its first argument. */
enum status say(enum status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "riotlb-gate: what", of something that goes on. */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
