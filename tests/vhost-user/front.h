/* SPDX-License-Identifier: MIT */
/*
 * A front-end in this process, at the other end of a socketpair, with a driver
 * behind it; the back-end runs in a thread of its own. The driver's addresses
 * are guest physical or IOVAs, of the same numbers.
 *
 * The messages are put together here, from the protocol's description, and
 * share no code with the back-end's.
 */
#ifndef TESTS_VHOST_USER_FRONT_H
#define TESTS_VHOST_USER_FRONT_H

#include "driver.h"
#include "fixture.h"
#include "session.h"

enum {
	FRONT_QUEUES = 2,
	FRONT_NUM = 16, /* descriptors of a ring */
	FRONT_PAGES = 2048,
	FRONT_SECTORS = 256,
	/* Long enough for any machine; only a test that fails waits as long. */
	FRONT_LONG_MS = 60000,
};

/* Kinds of device. */
enum { FRONT_IOMMU = 1, FRONT_PACKED = 2, FRONT_FILE = 4, FRONT_QSBR = 8 };

/* Messages of the protocol. */
enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	RESET_OWNER = 4,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	SET_BACKEND_REQ_FD = 21,
	IOTLB_MSG = 22,
	GET_CONFIG = 24,
	SET_CONFIG = 25,
};

enum { MISS = 1, UPDATE = 2, INVALIDATE = 3 };
enum { VERSION = 1, REPLY = 4, NEED_REPLY = 8 };

struct front_queue {
	struct driver driver;
	int kick, call, err; /* eventfds */
};

/* What came out of the back-end when it had ended. */
struct front_result {
	int session;
	struct device_stats device;
	struct memory_stats memory;
	struct misses_stats misses;
	uint64_t descriptors;
	uint64_t leases;
	uint64_t broken;
};

struct front {
	unsigned kind;
	struct arena arena;
	struct front_queue queues[FRONT_QUEUES];
	int socket;  /* -1: closed */
	int backend; /* the front-end's end of that channel; -1: none */

	struct disk disk;
	struct blk blk;
	atomic_int
		stalled; /* requests at work that wait for `stalls` to be 0 */
	atomic_bool stall;

	int theirs, stop;
	pthread_t thread;
	struct front_result result;
};

/* With nothing said yet. */
struct front *front_create(unsigned kind);
/* Ends it, and what it had come to. */
struct front_result front_destroy(struct front *f);
/* Waits until the back-end has ended the session by itself. */
struct front_result front_join(struct front *f);

bool front_is_readable(int fd, int ms);

/* ---- messages -------------------------------------------------- */

void front_send(struct front *f, uint32_t request, uint32_t flags,
		const void *payload, size_t size, const int *fds, unsigned n);
/* A reply's payload; its size. -1: the connection has been closed. */
long front_receive(struct front *f, uint32_t request, void *payload,
		   size_t cap);
/* Sends and returns the word of the reply. */
uint64_t front_command(struct front *f, uint32_t request, const void *payload,
		       size_t size, const int *fds, unsigned n);
uint64_t front_u64(struct front *f, uint32_t request, uint64_t value);
uint64_t front_state(struct front *f, uint32_t request, uint32_t index,
		     uint32_t num);
uint64_t front_fd(struct front *f, uint32_t request, uint32_t index, int fd);
uint64_t front_get(struct front *f, uint32_t request);
uint32_t front_get_base(struct front *f, uint32_t index);
uint64_t front_iotlb(struct front *f, unsigned type, uint64_t iova,
		     uint64_t size, uint64_t uaddr, unsigned perm);

/* ---- setting up ------------------------------------------------ */

uint64_t front_features(const struct front *f);
/* Features, owner, the backend channel. */
void front_negotiate(struct front *f);
/* The arena, as two regions; returns the result. */
uint64_t front_share(struct front *f);
/* Starts a queue, whose driver is made anew. */
void front_start_queue(struct front *f, unsigned i);
/* All of this, for all queues. */
struct front *front_ready(unsigned kind);

/* ---- misses ---------------------------------------------------- */

struct front_miss {
	uint64_t iova;
	unsigned perm;
};

/* Waits for one, `ms` at most. False: none has come. */
bool front_miss(struct front *f, struct front_miss *miss, int ms);
void front_reply(struct front *f, uint64_t result);
/* UPDATEs the page, and invalidates it. */
void front_map(struct front *f, uint64_t iova, unsigned perm);
void front_unmap(struct front *f, uint64_t iova);
/* Answers a miss as an IOMMU that allows all would. */
void front_answer(struct front *f, const struct front_miss *miss);

/* ---- requests -------------------------------------------------- */

struct front_request {
	unsigned queue;
	uint8_t *header; /* 16 bytes */
	uint8_t *data;
	uint32_t size;
	uint8_t *status;
	bool done;
};

/* A request with pages of its own for its header, its data and its status. */
void front_prepare(struct front *f, struct front_request *r, unsigned queue,
		   uint32_t size);
/* Makes it available, and kicks. */
void front_submit(struct front *f, struct front_request *r, uint32_t type,
		  uint64_t sector);
/* Has it been answered? Waits for that, answering no misses. */
bool front_done(struct front *f, struct front_request *r, int ms);
/* Waits, answering misses; returns the status. */
uint8_t front_finish(struct front *f, struct front_request *r);

#endif
