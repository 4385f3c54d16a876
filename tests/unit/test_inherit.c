/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets from a service manager: which are taken, for which listener, and what slots make of them.
 * The manager is this test: it puts sockets where sd_listen_fds(3) says. */
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"
#include "supervisor/slots.h"

#define FIRST 3
#define LAST  9

static struct inherit inherit;
static struct slots slots;
static struct conf conf;
static int next_fd;
static struct addr given[LAST + 1]; /* the address of each descriptor */
static char folder[64], path[96];

static void close_all(void)
{
	for (int fd = FIRST; fd <= LAST; fd++)
		close(fd);
}

static int set_up(void **state)
{
	(void)state;
	memset(&slots, 0, sizeof slots);
	memset(&inherit, 0, sizeof inherit);
	conf = (struct conf){ .profile = PROFILE_DEFAULTS };
	slots.inherit = &inherit;
	next_fd = FIRST;
	unsetenv("LISTEN_FDNAMES");
	strcpy(folder, "/tmp/test_inherit.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/s", folder);
	return 0;
}

/* Nothing that was inherited stays open. */
static int tidy_up(void **state)
{
	int left = 0;

	(void)state;
	slots_close(&slots);
	conf_clear(&conf);
	for (size_t i = 0; i < inherit.count; i++) {
		if (inherit.sockets[i].fd != -1)
			inherit_close(&inherit.sockets[i]);
	}
	for (int fd = FIRST; fd <= LAST; fd++)
		left += fcntl(fd, F_GETFD) != -1;
	close_all();
	unlink(path);
	return left != 0 || rmdir(folder) != 0;
}

/* ---------------------------------------------------------------- the manager */

/* The kernel has chosen the lowest number, which is the next one. */
static int give(int domain, int type)
{
	int fd = socket(domain, type, 0);

	assert_int_equal(fd, next_fd);
	next_fd++;
	return fd;
}

static void set(int fd, int level, int name, int value)
{
	assert_int_equal(setsockopt(fd, level, name, &value, sizeof value), 0);
}

static void bind_it(int fd, const struct addr *addr)
{
	struct addr *at = &given[fd];

	assert_int_equal(bind(fd, (const struct sockaddr *)&addr->storage, addr->length), 0);
	at->length = sizeof at->storage;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at->storage, &at->length), 0);
}

/* A socket at 127.0.0.1, which listens if it can. */
static int give_inet(int type, bool reuseport)
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

static int give_unix(int type)
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

static void announce(const char *pid, const char *fds)
{
	char text[16];

	snprintf(text, sizeof text, "%ld", (long)getpid());
	setenv("LISTEN_PID", pid == NULL ? text : pid, 1);
	snprintf(text, sizeof text, "%d", next_fd - FIRST);
	setenv("LISTEN_FDS", fds == NULL ? text : fds, 1);
}

/* ---------------------------------------------------------------- this side */

static void take(void)
{
	struct err err = { "" };

	announce(NULL, NULL);
	if (inherit_open(&inherit, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(inherit.count, next_fd - FIRST);
}

static void refused(const char *why)
{
	struct err err = { "" };

	assert_int_equal(inherit_open(&inherit, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s", err.text);
	assert_null(getenv("LISTEN_FDS"));
	close_all();
	inherit.count = 0;
	next_fd = FIRST;
}

static void configure(const char *text)
{
	struct err err = { "" };

	if (listen_add(&conf, CONF_FILE, text, &err) == -1 ||
	    listen_complete(&conf.listens[conf.listen_count - 1], &conf.profile, &err) == -1)
		fail_msg("%s", err.text);
}

/* The address of a descriptor, with settings behind it. */
static void configure_as(const char *transport, int fd, const char *settings)
{
	char text[256], shown[ADDR_TEXT_MAX];

	snprintf(text, sizeof text, "%s:%s%s", transport, addr_format(&given[fd], shown), settings);
	configure(text);
}

static void prepare(unsigned workers)
{
	struct err err = { "" };

	if (slots_prepare(&slots, &conf, workers, &err) == -1)
		fail_msg("%s", err.text);
}

static void on_change(void *context, const struct slots_address *address, bool listens)
{
	(void)context, (void)address, (void)listens;
}

static void commit(void)
{
	struct slots_watcher watcher = { on_change, NULL };
	uint64_t orphans;
	struct err err = { "" };

	if (slots_commit(&slots, &watcher, &orphans, &err) == -1)
		fail_msg("%s", err.text);
}

static int get(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

/* ---------------------------------------------------------------- what is taken */

static void what_is_for_another_process_is_left_alone(void **state)
{
	static const struct {
		const char *pid, *fds;
	} others[] = { { "1", NULL }, { "", NULL }, { "me", NULL }, { NULL, "0" } };
	struct err err;
	int fd = give_inet(SOCK_STREAM, false);

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		announce(others[i].pid, others[i].fds);
		assert_int_equal(inherit_open(&inherit, &err), 0);
		assert_int_equal(inherit.count, 0);
		assert_null(getenv("LISTEN_PID"));
		assert_null(getenv("LISTEN_FDS"));
		assert_int_equal(fcntl(fd, F_GETFD), 0);
	}
	close(fd);
	assert_int_equal(inherit_open(&inherit, &err), 0); /* and without any variable */
	assert_int_equal(inherit.count, 0);
}

static void the_kernel_says_what_they_are(void **state)
{
	static const enum transport transports[] = { TRANSPORT_TCP, TRANSPORT_UDP,
						     TRANSPORT_UNIXGRAM };

	(void)state;
	give_inet(SOCK_STREAM, false);
	give_inet(SOCK_DGRAM, false);
	give_unix(SOCK_DGRAM);
	setenv("LISTEN_FDNAMES", "echo.socket::x\ny", 1);
	take();
	for (size_t i = 0; i < 3; i++) {
		const struct inherit_socket *one = &inherit.sockets[i];

		assert_int_equal(one->transport, transports[i]);
		assert_int_equal(one->fd, FIRST + i);
		assert_true(addr_equal(&one->addr, &given[one->fd]));
		assert_int_equal(fcntl(one->fd, F_GETFD), FD_CLOEXEC);
	}
	assert_string_equal(inherit.sockets[0].label, "3 (echo.socket)");
	assert_string_equal(inherit.sockets[1].label, "4");
	assert_string_equal(inherit.sockets[2].label, "5 (x?y)");
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
}

static void what_does_not_listen_is_refused(void **state)
{
	int fd, pair[2];

	(void)state;
	fd = give(AF_INET, SOCK_STREAM); /* with an address, but nobody may connect */
	announce(NULL, NULL);
	refused("inherited socket 3: does not listen");

	fd = give(AF_UNIX, SOCK_DGRAM);
	announce(NULL, NULL);
	refused("inherited socket 3: has no address");

	fd = give(AF_INET, SOCK_DGRAM);
	announce(NULL, NULL);
	refused("inherited socket 3: has no address");

	fd = give_unix(SOCK_SEQPACKET);
	setenv("LISTEN_FDNAMES", "seq", 1);
	announce(NULL, NULL);
	refused("inherited socket 3 (seq): neither TCP nor UDP nor a UNIX");

	assert_int_equal(pipe(pair), 0);
	next_fd += 2;
	announce(NULL, NULL);
	refused("inherited socket 3: no socket: ");

	announce(NULL, "1");
	refused("inherited socket 3: fcntl: Bad file descriptor");

	/* Accept=yes. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	next_fd += 2;
	announce(NULL, NULL);
	refused("inherited socket 3: is a connection, and not a listening socket: "
		"a socket unit for echod has Accept=no");
	fd = give_inet(SOCK_DGRAM, false);
	assert_int_equal(connect(fd, (struct sockaddr *)&given[fd].storage, given[fd].length), 0);
	announce(NULL, NULL);
	refused("is a connection");
}

static void numbers_are_checked(void **state)
{
	(void)state;
	announce(NULL, "three");
	refused("LISTEN_FDS: ");
	announce(NULL, "33");
	refused("LISTEN_FDS: ");
}

/* ---------------------------------------------------------------- for whom */

static void a_listener_gets_its_own(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false), udp = give_inet(SOCK_DGRAM, false);
	int local = give_unix(SOCK_STREAM);

	(void)state;
	take();
	configure_as("udp", udp, "");
	configure_as("tcp", tcp, "");
	configure_as("unix", local, "");
	prepare(3);
	assert_int_equal(slots.addresses[0].fds[0], udp);
	assert_int_equal(slots.addresses[1].fds[0], tcp);
	assert_int_equal(slots.addresses[2].fds[0], local);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(slots.addresses[i].opened, 1);
		assert_true(slots.addresses[i].shared);
		assert_true(fcntl(slots.addresses[i].fds[0], F_GETFL) & O_NONBLOCK);
		assert_int_equal(inherit.sockets[i].fd, -1);
	}
	commit();
}

/* Transport, address, port and family: all of them. */
static void another_address_is_another_listener(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false);
	char text[64];

	(void)state;
	take();
	configure_as("udp", tcp, "");
	snprintf(text, sizeof text, "tcp:127.0.0.2:%u", addr_port(&given[tcp]));
	configure(text);
	configure("tcp:127.0.0.1:0");
	prepare(1);
	assert_int_equal(inherit.sockets[0].fd, tcp);
	assert_ptr_equal(inherit_find(&inherit, &conf.listens[0]), NULL);
	assert_ptr_equal(inherit_find(NULL, &conf.listens[0]), NULL);
}

static void the_star_takes_both_families(void **state)
{
	struct err err;
	struct addr any;
	char name[ADDR_TEXT_MAX], expected[32];

	(void)state;
	if (socket(AF_INET6, SOCK_STREAM, 0) == -1)
		return; /* there is no IPv6 here */
	close(FIRST);
	addr_any(&any, AF_INET6, 0);
	for (int only = 0; only < 2; only++) {
		int fd = give(AF_INET6, SOCK_STREAM);

		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, only);
		bind_it(fd, &any);
		assert_int_equal(listen(fd, 5), 0);
	}
	take();
	snprintf(expected, sizeof expected, "*:%u", addr_port(&given[FIRST]));
	assert_string_equal(inherit_name(&inherit.sockets[0], name), expected);
	snprintf(expected, sizeof expected, "[::]:%u", addr_port(&given[FIRST + 1]));
	assert_string_equal(inherit_name(&inherit.sockets[1], name), expected);
	for (int i = 0; i < 2; i++) {
		struct conf_listen listen = { .transport = TRANSPORT_TCP,
					      .addr = given[FIRST + i],
					      .dual = i == 1 };

		assert_null(inherit_find(&inherit, &listen));
		listen.dual = i == 0;
		assert_ptr_equal(inherit_find(&inherit, &listen), &inherit.sockets[i]);
	}
	/* As the listeners themselves, they are what they are, whatever v6only says. */
	conf.profile.socket.v6only = false;
	assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
	assert_true(conf.listens[0].dual);
	assert_false(conf.listens[1].dual);
}

static void who_may_join_joins(void **state)
{
	int tcp = give_inet(SOCK_STREAM, true), udp = give_inet(SOCK_DGRAM, true);

	(void)state;
	take();
	assert_true(inherit.sockets[0].joins);
	configure_as("tcp", tcp, "");
	configure_as("udp", udp, "");
	prepare(4);
	commit();
	for (size_t i = 0; i < 2; i++) {
		assert_false(slots.addresses[i].shared);
		assert_int_equal(slots.addresses[i].opened, 4);
	}
	assert_int_equal(get(slots.addresses[0].fds[3], SOL_SOCKET, SO_ACCEPTCONN), 1);
}

static void reuseport_off_keeps_others_out(void **state)
{
	int tcp = give_inet(SOCK_STREAM, true);

	(void)state;
	take();
	configure_as("tcp", tcp, " reuseport=off");
	prepare(4);
	assert_true(slots.addresses[0].shared);
	assert_int_equal(slots.addresses[0].opened, 1);
}

/* The kernel lets only sockets of one user share a port. */
static void nobody_joins_a_socket_of_another_user(void **state)
{
	int fd;

	(void)state;
	if (geteuid() != 0)
		return;
	fd = give_inet(SOCK_STREAM, true);
	assert_int_equal(fchown(fd, 4711, 4712), 0);
	take();
	assert_false(inherit.sockets[0].joins);
	configure_as("tcp", fd, "");
	prepare(3);
	commit();
	assert_true(slots.addresses[0].shared);
}

static void settings_are_in_force(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false);

	(void)state;
	take();
	configure_as("tcp", tcp, " ttl=33 keepalive=on");
	prepare(1);
	commit();
	assert_int_equal(get(tcp, IPPROTO_IP, IP_TTL), 33);
	assert_int_equal(get(tcp, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(get(tcp, SOL_SOCKET, SO_OOBINLINE), 1);
}

/* What the manager has made, it removes. */
static void a_file_is_left_to_who_made_it(void **state)
{
	int fd = give_unix(SOCK_STREAM);
	char lock[112];
	struct stat st;

	(void)state;
	chmod(path, 0600);
	take();
	configure_as("unix", fd, " mode=0666");
	prepare(1);
	commit();
	snprintf(lock, sizeof lock, "%s.lock", path);
	assert_int_equal(lstat(lock, &st), -1);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	slots_close(&slots);
	assert_int_equal(lstat(path, &st), 0);
}

/* ---------------------------------------------------------------- as the listeners */

static void without_a_listener_they_are_the_listeners(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false), udp = give_inet(SOCK_DGRAM, false);
	struct err err;

	(void)state;
	take();
	assert_int_equal(listen_add(&conf, CONF_BUILT_IN, "tcp:*:7777", &err), 0);
	conf.profile.socket.ttl = 44;
	for (int round = 0; round < 2; round++) { /* the second is a reload */
		assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
		assert_int_equal(conf.listen_count, 2);
		prepare(2);
		commit();
		assert_int_equal(slots.addresses[0].fds[0], tcp);
		assert_int_equal(slots.addresses[1].fds[0], udp);
		assert_int_equal(slots.addresses[0].opened, 1);
		assert_int_equal(slots.addresses[2].opened, 0);
		assert_int_equal(get(tcp, IPPROTO_IP, IP_TTL), 44);
		listen_drop(&conf, 0);
	}
}

static void with_a_listener_they_are_not(void **state)
{
	struct err err;

	(void)state;
	give_inet(SOCK_STREAM, false);
	take();
	configure("tcp:127.0.0.1:0");
	assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
	assert_int_equal(conf.listen_count, 1);
	assert_int_equal(inherit_configure(NULL, &conf, &err), 0);
}

static void a_setting_that_does_not_fit_is_told(void **state)
{
	struct err err = { "" };

	(void)state;
	give_inet(SOCK_DGRAM, false);
	take();
	conf.profile.service = PROFILE_FRAME;
	assert_int_equal(inherit_configure(&inherit, &conf, &err), -1);
	assert_non_null(strstr(err.text, "inherited socket 3: frame is a service for streams"));
}

/* Two sockets of one port: the second cannot be served as another address. */
static void of_two_at_one_address_one_is_taken(void **state)
{
	int fd = give_inet(SOCK_STREAM, true), other = give(AF_INET, SOCK_STREAM);
	struct err err;

	(void)state;
	set(other, SOL_SOCKET, SO_REUSEPORT, 1);
	bind_it(other, &given[fd]);
	assert_int_equal(listen(other, 5), 0);
	take();
	assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
	assert_int_equal(conf.listen_count, 1);
	prepare(1);
	assert_int_equal(inherit.sockets[0].fd, -1);
	assert_int_equal(inherit.sockets[1].fd, other);
}

/* ---------------------------------------------------------------- over reloads */

static void what_a_reload_takes_away_is_closed(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false);

	(void)state;
	take();
	configure_as("tcp", tcp, "");
	configure("tcp:127.0.0.1:0");
	prepare(1);
	commit();
	prepare(1); /* a reload of the same touches nothing */
	commit();
	assert_int_equal(slots.addresses[0].fds[0], tcp);
	listen_drop(&conf, 0);
	configure("tcp:127.0.0.1:0");
	prepare(1);
	slots_rollback(&slots); /* a reload that is refused, neither */
	assert_int_equal(get(tcp, SOL_SOCKET, SO_ACCEPTCONN), 1);
	prepare(1);
	commit();
	assert_int_equal(fcntl(tcp, F_GETFD), -1);
}

#define WITH_MANAGER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_MANAGER(what_is_for_another_process_is_left_alone),
		WITH_MANAGER(the_kernel_says_what_they_are),
		WITH_MANAGER(what_does_not_listen_is_refused),
		WITH_MANAGER(numbers_are_checked),
		WITH_MANAGER(a_listener_gets_its_own),
		WITH_MANAGER(another_address_is_another_listener),
		WITH_MANAGER(the_star_takes_both_families),
		WITH_MANAGER(who_may_join_joins),
		WITH_MANAGER(reuseport_off_keeps_others_out),
		WITH_MANAGER(nobody_joins_a_socket_of_another_user),
		WITH_MANAGER(settings_are_in_force),
		WITH_MANAGER(a_file_is_left_to_who_made_it),
		WITH_MANAGER(without_a_listener_they_are_the_listeners),
		WITH_MANAGER(with_a_listener_they_are_not),
		WITH_MANAGER(a_setting_that_does_not_fit_is_told),
		WITH_MANAGER(of_two_at_one_address_one_is_taken),
		WITH_MANAGER(what_a_reload_takes_away_is_closed),
	};

	close_all(); /* of whoever runs the tests */
	return cmocka_run_group_tests_name("inherit", group, NULL, NULL) == 0 ? 0 : 1;
}
