/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sockets there are for which address. What socket.c says of a failure is passed on. */
#include "supervisor/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "supervisor/socket.h"

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

/* Adds slots to an address until there are `workers`. */
static int grow(struct slots_address *address, const struct conf_listen *listen, unsigned workers,
		struct err *err)
{
	int *fds;

	if (address->opened >= workers)
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

/* Whether a connection could be meant for either of two addresses. */
static bool overlap(const struct addr *one, bool one_dual, const struct addr *other,
		    bool other_dual)
{
	if (addr_port(one) != addr_port(other))
		return false;
	if (one->storage.ss_family != other->storage.ss_family)
		return (one_dual && addr_is_any(one)) || (other_dual && addr_is_any(other));
	return addr_equal(one, other) || addr_is_any(one) || addr_is_any(other);
}

static bool is_ours(const struct slots *slots, enum transport transport, const struct addr *addr,
		    bool dual)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];

		if (address->opened > 0 && address->transport == transport &&
		    overlap(&address->bound, address->dual, addr, dual))
			return true;
	}
	return false;
}

/*
 * The first slot of an address. An address that is in use by ourselves, as 127.0.0.1:7 is while we
 * listen on *:7, cannot be claimed and need not be: it joins, and serves with the others.
 */
static int open_first(const struct slots *slots, const struct conf_listen *listen,
		      const struct addr *addr, bool dual, struct err *err)
{
	int fd = socket_claim(listen, addr, dual, err);

	if (fd == -1 && errno == EADDRINUSE && is_ours(slots, listen->transport, addr, dual))
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
	address->transport = listen->transport;
	address->key = listen->addr;
	address->dual = listen->dual;
	address->fds = fds;
	address->opened = 1;
	/* With port 0 the kernel has chosen one, which the other slots must share. */
	if (addr_port(&address->bound) == 0)
		getsockname(fds[0], (struct sockaddr *)&address->bound.storage,
			    &address->bound.length);
	return 0;
}

/* Whether this is what the address was opened for. */
static bool is_for(const struct slots_address *address, const struct conf_listen *listen)
{
	return address->transport == listen->transport && address->dual == listen->dual &&
	       addr_equal(&address->key, &listen->addr);
}

static struct slots_address *find(struct slots *slots, const struct conf_listen *listen)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->opened > 0 && is_for(address, listen))
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
	return grow(address, listen, workers, err);
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

static int serve_all(const struct slots *slots, struct err *err)
{
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];

		for (unsigned slot = address->committed; slot < address->opened; slot++) {
			if (socket_serve(address->fds[slot], address->transport, &address->bound,
					 err) == -1)
				return -1;
		}
	}
	return 0;
}

int slots_commit(struct slots *slots, const struct slots_watcher *watcher, uint64_t *orphans,
		 struct err *err)
{
	if (serve_all(slots, err) == -1)
		return -1;
	*orphans = 0;
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		struct slots_address *address = &slots->addresses[i];

		if (address->serving != address->wanted)
			watcher->on_change(watcher->context, address, address->wanted);
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

/* The profile of an address; conf is what its slots were prepared for. */
static const struct profile *profile_of(const struct slots_address *address,
					const struct conf *conf)
{
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (is_for(address, &conf->listens[i]))
			return &conf->listens[i].profile;
	}
	return &conf->profile; /* cannot be */
}

int slots_assign(const struct slots *slots, const struct conf *conf, bool next, unsigned index,
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
			(*listeners)[(*count)++] = (struct setup_listener){
				.fd = address->fds[slot],
				.address = (unsigned)i,
				.transport = address->transport,
				.profile = profile_of(address, conf),
			};
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
