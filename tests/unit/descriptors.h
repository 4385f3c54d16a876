/* SPDX-License-Identifier: BSD-2-Clause */
/* How many descriptors are open. For one source file; everything is static. */
#ifndef ECHOD_TEST_DESCRIPTORS_H
#define ECHOD_TEST_DESCRIPTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>

#include <cmocka.h>

static inline int count_descriptors(void)
{
	DIR *self = opendir("/proc/self/fd");
	int count = -3; /* . and .. and its own */

	assert_non_null(self);
	while (readdir(self) != NULL)
		count++;
	closedir(self);
	return count;
}

#endif
