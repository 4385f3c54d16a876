/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of options that are one field of a structure: read from text, and written. */
#ifndef ECHOD_VALUE_H
#define ECHOD_VALUE_H

#include <stdio.h>

#include "common/err.h"
#include "conf/option.h"

/* Sets the field from text, or leaves it alone and returns -1. */
int value_set(const struct option_row *row, void *field, const char *value, struct err *err);

/* Writes the field so that value_set makes the same of it. */
void value_print(const struct option_row *row, const void *field, FILE *out);

#endif
