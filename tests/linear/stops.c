/* SPDX-License-Identifier: MIT */
#include "stops.h"

#include <stddef.h>

void (*stops_hook)(void) = NULL;
