/* SPDX-License-Identifier: MIT */
#include "consumer.h"

int main()
{
	consumer_run(nullptr);
	return 0;
}
