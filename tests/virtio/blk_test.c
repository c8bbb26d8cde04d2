/* SPDX-License-Identifier: MIT */
/* The requests of a block device, over memory and over a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <jansson.h>
#include <linux/virtio_config.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blk.h"
#include "requests.h"
#include "rig.h"
#include "rng.h"

#define DISK_BYTES (1u << 20)
#define SECTORS (DISK_BYTES / DISK_SECTOR)
#define CAPACITY (64u << 10)

struct bench {
	struct rig *rig;
	struct disk disk;
	struct blk blk;
	flight_epoch epoch;
	struct blk_queue queue;
	struct request request;
	unsigned calls;
	char path[64];
};

static void on_call(void *ctx)
{
	struct bench *b = ctx;

	b->calls++;
}

static void make_file(struct bench *b)
{
	int fd;

	strcpy(b->path, "disk-XXXXXX");
	fd = mkstemp(b->path);
	assert_true(fd >= 0);
	close(fd);
}

static void begin_queue(struct bench *b)
{
	struct virtq_position start = rig_start(b->rig);
	struct virtio_need need;

	assert_int_equal(
		blk_queue_init(&b->queue, &b->blk, 0, &b->rig->mem, &b->epoch),
		0);
	b->queue.call = on_call;
	b->queue.call_ctx = b;
	assert_int_equal(blk_queue_start(&b->queue, &b->rig->driver.config,
					 &start, BLK_START_AT, false, &need),
			 0);
}

static struct bench *begin(unsigned kind, bool file)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->rig = rig_create(kind, 64);
	arena_map(&b->rig->arena, b->rig->engine);
	if (file) {
		make_file(b);
		assert_int_equal(
			disk_open_file(&b->disk, b->path, DISK_BYTES, false),
			0);
	} else {
		assert_int_equal(disk_open_ram(&b->disk, DISK_BYTES), 0);
	}
	b->blk = (struct blk){ .disk = &b->disk, .nqueues = 1 };
	strcpy(b->blk.id, "a disk");
	begin_queue(b);
	request_init(&b->request, &b->rig->arena, CAPACITY);
	return b;
}

static void end(struct bench *b)
{
	/* what held a lease has given it back */
	struct riotlb_report report;

	riotlb_reset_map(b->rig->engine, 0, &report);
	assert_int_equal(riotlb_wait(b->rig->engine, report.token), 0);
	blk_queue_fini(&b->queue);
	disk_close(&b->disk);
	if (*b->path)
		unlink(b->path);
	rig_destroy(b->rig);
	free(b);
}

/* Serves until there is nothing more, or something is in the way. */
static int serve(struct bench *b, struct virtio_need *need)
{
	int result;

	do
		result = blk_queue_serve(&b->queue, need);
	while (result == 1);
	return result;
}

/* Makes one request, and returns its status. */
static int ask(struct bench *b, uint32_t type, uint64_t sector, uint32_t len,
	       uint32_t piece)
{
	struct virtio_need need;

	assert_true(request_add(&b->request, &b->rig->driver, type, sector, len,
				piece));
	assert_int_equal(serve(b, &need), 0);
	assert_ptr_equal(request_get(&b->rig->driver), &b->request);
	return *b->request.status;
}

static void fill(uint8_t *data, uint32_t len, uint64_t seed)
{
	struct rng rng = { seed };

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)rng_next(&rng);
}

static void expect_data(struct bench *b, uint64_t sector, uint32_t len,
			uint64_t seed)
{
	uint8_t *want = malloc(len);

	assert_non_null(want);
	fill(want, len, seed);
	memset(b->request.data, 0, len);
	assert_int_equal(ask(b, VIRTIO_BLK_T_IN, sector, len, 8192),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(b->request.written, len + 1);
	assert_memory_equal(b->request.data, want, len);
	free(want);
}

static void data_of(unsigned kind, bool file)
{
	static const uint32_t pieces[] = { 512, 1000, 4096, 12288, CAPACITY };
	struct bench *b = begin(kind, file);
	uint64_t sector = 0;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		uint32_t len = pieces[i] == 512 ? 4096 : 32768;

		fill(b->request.data, len, i);
		assert_int_equal(
			ask(b, VIRTIO_BLK_T_OUT, sector, len, pieces[i]),
			VIRTIO_BLK_S_OK);
		assert_int_equal(b->request.written, 1);
		sector += len / DISK_SECTOR;
	}
	sector = 0;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		uint32_t len = pieces[i] == 512 ? 4096 : 32768;

		expect_data(b, sector, len, i);
		sector += len / DISK_SECTOR;
	}
	/* the very end */
	fill(b->request.data, 1024, 99);
	assert_int_equal(ask(b, VIRTIO_BLK_T_OUT, SECTORS - 2, 1024, 700), 0);
	expect_data(b, SECTORS - 2, 1024, 99);
	assert_int_equal(counter_read(&b->queue.stats.requests), 12);
	assert_int_equal(counter_read(&b->queue.stats.leases), file ? 12 : 0);
	assert_int_equal(b->calls, 12);
	end(b);
}

static void test_data(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		/* calls are asked for once here, which an event index heeds */
		if (kind & RIG_EVENT_IDX)
			continue;
		data_of(kind, false);
		data_of(kind, true);
	}
}

static void test_range(void **state)
{
	(void)state;
	for (int file = 0; file < 2; file++) {
		struct bench *b = begin(0, file);
		const uint32_t types[] = { VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT };

		for (int i = 0; i < 2; i++) {
			uint32_t type = types[i];

			assert_int_equal(ask(b, type, SECTORS, 512, 512), 1);
			assert_int_equal(ask(b, type, SECTORS - 1, 1024, 512),
					 1);
			assert_int_equal(ask(b, type, UINT64_MAX, 512, 512), 1);
			assert_int_equal(
				ask(b, type, UINT64_MAX / 512 + 1, 512, 512),
				1);
			assert_int_equal(ask(b, type, 0, 511, 512), 1);
			assert_int_equal(ask(b, type, 0, 513, 512), 1);
			assert_int_equal(ask(b, type, SECTORS, 0, 512), 0);
		}
		assert_int_equal(counter_read(&b->queue.stats.errors), 12);
		assert_int_equal(counter_read(&b->queue.stats.bytes_read), 0);
		end(b);
	}
}

static void test_others(void **state)
{
	(void)state;
	for (int file = 0; file < 2; file++) {
		struct bench *b = begin(0, file);

		assert_int_equal(ask(b, VIRTIO_BLK_T_FLUSH, 0, 0, 1), 0);
		assert_int_equal(counter_read(&b->queue.stats.flushes), 1);
		memset(b->request.data, 0xee, 32);
		assert_int_equal(ask(b, VIRTIO_BLK_T_GET_ID, 0, 20, 7), 0);
		assert_int_equal(b->request.written, 21);
		assert_memory_equal(b->request.data,
				    "a disk\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
		assert_int_equal(b->request.data[20], 0xee);
		assert_int_equal(ask(b, VIRTIO_BLK_T_GET_ID, 0, 3, 3), 0);
		assert_int_equal(b->request.written, 4);
		for (uint32_t type = 2; type < 20; type++) {
			if (type == VIRTIO_BLK_T_FLUSH ||
			    type == VIRTIO_BLK_T_GET_ID ||
			    type == VIRTIO_BLK_T_DISCARD ||
			    type == VIRTIO_BLK_T_WRITE_ZEROES)
				continue;
			assert_int_equal(ask(b, type, 0, 0, 1),
					 VIRTIO_BLK_S_UNSUPP);
		}
		assert_int_equal(counter_read(&b->queue.stats.unsupported), 14);
		end(b);
	}
}

/* ---- zeros --------------------------------------------------------- */

static int ask_zeros(struct bench *b, uint32_t type, uint64_t sector,
		     uint32_t n, uint32_t flags, uint32_t len)
{
	struct virtio_blk_discard_write_zeroes *range = (void *)b->request.data;

	range->sector = htole64(sector);
	range->num_sectors = htole32(n);
	range->flags = htole32(flags);
	return ask(b, type, 0, len, 5);
}

static void expect_zeros(struct bench *b, uint64_t sector, bool zeros)
{
	uint8_t sum = 0;

	assert_int_equal(ask(b, VIRTIO_BLK_T_IN, sector, 512, 512), 0);
	for (int i = 0; i < 512; i++)
		sum |= b->request.data[i];
	assert_int_equal(!sum, zeros);
}

static void test_zeros(void **state)
{
	const uint32_t zeroes = VIRTIO_BLK_T_WRITE_ZEROES;
	const uint32_t discard = VIRTIO_BLK_T_DISCARD;

	(void)state;
	for (int file = 0; file < 2; file++) {
		struct bench *b = begin(0, file);

		memset(b->request.data, 0x11, 32768);
		assert_int_equal(ask(b, VIRTIO_BLK_T_OUT, 0, 32768, 4096), 0);
		assert_int_equal(ask_zeros(b, zeroes, 8, 8, 0, 16), 0);
		assert_int_equal(ask_zeros(b, zeroes, 24, 8, 1, 16), 0);
		for (uint64_t s = 0; s < 64; s++)
			expect_zeros(b, s,
				     (s >= 8 && s < 16) || (s >= 24 && s < 32));
		assert_int_equal(ask_zeros(b, discard, 40, 8, 0, 16), 0);
		expect_zeros(b, 39, false);
		expect_zeros(b, 48, false);
		/* what is not right changes nothing */
		assert_int_equal(ask_zeros(b, discard, 0, 8, 1, 16), 2);
		assert_int_equal(ask_zeros(b, zeroes, 0, 8, 2, 16), 2);
		assert_int_equal(ask_zeros(b, zeroes, 0, 8, 0, 15), 1);
		assert_int_equal(ask_zeros(b, zeroes, 0, 8, 0, 32), 1);
		assert_int_equal(ask_zeros(b, zeroes, SECTORS, 1, 0, 16), 1);
		assert_int_equal(ask_zeros(b, zeroes, 1, SECTORS, 0, 16), 1);
		assert_int_equal(ask_zeros(b, zeroes, UINT64_MAX, 1, 0, 16), 1);
		assert_int_equal(ask_zeros(b, zeroes, 0, UINT32_MAX, 0, 16), 1);
		assert_int_equal(ask_zeros(b, zeroes, 0, 0, 0, 16), 0);
		expect_zeros(b, 0, false);
		end(b);
	}
}

static void test_read_only(void **state)
{
	struct bench *b = begin(0, true);

	(void)state;
	disk_close(&b->disk);
	assert_int_equal(disk_open_file(&b->disk, b->path, 0, true), 0);
	assert_int_equal(b->disk.bytes, DISK_BYTES);
	assert_true(blk_features(&b->blk) >> VIRTIO_BLK_F_RO & 1);
	assert_false(blk_features(&b->blk) >> VIRTIO_BLK_F_DISCARD & 1);
	assert_int_equal(ask(b, VIRTIO_BLK_T_IN, 0, 512, 512), 0);
	assert_int_equal(ask(b, VIRTIO_BLK_T_OUT, 0, 512, 512), 1);
	assert_int_equal(ask_zeros(b, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0, 16),
			 1);
	end(b);
}

/*
 * A driver that cannot flush has its writes on the disk when they are done:
 * with a file that can be written but not synced they fail.
 */
static void test_write_through(void **state)
{
	struct bench *b = begin(0, true);

	(void)state;
	disk_close(&b->disk);
	b->disk.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(b->disk.fd >= 0);
	assert_int_equal(ask(b, VIRTIO_BLK_T_OUT, 0, 512, 512), 0);
	assert_int_equal(ask(b, VIRTIO_BLK_T_FLUSH, 0, 0, 1), 1);
	b->queue.write_through = true;
	assert_int_equal(ask(b, VIRTIO_BLK_T_OUT, 0, 512, 512), 1);
	end(b);
}

/* ---- buffers that are not there ------------------------------------- */

static void test_faults(void **state)
{
	(void)state;
	for (int file = 0; file < 2; file++) {
		struct bench *b = begin(0, file);
		struct rig *r = b->rig;
		uint8_t *far = arena_alloc(&r->arena, ARENA_PAGE, ARENA_PAGE);
		uint64_t iova = arena_iova(&r->arena, far);
		struct virtio_need need;

		/* data */
		arena_unmap_page(r->engine, iova);
		b->request.data = far;
		assert_true(request_add(&b->request, &r->driver,
					VIRTIO_BLK_T_OUT, 0, 512, 512));
		assert_int_equal(serve(b, &need), -EAGAIN);
		assert_int_equal(need.iova, iova);
		assert_int_equal(need.perm, RIOTLB_READ);
		assert_int_equal(need.error, -EFAULT);
		assert_int_equal(serve(b, &need), -EAGAIN);
		assert_true(blk_queue_take_fault(&b->queue, &need));
		assert_int_equal(serve(b, &need), 0);
		assert_ptr_equal(request_get(&r->driver), &b->request);
		assert_int_equal(*b->request.status, VIRTIO_BLK_S_IOERR);
		assert_int_equal(counter_read(&b->queue.stats.faults), 1);
		/* the header */
		b->request.header = (void *)far;
		assert_true(request_add(&b->request, &r->driver,
					VIRTIO_BLK_T_FLUSH, 0, 0, 1));
		assert_true(blk_queue_take_fault(&b->queue, &need));
		assert_int_equal(serve(b, &need), 0);
		assert_ptr_equal(request_get(&r->driver), &b->request);
		assert_int_equal(*b->request.status, VIRTIO_BLK_S_IOERR);
		/* the status: nothing is left to say it with */
		b->request.status = far;
		assert_true(request_add(&b->request, &r->driver,
					VIRTIO_BLK_T_FLUSH, 0, 0, 1));
		assert_true(blk_queue_take_fault(&b->queue, &need));
		assert_int_equal(serve(b, &need), -EFAULT);
		assert_string_equal(virtq_why(&b->queue.vq),
				    "a request whose status is not mapped");
		end(b);
	}
}

static void expect_short(unsigned nout, uint32_t out, uint32_t in)
{
	struct bench *b = begin(0, false);
	uint8_t *memory = arena_alloc(&b->rig->arena, 64, 16);
	struct driver_buffer buffers[] = { { memory, out }, { memory, in } };
	struct virtio_need need;

	assert_true(
		driver_add(&b->rig->driver, buffers + !nout, nout, !!in, b));
	assert_int_equal(serve(b, &need), -EPROTO);
	assert_string_equal(virtq_why(&b->queue.vq),
			    "a request that is too short");
	end(b);
}

static void test_short(void **state)
{
	(void)state;
	expect_short(1, 15, 1);
	expect_short(0, 0, 16);
	expect_short(1, 16, 0);
}

/* ---- many at once --------------------------------------------------- */

static void test_bursts(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct bench *b = begin(kind, false);
		struct request requests[60];
		struct virtio_need need;
		unsigned n = 0, done = 0;

		for (int i = 0; i < 60; i++)
			request_init(&requests[i], &b->rig->arena, 512);
		while (n < 60 && request_add(&requests[n], &b->rig->driver,
					     VIRTIO_BLK_T_IN, n, 512, 512))
			n++;
		assert_true(n >= 20);
		assert_int_equal(serve(b, &need), 0);
		for (struct request *r; (r = request_get(&b->rig->driver));)
			assert_ptr_equal(r, &requests[done++]);
		assert_int_equal(done, n);
		/* far fewer calls than requests */
		assert_true(b->calls >= 1 && b->calls <= 3);
		end(b);
	}
}

/* ---- what it says of itself ------------------------------------------ */

static void test_config(void **state)
{
	struct bench *b = begin(0, false);
	struct virtio_blk_config config;
	uint64_t features = blk_features(&b->blk);

	(void)state;
	assert_false(features >> VIRTIO_BLK_F_MQ & 1);
	assert_false(features >> VIRTIO_F_RING_PACKED & 1);
	assert_false(features >> VIRTIO_BLK_F_RO & 1);
	b->blk.nqueues = 3;
	b->blk.packed = true;
	features ^= blk_features(&b->blk);
	assert_int_equal(features, UINT64_C(1) << VIRTIO_BLK_F_MQ |
					   UINT64_C(1) << VIRTIO_F_RING_PACKED);
	blk_config(&b->blk, &config);
	assert_int_equal(le64toh(config.capacity), SECTORS);
	assert_int_equal(le16toh(config.num_queues), 3);
	assert_int_equal(le32toh(config.blk_size), 512);
	end(b);
}

static void test_report(void **state)
{
	struct bench *b = begin(0, false);
	json_t *report;

	(void)state;
	assert_int_equal(ask(b, VIRTIO_BLK_T_IN, 0, 1024, 512), 0);
	report = blk_queue_report(&b->queue);
	assert_non_null(report);
	assert_int_equal(
		json_integer_value(json_object_get(report, "descriptors")), 4);
	assert_int_equal(
		json_integer_value(json_object_get(report, "bytes_read")),
		1024);
	json_decref(report);
	end(b);
}

static void test_disks(void **state)
{
	struct disk disk;
	struct stat stat_buf;
	struct bench b = { 0 };

	(void)state;
	assert_int_equal(disk_open_ram(&disk, 0), -EINVAL);
	assert_int_equal(disk_open_ram(&disk, 513), -EINVAL);
	assert_int_equal(disk_open_file(&disk, "no such dir/f", 512, false),
			 -ENOENT);
	assert_int_equal(disk_open_file(&disk, ".", 0, true), -ENOTSUP);
	make_file(&b);
	assert_int_equal(disk_open_file(&disk, b.path, 0, false), -EINVAL);
	assert_int_equal(disk_open_file(&disk, b.path, 100, false), -EINVAL);
	assert_int_equal(truncate(b.path, 1500), 0);
	assert_int_equal(disk_open_file(&disk, b.path, 0, false), 0);
	assert_int_equal(disk.bytes, 1024);
	disk_close(&disk);
	assert_int_equal(disk_open_file(&disk, b.path, 512, false), 0);
	assert_int_equal(stat(b.path, &stat_buf), 0);
	assert_int_equal(stat_buf.st_size, 512);
	disk_close(&disk);
	unlink(b.path);
}

/* One that is known not to be there says nothing about another. */
static void test_faults_apart(void **state)
{
	struct bench *b = begin(0, false);
	struct rig *r = b->rig;
	uint8_t *data = arena_alloc(&r->arena, ARENA_PAGE, ARENA_PAGE);
	uint8_t *status = arena_alloc(&r->arena, ARENA_PAGE, ARENA_PAGE);
	struct virtio_need need, again;

	(void)state;
	arena_unmap_page(r->engine, arena_iova(&r->arena, data));
	arena_unmap_page(r->engine, arena_iova(&r->arena, status));
	b->request.data = data;
	b->request.status = status;
	assert_true(request_add(&b->request, &r->driver, VIRTIO_BLK_T_OUT, 0,
				512, 512));
	assert_int_equal(blk_queue_serve(&b->queue, &need), -EAGAIN);
	assert_int_equal(need.iova, arena_iova(&r->arena, data));
	assert_true(blk_queue_take_fault(&b->queue, &need));
	assert_false(blk_queue_take_fault(&b->queue, &need));
	assert_int_equal(blk_queue_serve(&b->queue, &again), -EAGAIN);
	assert_int_equal(again.iova, arena_iova(&r->arena, status));
	arena_map_page(&r->arena, r->engine, again.iova, RIOTLB_RW);
	assert_int_equal(blk_queue_serve(&b->queue, &again), 0);
	assert_ptr_equal(request_get(&r->driver), &b->request);
	assert_int_equal(*status, VIRTIO_BLK_S_IOERR);
	/* with the request it is forgotten */
	assert_true(request_add(&b->request, &r->driver, VIRTIO_BLK_T_OUT, 0,
				512, 512));
	assert_int_equal(blk_queue_serve(&b->queue, &again), -EAGAIN);
	assert_int_equal(again.iova, need.iova);
	/* and with too many of them, all are taken */
	for (unsigned i = 0; i <= VIRTQ_MAX_FAULTS; i++) {
		again.iova = i;
		assert_true(blk_queue_take_fault(&b->queue, &again));
	}
	assert_false(blk_queue_take_fault(&b->queue, &need));
	assert_int_equal(blk_queue_serve(&b->queue, &again), 0);
	assert_ptr_equal(request_get(&r->driver), &b->request);
	assert_int_equal(*status, VIRTIO_BLK_S_IOERR);
	end(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_write_through),
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_faults_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
