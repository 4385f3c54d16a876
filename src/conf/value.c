/* SPDX-License-Identifier: BSD-2-Clause */
/* What each kind takes, and how it is written. A value that does not fit leaves its field alone. */
#include "conf/value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/parse.h"
#include "conf/rules.h"
#include "conf/text.h"

static int set_number(const struct option_row *row, uint64_t *field, const char *value,
		      struct err *err)
{
	char shown[48];

	if (row->zero != NULL && strcmp(value, row->zero) == 0) {
		*field = 0;
		return 0;
	}
	if (row->zero == NULL)
		return parse_number(value, (uint64_t)row->min, (uint64_t)row->max, field, err);
	if (parse_number(value, (uint64_t)row->min, (uint64_t)row->max, field, err) == 0)
		return 0;
	return err_set(err, "'%s' is neither %s nor a number from %" PRId64 " to %" PRId64,
		       parse_printable(value, shown, sizeof shown), row->zero, row->min, row->max);
}

static int set_choice(const struct option_row *row, uint64_t *field, const char *value,
		      struct err *err)
{
	char shown[48], names[128] = "";
	size_t used = 0;

	for (uint64_t i = 0; i <= (uint64_t)row->max; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			*field = i;
			return 0;
		}
		if (used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, " %s",
						 row->choices[i]);
	}
	return err_set(err, "'%s' is none of:%s", parse_printable(value, shown, sizeof shown),
		       names);
}

static int set_path(char **field, const char *value, struct err *err)
{
	char *copy = NULL;

	if (strcmp(value, "none") != 0) {
		copy = strdup(value);
		if (copy == NULL)
			return err_errno(err, "strdup");
	}
	free(*field);
	*field = copy;
	return 0;
}

/*
 * What a line of the file cannot hold, the command line may not bring in either, or --dump-config
 * would print something else than what is in force.
 */
int value_check(const char *value, struct err *err)
{
	size_t length = strlen(value);

	if (length == 0)
		return err_set(err, "the value is empty");
	for (const char *at = value; *at != '\0'; at++) {
		if (iscntrl((unsigned char)*at) && *at != '\t')
			return err_set(err, "there is a control character in the value");
	}
	if (option_comment(value) != length)
		return err_set(err, "the value has a # behind a blank");
	if (isblank((unsigned char)value[0]) || isblank((unsigned char)value[length - 1]))
		return err_set(err, "the value begins or ends with a blank");
	return 0;
}

int value_set(const struct option_row *row, void *field, const char *value, struct err *err)
{
	switch (row->kind) {
	case OPTION_NUMBER:
		return set_number(row, field, value, err);
	case OPTION_DURATION:
		return parse_duration(value, (uint64_t)row->min, (uint64_t)row->max, field, err);
	case OPTION_SWITCH:
		return parse_switch(value, field, err);
	case OPTION_PATH:
		return set_path(field, value, err);
	case OPTION_CHOICE:
		return set_choice(row, field, value, err);
	case OPTION_TEXT:
		return text_parse(value, field, (size_t)row->max, err);
	case OPTION_ALLOW:
	case OPTION_DENY:
		return rules_add(field, row->kind == OPTION_ALLOW, value, err);
	default:
		return err_set(err, "is for the command line only");
	}
}

static void dump_number(const struct option_row *row, uint64_t number, FILE *out)
{
	if (number == 0 && row->zero != NULL)
		fprintf(out, "%s\n", row->zero);
	else
		fprintf(out, "%" PRIu64 "\n", number);
}

static void dump_single(const struct option_row *row, const void *field, FILE *out)
{
	char duration[PARSE_DURATION_MAX];
	const char *path;

	fprintf(out, "%s ", row->name);
	switch (row->kind) {
	case OPTION_NUMBER:
		dump_number(row, *(const uint64_t *)field, out);
		break;
	case OPTION_DURATION:
		fprintf(out, "%s\n", parse_format_duration(*(const uint64_t *)field, duration));
		break;
	case OPTION_SWITCH:
		fprintf(out, "%s\n", *(const bool *)field ? "on" : "off");
		break;
	case OPTION_PATH:
		path = *(char *const *)field;
		fprintf(out, "%s\n", path == NULL ? "none" : path);
		break;
	case OPTION_CHOICE:
		fprintf(out, "%s\n", row->choices[*(const uint64_t *)field]);
		break;
	default: /* OPTION_TEXT */
		text_dump(field, out);
		fputc('\n', out);
	}
}

void value_dump(const struct option_row *row, const void *field, FILE *out)
{
	switch (row->kind) {
	case OPTION_LISTEN:
	case OPTION_PORT: /* conf has it as a listener */
	case OPTION_VERBOSITY:
	case OPTION_ACTION:
		break;
	case OPTION_ALLOW:
	case OPTION_DENY:
		rules_dump(field, row->kind == OPTION_ALLOW, out);
		break;
	default:
		dump_single(row, field, out);
	}
}
