/* SPDX-License-Identifier: MIT */
/* Who takes part: riotlb and its peers, each checked before it is timed. */
#include <stdio.h>

#include "../peers/check.h"
#include "../peers/peers.h"
#include "frame.h"

const struct subject_ops *const suite_subjects[] = {
	&riotlb_subject,    &vhost_subject,     &maple_subject,
	&gtree_subject,     &dpdk_list_subject, &critnib_subject,
	&rculfhash_subject, &radix_subject,     &flat_subject,
};

const size_t suite_subject_count =
	sizeof(suite_subjects) / sizeof(suite_subjects[0]);

bool frame_takes(const struct suite *suite, const struct subject_ops *ops)
{
	return suite->peers || ops == &riotlb_subject ||
	       ops == &radix_subject || ops == &flat_subject;
}

/* One bit for each subject, as many as there will ever be. */
static uint64_t passed;
static uint64_t failed;

bool frame_checked(struct suite *suite, const struct subject_ops *ops)
{
	uint64_t bit = 1;
	const char *why;

	for (size_t i = 0; suite_subjects[i] != ops; i++)
		bit <<= 1;
	if (passed & bit)
		return true;
	if (!(failed & bit) && subject_check(ops, &why)) {
		passed |= bit;
		return true;
	}
	if (!(failed & bit))
		fprintf(stderr, "riotlb-bench: %s: %s\n", ops->name, why);
	failed |= bit;
	suite->failed = true;
	return false;
}
