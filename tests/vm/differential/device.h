/* SPDX-License-Identifier: MIT */
/*
 * A VDUSE device with nothing behind it: a thread answers the kernel's requests
 * and counts them, and the kernel's table can be read. Failures of what has to
 * work end the process.
 */
#ifndef TESTS_VM_DEVICE_H
#define TESTS_VM_DEVICE_H

#include <stdbool.h>

#include "table.h"

/* Creates it, and adds it to the vDPA bus, where vhost-vdpa binds it. */
void device_create(const char *name, unsigned nvqs);
void device_destroy(void);

/* How often the kernel said that the whole table has changed. */
unsigned device_told(void);

/* Refuse what the kernel says from now on about the table, or do not. */
void device_refuse(bool refuse);

/* Places and permissions too, unless a permission is one that the kernel would
 * warn about when it hands out the file. */
void device_table(struct table *table, bool places);

#endif
