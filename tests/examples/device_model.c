/* SPDX-License-Identifier: MIT */
/*
 * A device model in a VMM: the guest has an IOMMU, and I/O goes on after the
 * call that began it. Memory that the guest unmaps is its own again when no
 * request can touch it any more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/uio.h>

#include <riotlb/rcu.h>

#define MAX_PARTS 16

struct request {
	struct iovec parts[MAX_PARTS];
	size_t n;
	riotlb_lease lease;
};

/*
 * From a guest's buffer to what preadv or io_uring takes. The lease makes the
 * translation last beyond the section, until the request is done.
 */
static int request_begin(struct riotlb *engine, uint64_t iova, uint64_t last,
			 struct request *r)
{
	struct riotlb_segment segs[MAX_PARTS];
	int err;

	riotlb_read_enter(engine);
	err = riotlb_translate_vec(engine, 0, iova, last, RIOTLB_WRITE, segs,
				   MAX_PARTS, &r->n, NULL);
	if (!err)
		r->lease = riotlb_lease_begin(engine);
	riotlb_read_exit(engine);
	if (err)
		return err;
	for (size_t i = 0; i < r->n; i++) {
		r->parts[i].iov_base = (void *)(uintptr_t)segs[i].addr;
		r->parts[i].iov_len = (size_t)(segs[i].last - segs[i].iova + 1);
	}
	return 0;
}

/* On whatever thread the completion comes to. */
static void request_end(struct riotlb *engine, struct request *r)
{
	riotlb_lease_end(engine, r->lease);
}

/* The guest unmaps. Lookups that begin from now on fail. */
static int guest_unmap(struct riotlb *engine, uint64_t start, uint64_t last,
		       struct riotlb_token *token)
{
	struct riotlb_report report;
	int err = riotlb_unmap(engine, 0, start, last, RIOTLB_UNMAP_EXACT,
			       &report);

	*token = report.token;
	return err;
}

/* It is told that this is complete when this returns: nobody has it now. */
static int guest_sync(struct riotlb *engine, struct riotlb_token token)
{
	return riotlb_wait(engine, token);
}

int main(void)
{
	static char ram[3 * 4096];
	/* two pages that are neighbours for the guest only */
	struct riotlb_mapping pages[] = {
		{ .start = 0x1000,
		  .last = 0x1fff,
		  .addr = (uintptr_t)ram,
		  .perm = RIOTLB_RW },
		{ .start = 0x2000,
		  .last = 0x2fff,
		  .addr = (uintptr_t)ram + 0x2000,
		  .perm = RIOTLB_RW },
	};
	struct riotlb_token token;
	struct request r, late;
	struct riotlb *engine;

	if (riotlb_create(NULL, &engine) != 0 ||
	    riotlb_map_bulk(engine, 0, pages, 2, 0, NULL) != 0)
		return 1;
	riotlb_thread_register(engine);
	if (request_begin(engine, 0x1800, 0x27ff, &r) != 0)
		return 1;
	printf("%zu parts of %zu bytes\n", r.n, r.parts[0].iov_len);

	if (guest_unmap(engine, 0x1000, 0x2fff, &token) != 0)
		return 1;
	printf("a later request: %s\n",
	       request_begin(engine, 0x1800, 0x27ff, &late) == -EFAULT
		       ? "refused"
		       : "?");
	printf("in flight: %s\n", riotlb_poll(engine, token) ? "?" : "yes");
	request_end(engine, &r);
	if (guest_sync(engine, token) != 0)
		return 1;
	printf("in flight: %s\n", riotlb_poll(engine, token) ? "no" : "?");

	riotlb_thread_unregister(engine);
	riotlb_destroy(engine);
	return 0;
}
