/* SPDX-License-Identifier: MIT */
#include "ink.h"

#include <string.h>

const struct ink ink_text = { .light = 0x5a6270, .dark = 0xa6adb8 };
const struct ink ink_grid = { .light = 0xe3e6ea, .dark = 0x2e343c };

/* Marks: 7 disc, 5 square, 9 triangle, 11 its reverse, 13 diamond, 15 pentagon;
 * one less is the same hollow. */
static const struct ink inks[] = {
	{ "riotlb", 0x0a58ca, 0x5ea8ff, 7 },
	{ "vhost", 0xc2410c, 0xff8f5c, 5 },
	{ "maple", 0x0b7a5b, 0x3ccb9e, 9 },
	{ "gtree", 0x96690a, 0xe3b341, 11 },
	{ "dpdk", 0x8a1c4a, 0xf078a8, 13 },
	{ "critnib", 0x7b3fc4, 0xc297ff, 15 },
	{ "rculfhash", 0x0e8ba3, 0x56d4e8, 4 },
	{ "radix", 0x4b5563, 0xc3cad4, 6 },
	{ "flat", 0x8b94a1, 0x868f9c, 12 },
	{ NULL, 0x5b7a0e, 0xaed04b, 8 },
	{ NULL, 0xb3261e, 0xff7b72, 10 },
	{ NULL, 0x3f4aa8, 0x9aa5ff, 14 },
	{ NULL, 0x6b4a33, 0xcfa585, 5 },
};

#define INKS (sizeof(inks) / sizeof(*inks))
#define FREE_INKS 4

const struct ink *ink_of(const char *subject, size_t at)
{
	for (size_t i = 0; i < INKS; i++) {
		if (inks[i].subject && strcmp(inks[i].subject, subject) == 0)
			return &inks[i];
	}
	return &inks[INKS - FREE_INKS + at % FREE_INKS];
}

static int part(unsigned colour, int shift)
{
	return (int)(colour >> shift & 0xff);
}

static void rules_of(FILE *out, const struct ink *ink)
{
	static const char *const names[] = { "stroke", "fill", "color" };
	int r = part(ink->light, 16);
	int g = part(ink->light, 8);
	int b = part(ink->light, 0);

	/* gnuplot writes rgb() in two ways */
	for (size_t i = 0; i < 3; i++)
		fprintf(out,
			".plot [%s=\"rgb(%3d, %3d, %3d)\"],"
			".plot [%s=\"rgb(%d,%d,%d)\"]{%s:#%06x}\n",
			names[i], r, g, b, names[i], r, g, b, names[i],
			ink->dark);
}

void ink_dark_rules(FILE *out)
{
	rules_of(out, &ink_text);
	rules_of(out, &ink_grid);
	for (size_t i = 0; i < INKS; i++)
		rules_of(out, &inks[i]);
}
