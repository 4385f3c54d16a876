/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of inherited sockets share: a service manager, which puts sockets where
 * sd_listen_fds(3) says, and listeners that are to have them. Included once by a test program,
 * before anything else; everything is static.
 */
#ifndef ECHOD_TEST_INHERIT_H
#define ECHOD_TEST_INHERIT_H

#include "supervisor/inherit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"
#include "slots.h"

#define FIRST 3
#define LAST  9

static struct inherit inherit;
static int next_fd;
static struct addr given[LAST + 1]; /* the address of each descriptor */

static inline void close_all(void)
{
	for (int fd = FIRST; fd <= LAST; fd++)
		close(fd);
}

static inline int begin(void **state)
{
	if (set_up(state) == -1)
		return -1;
	memset(&inherit, 0, sizeof inherit);
	conf.profile = (struct profile)PROFILE_DEFAULTS;
	slots.inherit = &inherit;
	next_fd = FIRST;
	unsetenv("LISTEN_FDNAMES");
	return make_folder_in("/tmp", "s"); /* a path of 107 bytes is the longest */
}

/* Nothing that was inherited stays open. */
static inline int end(void **state)
{
	int left = 0, status;

	slots_close(&slots);
	for (size_t i = 0; i < inherit.count; i++) {
		if (inherit.sockets[i].fd != -1)
			inherit_close(&inherit.sockets[i]);
	}
	for (int fd = FIRST; fd <= LAST; fd++)
		left += fcntl(fd, F_GETFD) != -1;
	close_all();
	status = tidy_up(state);
	return remove_folder() != 0 || left != 0 || status != 0;
}

#define WITH_MANAGER(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* ---------------------------------------------------------------- the manager */

/* The kernel has chosen the lowest number, which is the next one. */
static inline int give(int domain, int type)
{
	int fd = socket(domain, type, 0);

	assert_int_equal(fd, next_fd);
	next_fd++;
	return fd;
}

static inline void set(int fd, int level, int name, int value)
{
	assert_int_equal(setsockopt(fd, level, name, &value, sizeof value), 0);
}

static inline void bind_it(int fd, const struct addr *addr)
{
	struct addr *at = &given[fd];

	assert_int_equal(bind(fd, (const struct sockaddr *)&addr->storage, addr->length), 0);
	at->length = sizeof at->storage;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at->storage, &at->length), 0);
}

/* A socket at 127.0.0.1, which listens if it can. */
static inline int give_inet(int type, bool reuseport)
{
	struct addr addr;
	struct err err;
	int fd = give(AF_INET, type);

	if (reuseport)
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	assert_int_equal(addr_resolve("127.0.0.1", 0, &addr, 1, &err), 1);
	bind_it(fd, &addr);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* The same at path. */
static inline int give_unix(int type)
{
	struct addr addr;
	struct err err;
	int fd = give(AF_UNIX, type);

	assert_int_equal(addr_unix(&addr, path, &err), 0);
	bind_it(fd, &addr);
	if (type != SOCK_DGRAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* NULL: the right ones. */
static inline void announce(const char *pid, const char *fds)
{
	char text[16];

	snprintf(text, sizeof text, "%ld", (long)getpid());
	setenv("LISTEN_PID", pid == NULL ? text : pid, 1);
	snprintf(text, sizeof text, "%d", next_fd - FIRST);
	setenv("LISTEN_FDS", fds == NULL ? text : fds, 1);
}

/* ---------------------------------------------------------------- this side */

/* What was given is inherited. */
static inline void take(void)
{
	struct err err = { 0 };

	announce(NULL, NULL);
	if (inherit_open(&inherit, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(inherit.count, next_fd - FIRST);
}

/* A listener, with its settings behind it. */
static inline void listen_at(const char *text)
{
	struct err err = { 0 };

	if (listen_add(&conf, CONF_FILE, text, &err) == -1 ||
	    listen_complete(&conf.listens[conf.listen_count - 1], &conf.profile, &err) == -1)
		fail_msg("%s", err.text);
}

/* The same at the address of a descriptor. */
static inline void listen_as(const char *transport, int fd, const char *settings)
{
	char text[256], shown[ADDR_TEXT_MAX];

	snprintf(text, sizeof text, "%s:%s%s", transport, addr_format(&given[fd], shown), settings);
	listen_at(text);
}

#endif
