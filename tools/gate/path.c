/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <stdarg.h>
#include <stdio.h>

bool path_make(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out, size, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < size)
		return true;
	out[0] = '\0';
	return false;
}
