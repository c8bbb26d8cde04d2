/* SPDX-License-Identifier: MIT */
/* What callgrind wrote, as the benchmarks read it. */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "exact/read.h"

static bool has(const uint8_t *data, size_t size, const char *text)
{
	return size && memmem(data, size, text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fopen(fuzz_file(data, size), "r");
	struct exact_dump dump;

	check(file);
	if (exact_read(file, &dump)) {
		check(has(data, size, "events: "));
		check(has(data, size, "totals: "));
	}
	check(memchr(dump.name, '\0', sizeof(dump.name)));
	check(!dump.name[0] || has(data, size, "Client Request: "));
	check(!dump.allocations || has(data, size, "\ncalls=") ||
	      has(data, size, ":"));
	check(!dump.locked || has(data, size, " Ge"));
	check(!dump.branches || has(data, size, " Bc"));
	check(!dump.syscalls || has(data, size, " sysCount"));
	check((!dump.calls && !dump.bytes) || has(data, size, ":"));
	fclose(file);
	return 0;
}
