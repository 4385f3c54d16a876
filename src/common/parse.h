/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers, durations and booleans as people write them, and back.
 *
 * Every parser takes the whole text (no blanks before or after, no sign), returns 0 and sets
 * *value, or returns -1 with a reason that names the text and the range, and leaves *value alone.
 */
#ifndef ECHOD_PARSE_H
#define ECHOD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define PARSE_DURATION_MAX 32 /* bytes that parse_format_duration needs at most, with the NUL */
#define PARSE_SIZE_MAX     24 /* the same for parse_format_size */

/* A decimal number from min to max. */
int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err);

/* A number of bytes: decimal, with k (1024) or m (1024 * 1024) behind it if wanted. */
int parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err);

/* A time, in milliseconds: decimal, with ms, s, m or h behind it; bare means seconds. */
int parse_duration(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err);

/* on or off. */
int parse_switch(const char *text, bool *value, struct err *err);

/* Milliseconds in the largest unit that divides them, so that parse_duration gives the same number
 * back. */
const char *parse_format_duration(uint64_t ms, char buffer[PARSE_DURATION_MAX]);

/* Bytes with k or m where that divides them, for parse_size. */
const char *parse_format_size(uint64_t size, char buffer[PARSE_SIZE_MAX]);

/*
 * Makes text that came from outside fit to be shown in a message: what is not printable ASCII
 * becomes '?', and what is longer than the buffer (size >= 4) ends in "...". Returns buffer.
 */
const char *parse_printable(const char *text, char *buffer, size_t size);

#endif
