/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of socket files share: a path in a folder of its own, who claims it, and who is
 * there already. Included once by a test program, before anything else; everything is static.
 */
#ifndef ECHOD_TEST_SOCKFILE_H
#define ECHOD_TEST_SOCKFILE_H

#include "supervisor/sockfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"
#include "folder.h"

static struct conf_listen listen_unix; /* at path */
static struct sockfile file;           /* ours */

static inline int set_up(void **state)
{
	struct err err;

	(void)state;
	/* Not $TMPDIR: a path of 107 bytes is the longest. */
	if (make_folder_in("/tmp", "s") == -1)
		return -1;
	file = (struct sockfile){ 0 };
	listen_unix = (struct conf_listen){ .transport = TRANSPORT_UNIX,
					    .profile.socket = PROFILE_SOCKET };
	return addr_unix(&listen_unix.addr, path, &err);
}

/* What is left in the folder makes this fail. */
static inline int tidy_up(void **state)
{
	(void)state;
	sockfile_release(&file, &listen_unix.addr);
	return rmdir(folder);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

/* Makes the socket, which does not serve yet. */
static inline int claim(void)
{
	struct err err = { 0 };
	int fd = sockfile_claim(&file, &listen_unix, false, &err);

	if (fd == -1)
		fail_msg("%s", err.text);
	return fd;
}

/* Another one is not to get it, with these words and the path, and what it was about once. */
static inline void refuse(const char *why)
{
	static const char begin[] = "cannot listen on ";
	struct sockfile other;
	struct err err = { 0 };

	assert_int_equal(sockfile_claim(&other, &listen_unix, false, &err), -1);
	assert_false(other.held);
	assert_true(strstr(err.text, begin) == err.text);
	assert_null(strstr(err.text + 1, begin));
	if (strstr(err.text, why) == NULL || strstr(err.text, path) == NULL)
		fail_msg("%s", err.text);
}

static inline unsigned mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

/* A client; its end, or -1. */
static inline int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&listen_unix.addr.storage, listen_unix.addr.length) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A socket at the path, of somebody else's. */
static inline int foreign(int type, bool listening)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_int_equal(
		bind(fd, (struct sockaddr *)&listen_unix.addr.storage, listen_unix.addr.length), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

#endif
