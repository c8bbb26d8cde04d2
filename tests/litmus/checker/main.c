/* SPDX-License-Identifier: MIT */
/*
 * Runs litmus tests: looks at every execution that the model allows, and says
 * in herd7's words in how many of them the condition holds.
 */
#include <stdio.h>
#include <string.h>

#include "execution.h"

static const char *word_of(struct verdict v)
{
	if (v.satisfying == 0)
		return "Never";
	return v.satisfying == v.consistent ? "Always" : "Sometimes";
}

int main(int argc, char **argv)
{
	static struct litmus test;
	bool load_buffering = false;
	int i;

	for (i = 1; i < argc; i++) {
		struct verdict v;

		if (strcmp(argv[i], "--load-buffering") == 0) {
			load_buffering = true;
			continue;
		}
		litmus_read(&test, argv[i]);
		v = litmus_run(&test, load_buffering);
		if (v.consistent == 0) {
			fprintf(stderr, "%s: has no execution at all\n",
				argv[i]);
			return 2;
		}
		printf("Observation %s %s %ld %ld\n", test.name, word_of(v),
		       v.satisfying, v.consistent - v.satisfying);
	}
	if (argc < 2) {
		fprintf(stderr, "usage: %s [--load-buffering] FILE...\n",
			argv[0]);
		return 2;
	}
	return 0;
}
