/* SPDX-License-Identifier: MIT */
#include "code.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef ElfW(Ehdr) Header;
typedef ElfW(Shdr) Section;
typedef ElfW(Sym) Symbol;
typedef ElfW(Rela) Rela;

struct elf {
	const unsigned char *bytes;
	size_t size;
	const Header *header;
	const Section *sections;
	const char *names;
};

/* ---- hashing ------------------------------------------------------------ */

struct hash {
	uint64_t a;
	uint64_t b;
};

/* FNV-1a and a multiplicative one: not for enemies, only for accidents. */
static void add_bytes(struct hash *h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		h->a = (h->a ^ p[i]) * 0x100000001b3u;
		h->b = (h->b + p[i] + 1) * 0x9e3779b97f4a7c15u;
		h->b ^= h->b >> 32;
	}
}

static void add_text(struct hash *h, const char *text)
{
	add_bytes(h, text, strlen(text) + 1);
}

static void add_number(struct hash *h, uint64_t number)
{
	add_bytes(h, &number, sizeof(number));
}

/* ---- the file, none of which is believed -------------------------------- */

static bool inside(const struct elf *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

/* A text of a string table; "" where there is none. */
static const char *string_at(const struct elf *elf, const Section *table,
			     uint64_t at)
{
	const char *text;

	if (table->sh_type != SHT_STRTAB ||
	    !inside(elf, table->sh_offset, table->sh_size) ||
	    at >= table->sh_size)
		return "";
	text = (const char *)elf->bytes + table->sh_offset + at;
	return memchr(text, 0, table->sh_size - at) ? text : "";
}

static bool open_elf(struct elf *elf)
{
	const Header *h = (const Header *)elf->bytes;
	const unsigned char *ident = elf->bytes;

	if (elf->size < sizeof(*h) || memcmp(ident, ELFMAG, SELFMAG) != 0 ||
	    ident[EI_CLASS] !=
		    (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
				       ? ELFDATA2LSB
				       : ELFDATA2MSB) ||
	    h->e_shentsize != sizeof(Section) || h->e_shoff % 8 ||
	    !inside(elf, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Section)) ||
	    h->e_shstrndx >= h->e_shnum)
		return false;
	elf->header = h;
	elf->sections = (const Section *)(elf->bytes + h->e_shoff);
	return true;
}

static const char *section_name(const struct elf *elf, size_t i)
{
	return string_at(elf, &elf->sections[elf->header->e_shstrndx],
			 elf->sections[i].sh_name);
}

/* ---- what counts -------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Loaded, and not about the file itself. */
static bool counts(const struct elf *elf, size_t i)
{
	const Section *s = &elf->sections[i];
	const char *name = section_name(elf, i);

	return (s->sh_flags & SHF_ALLOC) && s->sh_type != SHT_NOTE &&
	       (s->sh_type == SHT_PROGBITS || s->sh_type == SHT_NOBITS) &&
	       !begins(name, ".eh_frame") && !begins(name, ".note");
}

/* A symbol by name, or by the section that it stands for. */
static void add_symbol(struct hash *h, const struct elf *elf,
		       const Section *symbols, uint64_t at)
{
	const Symbol *symbol;

	if (symbols->sh_link >= elf->header->e_shnum ||
	    !inside(elf, symbols->sh_offset, symbols->sh_size) ||
	    symbols->sh_offset % 8 || at >= symbols->sh_size / sizeof(Symbol))
		return;
	symbol = (const Symbol *)(elf->bytes + symbols->sh_offset) + at;
	if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION &&
	    symbol->st_shndx < elf->header->e_shnum)
		add_text(h, section_name(elf, symbol->st_shndx));
	else
		add_text(h, string_at(elf, &elf->sections[symbols->sh_link],
				      symbol->st_name));
	add_number(h, symbol->st_value);
}

static void add_relocations(struct hash *h, const struct elf *elf,
			    const Section *s)
{
	const Rela *rela;
	size_t n = s->sh_size / sizeof(*rela);

	if (!inside(elf, s->sh_offset, s->sh_size) || s->sh_offset % 8 ||
	    s->sh_info >= elf->header->e_shnum || !counts(elf, s->sh_info) ||
	    s->sh_link >= elf->header->e_shnum)
		return;
	rela = (const Rela *)(elf->bytes + s->sh_offset);
	add_text(h, section_name(elf, s->sh_info));
	for (size_t i = 0; i < n; i++) {
		uint64_t info = rela[i].r_info;
		bool wide = sizeof(void *) == 8;

		add_number(h, rela[i].r_offset);
		add_number(h, wide ? ELF64_R_TYPE(info) : ELF32_R_TYPE(info));
		add_number(h, (uint64_t)rela[i].r_addend);
		add_symbol(h, elf, &elf->sections[s->sh_link],
			   wide ? ELF64_R_SYM(info) : ELF32_R_SYM(info));
	}
}

static void add_section(struct hash *h, const struct elf *elf, size_t i)
{
	const Section *s = &elf->sections[i];

	if (s->sh_type == SHT_RELA) {
		add_relocations(h, elf, s);
		return;
	}
	if (!counts(elf, i))
		return;
	add_text(h, section_name(elf, i));
	add_number(h, s->sh_flags);
	add_number(h, s->sh_size);
	if (s->sh_type == SHT_PROGBITS && inside(elf, s->sh_offset, s->sh_size))
		add_bytes(h, elf->bytes + s->sh_offset, s->sh_size);
}

/* Each compiler that had a hand in it, once. */
static void add_compilers(struct code *code, const struct elf *elf,
			  const Section *s)
{
	size_t used = strlen(code->compiler);
	const char *at, *past;

	if (!inside(elf, s->sh_offset, s->sh_size))
		return;
	at = (const char *)elf->bytes + s->sh_offset;
	past = at + s->sh_size;
	while (at < past) {
		size_t length = strnlen(at, (size_t)(past - at));

		if (length && at + length < past &&
		    !strstr(code->compiler, at)) {
			snprintf(code->compiler + used,
				 sizeof(code->compiler) - used, "%s%s",
				 used ? ", " : "", at);
			used = strlen(code->compiler);
		}
		at += length + 1;
	}
}

static void look_for_assertions(struct code *code, const struct elf *elf,
				const Section *s)
{
	static const char *const names[] = { "__assert_fail",
					     "riotlb_check_failed" };
	const char *text;

	if (!inside(elf, s->sh_offset, s->sh_size))
		return;
	text = (const char *)elf->bytes + s->sh_offset;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (memmem(text, s->sh_size, names[i], strlen(names[i]) + 1))
			code->assertions = true;
	}
}

static int add_elf(struct code *code, struct elf *elf)
{
	struct hash h = { 0xcbf29ce484222325u, 1 };

	if (!open_elf(elf))
		return -ENOEXEC;
	for (size_t i = 0; i < elf->header->e_shnum; i++) {
		const Section *s = &elf->sections[i];

		add_section(&h, elf, i);
		if (strcmp(section_name(elf, i), ".comment") == 0)
			add_compilers(code, elf, s);
		if (s->sh_type == SHT_STRTAB)
			look_for_assertions(code, elf, s);
	}
	/* a sum does not depend on the order of the files */
	code->hash[0] += h.a;
	code->hash[1] += h.b;
	return 0;
}

int code_add(struct code *code, const char *path)
{
	struct elf elf = { 0 };
	struct stat st;
	void *bytes;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_size <= 0) {
		close(fd);
		return -ENOEXEC;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return -errno;
	elf.bytes = bytes;
	elf.size = (size_t)st.st_size;
	err = add_elf(code, &elf);
	munmap(bytes, elf.size);
	return err;
}

void code_text(const struct code *code, char text[33])
{
	snprintf(text, 33, "%016" PRIx64 "%016" PRIx64, code->hash[0],
		 code->hash[1]);
}
