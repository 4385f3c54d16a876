/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes of one frame each. What a broken pipe means is for the caller to say. */
#include "link/frame.h"

#include <errno.h>
#include <unistd.h>

#define TRIES 5 /* of a write, when memory is short */

enum frame_result frame_read(int fd, void *frame, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, frame, size);
	} while (got == -1 && errno == EINTR);
	if (got == (ssize_t)size)
		return FRAME_DONE;
	if (got == 0)
		return FRAME_END;
	return got == -1 && errno == EAGAIN ? FRAME_WAIT : FRAME_BAD;
}

enum frame_result frame_write(int fd, const void *frame, size_t size)
{
	int tries = 0;
	ssize_t put;

	/* The pipe needs a page for it, and may have to wait for one to become free. */
	do {
		put = write(fd, frame, size);
	} while (put == -1 && (errno == EINTR || (errno == ENOMEM && ++tries < TRIES)));
	if (put == (ssize_t)size)
		return FRAME_DONE;
	if (put == -1 && errno == EPIPE)
		return FRAME_END;
	return put == -1 && errno == EAGAIN ? FRAME_WAIT : FRAME_BAD;
}
