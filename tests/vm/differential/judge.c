/* SPDX-License-Identifier: MIT */
#include "judge.h"

const char *judge(const struct difference *listed, bool differ, int64_t kernel,
		  int64_t front)
{
	if (listed->reason == SAME)
		return differ ? "NOT LISTED" : NULL;
	if (!differ)
		return "LISTED, NOT SEEN";
	if (kernel != listed->kernel || front != listed->front)
		return "NOT AS LISTED";
	return NULL;
}
