/* SPDX-License-Identifier: MIT */
/*
 * A device that is killed again and again while its driver writes and reads, as
 * a process of its own; its successor goes on where it was.
 */
#include <stdlib.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <urcu/urcu-qsbr.h>

#include "check.h"
#include "fixture.h"
#include "kernel_side.h"
#include "rig.h"
#include "traffic.h"

static unsigned kills = 25;

struct kill_test {
	struct side *side;
	blk_journal *journals;
	const struct rcu_flavor_struct *flavor;
	struct traffic traffic[SIDE_QUEUES];
	pid_t child;
	struct rng rng;
};

/* ---- the child -------------------------------------------------------- */

__attribute__((noreturn)) static void device_main(struct kill_test *t)
{
	struct pollfd fd = { .fd = t->side->port.fd, .events = POLLIN };
	bool in_use, packed;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	side_open_device(t->side, t->flavor, t->journals);
	check(!device_probe(t->side->device, &in_use, &packed));
	check(in_use == t->side->driver_ok);
	if (in_use)
		check(!device_resume(t->side->device));
	for (;;) {
		check(poll(&fd, 1, -1) == 1);
		check(!device_handle(t->side->device));
	}
}

/* ---- the parent ------------------------------------------------------- */

static void start(struct kill_test *t)
{
	t->child = fork();
	check(t->child >= 0);
	if (t->child == 0)
		device_main(t);
	/* requests are handled there */
	t->side->threaded = true;
}

/* What was kicked meanwhile is lost, as the kernel loses it. */
static void kill_it(struct kill_test *t)
{
	int status;

	check(!kill(t->child, SIGKILL));
	check(waitpid(t->child, &status, 0) == t->child);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	for (unsigned i = 0; i < SIDE_QUEUES; i++) {
		eventfd_t n;

		(void)eventfd_read(t->side->kick_fds[i], &n);
	}
}

static uint64_t now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* Sends and takes for a while, and until so many more are done. */
static void drive(struct kill_test *t, uint64_t us, unsigned n)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	unsigned enough = t->traffic[0].done + t->traffic[1].done + n;
	uint64_t began = now_us();

	while (now_us() - began < us ||
	       t->traffic[0].done + t->traffic[1].done < enough) {
		for (unsigned i = 0; i < SIDE_QUEUES; i++) {
			traffic_send(&t->traffic[i]);
			side_kick(t->side, i);
			traffic_take(&t->traffic[i]);
			driver_calls_on(t->traffic[i].driver);
		}
		nanosleep(&nap, NULL);
		check(now_us() - began < 120000000);
	}
}

static void use_shared_disk(struct side *side, bool file)
{
	disk_close(&side->disk);
	side->disk.bytes = SIDE_DISK;
	if (file) {
		side->disk.fd = memfd_create("disk", MFD_CLOEXEC);
		check(side->disk.fd >= 0);
		check(!ftruncate(side->disk.fd, SIDE_DISK));
		return;
	}
	side->disk.ram = mmap(NULL, SIDE_DISK, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(side->disk.ram != MAP_FAILED);
}

static void kill_kind(unsigned kind, bool file,
		      const struct rcu_flavor_struct *flavor)
{
	struct kill_test t = { .flavor = flavor, .rng = { kind } };
	struct side *side = side_create(kind);

	t.side = side;
	t.journals = mmap(NULL, ARENA_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(t.journals != MAP_FAILED);
	use_shared_disk(side, file);
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		traffic_init(&t.traffic[i], &side->drivers[i], i);
	start(&t);
	side_bind(side);
	for (unsigned i = 0; i < kills; i++) {
		drive(&t, rng_below(&t.rng, 3000), 1);
		kill_it(&t);
		start(&t);
	}
	/* both queues have survived it */
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		t.traffic[i].done = 0;
	drive(&t, 0, 100);
	check(t.traffic[0].done > 0 && t.traffic[1].done > 0);
	/* it stays one that can be reset, and set up anew */
	check(!side_set_status(side, 0));
	for (unsigned i = 0; i < SIDE_QUEUES; i++) {
		side_new_rings(side, i);
		traffic_forget(&t.traffic[i]);
	}
	side_bind(side);
	drive(&t, 0, 100);
	kill_it(&t);
	munmap(t.journals, ARENA_PAGE);
	side->threaded = false;
	side->device = NULL; /* the child's */
	side_destroy(side);
}

static void test_kill(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		kill_kind(kind, false, kind % 2 ? NULL : &urcu_qsbr_flavor);
		kill_kind(kind, true, kind % 2 ? &urcu_qsbr_flavor : NULL);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),
	};

	if (argc > 1)
		kills = 5 + (unsigned)atoi(argv[1]) / 5;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
