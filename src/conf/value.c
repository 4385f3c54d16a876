/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kinds mean that are one field. A text that does not fit leaves the field alone. */
#include "conf/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/parse.h"
#include "conf/text.h"

bool value_is_field(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_LISTEN:
	case OPTION_PORT: /* conf has it as a listener */
	case OPTION_VERBOSITY:
	case OPTION_ACTION:
		return false;
	default:
		return true;
	}
}

/* The kinds that are a number with or without a unit. Without a range in the text. */
static int read_quantity(const struct option_row *row, const char *text, uint64_t *field,
			 struct err *err)
{
	uint64_t min = (uint64_t)row->min, max = (uint64_t)row->max;

	if (row->kind == OPTION_DURATION)
		return parse_duration(text, min, max, field, err);
	if (row->kind == OPTION_SIZE)
		return parse_size(text, min, max, field, err);
	return parse_number(text, min, max, field, err);
}

static void print_quantity(const struct option_row *row, uint64_t quantity, char *text, size_t size)
{
	char duration[PARSE_DURATION_MAX], bytes[PARSE_SIZE_MAX];

	if (row->kind == OPTION_DURATION)
		snprintf(text, size, "%s", parse_format_duration(quantity, duration));
	else if (row->kind == OPTION_SIZE)
		snprintf(text, size, "%s", parse_format_size(quantity, bytes));
	else
		snprintf(text, size, "%" PRIu64, quantity);
}

static int set_quantity(const struct option_row *row, uint64_t *field, const char *text,
			struct err *err)
{
	static const char *const kinds[] = {
		[OPTION_NUMBER] = "number", [OPTION_DURATION] = "time", [OPTION_SIZE] = "size"
	};
	char shown[48], low[32], high[32];

	if (row->zero != NULL && strcmp(text, row->zero) == 0) {
		*field = 0;
		return 0;
	}
	if (row->zero == NULL)
		return read_quantity(row, text, field, err);
	if (read_quantity(row, text, field, err) == 0)
		return 0;
	print_quantity(row, (uint64_t)row->min, low, sizeof low);
	print_quantity(row, (uint64_t)row->max, high, sizeof high);
	return err_set(err, "'%s' is neither %s nor a %s from %s to %s",
		       parse_printable(text, shown, sizeof shown), row->zero, kinds[row->kind], low,
		       high);
}

static int set_choice(const struct option_row *row, uint64_t *field, const char *text,
		      struct err *err)
{
	char shown[48], names[128] = "";
	size_t used = 0;

	for (uint64_t i = 0; i <= (uint64_t)row->max; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*field = i;
			return 0;
		}
		if (used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, " %s",
						 row->choices[i]);
	}
	return err_set(err, "'%s' is none of:%s", parse_printable(text, shown, sizeof shown),
		       names);
}

static int set_path(char **field, const char *text, struct err *err)
{
	char *copy = NULL;

	if (strcmp(text, "none") != 0) {
		copy = strdup(text);
		if (copy == NULL)
			return err_errno(err, "strdup");
	}
	free(*field);
	*field = copy;
	return 0;
}

static int set_text(const struct option_row *row, char *field, const char *value, struct err *err)
{
	char text[PROFILE_TEXT_MAX];
	size_t size = (size_t)row->max;

	if (text_read(value, text, size, err) == -1 ||
	    (row->letters != NULL && text_check(text, row->letters, err) == -1))
		return -1;
	memcpy(field, text, size);
	return 0;
}

int value_set(const struct option_row *row, void *field, const char *text, struct err *err)
{
	switch (row->kind) {
	case OPTION_NUMBER:
	case OPTION_DURATION:
	case OPTION_SIZE:
		return set_quantity(row, field, text, err);
	case OPTION_SWITCH:
		return parse_switch(text, field, err);
	case OPTION_PATH:
		return set_path(field, text, err);
	case OPTION_TEXT:
		return set_text(row, field, text, err);
	case OPTION_CHOICE:
		return set_choice(row, field, text, err);
	default:
		return err_set(err, "is for the command line only");
	}
}

void value_dump(const struct option_row *row, const void *field, FILE *out)
{
	const char *text = "";
	char quantity[48];

	if (row->kind == OPTION_TEXT) {
		fprintf(out, "%s ", row->name);
		text_write(field, out);
		fputc('\n', out);
		return;
	}
	switch (row->kind) {
	case OPTION_SWITCH:
		text = *(const bool *)field ? "on" : "off";
		break;
	case OPTION_PATH:
		text = *(char *const *)field == NULL ? "none" : *(char *const *)field;
		break;
	case OPTION_CHOICE:
		text = row->choices[*(const uint64_t *)field];
		break;
	default:
		text = quantity;
		print_quantity(row, *(const uint64_t *)field, quantity, sizeof quantity);
		if (*(const uint64_t *)field == 0 && row->zero != NULL)
			text = row->zero;
		break;
	}
	fprintf(out, "%s %s\n", row->name, text);
}
