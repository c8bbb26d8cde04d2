/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_UNPACK_H
#define RIOTLB_GATE_UNPACK_H

#include "side.h"

/* The members of libriotlb.a, as files in the library's place. */
enum status unpack_archive(struct library *library);

#endif
