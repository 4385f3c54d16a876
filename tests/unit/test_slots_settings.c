/* SPDX-License-Identifier: BSD-2-Clause */
/* What settings do to slots: one socket for all workers, and changes that wait for the commit. */
#include "slots.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "caught.h"

static int set_up_caught(void **state)
{
	return set_up(state) == 0 ? catch_stderr() : -1;
}

static int tidy_up_caught(void **state)
{
	log_set_level(LOG_LEVEL_NOTICE);
	return release_stderr() == 0 ? tidy_up(state) : -1;
}

/* The only address, with settings that were completed. */
static void prepare_one(const char *text, unsigned workers)
{
	static const struct profile built_in = PROFILE_DEFAULTS;
	struct err err = { 0 };

	conf_clear(&conf);
	if (listen_add(&conf, CONF_FILE, text, &err) == -1 ||
	    listen_complete(&conf.listens[0], &built_in, &err) == -1)
		fail_msg("%s", err.text);
	prepare(workers);
}

static int ttl_of(unsigned slot)
{
	return option(slots.addresses[0].fds[slot], IPPROTO_IP, IP_TTL);
}

static unsigned backlog_of(unsigned slot)
{
	struct tcp_info info;
	socklen_t length = sizeof info;

	assert_int_equal(
		getsockopt(slots.addresses[0].fds[slot], IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	return info.tcpi_sacked;
}

/* Every worker serves it, however many there are. */
static void assert_shared(bool next, unsigned workers)
{
	for (unsigned index = 0; index < workers; index++) {
		struct setup_listener *listeners;
		size_t count;

		assert_int_equal(slots_assign(&slots, &conf, next, index, &listeners, &count), 0);
		assert_int_equal(count, 1);
		assert_int_equal(listeners[0].worker, index);
		assert_int_equal(listeners[0].fd, slots.addresses[0].fds[0]);
		assert_int_equal(listeners[0].transport, conf.listens[0].transport);
		free(listeners);
	}
}

static void a_shared_socket_is_every_workers(void **state)
{
	char local[64];
	const char *texts[] = { "tcp:127.0.0.1:0 reuseport=off", local };

	(void)state;
	snprintf(local, sizeof local, "unix:@test_slots_settings.%ld", (long)getpid());
	for (size_t i = 0; i < 2; i++) {
		int fd;

		prepare_one(texts[i], 3);
		fd = slots.addresses[0].fds[0];
		assert_int_equal(slots.addresses[0].opened, 1);
		assert_shared(true, 3);
		commit();
		assert_shared(false, 3);
		assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEPORT), 0);
		assert_int_equal(option(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
		prepare_one(texts[i], 5);
		assert_shared(true, 5);
		assert_shared(false, 3);
		slots_rollback(&slots);
		assert_shared(false, 3);
		prepare_one(texts[i], 1);
		commit();
		assert_shared(false, 1);
		assert_int_equal(slots.addresses[0].fds[0], fd);
		assert_int_equal(orphans, 0);
		slots_close(&slots);
	}
}

static void a_change_waits_for_the_commit(void **state)
{
	(void)state;
	prepare_one("tcp:127.0.0.1:0 ttl=11 backlog=3", 2);
	commit();
	assert_int_equal(ttl_of(0), 11);
	assert_int_equal(backlog_of(1), 3);
	prepare_one("tcp:127.0.0.1:0 ttl=12 backlog=4", 3);
	assert_int_equal(ttl_of(0), 11);
	assert_int_equal(ttl_of(1), 11);
	assert_int_equal(ttl_of(2), 12); /* a new one, which nobody serves yet */
	slots_rollback(&slots);
	assert_int_equal(ttl_of(0), 11);
	prepare_one("tcp:127.0.0.1:0 ttl=12 backlog=4", 3);
	commit();
	for (unsigned slot = 0; slot < 3; slot++) {
		assert_int_equal(ttl_of(slot), 12);
		assert_int_equal(backlog_of(slot), 4);
	}
	assert_caught("");
}

/* A rollback in between is forgotten: the next change is from what is in force. */
static void after_a_rollback_the_next_change_is_whole(void **state)
{
	(void)state;
	prepare_one("tcp:127.0.0.1:0 ttl=11", 2);
	commit();
	prepare_one("tcp:127.0.0.1:0 ttl=12", 2);
	slots_rollback(&slots);
	prepare_one("tcp:127.0.0.1:0 ttl=12", 2);
	commit();
	assert_int_equal(ttl_of(1), 12);
	prepare_one("tcp:127.0.0.1:0", 2);
	commit();
	assert_true(ttl_of(1) != 12);
}

static void what_needs_a_restart_stays_with_a_warning(void **state)
{
	const char *text;

	(void)state;
	prepare_one("tcp:127.0.0.1:0", 2);
	commit();
	prepare_one("tcp:127.0.0.1:0 reuseport=off bind-to-device=lo", 3);
	text = caught();
	assert_non_null(strstr(text, "reload: reuseport of tcp 127.0.0.1:"));
	assert_non_null(strstr(text, "reload: bind-to-device of tcp 127.0.0.1:"));
	assert_int_equal(slots.addresses[0].opened, 3);
	commit();
	assert_caught("");
	for (unsigned slot = 0; slot < 3; slot++) {
		char device[16] = "";
		socklen_t length = sizeof device;

		assert_int_equal(getsockopt(slots.addresses[0].fds[slot], SOL_SOCKET,
					    SO_BINDTODEVICE, device, &length),
				 0);
		assert_string_equal(device, "");
	}
	/* It is told again as long as it is so. */
	prepare_one("tcp:127.0.0.1:0 reuseport=off", 3);
	assert_non_null(strstr(caught(), "reuseport"));
	commit();
}

static void other_values_are_told_once(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_INFO);
	prepare_one("tcp:127.0.0.1:0 rcvbuf=32k ttl=9", 3);
	assert_caught("");
	commit();
	assert_non_null(strstr(caught(), ": 32768 asked for, 65536 in force\n"));
	prepare_one("tcp:127.0.0.1:0 rcvbuf=32k ttl=9", 3);
	commit();
	assert_caught("");
	prepare_one("tcp:127.0.0.1:0 rcvbuf=40k ttl=9", 3);
	commit();
	assert_non_null(strstr(caught(), ": 40960 asked for, 81920 in force\n"));
}

#undef WITH_SLOTS
#define WITH_SLOTS(test) cmocka_unit_test_setup_teardown(test, set_up_caught, tidy_up_caught)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(a_shared_socket_is_every_workers),
		WITH_SLOTS(a_change_waits_for_the_commit),
		WITH_SLOTS(after_a_rollback_the_next_change_is_whole),
		WITH_SLOTS(what_needs_a_restart_stays_with_a_warning),
		WITH_SLOTS(other_values_are_told_once),
	};

	return cmocka_run_group_tests_name("slots_settings", group, NULL, NULL) == 0 ? 0 : 1;
}
