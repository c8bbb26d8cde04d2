/* SPDX-License-Identifier: MIT */
/* The file that says where packed rings stand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "fixture.h"
#include "journal.h"

static char path[] = "journal-XXXXXX";

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "journal-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void test_kept(void **state)
{
	const struct blk_place place = { .used = 7,
					 .used_wrap = true,
					 .ndescs = 3 };
	struct blk_place found;
	struct journal j;

	(void)state;
	assert_int_equal(journal_open(&j, path, "disk", 2), 0);
	assert_true(j.is_new);
	blk_set_place(&j.words[1], &place);
	journal_close(&j);
	journal_close(&j);
	assert_int_equal(journal_open(&j, path, "disk", 2), 0);
	assert_false(j.is_new);
	found = blk_place(&j.words[1]);
	assert_int_equal(found.used, 7);
	assert_int_equal(found.ndescs, 3);
	assert_true(found.used_wrap);
	found = blk_place(&j.words[0]);
	assert_int_equal(found.used, 0);
	assert_false(found.used_wrap);
	journal_close(&j);
}

static void test_of_others(void **state)
{
	struct journal j, k;

	(void)state;
	assert_int_equal(journal_open(&j, path, "disk", 2), 0);
	assert_int_equal(journal_open(&k, path, "disk", 2), -EBUSY);
	journal_close(&j);
	assert_int_equal(journal_open(&j, path, "disk2", 2), -EINVAL);
	assert_int_equal(journal_open(&j, path, "dis", 2), -EINVAL);
	assert_int_equal(journal_open(&j, path, "disk", 3), -EINVAL);
	assert_int_equal(truncate(path, 5), 0);
	assert_int_equal(journal_open(&j, path, "disk", 2), -EINVAL);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(journal_open(&j, path, "disk", 2), 0);
	assert_true(j.is_new);
	journal_close(&j);
	assert_int_equal(journal_open(&j, "no such dir/f", "disk", 2), -ENOENT);
}

/* As large as it should be, and something else. */
static void test_garbage(void **state)
{
	struct journal j;
	FILE *file;

	(void)state;
	assert_int_equal(journal_open(&j, path, "disk", 1), 0);
	journal_close(&j);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fputc('x', file), 'x');
	fclose(file);
	assert_int_equal(journal_open(&j, path, "disk", 1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(test_of_others, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(test_garbage, make_file,
						remove_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
