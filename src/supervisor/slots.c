/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place that makes, binds and listens. A new address is claimed by binding its slot 0
 * *without* SO_REUSEPORT and listening at once: as long as it listens, nobody else gets in that
 * way, not even another echod of the same user, whom SO_REUSEPORT alone would let in. Only then it
 * gets SO_REUSEPORT (socket(7)), and the other slots join it.
 */
#include "supervisor/slots.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_option(int fd, int level, int name, int value, const char *what, struct err *err)
{
	if (setsockopt(fd, level, name, &value, sizeof value) == -1)
		return err_errno(err, "setsockopt %s", what);
	return 0;
}

/*
 * What every slot has. Accepted sockets inherit it, which saves a call for each: TCP_NODELAY, and
 * SO_OOBINLINE, because urgent bytes are bytes, too.
 */
static int set_options(int fd, const struct addr *addr, bool dual, struct err *err)
{
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", err) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE", err) == -1 ||
	    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY", err) == -1)
		return -1;
	if (addr->storage.ss_family == AF_INET6)
		return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual, "IPV6_V6ONLY", err);
	return 0;
}

static const char *hint(int error)
{
	if (error == EADDRINUSE)
		return " (does another echod run?)";
	if (error == EACCES)
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	return "";
}

static int cannot_listen(const struct addr *addr, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int error = errno;

	err_set(err, "cannot listen on tcp %s: %s%s", addr_format(addr, text), strerror(error),
		hint(error));
	errno = error; /* open_first and open_any look at it */
	return -1;
}

/* A socket that is bound, and no more. */
static int open_bound(const struct addr *addr, bool dual, bool reuseport, struct err *err)
{
	int fd = socket(addr->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return cannot_listen(addr, err);
	if (set_options(fd, addr, dual, err) == 0 &&
	    (!reuseport || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) == 0)) {
		if (bind(fd, (const struct sockaddr *)&addr->storage, addr->length) == 0)
			return fd;
		cannot_listen(addr, err);
	}
	close(fd);
	return -1;
}

/* The first slot of an address: exclusively bound, listening, and from now on open to the others.
 */
static int claim(const struct addr *addr, bool dual, struct err *err)
{
	int fd = open_bound(addr, dual, false, err);

	if (fd == -1)
		return -1;
	if (listen(fd, INT_MAX) == -1) /* the kernel takes net.core.somaxconn for it */
		cannot_listen(addr, err);
	else if (set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) == 0)
		return fd;
	close(fd);
	return -1;
}

static void close_fds(struct slots_address *address, unsigned keep)
{
	while (address->opened > keep)
		close(address->fds[--address->opened]);
}

static void drop(struct slots_address *address)
{
	close_fds(address, 0);
	free(address->fds);
	*address = (struct slots_address){ 0 };
}

static bool is_dual(int fd)
{
	int v6only = 1;
	socklen_t length = sizeof v6only;

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &length) == 0 && v6only == 0;
}

/* Adds slots to an address until there are `workers`. */
static int grow(struct slots_address *address, unsigned workers, struct err *err)
{
	int *fds;

	if (address->opened >= workers)
		return 0;
	fds = realloc(address->fds, workers * sizeof *fds);
	if (fds == NULL)
		return err_errno(err, "realloc");
	address->fds = fds;
	while (address->opened < workers) {
		int fd = open_bound(&address->bound, is_dual(fds[0]), true, err);

		if (fd == -1)
			return -1;
		fds[address->opened++] = fd;
	}
	return 0;
}

static bool is_any(const struct addr *addr)
{
	struct addr any;

	addr_any(&any, addr->storage.ss_family, addr_port(addr));
	return addr_equal(addr, &any);
}

/* Whether a connection could be meant for either of two addresses. */
static bool overlap(const struct addr *one, bool one_dual, const struct addr *other,
		    bool other_dual)
{
	if (addr_port(one) != addr_port(other))
		return false;
	if (one->storage.ss_family != other->storage.ss_family)
		return (one_dual && is_any(one)) || (other_dual && is_any(other));
	return addr_equal(one, other) || is_any(one) || is_any(other);
}

static bool is_ours(const struct slots *slots, const struct addr *addr, bool dual)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];

		if (address->opened > 0 && overlap(&address->bound, address->dual, addr, dual))
			return true;
	}
	return false;
}

/*
 * The first slot of an address. An address that is in use by ourselves, as 127.0.0.1:7 is while we
 * listen on *:7, cannot be claimed and need not be: it joins, and listens with the others.
 */
static int open_first(const struct slots *slots, const struct addr *addr, bool dual,
		      struct err *err)
{
	int fd = claim(addr, dual, err);

	if (fd == -1 && errno == EADDRINUSE && is_ours(slots, addr, dual))
		fd = open_bound(addr, dual, true, err);
	return fd;
}

/* A dual-stack address is IPv4 alone where there is no IPv6. */
static int open_any(const struct slots *slots, const struct conf_listen *listen, struct addr *addr,
		    struct err *err)
{
	int fd;

	*addr = listen->addr;
	fd = open_first(slots, addr, listen->dual, err);
	if (fd == -1 && listen->dual && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		addr_any(addr, AF_INET, addr_port(&listen->addr));
		fd = open_first(slots, addr, false, err);
	}
	return fd;
}

static int open_address(const struct slots *slots, struct slots_address *address,
			const struct conf_listen *listen, struct err *err)
{
	int *fds = malloc(sizeof *fds);

	if (fds == NULL)
		return err_errno(err, "malloc");
	fds[0] = open_any(slots, listen, &address->bound, err);
	if (fds[0] == -1) {
		free(fds);
		return -1;
	}
	address->key = listen->addr;
	address->dual = listen->dual;
	address->fds = fds;
	address->opened = 1;
	/* With port 0 the kernel has chosen one, which the other slots must share. */
	getsockname(fds[0], (struct sockaddr *)&address->bound.storage, &address->bound.length);
	return 0;
}

static struct slots_address *find(struct slots *slots, const struct conf_listen *listen)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->opened > 0 && address->dual == listen->dual &&
		    addr_equal(&address->key, &listen->addr))
			return address;
	}
	return NULL;
}

static struct slots_address *find_free(struct slots *slots)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		if (slots->addresses[i].opened == 0)
			return &slots->addresses[i];
	}
	return NULL; /* cannot be: two configurations have at most SLOTS_ADDRESSES_MAX together */
}

static int prepare_one(struct slots *slots, const struct conf_listen *listen, unsigned workers,
		       struct err *err)
{
	struct slots_address *address = find(slots, listen);

	if (address == NULL) {
		address = find_free(slots);
		if (address == NULL)
			return err_set(err, "too many addresses to listen on");
		if (open_address(slots, address, listen, err) == -1)
			return -1;
	}
	address->wanted = true;
	return grow(address, workers, err);
}

int slots_prepare(struct slots *slots, const struct conf *conf, unsigned workers, struct err *err)
{
	slots->next_workers = workers;
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (prepare_one(slots, &conf->listens[i], workers, err) == -1) {
			slots_rollback(slots);
			return -1;
		}
	}
	return 0;
}

void slots_rollback(struct slots *slots)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		address->wanted = false;
		if (address->serving)
			close_fds(address, address->committed);
		else if (address->opened > 0)
			drop(address);
	}
}

static int listen_all(const struct slots *slots, struct err *err)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];

		for (unsigned slot = address->committed; slot < address->opened; slot++) {
			if (listen(address->fds[slot], INT_MAX) == -1)
				return cannot_listen(&address->bound, err);
		}
	}
	return 0;
}

int slots_commit(struct slots *slots, const struct slots_watcher *watcher, uint64_t *orphans,
		 struct err *err)
{
	if (listen_all(slots, err) == -1)
		return -1;
	*orphans = 0;
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->serving != address->wanted)
			watcher->on_change(watcher->context, &address->bound, address->wanted);
		if (address->serving && !address->wanted) {
			*orphans |= UINT64_C(1) << i;
			drop(address);
		}
		address->serving = address->wanted;
		address->wanted = false;
		address->committed = address->opened;
	}
	slots->workers = slots->next_workers;
	return 0;
}

int slots_assign(const struct slots *slots, bool next, unsigned index,
		 struct setup_listener **listeners, size_t *count)
{
	unsigned workers = next ? slots->next_workers : slots->workers;
	size_t most = 0;

	*count = 0;
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++)
		most += slots->addresses[i].opened / workers + 1;
	*listeners = calloc(most, sizeof **listeners);
	if (*listeners == NULL)
		return -1;
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];
		unsigned slots_there = next ? address->opened : address->committed;

		if (next ? !address->wanted : !address->serving)
			continue;
		for (unsigned slot = index; slot < slots_there; slot += workers)
			(*listeners)[(*count)++] =
				(struct setup_listener){ address->fds[slot], (unsigned)i };
	}
	return 0;
}

void slots_close(struct slots *slots)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		if (slots->addresses[i].opened > 0)
			drop(&slots->addresses[i]);
	}
}
