/* SPDX-License-Identifier: MIT */
#include "slab.h"

#include "../../counted.h"
#include "../../subject.h"
#include "shim.h"

struct kmem_cache {
	size_t size;
	size_t align;
};

static struct counted *memory;

int slab_open(void)
{
	memory = counted_create(subject_settings.huge_pages);
	return memory ? 0 : -ENOMEM;
}

void slab_close(void)
{
	counted_destroy(memory);
	memory = NULL;
}

uint64_t slab_bytes(void)
{
	return counted_live_bytes(memory);
}

void *slab_take(size_t size, size_t align)
{
	const struct riotlb_allocator *hooks = counted_hooks(memory);

	return hooks->alloc(hooks->ctx, size, align);
}

void slab_give(void *p, size_t size)
{
	const struct riotlb_allocator *hooks = counted_hooks(memory);

	hooks->free(hooks->ctx, p, size);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned int flags,
				     void (*ctor)(void *))
{
	static struct kmem_cache cache;

	(void)name;
	(void)flags;
	(void)ctor;
	cache.size = size;
	cache.align = align;
	return &cache;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	(void)gfp;
	return slab_take(cache->size, cache->align);
}

void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	slab_give(p, cache->size);
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t n, void **p)
{
	for (size_t i = 0; i < n; i++)
		kmem_cache_free(cache, p[i]);
}

int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t n,
			  void **p)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = kmem_cache_alloc(cache, gfp);
		if (!p[i]) {
			kmem_cache_free_bulk(cache, i, p);
			return 0;
		}
	}
	return (int)n;
}
