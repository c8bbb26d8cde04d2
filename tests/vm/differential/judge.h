/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VM_JUDGE_H
#define TESTS_VM_JUDGE_H

#include "case.h"

/*
 * Is a difference the one that is listed (SAME: none)? `kernel` and `front` are
 * what each side has. NULL, or what is wrong.
 */
const char *judge(const struct difference *listed, bool differ, int64_t kernel,
		  int64_t front);

#endif
