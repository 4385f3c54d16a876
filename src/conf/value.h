/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of options that are one field of a structure: text in, text out. */
#ifndef ECHOD_VALUE_H
#define ECHOD_VALUE_H

#include <stdio.h>

#include "common/err.h"
#include "conf/option.h"

#define VALUE_LENGTH_MAX 960 /* bytes: with its name it is a line of the file (FILE_LINE_MAX) */

/* What no value may be, whatever its kind: empty, or something that a line of the file cannot hold.
 */
int value_check(const char *value, struct err *err);

/* Sets the field from text. Returns 0, or -1: then the field is as it was. */
int value_set(const struct option_row *row, void *field, const char *value, struct err *err);

/* Writes the field as a line of the file, or as several. Nothing for kinds that are no field. */
void value_dump(const struct option_row *row, const void *field, FILE *out);

#endif
