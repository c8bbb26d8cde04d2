/* SPDX-License-Identifier: MIT */
/* Compiled as C and as C++: the header needs no other, nor warns. */
#include "cbench.h"

void header_test(struct cb_state *state, void *arg);

void header_test(struct cb_state *state, void *arg)
{
	uint64_t sum = 0;
	double real = 1;

	CB_LOOP(state)
	{
		sum += cb_iterations(state);
		cb_use(sum);
		cb_use(real);
		cb_use(arg);
		cb_use_ptr(&sum);
		cb_hide(sum);
		cb_clobber();
	}
	cb_counter(state, "sum", (double)sum, CB_COUNTER_RATE);
}
