/* SPDX-License-Identifier: MIT */
/* What each peer is called, whether the build has it or not. */
#ifndef BENCH_PEERS_NAMES_H
#define BENCH_PEERS_NAMES_H

#define PEER_VHOST .name = "vhost", .what = "vhost_iotlb (Linux 6.12), spinlock"
#define PEER_MAPLE       \
	.name = "maple", \
	.what = "maple tree (Linux 6.12), RCU readers, spinlock for writers"
#define PEER_GTREE .name = "gtree", .what = "QEMU's iova-tree: GTree, mutex"
#define PEER_DPDK_LIST       \
	.name = "dpdk-list", \
	.what = "DPDK's vhost IOTLB: sorted list of 2048, rte_rwlock"
#define PEER_CRITNIB \
	.name = "critnib", .what = "critnib by start, readers without a lock"
#define PEER_RCULFHASH \
	.name = "rculfhash", .what = "liburcu's hash table by 4 KiB page"
#define PEER_FLAT \
	.name = "flat", .what = "array by 4 KiB page, no lock: the floor"

#endif
