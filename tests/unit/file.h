/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the configuration file share: a file that is written and applied. Included once
 * by a test program, before anything else; everything is static.
 */
#ifndef ECHOD_TEST_FILE_H
#define ECHOD_TEST_FILE_H

#include "conf/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct conf conf;
static char errors[8192]; /* one a line, without the path */

static inline void on_error(void *context, const char *line)
{
	size_t used = strlen(errors);

	(void)context;
	assert_memory_equal(line, path, strlen(path));
	assert_null(strchr(line, '\n'));
	snprintf(errors + used, sizeof errors - used, "%s\n", line + strlen(path));
}

static inline int set_up(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof conf);
	return make_folder("echod.conf");
}

static inline int tidy_up(void **state)
{
	(void)state;
	conf_clear(&conf);
	return remove_folder();
}

/* Applies what is at path; returns the errors. */
static inline const char *apply_path(void)
{
	struct conf_sink sink = { .on_error = on_error };
	unsigned lines = 0;

	conf_clear(&conf);
	errors[0] = '\0';
	file_apply(path, &conf, &sink);
	for (const char *at = errors; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(sink.count, lines);
	return errors;
}

static inline const char *apply_bytes(const char *bytes, size_t size)
{
	put_bytes(path, bytes, size);
	return apply_path();
}

static inline const char *apply(const char *text)
{
	return apply_bytes(text, strlen(text));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

#endif
