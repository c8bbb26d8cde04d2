/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

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
	machine->mhz = 0;
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
		value = field(line, "cpu MHz");
		if (value && machine->mhz == 0)
			machine->mhz = strtod(value, NULL);
	}
	fclose(f);
}

/* The name that the hypervisor gives itself, e.g. KVMKVMKVM. */
static void read_hypervisor(struct machine *machine)
{
	machine->hypervisor[0] = '\0';
	if (!machine->virtual)
		return;
	snprintf(machine->hypervisor, sizeof(machine->hypervisor), "unnamed");
#if defined(__x86_64__)
	unsigned int regs[4];
	char name[3 * sizeof(regs[0]) + 1] = "";

	__cpuid(0x40000000, regs[0], regs[1], regs[2], regs[3]);
	memcpy(name, &regs[1], 3 * sizeof(regs[0]));
	if (name[0] && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
					  "hijklmnopqrstuvwxyz0123456789 .-")])
		snprintf(machine->hypervisor, sizeof(machine->hypervisor), "%s",
			 name);
#endif
}

static bool cache_file(int index, const char *name, char *out, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
	first_line(path, out, size);
	return strcmp(out, "unknown") != 0;
}

/* How many CPUs a mask such as "0,00000003" has. */
static int mask_weight(const char *mask)
{
	int weight = 0;

	for (; *mask; mask++) {
		char digit[2] = { *mask, '\0' };

		if (*mask != ',')
			weight += __builtin_popcountl(strtoul(digit, NULL, 16));
	}
	return weight;
}

static void read_caches(struct machine *machine)
{
	machine->cache_count = 0;
	for (int i = 0; i < MACHINE_CACHES; i++) {
		struct machine_cache *c =
			&machine->caches[machine->cache_count];
		char text[256];

		if (!cache_file(i, "level", text, sizeof(text)))
			return;
		c->level = (int)strtol(text, NULL, 10);
		cache_file(i, "size", text, sizeof(text)); /* "48K" */
		c->bytes = strtoull(text, NULL, 10) * 1024;
		cache_file(i, "shared_cpu_map", text, sizeof(text));
		c->sharing = mask_weight(text);
		cache_file(i, "type", c->type, sizeof(c->type));
		machine->cache_count++;
	}
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

static void read_amounts(struct machine *machine)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long page = sysconf(_SC_PAGESIZE);

	machine->memory_bytes =
		pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
	if (getloadavg(machine->load, 3) != 3)
		machine->load[0] = machine->load[1] = machine->load[2] = -1;
	first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
		   machine->governor, sizeof(machine->governor));
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
	snprintf(machine->libc, sizeof(machine->libc), "glibc %s",
		 gnu_get_libc_version());
	read_hypervisor(machine);
	read_caches(machine);
	read_amounts(machine);
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
