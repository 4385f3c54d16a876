/* SPDX-License-Identifier: BSD-2-Clause */
/* All of them; datagram_socket.c has what each does. */
#include "worker/datagram.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "worker/batch.h"
#include "worker/datagram_socket.h"

#define ORPHANS_MAX \
	65536 /* datagrams taken from a queue that nobody will read: more than any queue holds */

/* The one before the i-th if it has the same address: those of one stand side by side
 * (link/setup.h).
 */
static const struct datagram_socket *before(const struct datagram_set *set, size_t i,
					    unsigned address)
{
	return i > 0 && set->sockets[i - 1].address == address ? &set->sockets[i - 1] : NULL;
}

static int add_socket(struct datagram_set *set, const struct setup_listener *from)
{
	struct datagram_socket *socket = &set->sockets[set->count];

	if (datagram_socket_init(socket, before(set, set->count, from->address), set, from) == -1)
		return -1;
	set->open = ++set->count;
	return 0;
}

int datagram_set_init(struct datagram_set *set, const struct setup_listener *list, size_t count)
{
	bool limited = false;

	set->sockets = calloc(count + 1, sizeof *set->sockets);
	if (set->sockets == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!transport_in(list[i].transport, TRANSPORT_DATAGRAM))
			continue;
		if (add_socket(set, &list[i]) == -1)
			return -1;
		limited = limited || set->sockets[set->count - 1].limit.token_ns != 0;
	}
	if (set->count > 0 && (set->batch = batch_new()) == NULL)
		return -1;
	if (limited && (set->buckets = bucket_table_new()) == NULL)
		return -1;
	return 0;
}

int datagram_set_start(struct datagram_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct datagram_socket *socket = &set->sockets[i];
		struct addr addr = { .length = sizeof addr.storage };

		if (socket->transport == TRANSPORT_UDP && before(set, i, socket->address) == NULL &&
		    getsockname(socket->fd, (struct sockaddr *)&addr.storage, &addr.length) == 0)
			gate_add_port(&set->gate, addr_port(&addr));
		if (!socket->dormant && event_add(&socket->readable, NULL) == -1)
			return -1;
	}
	return 0;
}

void datagram_set_adopt(struct datagram_set *set, unsigned worker, bool adopt)
{
	for (size_t i = 0; i < set->count; i++) {
		struct datagram_socket *socket = &set->sockets[i];

		if (socket->worker != worker || worker == set->index || socket->fd == -1)
			continue;
		socket->dormant = !adopt;
		if (!adopt)
			event_del(&socket->readable);
		else if (socket->kept == NULL && event_add(&socket->readable, NULL) == -1 &&
			 event_add(&socket->writable, NULL) == -1) /* which tries it again */
			log_error("cannot read the datagrams of worker %u: out of memory", worker);
	}
}

void datagram_set_stop(struct datagram_set *set, uint64_t orphans)
{
	for (size_t i = 0; i < set->count; i++) {
		struct datagram_socket *socket = &set->sockets[i];

		if (socket->fd == -1 || socket->leaving)
			continue;
		event_del(&socket->readable);
		socket->leaving = true;
		socket->to_read = (orphans >> socket->address & 1) != 0 ? ORPHANS_MAX : 0;
		if (socket->kept == NULL)
			datagram_socket_leave(socket);
	}
}

bool datagram_set_has_left(const struct datagram_set *set)
{
	return set->open == 0;
}

void datagram_set_clear(struct datagram_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->sockets[i].fd != -1)
			datagram_socket_close(&set->sockets[i]);
	}
	set->count = 0;
	free(set->sockets);
	set->sockets = NULL;
	batch_free(set->batch);
	set->batch = NULL;
	bucket_table_free(set->buckets);
	set->buckets = NULL;
}
