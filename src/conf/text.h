/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts as settings: as they are, or in double quotes, which a text with blanks behind an address
 * needs. In both forms \n is a new line, \t a tabulator, \\ a backslash and \" a quote.
 */
#ifndef ECHOD_TEXT_H
#define ECHOD_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "common/err.h"

/* Reads a text. text: size bytes; on an error, -1 with the reason, it is left alone. */
int text_read(const char *value, char *text, size_t size, struct err *err);

/* -1 if a % has anything behind it but one of these letters or another %. */
int text_check(const char *text, const char *letters, struct err *err);

/* Writes it in quotes, so that text_read gives the same again. */
void text_write(const char *text, FILE *out);

#endif
