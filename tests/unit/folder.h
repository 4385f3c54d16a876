/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A temporary folder, anew for each test, with the path of one file in it. Included once by a test
 * program; everything is static.
 */
#ifndef ECHOD_TEST_FOLDER_H
#define ECHOD_TEST_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[PATH_MAX - 64]; /* PARENT/PROGRAM.XXXXXX */
static char path[PATH_MAX];        /* FOLDER/FILE */

/* Returns 0, or -1 and errno. The file is not made. */
static inline int make_folder_in(const char *parent, const char *file)
{
	snprintf(folder, sizeof folder, "%s/%s.XXXXXX", parent, program_invocation_short_name);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/%s", folder, file);
	return 0;
}

/* The same in $TMPDIR, or /tmp. */
static inline int make_folder(const char *file)
{
	const char *tmp = getenv("TMPDIR");

	return make_folder_in(tmp == NULL ? "/tmp" : tmp, file);
}

/* Together with what is at the path: a file, an empty folder, or nothing. Returns 0, or -1 and
 * errno: something else is there, too. */
static inline int remove_folder(void)
{
	if (unlink(path) == -1)
		rmdir(path);
	return rmdir(folder);
}

static inline void put_bytes(const char *name, const char *bytes, size_t size)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

#endif
