/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fixed-size frames over non-blocking pipes. A frame is smaller than PIPE_BUF, so it is written
 * whole or not at all, and frames of several writers never mix (pipe(7)).
 */
#ifndef ECHOD_FRAME_H
#define ECHOD_FRAME_H

#include <stddef.h>

enum frame_result {
	FRAME_DONE, /* one frame was read or written */
	FRAME_WAIT, /* nothing to read, or no room to write, for now */
	FRAME_END,  /* the other side has closed the pipe */
	FRAME_BAD,  /* not a whole frame, or an error of the pipe */
};

/* Neither blocks; a write that finds memory short tries a few times. size is the same on both sides
 * and at most PIPE_BUF (4096). SIGPIPE must be ignored. */
enum frame_result frame_read(int fd, void *frame, size_t size);
enum frame_result frame_write(int fd, const void *frame, size_t size);

#endif
