/* SPDX-License-Identifier: MIT */
#include "consumer.h"

int main(void)
{
	consumer_run(NULL);
	return 0;
}
