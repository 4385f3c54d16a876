/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sockets there are for which address. What socket.c says of a failure is passed on. */
#include "supervisor/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/listen.h"
#include "supervisor/inherit.h"
#include "supervisor/retune.h"
#include "supervisor/socket.h"
#include "supervisor/sockopt.h"
#include "supervisor/steering.h"

static void close_fds(struct slots_address *address, unsigned keep)
{
	while (address->opened > keep)
		close(address->fds[--address->opened]);
}

static void drop(struct slots_address *address)
{
	close_fds(address, 0);
	sockfile_release(&address->file, &address->bound);
	free(address->fds);
	*address = (struct slots_address){ 0 };
}

/* Adds slots to an address until there are `workers`. */
static int grow(struct slots_address *address, const struct conf_listen *listen, unsigned workers,
		struct err *err)
{
	int *fds;

	if (address->shared || address->opened >= workers)
		return 0;
	fds = realloc(address->fds, workers * sizeof *fds);
	if (fds == NULL)
		return err_errno(err, "realloc");
	address->fds = fds;
	while (address->opened < workers) {
		int fd = socket_join(listen, &address->bound, socket_is_dual(fds[0]), err);

		if (fd == -1)
			return -1;
		fds[address->opened++] = fd;
	}
	return 0;
}

static bool is_ours(const struct slots *slots, enum transport transport, const struct addr *addr,
		    bool dual)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];

		if (address->opened > 0 && address->transport == transport &&
		    addr_overlap(&address->bound, address->dual, addr, dual))
			return true;
	}
	return false;
}

/*
 * The first slot of an address. An address that is in use by ourselves, as 127.0.0.1:7 is while we
 * listen on *:7, cannot be claimed and need not be: it joins, and serves with the others. Without
 * SO_REUSEPORT it cannot.
 */
static int open_first(const struct slots *slots, const struct conf_listen *listen,
		      const struct addr *addr, bool dual, struct err *err)
{
	int fd = socket_claim(listen, addr, dual, err);

	if (fd == -1 && errno == EADDRINUSE && listen->profile.socket.reuseport &&
	    is_ours(slots, listen->transport, addr, dual))
		fd = socket_join(listen, addr, dual, err);
	return fd;
}

/* A dual-stack address is IPv4 alone where there is no IPv6. */
static int open_any(const struct slots *slots, const struct conf_listen *listen, struct addr *addr,
		    struct err *err)
{
	int fd;

	*addr = listen->addr;
	fd = open_first(slots, listen, addr, listen->dual, err);
	if (fd == -1 && listen->dual && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		addr_any(addr, AF_INET, addr_port(&listen->addr));
		fd = open_first(slots, listen, addr, false, err);
	}
	return fd;
}

/* Whoever has made the socket removes its file, too. */
static int adopt(struct inherit_socket *inherited, const struct conf_listen *listen,
		 struct err *err)
{
	int fd = inherited->fd;

	if (socket_adopt(fd, listen, &inherited->addr, inherited->dual, err) == -1)
		return err_prefix(err, "inherited socket %s", inherited->label);
	inherited->fd = -1;
	return fd;
}

static int open_address(const struct slots *slots, struct slots_address *address,
			struct slots_address *predecessor, const struct conf_listen *listen,
			struct err *err)
{
	struct inherit_socket *inherited = inherit_find(slots->inherit, listen);
	int *fds = malloc(sizeof *fds);

	if (fds == NULL)
		return err_errno(err, "malloc");
	address->bound = listen->addr;
	if (inherited != NULL)
		fds[0] = adopt(inherited, listen, err);
	else if (transport_in(listen->transport, TRANSPORT_LOCAL))
		fds[0] = sockfile_claim(&address->file, listen, predecessor != NULL, err);
	else
		fds[0] = open_any(slots, listen, &address->bound, err);
	if (fds[0] == -1) {
		free(fds);
		return -1;
	}
	address->predecessor = predecessor;
	address->transport = listen->transport;
	address->key = listen->addr;
	address->dual = listen->dual;
	address->shared = transport_in(listen->transport, TRANSPORT_LOCAL) ||
			  !listen->profile.socket.reuseport ||
			  (inherited != NULL && !inherited->joins);
	address->settings = listen->profile.socket;
	address->fds = fds;
	address->opened = 1;
	/* With port 0 the kernel has chosen one, which the other slots must share. */
	if (addr_port(&address->bound) == 0)
		getsockname(fds[0], (struct sockaddr *)&address->bound.storage,
			    &address->bound.length);
	return 0;
}

static struct slots_address *find(struct slots *slots, const struct conf_listen *listen)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->opened > 0 &&
		    listen_is_at(listen, address->transport, &address->key, address->dual))
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

static int prepare_one(struct slots *slots, const struct conf_listen *wanted, unsigned workers,
		       struct err *err)
{
	struct slots_address *address = find(slots, wanted), *lost = NULL;
	struct conf_listen held = *wanted, *listen = &held;

	if (address != NULL && retune_has_lost(address)) {
		lost = address;
		address = NULL;
	}
	if (address != NULL) {
		retune_hold(address, &held.profile.socket);
	} else {
		address = find_free(slots);
		if (address == NULL)
			return err_set(err, "too many addresses to listen on");
		if (open_address(slots, address, lost, listen, err) == -1)
			return -1;
	}
	address->wanted = true;
	address->next_settings = listen->profile.socket;
	return grow(address, listen, workers, err);
}

int slots_prepare(struct slots *slots, const struct conf *conf, unsigned workers, struct err *err)
{
	slots->next_workers = workers;
	slots->next_steering = conf->cpu_steering;
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (prepare_one(slots, &conf->listens[i], workers, err) == -1) {
			slots_rollback(slots);
			return -1;
		}
	}
	return 0;
}

/* Closing does not end it while workers of what is given up have the socket, too: whoever is in
 * such a queue would wait for nobody. Only slots that were added: the first may be somebody else's.
 */
static void stop_listening(const struct slots_address *address)
{
	for (unsigned slot = address->committed; slot < address->opened; slot++)
		shutdown(address->fds[slot], SHUT_RDWR); /* not a stream, not listening: no harm */
}

void slots_rollback(struct slots *slots)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		address->wanted = false;
		if (address->serving) {
			stop_listening(address);
			close_fds(address, address->committed);
		} else if (address->opened > 0) {
			drop(address);
		}
	}
}

static int serve_all(const struct slots *slots, struct err *err)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];

		for (unsigned slot = address->committed; slot < address->opened; slot++) {
			if (socket_serve(address->fds[slot], address->transport, &address->bound,
					 &address->next_settings, err) == -1)
				return -1;
		}
	}
	return 0;
}

/* Before any predecessor is dropped, and its lock with it. */
static void succeed(struct slots *slots)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->predecessor != NULL)
			sockfile_succeed(&address->file, &address->predecessor->file);
		address->predecessor = NULL;
	}
}

/* The settings of what was prepared. */
static void take_effect(struct slots_address *address)
{
	bool is_other = !sockopt_is_same(&address->settings, &address->next_settings);

	if (address->serving)
		retune_apply(address);
	address->settings = address->next_settings;
	if (!address->serving || is_other)
		retune_report(address);
}

int slots_commit(struct slots *slots, const struct slots_watcher *watcher, uint64_t *orphans,
		 struct err *err)
{
	if (serve_all(slots, err) == -1) {
		slots_rollback(slots); /* now: the kernel sends clients to those that listen */
		return -1;
	}
	succeed(slots);
	*orphans = 0;
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->wanted)
			take_effect(address);
		if (address->serving != address->wanted)
			watcher->on_change(watcher->context, address, address->wanted);
		if (address->serving && !address->wanted) {
			*orphans |= UINT64_C(1) << i;
			drop(address);
		}
		address->serving = address->wanted;
		address->wanted = false;
		address->committed = address->opened;
		steering_apply(address, slots->next_steering, slots->next_workers);
	}
	slots->workers = slots->next_workers;
	return 0;
}

void slots_close(struct slots *slots)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		if (slots->addresses[i].opened > 0)
			drop(&slots->addresses[i]);
	}
}
