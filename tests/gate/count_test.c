/* SPDX-License-Identifier: MIT */
/* What a change of a count means, and what is read out of objdump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "count.h"
#include "count_code.h"

static enum count_verdict judge(enum count_metric metric, double base,
				double head)
{
	char why[COUNT_WHY];
	enum count_verdict verdict = count_judge(metric, base, head, why);

	/* who is blamed is told for what */
	assert_int_equal(*why != '\0', count_status(verdict) != STATUS_PASS);
	return verdict;
}

static void test_same(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_METRICS; i++) {
		assert_int_equal(judge((enum count_metric)i, 0, 0), COUNT_SAME);
		assert_int_equal(
			judge((enum count_metric)i, 77.123456, 77.123456),
			COUNT_SAME);
	}
}

/* One more fails, and more than 1 % more; each alone does not. */
static void test_instructions(void **state)
{
	const enum count_metric m = COUNT_INSTRUCTIONS;

	(void)state;
	assert_int_equal(judge(m, 67, 68), COUNT_WORSE);
	assert_int_equal(judge(m, 99, 100), COUNT_WORSE);
	/* exactly 1 % is not more than 1 % */
	assert_int_equal(judge(m, 100, 101), COUNT_CHANGED);
	assert_int_equal(judge(m, 100, 101.000001), COUNT_WORSE);
	assert_int_equal(judge(m, 99.5, 100.5), COUNT_WORSE);
	assert_int_equal(judge(m, 1000, 1010), COUNT_CHANGED);
	assert_int_equal(judge(m, 1000, 1011), COUNT_WORSE);
	/* less than one */
	assert_int_equal(judge(m, 10, 10.999999), COUNT_CHANGED);
	assert_int_equal(judge(m, 10, 11), COUNT_WORSE);
	/* every change is reported */
	assert_int_equal(judge(m, 1000, 1000.000001), COUNT_CHANGED);
	assert_int_equal(judge(m, 1000, 999.999999), COUNT_CHANGED);
	assert_int_equal(judge(m, 0, 0.999), COUNT_CHANGED);
	assert_int_equal(judge(m, 0, 1), COUNT_WORSE);
}

static void test_what_may_not_grow(void **state)
{
	static const enum count_metric all[] = { COUNT_ATOMICS,
						 COUNT_ALLOCATIONS,
						 COUNT_SYSCALLS, COUNT_SIZE,
						 COUNT_FENCES };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		assert_int_equal(judge(all[i], 0, 1), COUNT_WORSE);
		assert_int_equal(judge(all[i], 1000, 1001), COUNT_WORSE);
		/* one in a million */
		assert_int_equal(judge(all[i], 0, 0.000001), COUNT_WORSE);
		assert_int_equal(judge(all[i], 5, 5.000001), COUNT_WORSE);
		assert_int_equal(judge(all[i], 1, 0), COUNT_BETTER);
		assert_int_equal(judge(all[i], 5.000001, 5), COUNT_BETTER);
	}
}

static void test_shares(void **state)
{
	static const enum count_metric all[] = { COUNT_BYTES,
						 COUNT_PER_MAPPING };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		assert_int_equal(judge(all[i], 800, 808), COUNT_CHANGED);
		assert_int_equal(judge(all[i], 800, 809), COUNT_WORSE);
		assert_int_equal(judge(all[i], 8.08, 8.17), COUNT_WORSE);
		assert_int_equal(judge(all[i], 809, 800), COUNT_BETTER);
		assert_int_equal(judge(all[i], 0, 64), COUNT_WORSE);
	}
	assert_int_equal(judge(COUNT_TEXT, 1000, 1050), COUNT_CHANGED);
	assert_int_equal(judge(COUNT_TEXT, 1000, 1051), COUNT_WORSE);
	assert_int_equal(judge(COUNT_TEXT, 1051, 1000), COUNT_BETTER);
}

static void test_advice(void **state)
{
	(void)state;
	assert_int_equal(judge(COUNT_BRANCHES, 8, 8), COUNT_SAME);
	assert_int_equal(judge(COUNT_BRANCHES, 8, 9), COUNT_CHANGED);
	assert_int_equal(judge(COUNT_BRANCHES, 8, 800), COUNT_CHANGED);
	assert_int_equal(judge(COUNT_BRANCHES, 8, 1), COUNT_CHANGED);
}

static void test_exponent(void **state)
{
	const enum count_metric m = COUNT_EXPONENT;

	(void)state;
	assert_int_equal(judge(m, 0, 0.04), COUNT_CHANGED);
	assert_int_equal(judge(m, 0, 0.049), COUNT_CHANGED);
	assert_int_equal(judge(m, 0, 0.051), COUNT_WORSE);
	assert_int_equal(judge(m, 1, 1.2), COUNT_WORSE);
	assert_int_equal(judge(m, 1, 0.8), COUNT_BETTER);
	assert_int_equal(judge(m, -0.02, 0.02), COUNT_CHANGED);
	assert_int_equal(judge(m, -0.02, 0.04), COUNT_WORSE);
	assert_int_equal(judge(m, -0.02, -0.02), COUNT_SAME);
}

/* An improvement is what would be a regression the other way round. */
static void test_mirror(void **state)
{
	static const double values[] = { 0,  0.000001, 0.5, 1,   10,  10.09,
					 11, 100,      101, 102, 105, 106 };
	const size_t n = sizeof(values) / sizeof(*values);

	(void)state;
	for (int m = 0; m < COUNT_METRICS; m++) {
		for (size_t i = 0; i < n * n; i++) {
			double a = values[i / n];
			double b = values[i % n];
			enum count_verdict there =
				judge((enum count_metric)m, a, b);
			enum count_verdict back =
				judge((enum count_metric)m, b, a);

			assert_int_equal(there == COUNT_SAME, a == b);
			/* shares are of either base, and differ a little */
			if (there == COUNT_BETTER)
				assert_int_equal(back, COUNT_WORSE);
			if (there == COUNT_WORSE)
				assert_int_equal(back, COUNT_BETTER);
		}
	}
}

static void test_no_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_METRICS; i++) {
		enum count_metric m = (enum count_metric)i;

		assert_int_equal(judge(m, 1, NAN), COUNT_MISSING);
		assert_int_equal(judge(m, NAN, 1), COUNT_NEW);
		assert_int_equal(judge(m, NAN, NAN), COUNT_BROKEN);
		assert_int_equal(judge(m, 1, INFINITY), COUNT_BROKEN);
		assert_int_equal(judge(m, INFINITY, 1), COUNT_BROKEN);
		assert_int_equal(judge(m, NAN, INFINITY), COUNT_BROKEN);
		assert_int_equal(judge(m, INFINITY, INFINITY), COUNT_BROKEN);
		if (m == COUNT_EXPONENT)
			continue;
		assert_int_equal(judge(m, 1, -1), COUNT_BROKEN);
		assert_int_equal(judge(m, -1, 1), COUNT_BROKEN);
		assert_int_equal(judge(m, NAN, -1), COUNT_BROKEN);
	}
}

static void test_statuses(void **state)
{
	(void)state;
	assert_int_equal(count_status(COUNT_SAME), 0);
	assert_int_equal(count_status(COUNT_CHANGED), 0);
	assert_int_equal(count_status(COUNT_BETTER), 0);
	assert_int_equal(count_status(COUNT_WORSE), 1);
	assert_int_equal(count_status(COUNT_NEW), 3);
	assert_int_equal(count_status(COUNT_MISSING), 3);
	assert_int_equal(count_status(COUNT_BROKEN), 3);
}

/* ---- whole sets --------------------------------------------------------- */

static void add(struct count_set *set, const char *row,
		enum count_metric metric, double value)
{
	assert_int_equal(count_add(set, row, metric, value), 0);
}

static void make(struct count_set *set)
{
	*set = (struct count_set){ .n = 0 };
	add(set, "lookup", COUNT_INSTRUCTIONS, 78);
	add(set, "lookup", COUNT_ATOMICS, 0);
	add(set, "map", COUNT_INSTRUCTIONS, 197);
	add(set, "map", COUNT_ATOMICS, 1);
}

static const struct count_finding *only_one(const struct count_findings *f,
					    enum count_verdict verdict)
{
	assert_int_equal(f->tally[verdict], 1);
	assert_int_equal(f->all[0].verdict, verdict);
	return &f->all[0];
}

/* Compares with a set in which one number is another one. */
static enum status with(const char *row, enum count_metric metric, double value,
			enum count_verdict verdict)
{
	const struct count_finding *found;
	struct count_findings findings;
	enum status status;
	struct count_set base;
	struct count_set head;

	make(&base);
	make(&head);
	for (size_t i = 0; i < head.n; i++) {
		if (strcmp(head.all[i].row, row) == 0 &&
		    head.all[i].metric == metric)
			head.all[i].value = value;
	}
	assert_int_equal(count_compare(&base, &head, &findings), 0);
	assert_int_equal(findings.n, 4);
	found = only_one(&findings, verdict);
	assert_string_equal(found->row, row);
	assert_int_equal(found->metric, metric);
	assert_int_equal(findings.tally[COUNT_SAME], 3);
	status = findings.status;
	count_findings_free(&findings);
	count_free(&base);
	count_free(&head);
	return status;
}

static void test_one_number(void **state)
{
	(void)state;
	assert_int_equal(with("lookup", COUNT_INSTRUCTIONS, 79, COUNT_WORSE),
			 STATUS_REGRESSION);
	assert_int_equal(with("map", COUNT_INSTRUCTIONS, 198, COUNT_CHANGED),
			 STATUS_PASS);
	assert_int_equal(with("map", COUNT_INSTRUCTIONS, 100, COUNT_BETTER),
			 STATUS_PASS);
	assert_int_equal(with("lookup", COUNT_ATOMICS, 1, COUNT_WORSE),
			 STATUS_REGRESSION);
	assert_int_equal(with("map", COUNT_ATOMICS, 0, COUNT_BETTER),
			 STATUS_PASS);
	assert_int_equal(with("map", COUNT_ATOMICS, NAN, COUNT_MISSING),
			 STATUS_INTEGRITY);
	assert_int_equal(with("map", COUNT_ATOMICS, INFINITY, COUNT_BROKEN),
			 STATUS_INTEGRITY);
}

static void test_identical(void **state)
{
	struct count_findings findings;
	struct count_set set;

	(void)state;
	make(&set);
	assert_int_equal(count_compare(&set, &set, &findings), 0);
	assert_int_equal(findings.status, STATUS_PASS);
	assert_int_equal(findings.tally[COUNT_SAME], 4);
	assert_int_equal(findings.n, 4);
	count_findings_free(&findings);
	count_free(&set);
}

/* A row that is gone, and one that has come: either is no pass. */
static void test_rows_come_and_go(void **state)
{
	struct count_findings findings;
	struct count_set more;
	struct count_set less;

	(void)state;
	make(&less);
	make(&more);
	add(&more, "apply", COUNT_ATOMICS, 9);
	assert_int_equal(count_compare(&more, &less, &findings), 0);
	assert_int_equal(findings.status, STATUS_INTEGRITY);
	assert_string_equal(only_one(&findings, COUNT_MISSING)->row, "apply");
	assert_true(isnan(findings.all[0].head));
	count_findings_free(&findings);
	assert_int_equal(count_compare(&less, &more, &findings), 0);
	assert_int_equal(findings.status, STATUS_INTEGRITY);
	assert_string_equal(only_one(&findings, COUNT_NEW)->row, "apply");
	assert_true(isnan(findings.all[0].base));
	count_findings_free(&findings);
	count_free(&less);
	count_free(&more);
}

/* A regression hides nothing that is missing, nor the other way round. */
static void test_precedence(void **state)
{
	struct count_findings findings;
	struct count_set base;
	struct count_set head;

	(void)state;
	make(&base);
	make(&head);
	head.all[0].value = 100;
	add(&base, "apply", COUNT_ATOMICS, 9);
	assert_int_equal(count_compare(&base, &head, &findings), 0);
	assert_int_equal(findings.status, STATUS_INTEGRITY);
	assert_int_equal(findings.all[0].verdict, COUNT_WORSE);
	assert_int_equal(findings.all[1].verdict, COUNT_MISSING);
	count_findings_free(&findings);
	count_free(&base);
	count_free(&head);
}

static void test_nothing_is_no_pass(void **state)
{
	struct count_set none = { .n = 0 };
	struct count_findings findings;

	(void)state;
	assert_int_equal(count_compare(&none, &none, &findings), 0);
	assert_int_equal(findings.status, STATUS_INTEGRITY);
	count_findings_free(&findings);
}

static void test_names(void **state)
{
	struct count_set set = { .n = 0 };
	char longest[COUNT_LONGEST_ROW + 1];
	enum count_metric metric;

	(void)state;
	for (int i = 0; i < COUNT_METRICS; i++) {
		const char *name = count_metric_name((enum count_metric)i);

		assert_true(count_metric_of(name, strlen(name), &metric));
		assert_int_equal(metric, i);
		assert_false(count_metric_of(name, strlen(name) - 1, &metric));
	}
	memset(longest, 'x', sizeof(longest));
	longest[COUNT_LONGEST_ROW] = '\0';
	assert_int_equal(count_add(&set, longest, COUNT_SIZE, 1), -22);
	assert_int_equal(count_add(&set, longest + 1, COUNT_SIZE, 1), 0);
	/* whole millionths, so that a file keeps them */
	assert_int_equal(count_add(&set, "third", COUNT_SIZE, 1.0 / 3), 0);
	assert_true(count_find(&set, "third", COUNT_SIZE)->value == 0.333333);
	assert_null(count_find(&set, "third", COUNT_TEXT));
	assert_null(count_find(&set, "third", COUNT_EXPONENT));
	assert_null(count_find(&set, "thir", COUNT_SIZE));
	count_free(&set);
}

/* ---- objdump ------------------------------------------------------------ */

static void read_text(const char *text, struct count_code *code,
		      void (*read)(FILE *objdump, struct count_code *code))
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	read(file, code);
	fclose(file);
}

static void test_sections(void **state)
{
	struct count_code code = { .text = 0 };

	(void)state;
	read_text("lookup.c.o:     file format elf64-x86-64\n"
		  "Idx Name          Size      VMA   LMA   File off  Algn\n"
		  "  0 .text         00000100  0000  0000  00000040  2**4\n"
		  "  1 .data         00001000  0000  0000  00000040  2**4\n"
		  "  2 .text.unlikely 00000020  0000  0000  00000040  2**4\n"
		  "  3 .rodata.text  00001000  0000  0000  00000040  2**4\n",
		  &code, count_code_sections);
	assert_int_equal(code.text, 0x120);
}

static void test_fences(void **state)
{
	struct count_code code = { .text = 0 };

	(void)state;
	read_text("0000000000000000 <mfence>:\n"
		  "   0:\tmov    %rsi,%rax\n"
		  "   3:\tmfence \n"
		  "   6:\tlock orq $0x0,(%rsp)\n"
		  "   a:\tlock orq $0x1,(%rsp)\n"
		  "   e:\tlock orq $0x0,(%rdi)\n"
		  "  10:\tlock cmpxchg %rdx,(%rdi)\n"
		  "  14:\tcall   20 <mfence>\n"
		  "  18:\tlfence\n"
		  "  1c:\tdmb\tish\n"
		  "  1d:\tds jmp 20\n",
		  &code, count_code_instructions);
	assert_int_equal(code.instructions, 10);
	assert_int_equal(code.fences, 4);
}

static void test_no_library(void **state)
{
	struct count_code code;
	FILE *file;

	(void)state;
	assert_int_equal(count_code("/nonexistent", &code), -5);
	assert_int_equal(count_code("/dev/null", &code), -5);
	/* a library, but of nothing */
	file = fopen("count_test.a", "w");
	assert_non_null(file);
	fputs("!<arch>\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(count_code("count_test.a", &code), -5);
	remove("count_test.a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_what_may_not_grow),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_exponent),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_no_numbers),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_one_number),
		cmocka_unit_test(test_identical),
		cmocka_unit_test(test_rows_come_and_go),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_nothing_is_no_pass),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_fences),
		cmocka_unit_test(test_no_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
