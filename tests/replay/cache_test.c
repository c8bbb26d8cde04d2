/* SPDX-License-Identifier: MIT */
/* `riotlb cache`: shares that can be counted by hand, and those of traces. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTACH "virtio_iommu_attach domain=1 endpoint=24\n"
#define DETACH "virtio_iommu_detach domain=1 endpoint=24\n"
#define MAP(start, end, flags)                                         \
	"virtio_iommu_map domain=1 virt_start=" start " virt_end=" end \
	" phys_start=0x0 flags=" flags "\n"
#define UNMAP(start, end) \
	"virtio_iommu_unmap domain=1 virt_start=" start " virt_end=" end "\n"
#define READ(addr) "virtio_iommu_translate mr=m rid=24 addr=" addr " flag=1\n"
#define WRITE(addr) "virtio_iommu_translate mr=m rid=24 addr=" addr " flag=2\n"

/* Three pages, and of two mappings one has two of them. */
#define PAGES ATTACH MAP("0x1000", "0x2fff", "3") MAP("0x3000", "0x3fff", "1")
#define A "0x1000"
#define B "0x2008"
#define C "0x3fff"

/* The shares of the row of `entries`, in hundredths of a percent. */
static void assert_row(const struct run *run, long entries, int fifo, int clock,
		       int sieve, long lookups)
{
	char row[128];

	assert_status(run, 0);
	snprintf(row, sizeof(row),
		 "\n%9ld %4d.%02d %% %4d.%02d %% %4d.%02d %% %11ld\n", entries,
		 fifo / 100, fifo % 100, clock / 100, clock % 100, sieve / 100,
		 sieve % 100, lookups);
	assert_holds(run->out, row);
}

static void what_is_used_stays(void **state)
{
	(void)state;
	file_text("t", PAGES READ(A) READ(B) READ(A) READ(C) READ(A));
	assert_row(run_cli("cache", "--entries", "2", "t", NULL), 2, 2000, 4000,
		   4000, 5);
	/* two mappings fit into two entries */
	assert_row(run_cli("cache", "--entries", "1,2", "--whole", "t", NULL),
		   2, 6000, 6000, 6000, 5);
	assert_row(run_cli("cache", "--entries", "1,2", "--whole", "t", NULL),
		   1, 4000, 4000, 4000, 5);
}

static void what_is_gone_is_missed(void **state)
{
	(void)state;
	/* the whole mapping, of which a page is cached; a domain that ends */
	file_text("t", PAGES READ(A) READ(A) UNMAP("0x1000", "0x2fff")
			       MAP("0x1000", "0x1fff", "3") READ(A)
				       DETACH PAGES READ(A) READ(A));
	assert_row(run_cli("cache", "--entries", "8", "t", NULL), 8, 4000, 4000,
		   4000, 5);
}

/* What is no hit in the IOMMU's table either is no miss of the cache. */
static void what_is_not_there_does_not_count(void **state)
{
	(void)state;
	file_text("t", PAGES WRITE(C) READ(C) WRITE(C) READ("0x4000")
			       READ("0xfee00000") DETACH READ(C));
	assert_row(run_cli("cache", "--entries", "8", "t", NULL), 8, 0, 0, 0,
		   1);
	file_text("t", ATTACH);
	assert_row(run_cli("cache", "--entries", "8", "t", NULL), 8, 0, 0, 0,
		   0);
	file_text("t", "");
	assert_row(run_cli("cache", "--entries", "8", "t", NULL), 8, 0, 0, 0,
		   0);
}

/* An ftrace looks up each page once, so there is nothing to be found. */
static void of_an_ftrace(void **state)
{
	(void)state;
	file_text("t", "map: IOMMU: iova=0x1000 - 0x3000 paddr=0x0 size=8192\n"
		       "unmap: IOMMU: iova=0x1000 - 0x3000 size=8192 "
		       "unmapped_size=8192\n");
	assert_row(run_cli("cache", "--entries", "8", "t", NULL), 8, 0, 0, 0,
		   2);
	assert_row(run_cli("cache", "--entries", "8", "--whole", "t", NULL), 8,
		   5000, 5000, 5000, 2);
}

static void usage(void **state)
{
	static const char *const bad[] = {
		"0",  "65537", "",  "8,",
		",8", "8;9",   "x", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
	};

	(void)state;
	file_text("t", PAGES);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct run *run =
			run_cli("cache", "--entries", bad[i], "t", NULL);

		assert_status(run, 2);
		assert_holds(run->err, "--entries needs");
	}
	assert_status(run_cli("cache", NULL), 2);
	assert_status(run_cli("cache", "--verify", "t", NULL), 2);
	assert_status(run_cli("cache", "nowhere", "t", NULL), 3);
	assert_holds(run_cli("cache", "--help", NULL)->out, "riotlb cache");
	assert_holds(run_cli("--help", NULL)->out, "  cache ");
	assert_status(run_cli("replay", "--entries", "1", "t", NULL), 2);
}

/* The numbers of tools/vdpa/README.md, as far as they are not times. */
static void shipped(void **state)
{
	(void)state;
	assert_row(run_cli("cache", "--entries", "32",
			   RIOTLB_TRACES "/vblk.viommu.log.xz", NULL),
		   32, 4448, 4685, 4722, 242865);
}

static void synthetic(void **state)
{
	const struct run *run =
		run_cli("cache", "--entries", "64", "--synthetic", NULL);

	(void)state;
	assert_row(run, 64, 2959, 3590, 4715, 1000000);
	assert_row(run, 64, 5905, 7298, 7477, 1000000);
	assert_holds(run->out, "a map that evicts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_used_stays),
		cmocka_unit_test(what_is_gone_is_missed),
		cmocka_unit_test(what_is_not_there_does_not_count),
		cmocka_unit_test(of_an_ftrace),
		cmocka_unit_test(usage),
		cmocka_unit_test(shipped),
		cmocka_unit_test(synthetic),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
