/* SPDX-License-Identifier: MIT */
#include "exact/facts.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>

#include <riotlb/riotlb.h>

#include "exact/arena.h"

#define KI ((size_t)1024)
#define PAGE ((uint64_t)4096)
#define MI ((uint64_t)1 << 20)
#define BASE ((uint64_t)1 << 32)
#define TARGET ((uint64_t)1 << 40)

/* ---- what the numbers depend on ----------------------------------------- */

#if defined(__clang__)
#define COMPILER "clang"
#define MAJOR __clang_major__
#define MINOR __clang_minor__
#define PATCH __clang_patchlevel__
#else
#define COMPILER "gcc"
#define MAJOR __GNUC__
#define MINOR __GNUC_MINOR__
#define PATCH __GNUC_PATCHLEVEL__
#endif

#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "other machine"
#endif

/* Whoever compiles it without riotlb's build knows better, or does not care. */
#ifndef EXACT_FLAGS
#define EXACT_FLAGS "flags unknown"
#endif
#ifndef EXACT_URCU
#define EXACT_URCU "unknown"
#endif

static void print_key(void)
{
	printf("[%s %d.%d.%d, glibc %s, %s, liburcu " EXACT_URCU
	       ", " EXACT_FLAGS "]\n",
	       COMPILER, MAJOR, MINOR, PATCH, gnu_get_libc_version(), MACHINE);
}

/* ---- sizes -------------------------------------------------------------- */

#define SIZE(type)                                  \
	{                                           \
#type, sizeof(struct riotlb_##type) \
	}

static void print_sizes(void)
{
	static const struct {
		const char *name;
		size_t size;
	} sizes[] = {
		SIZE(mapping),  SIZE(range),     SIZE(bytes),   SIZE(default),
		SIZE(limits),   SIZE(attr),      SIZE(segment), SIZE(request),
		SIZE(answer),   SIZE(gap),       SIZE(token),   SIZE(report),
		SIZE(op),       SIZE(stamp),     SIZE(stats),   SIZE(shape),
		SIZE(deferred), SIZE(allocator),
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		printf("struct-%s size=%zu\n", sizes[i].name, sizes[i].size);
}

/* ---- memory ------------------------------------------------------------- */

struct memory_shape {
	const char *name;
	size_t n;
	uint64_t stride;
	uint64_t size;
};

static const struct memory_shape shapes[] = {
	{ "1-4k", 1, PAGE, PAGE },
	{ "16-4k", 16, PAGE, PAGE },
	{ "1ki-4k", KI, PAGE, PAGE },
	{ "64ki-4k", 64 * KI, PAGE, PAGE },
	{ "64ki-4k-sparse", 64 * KI, 64 * MI, PAGE },
	{ "64ki-64k", 64 * KI, 16 * PAGE, 16 * PAGE },
	{ "8ki-4092k", 8 * KI, 1023 * PAGE, 1023 * PAGE },
	{ "8ki-2m", 8 * KI, 2 * MI, 2 * MI },
	{ "1ki-1g", KI, 1024 * MI, 1024 * MI },
	{ "8ki-1000b", 8 * KI, 1000, 1000 },
};

static struct riotlb_mapping mapping_of(const struct memory_shape *s, size_t i)
{
	uint64_t start = BASE + i * s->stride;

	return (struct riotlb_mapping){
		.start = start,
		.last = start + s->size - 1,
		.addr = TARGET + 2 * i * s->size,
		.perm = RIOTLB_RW,
	};
}

/* At one instant, as a whole. */
static int load(struct riotlb *engine, const struct memory_shape *s)
{
	struct riotlb_mapping *m = calloc(s->n, sizeof(*m));
	int err = -1;

	for (size_t i = 0; m && i < s->n; i++)
		m[i] = mapping_of(s, i);
	if (m)
		err = riotlb_set_map(engine, 0, m, s->n, NULL);
	free(m);
	return err;
}

/* One by one, every other first. */
static int grow(struct riotlb *engine, const struct memory_shape *s)
{
	int err = 0;

	for (size_t first = 0; first < 2; first++) {
		for (size_t i = first; !err && i < s->n; i += 2) {
			struct riotlb_mapping m = mapping_of(s, i);

			err = riotlb_map(engine, 0, &m, 0, NULL);
		}
	}
	return err;
}

static uint64_t in_use(struct riotlb *engine)
{
	while (riotlb_reclaim(engine) == 1)
		;
	return arena_asked.bytes - arena_given.bytes;
}

static bool print_memory(const struct memory_shape *s, const char *how,
			 int (*fill)(struct riotlb *engine,
				     const struct memory_shape *s))
{
	struct riotlb *engine;
	struct riotlb_attr attr;
	uint64_t empty;
	bool ok;

	riotlb_attr_init(&attr);
	attr.allocator = &arena_hooks;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	if (!arena_reset() || riotlb_create(&attr, &engine))
		return false;
	empty = in_use(engine);
	ok = fill(engine, s) == 0;
	printf("memory-%s%s per-mapping=%.6f\n", s->name, how,
	       (double)(in_use(engine) - empty) / (double)s->n);
	riotlb_destroy(engine);
	return ok;
}

bool print_facts(void)
{
	bool ok = true;

	print_key();
	print_sizes();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		ok = ok && print_memory(&shapes[i], "", load) &&
		     print_memory(&shapes[i], "-grown", grow);
	return ok && fflush(stdout) == 0;
}
