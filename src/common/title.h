/* SPDX-License-Identifier: BSD-2-Clause */
/* The title of a process, as ps(1) shows it. */
#ifndef ECHOD_TITLE_H
#define ECHOD_TITLE_H

#include <stddef.h>

/* Where the kernel looks for the title: the memory that held the arguments and the environment. */
struct title {
	char *begin;
	size_t size;
};

/*
 * Takes over the memory of argv and of the environment, which move to the heap: argv keeps its
 * meaning. Call it first in main. If memory is short, titles stay as they are.
 */
void title_take(struct title *title, int argc, char **argv);

/* A text longer than the memory that was taken over is cut. */
void title_set(const struct title *title, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
