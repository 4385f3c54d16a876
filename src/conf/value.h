/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that are one field of a structure: their kinds, read from text and written back. */
#ifndef ECHOD_VALUE_H
#define ECHOD_VALUE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"
#include "conf/option.h"

/* Whether the option's kind is such a field. */
bool value_is_field(const struct option_row *row);

/* Sets the field from text; -1 with a reason that names the text, and the field is as it was. For
 * other options: an error. */
int value_set(const struct option_row *row, void *field, const char *text, struct err *err);

/* Writes the line NAME VALUE, from which value_set makes the same field. */
void value_dump(const struct option_row *row, const void *field, FILE *out);

#endif
