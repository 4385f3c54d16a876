/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets as they are opened: what they are set to, who else gets in, and what fails. */
#include "supervisor/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"

static int no_ipv6;    /* errno of every IPv6 socket; 0 = as the machine has it */
static int no_socket;  /* errno of every socket */
static int may_listen; /* listen fails after so many; -1 = never */

/* In place of libc's: a machine without IPv6, and one without memory, are hard to come by. */
int socket(int domain, int type, int protocol)
{
	errno = domain == AF_INET6 && no_ipv6 != 0 ? no_ipv6 : no_socket;
	return errno != 0 ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

int listen(int fd, int backlog)
{
	if (may_listen == 0) {
		errno = ENOMEM;
		return -1;
	}
	may_listen -= may_listen > 0;
	return (int)syscall(SYS_listen, fd, backlog);
}

static struct slots slots, rival;
static struct conf conf;
static int descriptors;

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
	no_ipv6 = no_socket = 0;
	may_listen = -1;
	memset(&slots, 0, sizeof slots);
	memset(&rival, 0, sizeof rival);
	memset(&conf, 0, sizeof conf);
	descriptors = count_descriptors();
	return 0;
}

/* Whatever was done: nothing stays open. */
static int tidy_up(void **state)
{
	(void)state;
	slots_close(&slots);
	slots_close(&rival);
	conf_clear(&conf);
	return count_descriptors() != descriptors;
}

static void configure(const char *text, uint16_t port)
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
}

static void on_change(void *context, const struct slots_address *address, bool listens)
{
	(void)address;
	*(int *)context += listens ? 1 : 100;
}

/* Returns the number of addresses that are new, and 100 times that of those that are gone. */
static int commit(void)
{
	int changes = 0;
	struct slots_watcher watcher = { on_change, &changes };
	uint64_t orphans;
	struct err err = { "" };

	if (slots_commit(&slots, &watcher, &orphans, &err) == -1)
		fail_msg("%s", err.text);
	return changes;
}

static uint16_t port_of(int fd)
{
	struct addr addr = { .length = sizeof addr.storage };

	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length), 0);
	return addr_port(&addr);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static bool listens(int fd)
{
	return option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 0;
}

static bool ipv6_works(void)
{
	struct addr addr;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool works;

	addr_any(&addr, AF_INET6, 0);
	works = fd != -1 && bind(fd, (struct sockaddr *)&addr.storage, addr.length) == 0;
	if (fd != -1)
		close(fd);
	return works;
}

static void every_slot_has_the_port_that_the_kernel_chose(void **state)
{
	const struct slots_address *address = &slots.addresses[0];

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(4);
	assert_int_equal(address->opened, 4);
	assert_int_not_equal(addr_port(&address->bound), 0);
	assert_int_equal(addr_port(&address->key), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(port_of(address->fds[i]), addr_port(&address->bound));
		assert_int_equal(listens(address->fds[i]), i == 0);
	}
	assert_int_equal(commit(), 1);
	for (unsigned i = 0; i < 4; i++)
		assert_true(listens(address->fds[i]));
	assert_int_equal(count_descriptors(), descriptors + 4);
}

static void sockets_are_set_as_they_should(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(3);
	commit();
	for (unsigned i = 0; i < 3; i++) {
		int fd = slots.addresses[0].fds[i];

		assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(option(fd, SOL_SOCKET, SO_REUSEPORT) != 0);
		assert_true(option(fd, SOL_SOCKET, SO_REUSEADDR) != 0);
		assert_true(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
		assert_true(option(fd, SOL_SOCKET, SO_OOBINLINE) != 0);
	}
}

/* 0 if a client of this family is let in. */
static int reach(const char *host, uint16_t port)
{
	struct addr addr;
	struct err err;
	int fd, result;

	assert_int_equal(addr_resolve(host, port, &addr, 1, &err), 1);
	fd = socket(addr.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd != -1);
	result = connect(fd, (struct sockaddr *)&addr.storage, addr.length) == 0 ? 0 : errno;
	close(fd);
	return result;
}

static void the_star_is_for_both_families_and_the_colons_for_one(void **state)
{
	static const char *const hosts[] = { "tcp:*", "tcp:[::]" };

	(void)state;
	if (!ipv6_works())
		return;
	for (int i = 0; i < 2; i++) {
		uint16_t port;

		conf_clear(&conf);
		configure(hosts[i], 0);
		prepare(3);
		commit();
		port = port_of(slots.addresses[0].fds[0]);
		for (unsigned slot = 0; slot < 3; slot++)
			assert_int_equal(
				option(slots.addresses[0].fds[slot], IPPROTO_IPV6, IPV6_V6ONLY), i);
		assert_int_equal(reach("::1", port), 0);
		assert_int_equal(reach("127.0.0.1", port), i == 0 ? 0 : ECONNREFUSED);
		slots_close(&slots);
	}
}

static void without_ipv6_the_star_is_for_ipv4(void **state)
{
	static const int errors[] = { EAFNOSUPPORT, EADDRNOTAVAIL };

	(void)state;
	configure("tcp:*", 0);
	for (size_t i = 0; i < 2; i++) {
		const struct slots_address *address = &slots.addresses[0];
		int first;

		no_ipv6 = errors[i];
		prepare(2);
		assert_int_equal(commit(), 1);
		assert_int_equal(address->bound.storage.ss_family, AF_INET);
		assert_int_equal(port_of(address->fds[1]), addr_port(&address->bound));
		assert_int_equal(reach("127.0.0.1", addr_port(&address->bound)), 0);
		first = address->fds[0];
		prepare(3); /* the same configuration finds it again */
		assert_int_equal(commit(), 0);
		assert_int_equal(address->fds[0], first);
		assert_int_equal(address->opened, 3);
		slots_close(&slots);
	}
}

static void refuse(struct slots *who, const char *why)
{
	int before = count_descriptors();
	struct err err = { "" };

	assert_int_equal(slots_prepare(who, &conf, 3, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(count_descriptors(), before);
}

static void other_errors_do_not_fall_back(void **state)
{
	(void)state;
	no_ipv6 = EMFILE;
	configure("tcp:*", 0);
	refuse(&slots, "cannot listen on tcp [::]:0: Too many open files");
	conf_clear(&conf);
	no_ipv6 = EAFNOSUPPORT;
	configure("tcp:[::]", 0);
	refuse(&slots, "cannot listen on tcp [::]:0: Address family not supported by protocol");
	no_socket = EACCES;
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 7);
	refuse(&slots,
	       "cannot listen on tcp 127.0.0.1:7: Permission denied (ports below 1024 need root");
}

/* A second echod: neither before nor after the first has committed, and not at one address of two.
 */
static void an_address_is_claimed_alone(void **state)
{
	uint16_t port;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(4);
	port = addr_port(&slots.addresses[0].bound);
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.1", port);
	refuse(&rival, "Address already in use (does another echod run?)");
	commit();
	refuse(&rival, "Address already in use (does another echod run?)");
	conf_clear(&conf);
	configure("tcp:*", port);
	refuse(&rival, "Address already in use (does another echod run?)");
	conf_clear(&conf);
	configure("tcp:0.0.0.0", port);
	refuse(&rival, "Address already in use (does another echod run?)");
}

/* A socket of somebody else's at a port of the kernel's choice. */
static int foreign_socket(bool reuseaddr, bool reuseport, bool listening)
{
	struct addr addr;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr_any(&addr, AF_INET, 0);
	if (reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.length), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void whoever_was_there_first_stays_alone(void **state)
{
	static const struct {
		bool reuseaddr, reuseport, listening;
	} table[] = {
		{ false, false, false }, { false, false, true }, { true, false, true },
		{ false, true, true },   { true, true, true },   { false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int fd = foreign_socket(table[i].reuseaddr, table[i].reuseport, table[i].listening);

		conf_clear(&conf);
		configure("tcp:127.0.0.1", port_of(fd));
		refuse(&slots, "Address already in use");
		close(fd);
	}
}

static void whoever_comes_later_does_not_get_in(void **state)
{
	struct addr addr;
	int one = 1;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(2);
	commit();
	addr = slots.addresses[0].bound;
	for (int reuseaddr = 0; reuseaddr < 2; reuseaddr++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (reuseaddr)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.length), -1);
		assert_int_equal(errno, EADDRINUSE);
		close(fd);
	}
}

/* Wherever in the middle it is that no descriptor is left. */
static void when_descriptors_run_out_nothing_stays_open(void **state)
{
	struct rlimit before, low;
	rlim_t lowest;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	lowest = (rlim_t)dup(STDERR_FILENO); /* the first that is free */
	close((int)lowest);
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	for (rlim_t most = 0; most <= 6; most++) {
		struct err err = { "" };
		int result;

		low.rlim_cur = lowest + most;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		result = slots_prepare(&slots, &conf, 3, &err);
		setrlimit(RLIMIT_NOFILE, &before);
		assert_int_equal(result, most < 6 ? -1 : 0);
		assert_true(most == 6 || strstr(err.text, "Too many open files") != NULL);
		assert_int_equal(count_descriptors(), descriptors + (most < 6 ? 0 : 6));
	}
}

static void a_commit_that_fails_can_be_taken_back(void **state)
{
	int changes = 0;
	struct slots_watcher watcher = { on_change, &changes };
	uint64_t orphans = 4711;
	struct err err = { "" };

	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	prepare(3);
	may_listen = 3;
	assert_int_equal(slots_commit(&slots, &watcher, &orphans, &err), -1);
	assert_non_null(strstr(err.text, "cannot listen on tcp 127.0.0."));
	assert_int_equal(changes, 0);
	slots_rollback(&slots);
	assert_int_equal(count_descriptors(), descriptors);
	may_listen = -1;
	prepare(3);
	assert_int_equal(commit(), 2);
}

#define WITH_SLOTS(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(every_slot_has_the_port_that_the_kernel_chose),
		WITH_SLOTS(sockets_are_set_as_they_should),
		WITH_SLOTS(the_star_is_for_both_families_and_the_colons_for_one),
		WITH_SLOTS(without_ipv6_the_star_is_for_ipv4),
		WITH_SLOTS(other_errors_do_not_fall_back),
		WITH_SLOTS(an_address_is_claimed_alone),
		WITH_SLOTS(whoever_was_there_first_stays_alone),
		WITH_SLOTS(whoever_comes_later_does_not_get_in),
		WITH_SLOTS(when_descriptors_run_out_nothing_stays_open),
		WITH_SLOTS(a_commit_that_fails_can_be_taken_back),
	};

	return cmocka_run_group_tests_name("slots", group, NULL, NULL) == 0 ? 0 : 1;
}
