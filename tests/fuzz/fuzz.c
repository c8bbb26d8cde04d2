/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

static void (*tell_fn)(FILE *out);

__attribute__((noreturn)) static void on_failure(void *ctx)
{
	(void)ctx;
	if (tell_fn)
		tell_fn(stderr);
	fflush(NULL);
	abort();
}

void fuzz_set_tell(void (*tell)(FILE *out))
{
	tell_fn = tell;
	check_set_context(on_failure, NULL);
}

/* What is tested may print, and nobody reads it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	check(freopen("/dev/null", "w", stdout));
	/* no progress bars either */
	check(setenv("TERM", "dumb", 1) == 0);
	fuzz_set_tell(NULL);
	return 0;
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static char name[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		check(fd >= 0);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	}
	check(ftruncate(fd, 0) == 0);
	check(pwrite(fd, data, size, 0) == (ssize_t)size);
	return name;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	check(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}
