/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the configuration file share: a file that is written and applied. Included once
 * by a test program, before anything else; everything is static.
 */
#ifndef ECHOD_TEST_FILE_H
#define ECHOD_TEST_FILE_H

#include "conf/file.h"

#include "conf_folder.h"

static char errors[8192]; /* one a line, without the path */

static inline void on_error(void *context, const char *line)
{
	size_t used = strlen(errors);

	(void)context;
	assert_memory_equal(line, path, strlen(path));
	assert_null(strchr(line, '\n'));
	snprintf(errors + used, sizeof errors - used, "%s\n", line + strlen(path));
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

#endif
