/* SPDX-License-Identifier: MIT */
/* What does the back-end say to a front-end that errs, or means harm? */
#include <errno.h>
#include <string.h>

#include <dirent.h>
#include <endian.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "front.h"

static uint64_t error(int err)
{
	return (uint64_t)err;
}

/* It ends with this message, which is refused and wants no reply. */
static void expect_end(struct front *f, uint32_t request, const void *payload,
		       size_t size, int session)
{
	front_send(f, request, VERSION, payload, size, NULL, 0);
	assert_int_equal(front_receive(f, request, NULL, 0), -1);
	assert_int_equal(front_join(f).session, session);
}

static void test_queries(void **state)
{
	struct front *f = front_create(0);
	struct {
		uint32_t offset, size, flags;
		uint8_t data[256];
	} config = { .size = 60 };
	uint64_t capacity, word = 0;

	(void)state;
	front_negotiate(f);
	assert_int_equal(front_get(f, GET_QUEUE_NUM), FRONT_QUEUES);
	front_send(f, GET_CONFIG, VERSION, &config, 72, NULL, 0);
	assert_int_equal(front_receive(f, GET_CONFIG, &config, 268), 72);
	memcpy(&capacity, config.data, sizeof(capacity));
	assert_int_equal(le64toh(capacity), FRONT_SECTORS);
	/* the whole space, most of which is not there */
	config.size = 256;
	front_send(f, GET_CONFIG, VERSION, &config, 268, NULL, 0);
	assert_int_equal(front_receive(f, GET_CONFIG, &config, 268), 268);
	assert_int_equal(config.data[255], 0);
	/* an empty reply is the error of this one */
	config.offset = 1;
	front_send(f, GET_CONFIG, VERSION, &config, 268, NULL, 0);
	assert_int_equal(front_receive(f, GET_CONFIG, &config, 268), 0);
	config.offset = UINT32_MAX;
	config.size = 8;
	front_send(f, GET_CONFIG, VERSION, &config, 20, NULL, 0);
	assert_int_equal(front_receive(f, GET_CONFIG, &config, 268), 0);
	config.offset = 0;
	assert_int_equal(front_command(f, SET_CONFIG, &config, 20, NULL, 0),
			 error(EOPNOTSUPP));
	/* unknown, and nothing else follows from it */
	assert_int_equal(front_command(f, 34, NULL, 0, NULL, 0),
			 error(EOPNOTSUPP));
	assert_int_equal(front_command(f, 999, &word, 8, NULL, 0),
			 error(EOPNOTSUPP));
	assert_int_equal(front_destroy(f).session, 0);
}

static void test_features(void **state)
{
	struct front *f = front_create(0);
	uint64_t features = front_features(f);

	(void)state;
	front_negotiate(f);
	assert_int_equal(front_u64(f, SET_FEATURES, features | 1ULL << 63),
			 error(EINVAL));
	/* packed rings were not offered, nor is a log of writes */
	assert_int_equal(front_u64(f, SET_FEATURES, features | 1ULL << 34),
			 error(EINVAL));
	assert_int_equal(front_u64(f, SET_FEATURES, features | 1ULL << 26),
			 error(EINVAL));
	assert_int_equal(front_u64(f, SET_FEATURES, features & ~(1ULL << 32)),
			 error(EOPNOTSUPP));
	assert_int_equal(front_u64(f, SET_PROTOCOL_FEATURES, 1ULL << 12),
			 error(EINVAL));
	assert_int_equal(front_share(f), 0);
	front_start_queue(f, 1);
	assert_int_equal(front_u64(f, SET_FEATURES, features), 0);
	assert_int_equal(front_u64(f, SET_FEATURES, features | 1ULL << 33),
			 error(EBUSY));
	assert_int_equal(front_u64(f, SET_FEATURES, features ^ 1ULL << 29),
			 error(EBUSY));
	front_get_base(f, 1);
	assert_int_equal(front_u64(f, SET_FEATURES, features ^ 1ULL << 29), 0);
	assert_int_equal(front_destroy(f).session, 0);
}

/* What SET_VRING_ADDR says. */
struct vring_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc, used, avail, log;
};

static void test_queue_refusals(void **state)
{
	struct front *f = front_create(0);
	struct vring_addr addr = { 0 };
	uint32_t index = FRONT_QUEUES;
	int pipe_fds[2];

	(void)state;
	front_negotiate(f);
	assert_int_equal(pipe(pipe_fds), 0);
	for (uint32_t i = index; i != 0; i = i == index ? UINT32_MAX : 0) {
		assert_int_equal(front_state(f, SET_VRING_NUM, i, 16),
				 error(EINVAL));
		assert_int_equal(front_state(f, SET_VRING_BASE, i, 0),
				 error(EINVAL));
		assert_int_equal(front_state(f, SET_VRING_ENABLE, i, 1),
				 error(EINVAL));
	}
	addr.index = index;
	assert_int_equal(
		front_command(f, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0),
		error(EINVAL));
	addr = (struct vring_addr){ .flags = 1 }; /* a log of writes */
	assert_int_equal(
		front_command(f, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0),
		error(EINVAL));
	assert_int_equal(front_state(f, SET_VRING_ENABLE, 0, 2), error(EINVAL));
	assert_int_equal(front_state(f, SET_VRING_NUM, 0, 0), error(EINVAL));
	assert_int_equal(front_state(f, SET_VRING_NUM, 0, 32769),
			 error(EINVAL));
	assert_int_equal(front_state(f, SET_VRING_BASE, 0, 65536),
			 error(EINVAL));
	for (uint32_t r = SET_VRING_KICK; r <= SET_VRING_ERR; r++) {
		assert_int_equal(front_fd(f, r, index, f->queues[0].kick),
				 error(EINVAL));
		/* writing to any other could wait */
		assert_int_equal(front_fd(f, r, 0, pipe_fds[1]), error(EINVAL));
		assert_int_equal(front_fd(f, r, 0, f->arena.fd), error(EINVAL));
	}
	assert_int_equal(front_fd(f, SET_VRING_CALL, 0, -1), 0);
	assert_int_equal(front_fd(f, SET_VRING_ERR, 0, -1), 0);
	assert_int_equal(front_fd(f, SET_VRING_KICK, 0, -1), error(EOPNOTSUPP));
	assert_int_equal(
		front_command(f, SET_BACKEND_REQ_FD, NULL, 0, &pipe_fds[0], 1),
		error(EINVAL));
	assert_int_equal(front_share(f), 0);
	front_start_queue(f, 0);
	assert_int_equal(front_state(f, SET_VRING_NUM, 0, 8), error(EBUSY));
	assert_int_equal(front_state(f, SET_VRING_BASE, 0, 0), error(EBUSY));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(front_destroy(f).session, 0);
}

/* A ring that lies in no region cannot be started. */
static void test_ring_outside(void **state)
{
	struct front *f = front_create(0);
	struct vring_addr addr = { 0, 0, 0x1000, 0x2000, 0x3000, 0 };

	(void)state;
	front_negotiate(f);
	assert_int_equal(front_share(f), 0);
	assert_int_equal(front_state(f, SET_VRING_NUM, 0, 16), 0);
	assert_int_equal(
		front_command(f, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0),
		0);
	assert_int_equal(front_fd(f, SET_VRING_KICK, 0, f->queues[0].kick), 0);
	assert_int_equal(front_state(f, SET_VRING_ENABLE, 0, 1), error(EFAULT));
	assert_int_equal(front_get_base(f, 0), 0);
	assert_int_equal(front_destroy(f).session, 0);
}

struct table {
	uint32_t n, padding;
	uint64_t region[8][4];
};

static uint64_t share(struct front *f, const struct table *table)
{
	int fds[8];

	for (unsigned i = 0; i < 8; i++)
		fds[i] = f->arena.fd;
	return front_command(f, SET_MEM_TABLE, table, 8 + 32 * table->n, fds,
			     table->n);
}

static void test_tables(void **state)
{
	struct front *f = front_create(0);
	uint64_t size = (uint64_t)FRONT_PAGES * ARENA_PAGE;
	struct table t = { .n = 1, .region = { { 0, size, 0x10000000, 0 } } };

	(void)state;
	front_negotiate(f);
	assert_int_equal(share(f, &t), 0);
	t.region[0][1] = 0;
	assert_int_equal(share(f, &t), error(EINVAL));
	t.region[0][1] = size + 1; /* more than the file has */
	assert_int_equal(share(f, &t), error(EINVAL));
	t.region[0][1] = UINT64_MAX;
	assert_int_equal(share(f, &t), error(EINVAL));
	t.region[0][1] = 4096;
	t.region[0][3] = size;
	assert_int_equal(share(f, &t), error(EINVAL));
	t.region[0][3] = UINT64_MAX - 4095;
	assert_int_equal(share(f, &t), error(EINVAL));
	t.region[0][3] = 0;
	t.region[0][0] = UINT64_MAX - 4094; /* wraps */
	assert_int_equal(share(f, &t), error(EINVAL));
	t.region[0][0] = 0;
	t.region[0][2] = UINT64_MAX - 4094;
	assert_int_equal(share(f, &t), error(EINVAL));
	/* two that overlap: for the guest, and for the front-end */
	t = (struct table){
		.n = 2,
		.region = { { 0, 8192, 0, 0 }, { 4096, 4096, 8192, 0 } },
	};
	assert_int_equal(share(f, &t), error(EEXIST));
	t.region[1][0] = 8192;
	t.region[1][2] = 8191;
	assert_int_equal(share(f, &t), error(EEXIST));
	/* at the tops, and in the middle of a page */
	t.region[1][0] = UINT64_MAX - 4095;
	t.region[1][2] = UINT64_MAX - 4095;
	t.region[1][3] = 100;
	assert_int_equal(share(f, &t), 0);
	t.n = 0;
	assert_int_equal(share(f, &t), 0);
	assert_int_equal(front_destroy(f).device.tables, 3);
}

/* Refused, and without a reply nobody would know. */
static void test_refused_unanswered(void **state)
{
	uint32_t pair[] = { FRONT_QUEUES, 1 };
	uint64_t features = UINT64_MAX;
	struct front *f = front_create(0);

	(void)state;
	front_negotiate(f);
	expect_end(f, SET_VRING_ENABLE, pair, sizeof(pair), -EINVAL);
	f = front_create(0);
	expect_end(f, SET_FEATURES, &features, sizeof(features), -EINVAL);
	f = front_create(0);
	expect_end(f, GET_VRING_BASE, pair, sizeof(pair), -EINVAL);
	f = front_create(0);
	expect_end(f, 26, NULL, 0, -EOPNOTSUPP);
	/* no IOMMU was negotiated */
	f = front_create(0);
	front_negotiate(f);
	assert_int_equal(front_share(f), 0);
	assert_int_equal(
		front_iotlb(f, UPDATE, 0, 4096, (uintptr_t)f->arena.driver, 3),
		error(EINVAL));
	assert_int_equal(front_destroy(f).session, 0);
	/* a reply is wanted that was not negotiated */
	f = front_create(0);
	front_send(f, SET_OWNER, VERSION | NEED_REPLY, NULL, 0, NULL, 0);
	assert_int_not_equal(front_get(f, GET_FEATURES), 0);
	assert_int_equal(front_destroy(f).session, 0);
}

/* Malformed: the connection ends, whatever it wants. */
static void test_malformed(void **state)
{
	static const struct {
		uint32_t words[3];
		int session;
	} cases[] = {
		{ { SET_FEATURES, VERSION | NEED_REPLY, 7 }, -EPROTO },
		{ { SET_FEATURES, 0, 8 }, -EPROTO },
		{ { SET_FEATURES, 2, 8 }, -EPROTO },
		{ { SET_FEATURES, VERSION | REPLY, 8 }, -EPROTO },
		{ { SET_FEATURES, VERSION | 16, 8 }, -EPROTO },
		{ { SET_FEATURES, VERSION, UINT32_MAX }, -EMSGSIZE },
		{ { IOTLB_MSG, VERSION, 33 }, -EPROTO },
		{ { SET_VRING_KICK, VERSION, 8 }, -EPROTO },
		{ { SET_BACKEND_REQ_FD, VERSION, 0 }, -EPROTO },
		{ { SET_MEM_TABLE, VERSION, 4 }, -EPROTO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct front *f = front_create(0);
		uint8_t bytes[128] = { 0 };
		size_t size = 12 + cases[i].words[2] % 100;

		memcpy(bytes, cases[i].words, 12);
		assert_int_equal(send(f->socket, bytes, size, MSG_NOSIGNAL),
				 size);
		assert_int_equal(front_receive(f, 0, NULL, 0), -1);
		assert_int_equal(front_join(f).session, cases[i].session);
	}
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	check(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Descriptors that come with what does not want them are not kept. */
static void test_descriptors(void **state)
{
	int before, many[16];
	struct front *f;

	(void)state;
	f = front_create(0); /* what a first one leaves open */
	front_destroy(f);
	before = count_fds();
	for (unsigned n = 1; n <= 16; n++) {
		f = front_create(0);
		for (unsigned i = 0; i < n; i++)
			many[i] = f->arena.fd;
		front_send(f, GET_FEATURES, VERSION, NULL, 0, many, n);
		assert_int_equal(front_receive(f, GET_FEATURES, NULL, 0), -1);
		assert_int_equal(front_join(f).session, -EPROTO);
		assert_int_equal(count_fds(), before);
	}
	/* unknown ones are, and their message is refused */
	f = front_create(0);
	front_negotiate(f);
	assert_int_equal(front_command(f, 37, NULL, 0, many, 0),
			 error(EOPNOTSUPP));
	many[0] = f->arena.fd;
	for (int i = 0; i < 100; i++)
		assert_int_equal(front_command(f, 37, NULL, 0, many, 1),
				 error(EOPNOTSUPP));
	/* again and again the same: the last one counts */
	for (int i = 0; i < 100; i++) {
		front_negotiate(f);
		assert_int_equal(front_share(f), 0);
		assert_int_equal(
			front_fd(f, SET_VRING_KICK, 1, f->queues[1].kick), 0);
		assert_int_equal(
			front_fd(f, SET_VRING_CALL, 1, f->queues[1].call), 0);
		assert_int_equal(
			front_fd(f, SET_VRING_ERR, 1, f->queues[1].err), 0);
	}
	assert_true(count_fds() < before + 50);
	assert_int_equal(front_destroy(f).session, 0);
	assert_int_equal(count_fds(), before);
}

/* One that ends in the middle, and one that comes a byte at a time. */
static void test_pieces(void **state)
{
	struct front *f = front_create(0);
	uint32_t header[] = { GET_FEATURES, VERSION, 0 };
	uint64_t word;

	(void)state;
	for (size_t i = 0; i < sizeof(header); i++) {
		assert_int_equal(write(f->socket, (uint8_t *)header + i, 1), 1);
		usleep(1000);
	}
	assert_int_equal(front_receive(f, GET_FEATURES, &word, 8), 8);
	assert_int_equal(write(f->socket, header, 5), 5);
	close(f->socket);
	f->socket = -1;
	assert_int_equal(front_join(f).session, -EPROTO);
	f = front_create(0);
	close(f->socket);
	f->socket = -1;
	assert_int_equal(front_join(f).session, -EPIPE);
}

/* It asks, and never reads an answer. */
static void test_deaf(void **state)
{
	struct front *f = front_create(0);
	uint32_t header[] = { GET_FEATURES, VERSION, 0 };

	(void)state;
	while (send(f->socket, header, sizeof(header), MSG_NOSIGNAL) > 0)
		;
	assert_true(front_join(f).session < 0);
}

/* What is not asked for on the back-end's channel. */
static void test_backend_channel(void **state)
{
	uint32_t words[] = { 1, VERSION | REPLY, 8, 0, 0 };
	struct front *f = front_create(FRONT_IOMMU);

	(void)state;
	front_negotiate(f);
	assert_int_equal(write(f->backend, words, sizeof(words)), 20);
	assert_int_equal(front_receive(f, 0, NULL, 0), -1);
	assert_int_equal(front_join(f).session, -EPROTO);
	words[0] = 2;
	f = front_create(FRONT_IOMMU);
	front_negotiate(f);
	assert_int_equal(write(f->backend, words, sizeof(words)), 20);
	assert_int_equal(front_receive(f, 0, NULL, 0), -1);
	assert_int_equal(front_join(f).session, -EPROTO);
	/* its end is not that of the session, and another may come */
	f = front_create(FRONT_IOMMU);
	front_negotiate(f);
	close(f->backend);
	f->backend = -1;
	front_negotiate(f);
	assert_int_equal(front_destroy(f).session, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_queue_refusals),
		cmocka_unit_test(test_ring_outside),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_refused_unanswered),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_deaf),
		cmocka_unit_test(test_backend_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
