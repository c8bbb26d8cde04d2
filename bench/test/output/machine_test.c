/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../machine.h"

static void facts_are_sane(void **state)
{
	struct machine m;

	(void)state;
	memset(&m, 0xff, sizeof(m)); /* every field is set */
	machine_facts(&m);
	assert_in_range(m.cores, 1, 1 << 20);
	assert_true(m.memory_bytes >= 1 << 20);
	assert_memory_equal(m.libc, "glibc ", 6);
	assert_true(m.mhz >= 0 && m.mhz < 100000);
	assert_true(strlen(m.cpu) && strlen(m.kernel) && strlen(m.governor));
	/* a name if, and only if, there is one below */
	assert_int_equal(m.virtual, *m.hypervisor != '\0');
	for (size_t i = 0; i < 3; i++)
		assert_true(m.load[i] >= 0 || m.load[i] == -1);
	assert_in_range(m.cache_count, 0, MACHINE_CACHES);
	for (size_t i = 0; i < m.cache_count; i++) {
		assert_in_range(m.caches[i].level, 1, 5);
		assert_true(m.caches[i].bytes >= 1024);
		assert_in_range(m.caches[i].sharing, 1, 1 << 16);
		assert_true(strlen(m.caches[i].type) > 0);
	}
}

static void steal_grows(void **state)
{
	unsigned long long steal[2];
	unsigned long long all[2];

	(void)state;
	machine_steal(&steal[0], &all[0]);
	machine_steal(&steal[1], &all[1]);
	assert_true(steal[0] <= all[0]);
	assert_true(all[0] <= all[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_sane),
		cmocka_unit_test(steal_grows),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
