/* SPDX-License-Identifier: BSD-2-Clause */
/* Reloads that are taken back, before the commit or in the middle of it: all is as it was. */
#include "slots.h"

#include <errno.h>
#include <sys/syscall.h>

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

static int set_up_listen(void **state)
{
	may_listen = -1;
	return set_up(state);
}

static void a_rollback_leaves_what_was_there(void **state)
{
	int client, before;
	struct err err;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(2);
	commit();
	before = count_descriptors();
	client = dial("127.0.0.1", port_at(0));
	for (int i = 0; i < 4; i++) {
		unsigned port;

		configure("tcp:127.0.0.1", 0);
		configure("tcp:127.0.0.2", 0);
		prepare_and_clear(5);
		port = port_at(1);
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
	struct err err;
	int held;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(1);
	commit();
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(3);
	held = dup(slots.addresses[0].fds[1]);
	may_listen = 1;
	assert_int_equal(try_commit(&err), -1);
	may_listen = -1;
	assert_int_equal(option(held, SOL_SOCKET, SO_ACCEPTCONN), 0);
	close(held);
}

/* What a reload wanted that was taken back is not wanted by the next one. */
static void a_rollback_forgets_what_was_wanted(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(1);
	commit();
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(1);
	slots_rollback(&slots);
	configure("tcp:127.0.0.2", 0);
	prepare_and_clear(1);
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
	prepare_and_clear(2);
	commit();
	before = count_descriptors();
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.3", 0);
	configure("tcp:127.0.0.2", addr_port(&other.addresses[0].bound));
	assert_int_equal(slots_prepare(&slots, &conf, 4, &err), -1);
	assert_int_equal(count_descriptors(), before);
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(2);
	commit();
	assert_string_equal(changes, "");
	slots_close(&other);
}

static void a_commit_that_fails_can_be_taken_back(void **state)
{
	struct err err = { 0 };

	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	prepare(3);
	may_listen = 3;
	assert_int_equal(try_commit(&err), -1);
	assert_non_null(strstr(err.text, "cannot listen on tcp 127.0.0."));
	assert_string_equal(changes, "");
	slots_rollback(&slots);
	assert_int_equal(count_descriptors(), descriptors);
	may_listen = -1;
	prepare(3);
	commit();
	assert_changes("+127.0.0.1:1! +127.0.0.2:2! ", port_at(0), port_at(1));
}

#undef WITH_SLOTS
#define WITH_SLOTS(test) cmocka_unit_test_setup_teardown(test, set_up_listen, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(a_rollback_leaves_what_was_there),
		WITH_SLOTS(a_rollback_ends_the_listening_for_all_who_hold_it),
		WITH_SLOTS(a_rollback_forgets_what_was_wanted),
		WITH_SLOTS(an_address_in_use_leaves_what_was_there),
		WITH_SLOTS(a_commit_that_fails_can_be_taken_back),
	};

	return cmocka_run_group_tests_name("slots_rollback", group, NULL, NULL) == 0 ? 0 : 1;
}
