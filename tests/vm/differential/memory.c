/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define AREA (FILE_PAGES * PAGE)

/* HOLE, so far from everything else that nothing is put there. */
#define BASE (UINT64_C(1) << 36)

/* Far above any user's. */
#define NOBODYS (UINT64_C(1) << 62)

static int files[2];

static uint64_t start_of(enum area area)
{
	return area == ABOVE ? NOBODYS : BASE + (uint64_t)area * AREA;
}

static void map_file(enum area area, int *fd)
{
	void *at = (void *)(uintptr_t)start_of(area);

	*fd = memfd_create("owner", MFD_CLOEXEC);
	check(*fd >= 0);
	check_eq(ftruncate(*fd, (off_t)AREA), 0);
	check(mmap(at, AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   *fd, 0) == at);
}

void memory_create(void)
{
	void *all = (void *)(uintptr_t)BASE;

	check(mmap(all, 4 * AREA, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == all);
	map_file(FILE_A, &files[0]);
	map_file(FILE_B, &files[1]);
	check_eq(munmap(all, AREA), 0);
}

uint64_t memory_address(struct place place)
{
	return start_of(place.area) + place.offset;
}

struct place memory_place(uint64_t address)
{
	for (enum area area = HOLE; area < ABOVE; area++) {
		uint64_t offset = address - start_of(area);

		if (offset < AREA)
			return (struct place){ area, offset };
	}
	return (struct place){ ABOVE, address - NOBODYS };
}

struct place memory_of_file(int fd, uint64_t offset)
{
	struct stat a, b;

	check_eq(fstat(fd, &a), 0);
	for (int i = 0; i < 2; i++) {
		check_eq(fstat(files[i], &b), 0);
		if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			return (struct place){ i ? FILE_B : FILE_A, offset };
	}
	check_fail("the kernel handed out a file that is not the owner's");
}
