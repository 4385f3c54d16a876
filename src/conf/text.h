/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that is sent to clients, as people write it: in double quotes if there are blanks in it, and
 * with \n, \r, \t, \\ and \" for what cannot stand in a line.
 */
#ifndef ECHOD_TEXT_H
#define ECHOD_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "common/err.h"

/*
 * Reads text, in quotes or not, into field, which has room for size bytes with the NUL. Returns 0,
 * or -1: then the field is as it was.
 */
int text_parse(const char *text, char *field, size_t size, struct err *err);

/* Writes it in quotes, as text_parse reads it. */
void text_dump(const char *field, FILE *out);

#endif
