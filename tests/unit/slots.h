/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of slots share: a configuration that is put together address by address, prepared
 * and committed, and what was told of that. Included once by a test program, before anything else;
 * everything is static.
 */
#ifndef ECHOD_TEST_SLOTS_H
#define ECHOD_TEST_SLOTS_H

#include "supervisor/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"
#include "descriptors.h"

static struct slots slots, rival; /* ours, and those of somebody else */
static struct conf conf;
static int descriptors;    /* open before the test */
static uint64_t orphans;   /* of the last commit */
static char changes[2048]; /* what the last commit told: +ADDRESS or -ADDRESS, with a blank each */

static inline int set_up(void **state)
{
	(void)state;
	memset(&slots, 0, sizeof slots);
	memset(&rival, 0, sizeof rival);
	memset(&conf, 0, sizeof conf);
	descriptors = count_descriptors();
	return 0;
}

/* Whatever was done: nothing stays open. */
static inline int tidy_up(void **state)
{
	(void)state;
	slots_close(&slots);
	slots_close(&rival);
	conf_clear(&conf);
	return count_descriptors() != descriptors;
}

#define WITH_SLOTS(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

/* One more address: text without the port, as in "tcp:*". */
static inline void configure(const char *text, unsigned port)
{
	char listen_text[128];
	struct err err = { 0 };

	snprintf(listen_text, sizeof listen_text, "%s:%u", text, port);
	if (listen_add(&conf, CONF_FILE, listen_text, &err) == -1)
		fail_msg("%s", err.text);
}

static inline void prepare(unsigned workers)
{
	struct err err = { 0 };

	if (slots_prepare(&slots, &conf, workers, &err) == -1)
		fail_msg("%s", err.text);
}

/* The same; then the next configuration may be put together. */
static inline void prepare_and_clear(unsigned workers)
{
	prepare(workers);
	conf_clear(&conf);
}

/* Preparing this configuration is to fail, with these words, and to leave nothing open. */
static inline void refuse(struct slots *who, const char *why)
{
	int before = count_descriptors();
	struct err err = { 0 };

	assert_int_equal(slots_prepare(who, &conf, 3, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(count_descriptors(), before);
}

static inline void on_change(void *context, const struct slots_address *address, bool listens)
{
	size_t used = strlen(changes);
	char text[ADDR_TEXT_MAX];

	assert_ptr_equal(context, &slots);
	snprintf(changes + used, sizeof changes - used, "%c%s ", listens ? '+' : '-',
		 addr_format(&address->bound, text));
}

static inline int try_commit(struct err *err)
{
	struct slots_watcher watcher = { on_change, &slots };

	changes[0] = '\0';
	return slots_commit(&slots, &watcher, &orphans, err);
}

static inline void commit(void)
{
	struct err err = { 0 };

	if (try_commit(&err) == -1)
		fail_msg("%s", err.text);
}

/* What the last commit told, where 1! and 2! stand for these ports. */
static inline void assert_changes(const char *format, unsigned one, unsigned other)
{
	char expected[256], *at = expected;

	for (; *format != '\0'; format++) {
		if (*format == '1' && format[1] == '!')
			at += sprintf(at, "%u", one);
		else if (*format == '2' && format[1] == '!')
			at += sprintf(at, "%u", other);
		else if (*format != '!')
			*at++ = *format;
	}
	*at = '\0';
	assert_string_equal(changes, expected);
}

static inline unsigned port_of(int fd)
{
	struct addr addr = { .length = sizeof addr.storage };

	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length), 0);
	return addr_port(&addr);
}

/* The port of an address, which all of its slots have. */
static inline unsigned port_at(size_t address)
{
	return addr_port(&slots.addresses[address].bound);
}

static inline int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

/* A client; its end of the connection, or -1 and errno. */
static inline int dial(const char *host, unsigned port)
{
	struct addr addr;
	struct err err;
	int fd;

	assert_int_equal(addr_resolve(host, (uint16_t)port, &addr, 1, &err), 1);
	fd = socket(addr.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&addr.storage, addr.length) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Accepts all that waits at a slot. */
static inline unsigned count_waiting(int listener)
{
	unsigned count = 0;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) != -1) {
		close(fd);
		count++;
	}
	return count;
}

#endif
