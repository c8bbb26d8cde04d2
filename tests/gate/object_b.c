/* SPDX-License-Identifier: MIT */
/* More of it. */
int object_b(int n);

int object_b(int n)
{
	return n * 17 + 5;
}
