/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets over reloads: who waits where, what is kept, what goes, and who serves it. */
#include "supervisor/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"

static int may_listen; /* listen fails after so many; -1 = never */

/* In place of libc's. */
int listen(int fd, int backlog)
{
	if (may_listen == 0) {
		errno = EADDRINUSE;
		return -1;
	}
	may_listen -= may_listen > 0;
	return (int)syscall(SYS_listen, fd, backlog);
}

static struct slots slots;
static struct conf conf;
static int descriptors;
static char changes[1024]; /* what the watcher was told last: +ADDRESS or -ADDRESS */
static uint64_t orphans;

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = -3; /* . and .. and its own */

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static int set_up(void **state)
{
	(void)state;
	may_listen = -1;
	memset(&slots, 0, sizeof slots);
	memset(&conf, 0, sizeof conf);
	descriptors = count_descriptors();
	return 0;
}

/* Whatever was done: nothing stays open. */
static int tidy_up(void **state)
{
	(void)state;
	slots_close(&slots);
	conf_clear(&conf);
	return count_descriptors() != descriptors;
}

static void configure(const char *text, unsigned port)
{
	char listen_text[128];
	struct err err = { "" };

	snprintf(listen_text, sizeof listen_text, "%s:%u", text, port);
	if (listen_add(&conf, CONF_FILE, listen_text, &err) == -1)
		fail_msg("%s", err.text);
}

static void prepare(unsigned workers)
{
	struct err err = { "" };

	if (slots_prepare(&slots, &conf, workers, &err) == -1)
		fail_msg("%s", err.text);
	conf_clear(&conf);
}

static void on_change(void *context, const struct slots_address *address, bool listens)
{
	size_t used = strlen(changes);
	char text[ADDR_TEXT_MAX];

	assert_ptr_equal(context, &slots);
	snprintf(changes + used, sizeof changes - used, "%c%s ", listens ? '+' : '-',
		 addr_format(&address->bound, text));
}

static int try_commit(struct err *err)
{
	struct slots_watcher watcher = { on_change, &slots };

	changes[0] = '\0';
	return slots_commit(&slots, &watcher, &orphans, err);
}

static void commit(void)
{
	struct err err = { "" };

	if (try_commit(&err) == -1)
		fail_msg("%s", err.text);
}

/* Changes are compared with the ports as %u. */
static void assert_changes(const char *format, unsigned one, unsigned other)
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

static unsigned port_of(size_t address)
{
	return addr_port(&slots.addresses[address].bound);
}

/* A client; its end of the connection. */
static int dial(const char *host, unsigned port)
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
static unsigned count_waiting(int listener)
{
	unsigned count = 0;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) != -1) {
		close(fd);
		count++;
	}
	return count;
}

static void new_slots_get_no_connection_before_the_commit(void **state)
{
	const struct slots_address *address = &slots.addresses[0];
	int clients[200];
	unsigned seen = 0;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(1);
	commit();
	configure("tcp:127.0.0.1", 0);
	prepare(8);
	for (int i = 0; i < 40; i++)
		assert_true((clients[i] = dial("127.0.0.1", port_of(0))) != -1);
	assert_int_equal(count_waiting(address->fds[0]), 40);
	for (int i = 0; i < 40; i++)
		close(clients[i]);
	commit();
	assert_string_equal(changes, "");
	for (int i = 0; i < 200; i++)
		assert_true((clients[i] = dial("127.0.0.1", port_of(0))) != -1);
	for (unsigned slot = 0; slot < 8; slot++) {
		unsigned count = count_waiting(address->fds[slot]);

		assert_true(count > 0);
		seen += count;
	}
	assert_int_equal(seen, 200);
	for (int i = 0; i < 200; i++)
		close(clients[i]);
}

static void a_reload_of_the_same_touches_no_socket(void **state)
{
	int fds[3], client;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(3);
	commit();
	memcpy(fds, slots.addresses[0].fds, sizeof fds);
	client = dial("127.0.0.1", port_of(0));
	for (int i = 0; i < 3; i++) {
		configure("tcp:127.0.0.1", 0);
		prepare(3);
		assert_memory_equal(slots.addresses[0].fds, fds, sizeof fds);
		commit();
		assert_string_equal(changes, "");
		assert_int_equal(orphans, 0);
		assert_memory_equal(slots.addresses[0].fds, fds, sizeof fds);
	}
	assert_int_equal(count_waiting(fds[0]) + count_waiting(fds[1]) + count_waiting(fds[2]), 1);
	close(client);
}

static void a_rollback_leaves_what_was_there(void **state)
{
	int client, before;
	struct err err;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(2);
	commit();
	before = count_descriptors();
	client = dial("127.0.0.1", port_of(0));
	for (int i = 0; i < 4; i++) {
		unsigned port;

		configure("tcp:127.0.0.1", 0);
		configure("tcp:127.0.0.2", 0);
		prepare(5);
		port = port_of(1);
		assert_int_equal(count_descriptors(), before + 1 + 3 + 5);
		if (i >= 2) { /* the commit fails in the middle */
			may_listen = i;
			assert_int_equal(try_commit(&err), -1);
			may_listen = -1;
		}
		assert_string_equal(i >= 2 ? changes : "", "");
		slots_rollback(&slots);
		assert_int_equal(count_descriptors(), before + 1);
		assert_int_equal(dial("127.0.0.2", port), -1);
		assert_int_equal(errno, ECONNREFUSED);
	}
	assert_int_equal(slots.workers, 2);
	assert_int_equal(count_waiting(slots.addresses[0].fds[0]) +
				 count_waiting(slots.addresses[0].fds[1]),
			 1);
	close(client);
}

/* Workers that were to serve it hold the same sockets, and are there for a while. */
static void a_rollback_ends_the_listening_for_all_who_hold_it(void **state)
{
	int held, listens = 1;
	socklen_t length = sizeof listens;
	struct err err;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(1);
	commit();
	configure("tcp:127.0.0.1", 0);
	prepare(3);
	held = dup(slots.addresses[0].fds[1]);
	may_listen = 1;
	assert_int_equal(try_commit(&err), -1);
	may_listen = -1;
	assert_int_equal(getsockopt(held, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length), 0);
	assert_int_equal(listens, 0);
	close(held);
}

/* What a reload wanted that was taken back is not wanted by the next one. */
static void a_rollback_forgets_what_was_wanted(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(1);
	commit();
	configure("tcp:127.0.0.1", 0);
	prepare(1);
	slots_rollback(&slots);
	configure("tcp:127.0.0.2", 0);
	prepare(1);
	commit();
	assert_int_equal(orphans, 1);
	assert_int_equal(count_descriptors(), descriptors + 1);
}

static void an_address_in_use_leaves_what_was_there(void **state)
{
	static struct slots other;
	struct err err;
	int before;

	(void)state;
	configure("tcp:127.0.0.2", 0);
	assert_int_equal(slots_prepare(&other, &conf, 1, &err), 0);
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 0);
	prepare(2);
	commit();
	before = count_descriptors();
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.3", 0);
	configure("tcp:127.0.0.2", addr_port(&other.addresses[0].bound));
	assert_int_equal(slots_prepare(&slots, &conf, 4, &err), -1);
	assert_int_equal(count_descriptors(), before);
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 0);
	prepare(2);
	commit();
	assert_string_equal(changes, "");
	slots_close(&other);
}

static void addresses_come_and_go(void **state)
{
	unsigned one, other;
	int kept;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	prepare(2);
	commit();
	one = port_of(0);
	other = port_of(1);
	assert_changes("+127.0.0.1:1! +127.0.0.2:2! ", one, other);
	kept = slots.addresses[1].fds[1];
	configure("tcp:127.0.0.2", 0);
	prepare(2);
	commit();
	assert_changes("-127.0.0.1:1! ", one, other);
	assert_int_equal(orphans, 1);
	assert_int_equal(slots.addresses[1].fds[1], kept);
	assert_int_equal(dial("127.0.0.1", one), -1);
	configure("tcp:127.0.0.3", 0); /* takes the place that is free */
	prepare(1);
	commit();
	assert_changes("+127.0.0.3:1! -127.0.0.2:2! ", port_of(0), other);
	assert_int_equal(orphans, 2);
	assert_int_equal(count_descriptors(), descriptors + 1);
}

/* The old workers hold what the supervisor has closed: nothing that waits there is lost. */
static void what_waits_at_a_removed_address_waits_on(void **state)
{
	int held, client;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(1);
	commit();
	held = dup(slots.addresses[0].fds[0]);
	client = dial("127.0.0.1", port_of(0));
	configure("tcp:127.0.0.2", 0);
	prepare(1);
	commit();
	assert_int_equal(count_waiting(held), 1);
	close(client);
	close(held);
}

/* From *:P to 127.0.0.1:P and back, where neither can be had while the other is. */
static void an_address_within_another_takes_its_place(void **state)
{
	unsigned port;
	int client;

	(void)state;
	configure("tcp:*", 0);
	prepare(3);
	commit();
	port = port_of(0);
	for (int i = 0; i < 2; i++) {
		configure("tcp:127.0.0.1", port);
		prepare(2);
		for (unsigned slot = 0; slot < 2; slot++)
			assert_int_equal(count_waiting(slots.addresses[1].fds[slot]), 0);
		commit();
		assert_int_equal(orphans, 1);
		assert_int_equal(dial("127.0.0.2", port), -1);
		client = dial("127.0.0.1", port);
		assert_int_equal(count_waiting(slots.addresses[1].fds[0]) +
					 count_waiting(slots.addresses[1].fds[1]),
				 1);
		close(client);
		configure("tcp:*", port);
		prepare(2);
		commit();
		assert_int_equal(orphans, 2);
		client = dial("127.0.0.2", port);
		assert_true(client != -1);
		close(client);
	}
	configure("tcp:*", port);
	configure("tcp:127.0.0.1", port);
	prepare(2);
	commit();
	assert_int_equal(orphans, 0);
}

/* With one family only it is another address, although its bytes are the same. */
static void the_star_and_the_colons_are_told_apart(void **state)
{
	unsigned port;
	int client;

	(void)state;
	configure("tcp:*", 0);
	prepare(1);
	commit();
	if (slots.addresses[0].bound.storage.ss_family != AF_INET6)
		return; /* there is no IPv6 here */
	port = port_of(0);
	configure("tcp:*",
		  port); /* no longer any port: another socket, in the place of the first */
	prepare(1);
	commit();
	configure("tcp:[::]", port);
	prepare(1);
	commit();
	assert_int_equal(dial("127.0.0.1", port), -1);
	client = dial("::1", port);
	assert_true(client != -1);
	close(client);
	configure("tcp:*", port);
	prepare(1);
	commit();
	client = dial("127.0.0.1", port);
	assert_true(client != -1);
	close(client);
}

#define WITH_SLOTS(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(new_slots_get_no_connection_before_the_commit),
		WITH_SLOTS(a_reload_of_the_same_touches_no_socket),
		WITH_SLOTS(a_rollback_leaves_what_was_there),
		WITH_SLOTS(a_rollback_ends_the_listening_for_all_who_hold_it),
		WITH_SLOTS(a_rollback_forgets_what_was_wanted),
		WITH_SLOTS(an_address_in_use_leaves_what_was_there),
		WITH_SLOTS(addresses_come_and_go),
		WITH_SLOTS(what_waits_at_a_removed_address_waits_on),
		WITH_SLOTS(an_address_within_another_takes_its_place),
		WITH_SLOTS(the_star_and_the_colons_are_told_apart),
	};

	return cmocka_run_group_tests_name("slots_change", group, NULL, NULL) == 0 ? 0 : 1;
}
