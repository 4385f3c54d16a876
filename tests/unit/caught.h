/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard error as a file in memory, for tests of what is logged. Included once by a test program,
 * after the header under test; everything is static.
 */
#ifndef ECHOD_TEST_CAUGHT_H
#define ECHOD_TEST_CAUGHT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr;

/* Until release_stderr; returns 0, or -1. */
static inline int catch_stderr(void)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC);

	saved_stderr = dup(STDERR_FILENO);
	if (fd == -1 || saved_stderr == -1 || dup2(fd, STDERR_FILENO) == -1)
		return -1;
	return close(fd);
}

/* What was not asked for is lost; returns 0, or -1. */
static inline int release_stderr(void)
{
	if (dup2(saved_stderr, STDERR_FILENO) == -1)
		return -1;
	return close(saved_stderr);
}

/* What was written since the last call; good until the next one. */
static inline const char *caught(void)
{
	static char text[8192];
	ssize_t length = pread(STDERR_FILENO, text, sizeof text - 1, 0);

	assert_true(length >= 0);
	text[length] = '\0';
	assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
	assert_int_equal(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
	return text;
}

static inline void assert_caught(const char *expected)
{
	assert_string_equal(caught(), expected);
}

#endif
