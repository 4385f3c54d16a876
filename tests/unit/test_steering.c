/* SPDX-License-Identifier: BSD-2-Clause */
/* Which slot a connection from a processor comes to, and on which processors a worker runs. */
#include "supervisor/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"
#include "supervisor/slots.h"

#define CLIENTS 24

static struct slots slots;
static struct conf conf;
static cpu_set_t all;

static int set_up(void **state)
{
	(void)state;
	memset(&slots, 0, sizeof slots);
	memset(&conf, 0, sizeof conf);
	return sched_getaffinity(0, sizeof all, &all);
}

static int tidy_up(void **state)
{
	(void)state;
	slots_close(&slots);
	conf_clear(&conf);
	return sched_setaffinity(0, sizeof all, &all);
}

static void on_change(void *context, const struct slots_address *address, bool listens)
{
	(void)context;
	(void)address;
	(void)listens;
}

static void serve(unsigned workers, bool steering)
{
	struct slots_watcher watcher = { on_change, NULL };
	uint64_t orphans;
	struct err err = { 0 };

	conf_clear(&conf);
	conf.cpu_steering = steering;
	if (listen_add(&conf, CONF_FILE, "tcp:127.0.0.1:0", &err) == -1 ||
	    slots_prepare(&slots, &conf, workers, &err) == -1 ||
	    slots_commit(&slots, &watcher, &orphans, &err) == -1)
		fail_msg("%s", err.text);
}

static void run_on(unsigned cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

/* How many of the connections that are made now come to this slot. */
static unsigned count_at(unsigned slot)
{
	const struct addr *addr = &slots.addresses[0].bound;
	unsigned count = 0;

	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		assert_int_equal(connect(fd, (const struct sockaddr *)&addr->storage, addr->length),
				 0);
		close(fd);
	}
	for (unsigned i = 0; i < slots.addresses[0].opened; i++) {
		int fd;

		while ((fd = accept(slots.addresses[0].fds[i], NULL, NULL)) != -1) {
			close(fd);
			count += i == slot;
		}
	}
	return count;
}

static void connections_come_to_their_processors_slot(void **state)
{
	static const unsigned workers[] = { 2, 5, 3, 1, 4, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
		serve(workers[i], true);
		for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (!CPU_ISSET(cpu, &all))
				continue;
			run_on(cpu);
			assert_int_equal(count_at(cpu % workers[i]), CLIENTS);
		}
	}
}

static void switched_off_they_are_spread(void **state)
{
	unsigned cpu = 0;

	(void)state;
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	serve(2, true);
	run_on(cpu);
	assert_int_equal(count_at(cpu % 2), CLIENTS);
	serve(2, false);
	assert_false(slots.addresses[0].steered);
	assert_true(count_at(cpu % 2) < CLIENTS); /* or 2^-24 */
	serve(2, false);
	serve(2, true);
	assert_int_equal(count_at(cpu % 2), CLIENTS);
}

static void add_udp(void)
{
	struct err err;

	conf.listens[0] = (struct conf_listen){ .transport = TRANSPORT_UDP,
						.profile.socket = PROFILE_SOCKET };
	assert_int_equal(addr_resolve("127.0.0.1", 0, &conf.listens[0].addr, 1, &err), 1);
	conf.listen_count = 1;
}

/* How many of the datagrams that are sent now, each from another port, come to this slot. */
static unsigned count_datagrams_at(unsigned slot)
{
	const struct addr *addr = &slots.addresses[0].bound;
	unsigned count = 0;
	char byte;

	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&addr->storage,
					addr->length),
				 1);
		close(fd);
	}
	for (unsigned i = 0; i < slots.addresses[0].opened; i++) {
		while (recv(slots.addresses[0].fds[i], &byte, 1, MSG_DONTWAIT) == 1)
			count += i == slot;
	}
	return count;
}

static void datagrams_do_so_too(void **state)
{
	struct slots_watcher watcher = { on_change, NULL };
	uint64_t orphans;
	struct err err = { 0 };

	(void)state;
	conf.cpu_steering = true;
	add_udp();
	if (slots_prepare(&slots, &conf, 3, &err) == -1 ||
	    slots_commit(&slots, &watcher, &orphans, &err) == -1)
		fail_msg("%s", err.text);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		run_on(cpu);
		assert_int_equal(count_datagrams_at(cpu % 3), CLIENTS);
	}
}

/* One alone is no group, which the kernel would refuse. */
static void one_slot_is_not_steered(void **state)
{
	(void)state;
	serve(1, true);
	assert_false(slots.addresses[0].steered);
	serve(2, true);
	assert_true(slots.addresses[0].steered);
}

/* In a child, because it changes the process. */
static bool is_pinned_well(unsigned index, unsigned workers)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		cpu_set_t now;
		bool good = true, any = false;

		steering_pin(index, workers);
		sched_getaffinity(0, sizeof now, &now);
		for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
			any |= CPU_ISSET(cpu, &all) && cpu % workers == index;
		for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			bool wanted = CPU_ISSET(cpu, &all) && (!any || cpu % workers == index);

			good &= wanted == (CPU_ISSET(cpu, &now) != 0);
		}
		_exit(good ? 0 : 1);
	}
	assert_true(pid > 0);
	waitpid(pid, &status, 0);
	return status == 0;
}

static void workers_keep_to_their_processors(void **state)
{
	(void)state;
	for (unsigned workers = 1; workers <= 9; workers++) {
		for (unsigned index = 0; index < workers; index++)
			assert_true(is_pinned_well(index, workers));
	}
}

#define WITH_SLOTS(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest steering[] = {
		WITH_SLOTS(connections_come_to_their_processors_slot),
		WITH_SLOTS(datagrams_do_so_too),
		WITH_SLOTS(switched_off_they_are_spread),
		WITH_SLOTS(one_slot_is_not_steered),
		WITH_SLOTS(workers_keep_to_their_processors),
	};

	return cmocka_run_group_tests(steering, NULL, NULL) == 0 ? 0 : 1;
}
