/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <riotlb/rcu.h>

/*
 * A table is built in the pair of spaces that is not in use, and then takes the
 * place of the other: nothing can fail halfway.
 */
enum { AS_IOVA, AS_FIRST_PAIR, PAIR = 2, NAS = AS_FIRST_PAIR + 2 * PAIR };
enum { USER, GUEST };

struct region {
	struct wire_region at;
	void *memory; /* as mmap gave it */
	size_t size;
	uint64_t host; /* of its first byte */
};

struct table {
	unsigned n;
	struct region regions[WIRE_MAX_REGIONS];
};

struct memory {
	struct riotlb *engine;
	unsigned pair; /* the one in use */
	bool iova;
	struct table table;
	struct memory_stats stats;
};

static uint32_t asid_of(unsigned pair, unsigned which)
{
	return AS_FIRST_PAIR + pair * PAIR + which;
}

/* ---- regions --------------------------------------------------- */

/* What offsets into the file must be multiples of. */
static uint64_t granule_of(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC)
		return (uint64_t)fs.f_bsize;
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool is_in_file(const struct wire_region *at, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	return !S_ISREG(st.st_mode) ||
	       (at->offset <= (uint64_t)st.st_size &&
		at->size <= (uint64_t)st.st_size - at->offset);
}

static bool is_sound(const struct wire_region *at)
{
	uint64_t more = at->size - 1;

	return at->size > 0 && at->guest <= UINT64_MAX - more &&
	       at->user <= UINT64_MAX - more && at->size <= INT64_MAX / 2 &&
	       at->offset <= INT64_MAX / 2;
}

static int map_region(const struct wire_region *at, int fd, struct region *r)
{
	uint64_t granule, slack;

	if (!is_sound(at) || !is_in_file(at, fd))
		return -EINVAL;
	granule = granule_of(fd);
	slack = at->offset % granule;
	r->at = *at;
	r->size =
		(size_t)((at->size + slack + granule - 1) / granule * granule);
	r->memory = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_NORESERVE, fd,
			 (off_t)(at->offset - slack));
	if (r->memory == MAP_FAILED)
		return -errno;
	r->host = (uintptr_t)r->memory + slack;
	return 0;
}

static void unmap_table(struct table *table)
{
	while (table->n > 0) {
		struct region *r = &table->regions[--table->n];

		munmap(r->memory, r->size);
	}
}

static int map_table(const struct wire_region *regions, const int *fds,
		     unsigned n, struct table *table)
{
	int err = 0;

	table->n = 0;
	while (table->n < n && !err) {
		err = map_region(&regions[table->n], fds[table->n],
				 &table->regions[table->n]);
		if (!err)
			table->n++;
	}
	if (err)
		unmap_table(table);
	return err;
}

/* ---- tables ---------------------------------------------------- */

static int fill_space(struct memory *memory, unsigned pair, unsigned which,
		      const struct table *table)
{
	struct riotlb_mapping mappings[WIRE_MAX_REGIONS];

	for (unsigned i = 0; i < table->n; i++) {
		const struct region *r = &table->regions[i];
		uint64_t start = which == USER ? r->at.user : r->at.guest;

		mappings[i] = (struct riotlb_mapping){
			.start = start,
			.last = start + (r->at.size - 1),
			.addr = r->host,
			.perm = RIOTLB_RW,
		};
	}
	return riotlb_set_map(memory->engine, asid_of(pair, which), mappings,
			      table->n, NULL);
}

static void bind(struct memory *memory, struct riotlb_report *report)
{
	/* cannot fail: both are in range */
	(void)riotlb_set_group_asid(
		memory->engine, MEMORY_GROUP,
		memory->iova ? AS_IOVA : asid_of(memory->pair, GUEST), report);
}

void memory_wait(struct memory *memory, struct riotlb_token token)
{
	/* cannot fail: this is no callback */
	(void)riotlb_wait(memory->engine, token);
}

/* Cannot fail, nor can a reset: they have no argument that could be wrong. */
static void empty_pair(struct memory *memory, unsigned pair,
		       struct riotlb_report *report)
{
	riotlb_reset_map(memory->engine, asid_of(pair, USER), NULL);
	riotlb_reset_map(memory->engine, asid_of(pair, GUEST), report);
}

int memory_set_table(struct memory *memory, const struct wire_region *regions,
		     const int *fds, unsigned n)
{
	struct riotlb_report bound, iovas, old;
	unsigned spare = !memory->pair;
	struct table table;
	int err = map_table(regions, fds, n, &table);

	if (err)
		return err;
	err = fill_space(memory, spare, USER, &table);
	if (!err)
		err = fill_space(memory, spare, GUEST, &table);
	if (err) {
		empty_pair(memory, spare, NULL);
		unmap_table(&table);
		return err;
	}
	memory->pair = spare;
	bind(memory, &bound);
	riotlb_reset_map(memory->engine, AS_IOVA, &iovas);
	empty_pair(memory, !spare, &old);
	memory_wait(memory, bound.token);
	memory_wait(memory, iovas.token);
	memory_wait(memory, old.token);
	unmap_table(&memory->table);
	memory->table = table;
	return 0;
}

void memory_use_iova(struct memory *memory, bool iova)
{
	memory->iova = iova;
	bind(memory, NULL);
}

int memory_guest_of(const struct memory *memory, uint64_t user, uint64_t *guest)
{
	for (unsigned i = 0; i < memory->table.n; i++) {
		const struct wire_region *at = &memory->table.regions[i].at;

		if (user < at->user || user - at->user >= at->size)
			continue;
		*guest = at->guest + (user - at->user);
		return 0;
	}
	return -EFAULT;
}

/* ---- messages -------------------------------------------------- */

/* Mappings of before that an update looks at. */
enum { MAX_BEFORE = 64, MAX_OPS = WIRE_MAX_REGIONS * (1 + MAX_BEFORE) };

/* Where the update leads: as many pieces as it touches regions. */
static int pieces_of(struct memory *memory, const struct riotlb_iotlb_msg *msg,
		     struct riotlb_mapping *pieces, size_t *n)
{
	struct riotlb_segment segs[WIRE_MAX_REGIONS];
	int err;

	riotlb_thread_online(memory->engine);
	riotlb_read_enter(memory->engine);
	err = riotlb_translate_vec(memory->engine, asid_of(memory->pair, USER),
				   msg->uaddr, msg->uaddr + (msg->size - 1),
				   RIOTLB_RW, segs, WIRE_MAX_REGIONS, n, NULL);
	riotlb_read_exit(memory->engine);
	riotlb_thread_offline(memory->engine);
	for (size_t i = 0; i < *n; i++)
		pieces[i] = (struct riotlb_mapping){
			.start = msg->iova + (segs[i].iova - msg->uaddr),
			.last = msg->iova + (segs[i].last - msg->uaddr),
			.addr = segs[i].addr,
			.perm = msg->perm,
		};
	return err;
}

static void push(struct riotlb_op *ops, size_t *n, uint64_t start,
		 uint64_t last, uint64_t addr, uint32_t perm)
{
	ops[(*n)++] = (struct riotlb_op){
		.kind = RIOTLB_OP_MAP,
		.flags = RIOTLB_MAP_REPLACE,
		.mapping = { .start = start,
			     .last = last,
			     .addr = addr,
			     .perm = perm },
	};
}

/* What of the piece was allowed before, and leads to the same place. */
static void widen(const struct riotlb_mapping *piece,
		  const struct riotlb_mapping *before, struct riotlb_op *ops,
		  size_t *n)
{
	uint64_t start = piece->start, last = piece->last;

	if (before->start > last || before->last < start ||
	    before->addr - before->start != piece->addr - piece->start ||
	    (before->perm | piece->perm) == piece->perm)
		return;
	start = start > before->start ? start : before->start;
	last = last < before->last ? last : before->last;
	push(ops, n, start, last, piece->addr + (start - piece->start),
	     before->perm | piece->perm);
}

/* Maps pieces where something was. */
static int remap(struct memory *memory, const struct riotlb_mapping *pieces,
		 size_t n)
{
	struct riotlb_mapping before[MAX_BEFORE];
	struct riotlb_op ops[MAX_OPS];
	size_t nbefore, nops = 0;
	int err = riotlb_iterate(memory->engine, AS_IOVA, pieces[0].start,
				 pieces[n - 1].last, before, MAX_BEFORE,
				 &nbefore, NULL, NULL);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++)
		push(ops, &nops, pieces[i].start, pieces[i].last,
		     pieces[i].addr, pieces[i].perm);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < nbefore; j++)
			widen(&pieces[i], &before[j], ops, &nops);
	memory->stats.widened += nops > n;
	return riotlb_apply(memory->engine, AS_IOVA, ops, nops, NULL);
}

static int map_pieces(struct memory *memory,
		      const struct riotlb_mapping *pieces, size_t n)
{
	int err = riotlb_map_bulk(memory->engine, AS_IOVA, pieces, n, 0, NULL);

	return err == -EEXIST ? remap(memory, pieces, n) : err;
}

int memory_update(struct memory *memory, const struct riotlb_iotlb_msg *msg)
{
	struct riotlb_mapping pieces[WIRE_MAX_REGIONS];
	size_t n;
	int err = pieces_of(memory, msg, pieces, &n);

	if (err)
		return -EFAULT;
	err = map_pieces(memory, pieces, n);
	if (err == -ENOSPC) {
		/* only a cache, and its memory stays: nothing to wait for */
		riotlb_reset_map(memory->engine, AS_IOVA, NULL);
		memory->stats.overflows++;
		err = map_pieces(memory, pieces, n);
	}
	if (!err) {
		memory->stats.updates++;
		memory->stats.updated_bytes += msg->size;
	}
	return err;
}

void memory_invalidate(struct memory *memory,
		       const struct riotlb_iotlb_msg *msg,
		       struct riotlb_token *token)
{
	uint64_t last = msg->size ? msg->iova + (msg->size - 1) : UINT64_MAX;
	struct riotlb_report report;

	/* cannot fail: whole mappings, of a range that is one */
	(void)riotlb_unmap(memory->engine, AS_IOVA, msg->iova, last,
			   RIOTLB_UNMAP_WHOLE, &report);
	memory->stats.invalidations++;
	memory->stats.invalidated += report.removed;
	*token = report.token;
}

/* ---- life ------------------------------------------------------ */

int memory_create(const struct rcu_flavor_struct *flavor, struct memory **out)
{
	struct riotlb_limits limits[NAS] = {
		[AS_IOVA] = { .mappings = MEMORY_MAX_MAPPINGS },
	};
	struct riotlb_default defaults[NAS];
	struct memory *memory = calloc(1, sizeof(*memory));
	struct riotlb_attr attr;
	int err;

	if (!memory)
		return -ENOMEM;
	for (unsigned i = 0; i < NAS; i++)
		defaults[i] = (struct riotlb_default){
			.kind = RIOTLB_DEFAULT_EMPTY,
		};
	riotlb_attr_init(&attr);
	attr.nas = NAS;
	attr.ngroups = 1;
	attr.defaults = defaults;
	attr.limits = limits;
	attr.flavor = flavor;
	attr.stripes = RIOTLB_MIN_STRIPES; /* one thread updates */
	err = riotlb_create(&attr, &memory->engine);
	if (err) {
		free(memory);
		return err;
	}
	bind(memory, NULL);
	*out = memory;
	return 0;
}

void memory_destroy(struct memory *memory)
{
	riotlb_destroy(memory->engine);
	unmap_table(&memory->table);
	free(memory);
}

struct riotlb *memory_engine(struct memory *memory)
{
	return memory->engine;
}

void memory_get_stats(struct memory *memory, struct memory_stats *stats)
{
	struct riotlb_stats space;

	*stats = memory->stats;
	/* cannot fail: there is such a space */
	(void)riotlb_get_stats(memory->engine, AS_IOVA, &space);
	stats->mappings = space.mappings;
}
