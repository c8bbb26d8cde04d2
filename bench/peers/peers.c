/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include "names.h"

#ifndef PEERS_HAVE_LINUX
const struct subject_ops vhost_subject = {
	PEER_VHOST,
	.missing = "linux-source-6.12",
};
const struct subject_ops maple_subject = {
	PEER_MAPLE,
	.missing = "linux-source-6.12",
};
#endif

#ifndef PEERS_HAVE_GLIB
const struct subject_ops gtree_subject = {
	PEER_GTREE,
	.missing = "libglib2.0-dev",
};
#endif

#ifndef PEERS_HAVE_DPDK
const struct subject_ops dpdk_list_subject = {
	PEER_DPDK_LIST,
	.missing = "libdpdk-dev",
};
#endif

#ifndef PEERS_HAVE_CRITNIB
const struct subject_ops critnib_subject = {
	PEER_CRITNIB,
	.missing = "libcritnib-dev",
};
#endif

const struct subject_ops *const peer_subjects[] = {
	&vhost_subject,     &maple_subject,   &gtree_subject,
	&dpdk_list_subject, &critnib_subject, &rculfhash_subject,
	&radix_subject,     &flat_subject,
};

const size_t peer_subject_count =
	sizeof(peer_subjects) / sizeof(peer_subjects[0]);
