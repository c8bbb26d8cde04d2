/* SPDX-License-Identifier: MIT */
/*
 * gate.json: everything that was measured, the rules, and the verdicts, so that
 * these can be derived again. Numbers are written with all their digits.
 */
#ifndef RIOTLB_GATE_RECORD_H
#define RIOTLB_GATE_RECORD_H

#include <stdio.h>

#include "model.h"

#define RECORD_SCHEMA 2

/* 0 or -errno. */
int record_write(const struct gate *gate, FILE *file);

/*
 * Verdicts, p and status are what the file says, until judge() is called.
 * STATUS_USAGE: no such file, or not one of ours; it says so.
 */
enum status record_read(struct gate *gate, const char *path);

#endif
