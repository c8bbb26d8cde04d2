/* SPDX-License-Identifier: MIT */
/* Code for the test to look into. */
int object_a(int n);

static const int table[] = { 3, 1, 4, 1, 5, 9, 2, 6 };

int object_a(int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum = sum * 31 + table[i & 7];
	return sum;
}
