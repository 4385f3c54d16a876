/* SPDX-License-Identifier: BSD-2-Clause */
/* splice(2) in, splice(2) out. SIGPIPE is ignored in workers: splice has no MSG_NOSIGNAL. */
#include "worker/bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIPE_SIZE (1024 * 1024) /* bytes; in truth a number of pieces, one for each 4 KiB of it */

void bulk_open(struct bulk *bulk)
{
	int ends[2];

	*bulk = (struct bulk){ -1, -1 };
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return;
	/* The kernel may have set a lower limit (pipe(7)): then a turn moves less. */
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	*bulk = (struct bulk){ .in = ends[1], .out = ends[0] };
}

void bulk_close(struct bulk *bulk)
{
	if (bulk->in != -1) {
		close(bulk->in);
		close(bulk->out);
	}
	*bulk = (struct bulk){ -1, -1 };
}

ssize_t bulk_take(struct bulk *bulk, int fd, size_t most)
{
	if (bulk->in == -1) {
		errno = EAGAIN;
		return -1;
	}
	return splice(fd, NULL, bulk->in, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int bulk_give(struct bulk *bulk, int fd, size_t size, size_t *sent)
{
	*sent = 0;
	while (*sent < size) {
		ssize_t put = splice(bulk->out, NULL, fd, NULL, size - *sent,
				     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (put == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (put <= 0)
			break;
		*sent += (size_t)put;
	}
	return 0;
}

size_t bulk_fetch(struct bulk *bulk, unsigned char *buffer, size_t size)
{
	ssize_t got;

	do {
		got = read(bulk->out, buffer, size);
	} while (got == -1 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

void bulk_drop(struct bulk *bulk, unsigned char *buffer, size_t size)
{
	while (bulk_fetch(bulk, buffer, size) > 0)
		;
}
