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

static void set_due(struct state *s)
{
	const struct inject *inject = &s->inject;

	s->due = UINT64_MAX;
	if (inject->delay_each)
		s->due = inject->delay_at;
	if (inject->stall_each && inject->stall_at < s->due)
		s->due = inject->stall_at;
}

void inject_delay(struct state *s, double ns)
{
	struct inject *inject = &s->inject;

	if (!(ns > 0))
		return;
	calibrate(inject);
	inject->delay = ns;
	inject->delay_each = ns < DEBT_NS ? (uint64_t)(DEBT_NS / ns) : 1;
	inject->delay_at = inject->delay_each;
	set_due(s);
}

void inject_stall(struct state *s, uint64_t every, double ns)
{
	calibrate(&s->inject);
	s->inject.stall = ns;
	s->inject.stall_each = every;
	s->inject.stall_at = every;
	set_due(s);
}

void inject_line(struct state *s, struct state *beside)
{
	static _Alignas(64) uint64_t line[2];

	s->done = &line[0];
	beside->done = &line[1];
}

__attribute__((noinline)) uint64_t inject_now(struct state *s, uint64_t result)
{
	struct inject *inject = &s->inject;
	double ns = 0;

	if (inject->delay_each && *s->done >= inject->delay_at) {
		uint64_t late = *s->done - inject->delay_at;

		ns = inject->delay * (double)(inject->delay_each + late);
		inject->delay_at = *s->done + inject->delay_each;
	}
	if (inject->stall_each && *s->done >= inject->stall_at) {
		ns += inject->stall;
		inject->stall_at += inject->stall_each;
	}
	set_due(s);
	result = chain(result, (uint64_t)(ns * inject->steps_per_ns));
	__asm__ volatile("and $0, %0" : "+r"(result) : : "cc");
	return result;
}
