/* SPDX-License-Identifier: MIT */
#include "count_code.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

/* "  0 .text   00001234  ...": also .text.unlikely and its like. */
static size_t size_of_text(const char *line)
{
	char name[64];
	char size[32];

	if (sscanf(line, " %*u %63s %31s", name, size) != 2 ||
	    strncmp(name, ".text", 5) != 0)
		return 0;
	return strtoull(size, NULL, 16);
}

void count_code_sections(FILE *objdump, struct count_code *code)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, objdump) > 0)
		code->text += size_of_text(line);
	free(line);
}

/* The instruction of "    1f0:\tmfence", or NULL. */
static const char *instruction_of(const char *line)
{
	const char *colon = strchr(line, ':');

	return *line == ' ' && colon && colon[1] == '\t' ? colon + 2 : NULL;
}

/*
 * By name; and a locked operation on the top of the stack that changes nothing,
 * which is how compilers like to write one for x86.
 */
static bool is_fence(const char *instruction)
{
	static const char *const names[] = { "mfence", "lfence", "sfence",
					     "dmb",    "dsb",    "isb" };
	size_t n = strcspn(instruction, " \t\n");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == n &&
		    memcmp(instruction, names[i], n) == 0)
			return true;
	}
	return strncmp(instruction, "lock or", 7) == 0 &&
	       strstr(instruction, "$0x0,") && strstr(instruction, "(%rsp)");
}

void count_code_instructions(FILE *objdump, struct count_code *code)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, objdump) > 0) {
		const char *instruction = instruction_of(line);

		if (!instruction)
			continue;
		code->instructions++;
		code->fences += is_fence(instruction);
	}
	free(line);
}

#define NOT_FOUND 127

/* `options`: words for objdump */
static int look(const char *options, const char *library,
		struct count_code *code,
		void (*read)(FILE *objdump, struct count_code *code))
{
	struct args args = { .n = 0 };
	FILE *file = NULL;
	char *text;
	int ran;

	args_add(&args, "objdump");
	args_add_words(&args, options);
	args_add(&args, "%s", library);
	ran = process_run(&args, &text, NULL);
	if (ran < 0)
		return ran;
	if (!ran && *text)
		file = fmemopen(text, strlen(text), "r");
	if (file) {
		read(file, code);
		fclose(file);
	}
	free(text);
	if (ran == NOT_FOUND)
		return -ENOENT;
	return ran || !file ? -EIO : 0;
}

int count_code(const char *library, struct count_code *code)
{
	int err;

	*code = (struct count_code){ .text = 0 };
	err = look("-h -w", library, code, count_code_sections);
	if (!err)
		err = look("-d -w --no-show-raw-insn", library, code,
			   count_code_instructions);
	return err || (code->text && code->instructions) ? err : -EIO;
}
