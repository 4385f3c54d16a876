/* SPDX-License-Identifier: BSD-2-Clause */
/* One table, from setting to option of the kernel. A setting that is 0 asks for nothing. */
#include "supervisor/sockopt.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define TCP              TRANSPORT_BIT(TRANSPORT_TCP)
#define UDP              TRANSPORT_BIT(TRANSPORT_UDP)
#define ALL              (TRANSPORT_INET | TRANSPORT_LOCAL)
#define FIELD(member)    .offset = offsetof(struct profile_socket, member)
#define OPTION(one, two) .level = (one), .name = (two), .call = #two
#define NO_WAY_BACK      INT_MIN

struct row {
	const char *setting;
	unsigned transports;
	bool six; /* of IPv6 sockets only */
	int level, name;
	const char *call;
	size_t offset;
	bool is_switch; /* a bool, not an uint64_t */
	int back;       /* what makes it the kernel's own again */
};

static const struct row rows[] = {
	{ "keepalive", TCP, OPTION(SOL_SOCKET, SO_KEEPALIVE), FIELD(keepalive.on),
	  .is_switch = true },
	{ "keepalive", TCP, OPTION(IPPROTO_TCP, TCP_KEEPIDLE), FIELD(keepalive.idle),
	  .back = NO_WAY_BACK },
	{ "keepalive", TCP, OPTION(IPPROTO_TCP, TCP_KEEPINTVL), FIELD(keepalive.interval),
	  .back = NO_WAY_BACK },
	{ "keepalive", TCP, OPTION(IPPROTO_TCP, TCP_KEEPCNT), FIELD(keepalive.count),
	  .back = NO_WAY_BACK },
	{ "nodelay", TCP, OPTION(IPPROTO_TCP, TCP_NODELAY), FIELD(nodelay), .is_switch = true },
	{ "linger", TCP, OPTION(IPPROTO_TCP, TCP_LINGER2), FIELD(linger_s) },
	{ "rcvbuf", TRANSPORT_INET, OPTION(SOL_SOCKET, SO_RCVBUF), FIELD(rcvbuf),
	  .back = NO_WAY_BACK },
	{ "sndbuf", ALL, OPTION(SOL_SOCKET, SO_SNDBUF), FIELD(sndbuf), .back = NO_WAY_BACK },
	{ "ttl", TRANSPORT_INET, OPTION(IPPROTO_IP, IP_TTL), FIELD(ttl), .back = -1 },
	{ "ttl", TRANSPORT_INET, OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS), FIELD(ttl), .back = -1,
	  .six = true },
	{ "tos", TRANSPORT_INET, OPTION(IPPROTO_IP, IP_TOS), FIELD(tos) },
	{ "tos", TRANSPORT_INET, OPTION(IPPROTO_IPV6, IPV6_TCLASS), FIELD(tos), .six = true },
	{ "user-timeout", TCP, OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT), FIELD(user_timeout_ms) },
	{ "fastopen", TCP, OPTION(IPPROTO_TCP, TCP_FASTOPEN), FIELD(fastopen) },
	{ "mark", TRANSPORT_INET, OPTION(SOL_SOCKET, SO_MARK), FIELD(mark) },
	{ "broadcast", UDP, OPTION(SOL_SOCKET, SO_BROADCAST), FIELD(broadcast), .is_switch = true },
};

#define ROWS (sizeof rows / sizeof rows[0])

static bool is_meant(const struct row *row, enum transport transport, int family)
{
	return transport_in(transport, row->transports) && (!row->six || family == AF_INET6);
}

static uint64_t asked_for(const struct row *row, const struct profile_socket *settings)
{
	const char *field = (const char *)settings + row->offset;

	return row->is_switch ? *(const bool *)field : *(const uint64_t *)field;
}

static int set(int fd, const struct row *row, int value, struct err *err)
{
	if (setsockopt(fd, row->level, row->name, &value, sizeof value) == 0)
		return 0;
	err_errno(err, "%s: setsockopt %s", row->setting, row->call);
	if (errno == EPERM && row->name == SO_MARK) {
		err_set(err, "mark: %s (it needs root or CAP_NET_ADMIN)", strerror(EPERM));
		errno = EPERM;
	}
	return -1;
}

static int set_device(int fd, enum transport transport, const char *device, struct err *err)
{
	if (device[0] == '\0' || !transport_in(transport, TRANSPORT_INET))
		return 0;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) == -1)
		return err_errno(err, "bind-to-device %s", device);
	return 0;
}

int sockopt_open(int fd, enum transport transport, int family,
		 const struct profile_socket *settings, struct err *err)
{
	for (size_t i = 0; i < ROWS; i++) {
		uint64_t value = asked_for(&rows[i], settings);

		if (value != 0 && is_meant(&rows[i], transport, family) &&
		    set(fd, &rows[i], (int)value, err) == -1)
			return -1;
	}
	return set_device(fd, transport, settings->device, err);
}

int sockopt_change(int fd, enum transport transport, int family, const struct profile_socket *was,
		   const struct profile_socket *now, struct err *err)
{
	size_t used = 0;

	err->text[0] = '\0';
	for (size_t i = 0; i < ROWS && used < sizeof err->text; i++) {
		const struct row *row = &rows[i];
		uint64_t value = asked_for(row, now);
		struct err why;
		int result = 0;

		if (!is_meant(row, transport, family) || value == asked_for(row, was))
			continue;
		if (value == 0 && row->back == NO_WAY_BACK)
			result = err_set(&why,
					 "%s goes back to the kernel's own value only at a restart",
					 row->setting);
		else
			result = set(fd, row, value == 0 ? row->back : (int)value, &why);
		/* Several rows may be one setting. */
		if (result == -1 && strstr(err->text, why.text) == NULL)
			used += (size_t)snprintf(err->text + used, sizeof err->text - used, "%s%s",
						 used > 0 ? "; " : "", why.text);
	}
	return used > 0 ? -1 : 0;
}

bool sockopt_is_same(const struct profile_socket *one, const struct profile_socket *other)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (asked_for(&rows[i], one) != asked_for(&rows[i], other))
			return false;
	}
	return one->backlog == other->backlog;
}

/* tcpi_sacked of a socket that listens is how long its queue may be (net/ipv4/tcp.c). */
static uint64_t backlog_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
		return 0;
	return info.tcpi_sacked;
}

void sockopt_compare(int fd, enum transport transport, int family,
		     const struct profile_socket *settings,
		     void (*on_other)(const void *context, const char *setting, uint64_t asked,
				      uint64_t is),
		     const void *context)
{
	for (size_t i = 0; i < ROWS; i++) {
		uint64_t asked = asked_for(&rows[i], settings);
		uint32_t is = 0;
		socklen_t length = sizeof is;

		if (asked != 0 && is_meant(&rows[i], transport, family) &&
		    getsockopt(fd, rows[i].level, rows[i].name, &is, &length) == 0 && is != asked)
			on_other(context, rows[i].setting, asked, is);
	}
	if (transport == TRANSPORT_TCP && settings->backlog != 0 &&
	    backlog_of(fd) != settings->backlog)
		on_other(context, "backlog", settings->backlog, backlog_of(fd));
}
