/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <riotlb/rcu.h>

int main(void)
{
	static char ring[8192];
	struct riotlb_mapping m = {
		.start = 0x10000,
		.last = 0x11fff,
		.addr = (uintptr_t)ring,
		.perm = RIOTLB_RW,
	};
	struct riotlb_segment seg;
	struct riotlb_report report;
	struct riotlb *engine;

	if (riotlb_create(NULL, &engine) != 0)
		return 1;
	riotlb_thread_register(engine); /* once per thread that looks up */
	if (riotlb_map(engine, 0, &m, 0, &report) != 0)
		return 1;

	riotlb_read_enter(engine); /* one section per burst of lookups */
	if (riotlb_translate(engine, 0, 0x10ff8, 0x11007, RIOTLB_READ, &seg))
		return 1;
	printf("ring[%td], %ju bytes\n", (char *)(uintptr_t)seg.addr - ring,
	       (uintmax_t)(seg.last - seg.iova + 1));
	riotlb_read_exit(engine); /* seg.addr must not be used any more */

	riotlb_reset_map(engine, 0, &report);       /* back to 1:1, one swap */
	if (riotlb_wait(engine, report.token) != 0) /* no reader has ring */
		return 1;
	riotlb_thread_unregister(engine);
	riotlb_destroy(engine);
	return 0;
}
