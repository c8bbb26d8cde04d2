/* SPDX-License-Identifier: MIT */
/*
 * Put between the program and riotlb by the linker (--wrap): calls that go
 * wrong in the one way that the environment asks for, to show that the program
 * sees it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/riotlb.h>

static bool asked_for(const char *kind)
{
	const char *wrong = getenv("WRONG_ANSWER");

	return wrong && strcmp(wrong, kind) == 0;
}

int __real_riotlb_create(const struct riotlb_attr *attr, struct riotlb **out);
int __wrap_riotlb_create(const struct riotlb_attr *attr, struct riotlb **out);

int __wrap_riotlb_create(const struct riotlb_attr *attr, struct riotlb **out)
{
	if (asked_for("create"))
		return -EAGAIN;
	return __real_riotlb_create(attr, out);
}

int __real_riotlb_translate(const struct riotlb *engine, uint32_t asid,
			    uint64_t iova, uint64_t last, uint32_t want,
			    struct riotlb_segment *seg);
int __wrap_riotlb_translate(const struct riotlb *engine, uint32_t asid,
			    uint64_t iova, uint64_t last, uint32_t want,
			    struct riotlb_segment *seg);

int __wrap_riotlb_translate(const struct riotlb *engine, uint32_t asid,
			    uint64_t iova, uint64_t last, uint32_t want,
			    struct riotlb_segment *seg)
{
	static uint64_t calls;
	int err;

	err = __real_riotlb_translate(engine, asid, iova, last, want, seg);
	calls++;
	if (asked_for("target") && !err && iova % 4096 == 77)
		seg->addr++;
	/* only after the check of every key, so that a sum must tell */
	if (asked_for("late") && !err && calls > 200000)
		seg->addr++;
	/* far from where subjects are checked, so that a sum must tell */
	if (asked_for("far") && !err && iova >> 33 == 15 && iova % 4096 != 0 &&
	    iova % 4096 != 4095)
		seg->addr++;
	if (asked_for("gap") && err) {
		seg->addr = 0;
		err = 0;
	}
	return err;
}

int __real_riotlb_translate_list(const struct riotlb *engine, uint32_t asid,
				 const uint64_t *iova, size_t n, uint64_t span,
				 uint32_t want, uint64_t *addr, size_t *done);
int __wrap_riotlb_translate_list(const struct riotlb *engine, uint32_t asid,
				 const uint64_t *iova, size_t n, uint64_t span,
				 uint32_t want, uint64_t *addr, size_t *done);

int __wrap_riotlb_translate_list(const struct riotlb *engine, uint32_t asid,
				 const uint64_t *iova, size_t n, uint64_t span,
				 uint32_t want, uint64_t *addr, size_t *done)
{
	int err = __real_riotlb_translate_list(engine, asid, iova, n, span,
					       want, addr, done);

	if (asked_for("burst"))
		addr[n - 1]++;
	return err;
}

int __real_riotlb_map(struct riotlb *engine, uint32_t asid,
		      const struct riotlb_mapping *mapping, uint32_t flags,
		      struct riotlb_report *report);
int __wrap_riotlb_map(struct riotlb *engine, uint32_t asid,
		      const struct riotlb_mapping *mapping, uint32_t flags,
		      struct riotlb_report *report);

int __wrap_riotlb_map(struct riotlb *engine, uint32_t asid,
		      const struct riotlb_mapping *mapping, uint32_t flags,
		      struct riotlb_report *report)
{
	struct riotlb_mapping stale = *mapping;

	if (asked_for("map"))
		return -ENOMEM;
	if (asked_for("stale"))
		stale.addr ^= 4096;
	return __real_riotlb_map(engine, asid, &stale, flags, report);
}

int __real_riotlb_unmap(struct riotlb *engine, uint32_t asid, uint64_t start,
			uint64_t last, enum riotlb_unmap_policy policy,
			struct riotlb_report *report);
int __wrap_riotlb_unmap(struct riotlb *engine, uint32_t asid, uint64_t start,
			uint64_t last, enum riotlb_unmap_policy policy,
			struct riotlb_report *report);

int __wrap_riotlb_unmap(struct riotlb *engine, uint32_t asid, uint64_t start,
			uint64_t last, enum riotlb_unmap_policy policy,
			struct riotlb_report *report)
{
	if (asked_for("unmap"))
		return -ENOMEM;
	return __real_riotlb_unmap(engine, asid, start, last, policy, report);
}

int __real_riotlb_map_bulk(struct riotlb *engine, uint32_t asid,
			   const struct riotlb_mapping *mappings, size_t n,
			   uint32_t flags, struct riotlb_report *report);
int __wrap_riotlb_map_bulk(struct riotlb *engine, uint32_t asid,
			   const struct riotlb_mapping *mappings, size_t n,
			   uint32_t flags, struct riotlb_report *report);

int __wrap_riotlb_map_bulk(struct riotlb *engine, uint32_t asid,
			   const struct riotlb_mapping *mappings, size_t n,
			   uint32_t flags, struct riotlb_report *report)
{
	static unsigned calls;

	calls++;
	if (asked_for("load") || (asked_for("load_again") && calls > 1))
		return -ENOMEM;
	return __real_riotlb_map_bulk(engine, asid, mappings, n, flags, report);
}

int __real_riotlb_set_map(struct riotlb *engine, uint32_t asid,
			  const struct riotlb_mapping *mappings, size_t n,
			  struct riotlb_report *report);
int __wrap_riotlb_set_map(struct riotlb *engine, uint32_t asid,
			  const struct riotlb_mapping *mappings, size_t n,
			  struct riotlb_report *report);

int __wrap_riotlb_set_map(struct riotlb *engine, uint32_t asid,
			  const struct riotlb_mapping *mappings, size_t n,
			  struct riotlb_report *report)
{
	if (asked_for("set_map"))
		return -ENOMEM;
	return __real_riotlb_set_map(engine, asid, mappings, n, report);
}

int __real_riotlb_reset_map(struct riotlb *engine, uint32_t asid,
			    struct riotlb_report *report);
int __wrap_riotlb_reset_map(struct riotlb *engine, uint32_t asid,
			    struct riotlb_report *report);

int __wrap_riotlb_reset_map(struct riotlb *engine, uint32_t asid,
			    struct riotlb_report *report)
{
	static unsigned calls;

	/* the first ones empty the table between loads: see loads_of() */
	calls++;
	if (asked_for("reset") && calls > 6 * 256)
		return 0;
	return __real_riotlb_reset_map(engine, asid, report);
}
