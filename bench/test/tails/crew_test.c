/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure.h"
#include "suite/crew.h"

struct job {
	size_t chunks;
	size_t fails_at; /* 0: never */
	int cpu;
};

static bool chunk(void *ctx)
{
	struct job *job = ctx;

	job->chunks++;
	job->cpu = sched_getcpu();
	usleep(200);
	return job->chunks != job->fails_at;
}

static atomic_int entered;
static atomic_int left;

static void enter(void *self)
{
	(void)self;
	atomic_fetch_add(&entered, 1);
}

static void leave(void *self)
{
	(void)self;
	atomic_fetch_add(&left, 1);
}

static const struct subject_ops ops = {
	.thread_enter = enter,
	.thread_leave = leave,
};

static struct worker worker(struct job *job, int cpu)
{
	return (struct worker){
		.cpu = cpu,
		.chunk = chunk,
		.ctx = job,
		.per_chunk = 10,
		.ops = &ops,
	};
}

static void test_rates(void **state)
{
	struct job jobs[2] = { { 0, 0, -1 }, { 0, 0, -1 } };
	struct worker workers[2];
	int cpus[2];
	size_t n = cpus_list(cpus, 2);

	(void)state;
	assert_true(n >= 1);
	atomic_store(&entered, 0);
	atomic_store(&left, 0);
	for (size_t i = 0; i < 2; i++)
		workers[i] = worker(&jobs[i], cpus[i < n ? i : 0]);
	assert_int_equal(crew_run(workers, 2, 0.05), 0);
	for (size_t i = 0; i < 2; i++) {
		/* one is not counted */
		assert_true(jobs[i].chunks >= 2);
		assert_int_equal(jobs[i].cpu, workers[i].cpu);
		/* a chunk of 10 takes 200 us or more */
		assert_true(workers[i].rate > 0);
		assert_true(workers[i].rate <= 50000 * 1.01);
	}
	assert_int_equal(atomic_load(&entered), 2);
	assert_int_equal(atomic_load(&left), 2);
}

static void test_failure_in_the_middle(void **state)
{
	struct job jobs[2] = { { 0, 3, -1 }, { 0, 0, -1 } };
	struct worker workers[2];
	int cpu;

	(void)state;
	assert_int_equal(cpus_list(&cpu, 1), 1);
	workers[0] = worker(&jobs[0], cpu);
	workers[1] = worker(&jobs[1], cpu);
	assert_int_equal(crew_run(workers, 2, 0.2), -EIO);
	assert_true(workers[0].failed);
	assert_false(workers[1].failed);
	assert_int_equal(jobs[0].chunks, 3);
}

static void test_failure_at_once(void **state)
{
	struct job job = { 0, 1, -1 };
	struct worker w;
	int cpu;

	(void)state;
	assert_int_equal(cpus_list(&cpu, 1), 1);
	w = worker(&job, cpu);
	assert_int_equal(crew_run(&w, 1, 0.01), -EIO);
	assert_int_equal(job.chunks, 1);
}

static void test_cpu_that_is_not_there(void **state)
{
	struct job job = { 0, 0, -1 };
	struct worker w = worker(&job, -1);

	(void)state;
	assert_int_equal(crew_run(&w, 1, 0.01), -EINVAL);
	assert_int_equal(job.chunks, 0);
}

static void test_too_many(void **state)
{
	(void)state;
	assert_int_equal(crew_run(NULL, CREW_MOST + 1, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_failure_in_the_middle),
		cmocka_unit_test(test_failure_at_once),
		cmocka_unit_test(test_cpu_that_is_not_there),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
