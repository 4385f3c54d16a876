/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict little parsers: overflow, signs, blanks and trailing characters are all errors with one
 * clear reason. */
#include "common/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 48 /* characters of a bad value that a message repeats */

struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "k", 1024 }, { "m", 1024 * 1024 }, { NULL, 0 }
};
static const struct unit plain_units[] = { { "", 1 }, { NULL, 0 } };
/* The largest first: parse_format_duration takes the first that divides. */
static const struct unit duration_units[] = {
	{ "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { "", 1000 }, { NULL, 0 },
};

const char *parse_printable(const char *text, char *buffer, size_t size)
{
	size_t length = 0;

	while (text[length] != '\0' && length + 1 < size) {
		buffer[length] = text[length] >= ' ' && text[length] <= '~' ? text[length] : '?';
		length++;
	}
	if (text[length] != '\0')
		memset(buffer + length - 3, '.', 3);
	buffer[length] = '\0';
	return buffer;
}

/* Reads the digits and finds the unit. Returns -1 if the text is no such number. */
static int parse_scaled(const char *text, const struct unit *units, uint64_t *value)
{
	uint64_t number = 0;
	bool overflow = false;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		overflow |= __builtin_mul_overflow(number, 10u, &number);
		overflow |= __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number);
	}
	if (at == text)
		return -1;
	while (units->suffix != NULL && strcmp(units->suffix, at) != 0)
		units++;
	if (units->suffix == NULL)
		return -1;
	overflow |= __builtin_mul_overflow(number, units->factor, &number);
	*value = number;
	return overflow ? -1 : 0;
}

static int out_of_range(const char *text, const char *what, const char *min, const char *max,
			struct err *err)
{
	char shown[SHOWN_MAX];

	return err_set(err, "'%s' is not %s from %s to %s",
		       parse_printable(text, shown, sizeof shown), what, min, max);
}

static int parse_within(const char *text, const struct unit *units, const char *what, uint64_t min,
			uint64_t max, uint64_t *value, struct err *err)
{
	char low[24], high[24];
	uint64_t number;

	if (parse_scaled(text, units, &number) == 0 && number >= min && number <= max) {
		*value = number;
		return 0;
	}
	snprintf(low, sizeof low, "%" PRIu64, min);
	snprintf(high, sizeof high, "%" PRIu64, max);
	return out_of_range(text, what, low, high, err);
}

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err)
{
	return parse_within(text, plain_units, "a number", min, max, value, err);
}

int parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err)
{
	return parse_within(text, size_units, "a size (bytes, or with k or m)", min, max, value,
			    err);
}

int parse_duration(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err)
{
	char low[PARSE_DURATION_MAX], high[PARSE_DURATION_MAX];
	uint64_t ms;

	if (parse_scaled(text, duration_units, &ms) == 0 && ms >= min && ms <= max) {
		*value = ms;
		return 0;
	}
	return out_of_range(text, "a time (seconds, or with ms, s, m or h)",
			    parse_format_duration(min, low), parse_format_duration(max, high), err);
}

int parse_switch(const char *text, bool *value, struct err *err)
{
	char shown[SHOWN_MAX];

	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		return err_set(err, "'%s' is neither on nor off",
			       parse_printable(text, shown, sizeof shown));
	*value = strcmp(text, "on") == 0;
	return 0;
}

const char *parse_format_duration(uint64_t ms, char buffer[PARSE_DURATION_MAX])
{
	const struct unit *unit = duration_units;

	while (ms % unit->factor != 0)
		unit++;
	if (ms == 0)
		unit = &duration_units[2];
	snprintf(buffer, PARSE_DURATION_MAX, "%" PRIu64 "%s", ms / unit->factor, unit->suffix);
	return buffer;
}

const char *parse_format_size(uint64_t size, char buffer[PARSE_SIZE_MAX])
{
	const char *suffix = "";

	if (size != 0 && size % 1024 == 0) {
		suffix = size % 1048576 == 0 ? "m" : "k";
		size /= size % 1048576 == 0 ? 1048576 : 1024;
	}
	snprintf(buffer, PARSE_SIZE_MAX, "%" PRIu64 "%s", size, suffix);
	return buffer;
}
