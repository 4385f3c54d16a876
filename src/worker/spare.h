/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that a worker has and no longer needs. malloc(3) keeps what is freed for the next who
 * asks, and gives back only what lies at the end of the heap: after a rush of clients one small
 * piece there, and there always is one, would hold back all of it for the life of the worker.
 */
#ifndef ECHOD_SPARE_H
#define ECHOD_SPARE_H

#include <stddef.h>

/* Less than so many bytes are not worth the calls: what is given back has to be asked for again. */
#define SPARE_MIN ((size_t)1024 * 1024)

/* All zeros to begin with. */
struct spare {
	size_t before; /* bytes that were free at the last look */
	size_t kept; /* the least that were since something was given back; most of it is not there
		      */
	long faults; /* pages that had come in by then (getrusage(2)): from SPARE_MIN on, what was
			kept is there again, however short the rush was that needed it */
};

/*
 * Is called from time to time: gives the kernel back what was free at the last look and still is,
 * if that is SPARE_MIN or more. Does nothing where the C library cannot tell (malloc_trim(3) and
 * mallinfo2(3) are glibc's).
 */
void spare_look(struct spare *spare);

#endif
