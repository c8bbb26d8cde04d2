/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <dlfcn.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "unknown"
#endif

static void first_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");

	if (!f || !fgets(out, (int)size, f))
		snprintf(out, size, "unknown");
	out[strcspn(out, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The value of "name : value"; NULL if the line is another. */
static const char *field(const char *line, const char *name)
{
	size_t n = strlen(name);
	const char *colon = strchr(line, ':');

	if (strncmp(line, name, n) != 0 || !colon)
		return NULL;
	/* "model" is not "model name" */
	if (strspn(line + n, " \t") != (size_t)(colon - line) - n)
		return NULL;
	return colon + 1 + strspn(colon + 1, " \t");
}

static void read_cpuinfo(struct machine *machine)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[8192];

	snprintf(machine->cpu, sizeof(machine->cpu), "unknown");
	machine->virtual = false;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		const char *value;

		line[strcspn(line, "\n")] = '\0';
		value = field(line, "model name"); /* x86 */
		if (!value)
			value = field(line, "CPU part"); /* arm64 */
		if (value)
			snprintf(machine->cpu, sizeof(machine->cpu), "%s",
				 value);
		if (field(line, "flags") && strstr(line, " hypervisor"))
			machine->virtual = true;
	}
	fclose(f);
}

/*
 * liburcu decides when it is loaded whether sys_membarrier is to be had; where
 * it was compiled to insist on it, it has no such variable.
 */
static bool membarrier_in_use(void)
{
	const int *used = dlsym(RTLD_DEFAULT, "urcu_memb_has_sys_membarrier");
	long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0);

	if (commands < 0 || !(commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		return false;
	return !used || *used;
}

void machine_facts(struct machine *machine)
{
	struct utsname name;

	read_cpuinfo(machine);
	first_line("/sys/kernel/mm/transparent_hugepage/enabled",
		   machine->huge_pages, sizeof(machine->huge_pages));
	first_line("/sys/devices/system/clocksource/clocksource0/"
		   "current_clocksource",
		   machine->clocksource, sizeof(machine->clocksource));
	snprintf(machine->kernel, sizeof(machine->kernel), "unknown");
	if (uname(&name) == 0)
		snprintf(machine->kernel, sizeof(machine->kernel), "%s %s %s",
			 name.sysname, name.release, name.machine);
#ifdef __clang__
	machine->compiler = __VERSION__; /* begins with "Clang" or so */
#else
	machine->compiler = "gcc " __VERSION__;
#endif
	machine->flags = BENCH_FLAGS;
	machine->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	machine->membarrier = membarrier_in_use();
}

void machine_steal(unsigned long long *steal, unsigned long long *all)
{
	/* user nice system idle iowait irq softirq steal */
	unsigned long long t[8] = { 0 };
	FILE *f = fopen("/proc/stat", "r");

	*steal = 0;
	*all = 0;
	if (!f)
		return;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0],
		   &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) == 8) {
		for (int i = 0; i < 8; i++)
			*all += t[i];
		*steal = t[7];
	}
	fclose(f);
}
