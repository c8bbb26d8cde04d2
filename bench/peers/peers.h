/* SPDX-License-Identifier: MIT */
/*
 * What riotlb is compared with. The order is fixed, and each is there whether
 * the build found its package or not (subject_ops.missing).
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "../subject.h"

extern const struct subject_ops *const peer_subjects[];
extern const size_t peer_subject_count;

extern const struct subject_ops vhost_subject;
extern const struct subject_ops maple_subject;
extern const struct subject_ops gtree_subject;
extern const struct subject_ops dpdk_list_subject;
extern const struct subject_ops critnib_subject;
extern const struct subject_ops rculfhash_subject;
extern const struct subject_ops flat_subject;

#endif
