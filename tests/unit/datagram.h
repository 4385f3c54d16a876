/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of datagrams share: sockets as the supervisor makes them, clients, and a sendmmsg
 * that can be told to fail. Included once by a test program, before anything else; everything is
 * static but sendmmsg.
 */
#ifndef ECHOD_TEST_DATAGRAM_H
#define ECHOD_TEST_DATAGRAM_H

#include "worker/datagram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "loop.h"
#include "worker/batch.h"

#define SOCKETS 2

static int may_send; /* replies that the kernel takes; -1 = as it is */
static int error;    /* what it says to the others */
static int no_runs;  /* what it says to several datagrams as one reply; 0 = as it is */

static unsigned replies;      /* that the kernel has taken */
static unsigned refused_runs; /* that no_runs was said to */

/* In place of libc's: over loopback no socket is ever full, and every way takes runs. */
int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	int sent;

	if (may_send == 0) {
		errno = error;
		return -1;
	}
	if (may_send > 0 && count > (unsigned)may_send)
		count = (unsigned)may_send;
	for (unsigned i = 0; no_runs != 0 && i < count; i++) {
		if (messages[i].msg_hdr.msg_iovlen > 1)
			count = i;
	}
	if (count == 0) {
		refused_runs++;
		errno = no_runs;
		return -1;
	}
	sent = (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
	replies += sent > 0 ? (unsigned)sent : 0;
	may_send -= may_send > 0 && sent > 0 ? sent : 0;
	return sent;
}

static struct datagram_set set;
static struct counters counters;
static struct share_cell cell;
static struct setup_listener list[SOCKETS];
static struct profile profiles[SOCKETS];
static struct addr addresses[SOCKETS];
static size_t opened;
static unsigned sharers; /* of the next one that is opened */
static int left;         /* calls of on_left */

static inline void on_left(void *context)
{
	assert_ptr_equal(context, &set);
	left++;
}

static inline void set_afresh(void)
{
	set = (struct datagram_set){ .base = base,
				     .counters = &counters,
				     .cell = &cell,
				     .on_left = on_left,
				     .context = &set };
}

static inline int set_up(void **state)
{
	(void)state;
	may_send = -1;
	error = EAGAIN;
	no_runs = 0;
	replies = refused_runs = 0;
	opened = 0;
	left = 0;
	sharers = 1;
	memset(&counters, 0, sizeof counters);
	memset(profiles, 0, sizeof profiles);
	base = event_base_new();
	set_afresh();
	return base == NULL ? -1 : 0;
}

static inline int tidy_up(void **state)
{
	(void)state;
	datagram_set_clear(&set);
	event_base_free(base);
	return 0;
}

/* A socket as the supervisor makes it: addresses[opened]. */
static inline int open_server(enum transport transport, const struct addr *addr)
{
	int fd = socket(addr->storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;
	struct addr *bound = &addresses[opened];

	assert_true(fd != -1);
	if (transport == TRANSPORT_UDP && addr_is_any(addr))
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on), 0);
	if (addr->storage.ss_family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	}
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr->storage, addr->length), 0);
	bound->length = sizeof bound->storage;
	getsockname(fd, (struct sockaddr *)&bound->storage, &bound->length);
	list[opened] = (struct setup_listener){ .fd = fd,
						.address = opened == 0 ? 3 : 63,
						.sharers = sharers,
						.transport = transport,
						.profile = &profiles[opened] };
	return list[opened++].fd;
}

static inline struct addr address(const char *host, uint16_t port)
{
	struct addr addr;
	struct err err;

	if (addr_resolve(host, port, &addr, 1, &err) == -1)
		fail_msg("%s", err.text);
	return addr;
}

static inline void start(void)
{
	assert_int_equal(datagram_set_init(&set, list, opened), 0);
	assert_int_equal(datagram_set_start(&set), 0);
}

/* A server on 127.0.0.1, running. */
static inline void start_udp(void)
{
	struct addr here = address("127.0.0.1", 0);

	open_server(TRANSPORT_UDP, &here);
	start();
}

/* A server on both families, running. Returns false on a machine without IPv6. */
static inline bool start_dual(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct addr any;

	if (fd == -1)
		return false;
	close(fd);
	addr_any(&any, AF_INET6, 0);
	open_server(TRANSPORT_UDP, &any);
	start();
	return true;
}

/* A client that hears only its server. */
static inline int dial(const struct addr *to)
{
	int fd = socket(to->storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&to->storage, to->length), 0);
	return fd;
}

static inline void say(int fd, size_t size, unsigned char what)
{
	static unsigned char bytes[BATCH_DATAGRAM_SIZE];

	memset(bytes, what, size);
	assert_int_equal(send(fd, bytes, size, 0), size);
}

/* What has come: its size, or -1. */
static inline ssize_t heard(int fd, unsigned char what)
{
	static unsigned char bytes[BATCH_DATAGRAM_SIZE];
	ssize_t size = recv(fd, bytes, sizeof bytes, 0);

	for (ssize_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], what);
	return size;
}

/* Datagrams that wait, the first filled with `what`, the next with one more. */
static inline void say_all(int fd, const size_t *sizes, unsigned count, unsigned char what)
{
	for (unsigned i = 0; i < count; i++)
		say(fd, sizes[i], (unsigned char)(what + i));
}

/* They and nothing else have come, in order. */
static inline void assert_heard_all(int fd, const size_t *sizes, unsigned count, unsigned char what)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(heard(fd, (unsigned char)(what + i)), sizes[i]);
	assert_int_equal(heard(fd, 0), -1);
}

/* So many came, all went back, and nothing else happened. */
static inline void assert_counted(unsigned datagrams, unsigned bytes)
{
	assert_int_equal(counters.datagrams_in, datagrams);
	assert_int_equal(counters.datagrams_out, datagrams);
	assert_int_equal(counters.bytes_in, bytes);
	assert_int_equal(counters.bytes_out, bytes);
	for (int reason = 0; reason < REASONS; reason++)
		assert_int_equal(counters.reasons[reason], 0);
}

static const size_t tens[BATCH_MAX] = { 10, 10, 10, 10, 10, 10, 10, 10, 10, 10,
					10, 10, 10, 10, 10, 10, 10, 10, 10, 10 };

#endif
