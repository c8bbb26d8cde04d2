/* SPDX-License-Identifier: MIT */
#include "inject.h"

#define TRIES 7
#define CALIBRATION_STEPS 20000
/* Long enough for the ends of the chain not to matter. */
#define DEBT_NS 500

static uint64_t chain(uint64_t x, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

static void calibrate(struct inject *inject)
{
	uint64_t least = UINT64_MAX;
	uint64_t x = 1;

	for (int i = 0; i < TRIES; i++) {
		uint64_t from = clock_posix();

		x = chain(x, CALIBRATION_STEPS);
		from = clock_posix() - from;
		if (from < least)
			least = from;
	}
	__asm__ volatile("" : : "r"(x));
	inject->steps_per_ns = CALIBRATION_STEPS / (double)(least ? least : 1);
}

void inject_delay(struct state *s, double ns)
{
	calibrate(&s->inject);
	s->inject.delay = ns;
	s->injected = true;
}

void inject_stall(struct state *s, uint64_t every, double ns)
{
	calibrate(&s->inject);
	s->inject.every = every;
	s->inject.until = every;
	s->inject.stall = ns;
	s->injected = true;
}

__attribute__((noinline)) uint64_t inject_now(struct state *s, uint64_t done,
					      uint64_t result)
{
	struct inject *inject = &s->inject;
	double ns = 0;

	inject->debt += inject->delay * (double)done;
	if (inject->debt >= DEBT_NS) {
		ns = inject->debt;
		inject->debt = 0;
	}
	if (inject->every) {
		if (inject->until <= done) {
			ns += inject->stall;
			inject->until += inject->every;
		}
		inject->until -= done;
	}
	if (ns <= 0)
		return 0;
	result = chain(result, (uint64_t)(ns * inject->steps_per_ns));
	__asm__ volatile("and $0, %0" : "+r"(result) : : "cc");
	return result;
}
