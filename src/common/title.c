/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux shows as a process's title what stands in the memory of its arguments; if their last byte
 * is no NUL, what follows in the environment too (proc(5), /proc/PID/cmdline). So both are copied
 * away and the whole stretch is ours.
 */
#include "common/title.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Copies the strings of a NULL-terminated vector to the heap as long as they lie one behind the
 * other from *end on. */
static int move_strings(char **vector, char **end)
{
	for (size_t i = 0; vector[i] != NULL; i++) {
		char *copy = strdup(vector[i]);

		if (copy == NULL)
			return -1;
		if (vector[i] == *end)
			*end += strlen(vector[i]) + 1;
		vector[i] = copy;
	}
	return 0;
}

void title_take(struct title *title, int argc, char **argv)
{
	char *end = argc > 0 ? argv[0] : NULL;

	*title = (struct title){ .begin = end };
	if (end == NULL || move_strings(argv, &end) == -1 || move_strings(environ, &end) == -1)
		return;
	title->size = (size_t)(end - title->begin);
}

void title_set(const struct title *title, const char *format, ...)
{
	va_list args;

	if (title->size < 2)
		return;
	memset(title->begin, 0, title->size);
	va_start(args, format);
	vsnprintf(title->begin, title->size, format, args);
	va_end(args);
}
