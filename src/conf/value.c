/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kinds of options take and refuse. The word that stands for 0, if there is one, is looked
 * for first. */
#include "conf/value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "common/parse.h"
#include "conf/rules.h"
#include "conf/text.h"

#define KEEPALIVE_SECONDS 32767 /* include/net/tcp.h, MAX_TCP_KEEPIDLE */
#define KEEPALIVE_PROBES  127   /* MAX_TCP_KEEPCNT */

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

static int set_octal(const struct option_row *row, uint64_t *field, const char *value,
		     struct err *err)
{
	char shown[48];
	uint64_t number = 0;
	size_t length = strspn(value, "01234567");

	if (length > 0 && length <= 6 && value[length] == '\0')
		number = strtoul(value, NULL, 8);
	else
		number = UINT64_MAX;
	if (number > (uint64_t)row->max)
		return err_set(err, "'%s' is not an octal number from 0 to %" PRIo64,
			       parse_printable(value, shown, sizeof shown), (uint64_t)row->max);
	*field = number;
	return 0;
}

static int set_name(const struct option_row *row, char *field, const char *value, struct err *err)
{
	char shown[48];

	if (row->zero != NULL && strcmp(value, row->zero) == 0)
		value = "";
	if (strlen(value) >= (size_t)row->max)
		return err_set(err, "'%s' is longer than %" PRId64 " bytes",
			       parse_printable(value, shown, sizeof shown), row->max - 1);
	/* Zeros to the end, so that equal ones can be compared as memory. */
	strncpy(field, value, (size_t)row->max);
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

/* IDLE:INTERVAL:COUNT. */
static int read_probes(const char *value, struct profile_keepalive *probes, struct err *err)
{
	char idle[8], interval[8], count[8];
	int end = -1;

	if (sscanf(value, "%7[0-9]:%7[0-9]:%7[0-9]%n", idle, interval, count, &end) != 3 ||
	    value[end] != '\0')
		return err_set(err, "expected on, off or IDLE:INTERVAL:COUNT");
	if (parse_number(idle, 1, KEEPALIVE_SECONDS, &probes->idle, err) == -1)
		return err_prefix(err, "IDLE");
	if (parse_number(interval, 1, KEEPALIVE_SECONDS, &probes->interval, err) == -1)
		return err_prefix(err, "INTERVAL");
	if (parse_number(count, 1, KEEPALIVE_PROBES, &probes->count, err) == -1)
		return err_prefix(err, "COUNT");
	return 0;
}

static int set_keepalive(struct profile_keepalive *field, const char *value, struct err *err)
{
	struct profile_keepalive probes = { .on = strcmp(value, "off") != 0 };

	if (probes.on && strcmp(value, "on") != 0 && read_probes(value, &probes, err) == -1)
		return -1;
	*field = probes;
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
	if (length > VALUE_LENGTH_MAX)
		return err_set(err, "the value is longer than %d bytes", VALUE_LENGTH_MAX);
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
	case OPTION_DURATION:
	case OPTION_SIZE:
		return set_quantity(row, field, value, err);
	case OPTION_SWITCH:
		return parse_switch(value, field, err);
	case OPTION_PATH:
		return set_path(field, value, err);
	case OPTION_CHOICE:
		return set_choice(row, field, value, err);
	case OPTION_OCTAL:
		return set_octal(row, field, value, err);
	case OPTION_NAME:
		return set_name(row, field, value, err);
	case OPTION_TEXT:
		return set_text(row, field, value, err);
	case OPTION_OWNER:
		return owner_read(value, field, err);
	case OPTION_GROUP:
		return owner_read_group(value, field, err);
	case OPTION_KEEPALIVE:
		return set_keepalive(field, value, err);
	case OPTION_ALLOW:
	case OPTION_DENY:
		return rules_add(field, row->kind == OPTION_ALLOW, value, err);
	default:
		return err_set(err, "is for the command line only");
	}
}

static void print_keepalive(const struct profile_keepalive *probes, FILE *out)
{
	if (probes->on && probes->idle != 0)
		fprintf(out, "%" PRIu64 ":%" PRIu64 ":%" PRIu64, probes->idle, probes->interval,
			probes->count);
	else
		fputs(probes->on ? "on" : "off", out);
}

static void print_number(const struct option_row *row, uint64_t number, FILE *out)
{
	char text[48];

	print_quantity(row, number, text, sizeof text);
	fputs(number == 0 && row->zero != NULL ? row->zero : text, out);
}

static void print_field(const struct option_row *row, const void *field, FILE *out)
{
	char owner[OWNER_TEXT_MAX];
	const char *text = field;

	switch (row->kind) {
	case OPTION_NUMBER:
	case OPTION_DURATION:
	case OPTION_SIZE:
		print_number(row, *(const uint64_t *)field, out);
		break;
	case OPTION_OCTAL:
		fprintf(out, "%04" PRIo64, *(const uint64_t *)field);
		break;
	case OPTION_SWITCH:
		fputs(*(const bool *)field ? "on" : "off", out);
		break;
	case OPTION_PATH:
		text = *(char *const *)field;
		fputs(text == NULL ? "none" : text, out);
		break;
	case OPTION_CHOICE:
		fputs(row->choices[*(const uint64_t *)field], out);
		break;
	case OPTION_NAME:
		fputs(*text == '\0' && row->zero != NULL ? row->zero : text, out);
		break;
	case OPTION_OWNER:
		fputs(owner_format(field, owner), out);
		break;
	case OPTION_GROUP: /* without the colon */
		text = owner_format(field, owner);
		fputs(text[0] == ':' ? text + 1 : text, out);
		break;
	case OPTION_KEEPALIVE:
		print_keepalive(field, out);
		break;
	default: /* OPTION_TEXT */
		text_write(field, out);
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
		fprintf(out, "%s ", row->name);
		print_field(row, field, out);
		fputc('\n', out);
	}
}
