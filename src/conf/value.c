/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kinds of options take and refuse. The word that stands for 0, if there is one, is looked
 * for first. */
#include "conf/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "common/parse.h"

#define KEEPALIVE_SECONDS 32767 /* include/net/tcp.h, MAX_TCP_KEEPIDLE */
#define KEEPALIVE_PROBES  127   /* MAX_TCP_KEEPCNT */

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

/* With a word for 0, a reason that names it. */
static int or_zero(const struct option_row *row, int result, struct err *err)
{
	struct err why = *err;

	if (result == -1 && row->zero != NULL)
		err_set(err, "%.400s, or %s", why.text, row->zero);
	return result;
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

static int set_text(const struct option_row *row, char *field, const char *value, struct err *err)
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

int value_set(const struct option_row *row, void *field, const char *value, struct err *err)
{
	uint64_t min = (uint64_t)row->min, max = (uint64_t)row->max;
	bool zero = row->zero != NULL && strcmp(value, row->zero) == 0;

	switch (row->kind) {
	case OPTION_NUMBER:
		return set_number(row, field, value, err);
	case OPTION_DURATION:
		if (!zero)
			return or_zero(row, parse_duration(value, min, max, field, err), err);
		*(uint64_t *)field = 0;
		return 0;
	case OPTION_SIZE:
		if (!zero)
			return or_zero(row, parse_size(value, min, max, field, err), err);
		*(uint64_t *)field = 0;
		return 0;
	case OPTION_SWITCH:
		return parse_switch(value, field, err);
	case OPTION_PATH:
		return set_path(field, value, err);
	case OPTION_CHOICE:
		return set_choice(row, field, value, err);
	case OPTION_OCTAL:
		return set_octal(row, field, value, err);
	case OPTION_TEXT:
		return set_text(row, field, value, err);
	case OPTION_OWNER:
		return owner_read(value, field, err);
	case OPTION_KEEPALIVE:
		return set_keepalive(field, value, err);
	default:
		return err_set(err, "is for the command line only");
	}
}

static void print_size(uint64_t bytes, FILE *out)
{
	if (bytes % (1024 * 1024) == 0)
		fprintf(out, "%" PRIu64 "m", bytes / (1024 * 1024));
	else if (bytes % 1024 == 0)
		fprintf(out, "%" PRIu64 "k", bytes / 1024);
	else
		fprintf(out, "%" PRIu64, bytes);
}

static void print_keepalive(const struct profile_keepalive *probes, FILE *out)
{
	if (probes->on && probes->idle != 0)
		fprintf(out, "%" PRIu64 ":%" PRIu64 ":%" PRIu64, probes->idle, probes->interval,
			probes->count);
	else
		fputs(probes->on ? "on" : "off", out);
}

/* The kinds that are a number. */
static void print_number(const struct option_row *row, uint64_t number, FILE *out)
{
	char duration[PARSE_DURATION_MAX];

	if (number == 0 && row->zero != NULL)
		fputs(row->zero, out);
	else if (row->kind == OPTION_DURATION)
		fputs(parse_format_duration(number, duration), out);
	else if (row->kind == OPTION_SIZE)
		print_size(number, out);
	else
		fprintf(out, row->kind == OPTION_OCTAL ? "%04" PRIo64 : "%" PRIu64, number);
}

void value_print(const struct option_row *row, const void *field, FILE *out)
{
	char owner[OWNER_TEXT_MAX];

	switch (row->kind) {
	case OPTION_NUMBER:
	case OPTION_DURATION:
	case OPTION_SIZE:
	case OPTION_OCTAL:
		print_number(row, *(const uint64_t *)field, out);
		break;
	case OPTION_SWITCH:
		fputs(*(const bool *)field ? "on" : "off", out);
		break;
	case OPTION_PATH:
		fputs(*(char *const *)field == NULL ? "none" : *(char *const *)field, out);
		break;
	case OPTION_CHOICE:
		fputs(row->choices[*(const uint64_t *)field], out);
		break;
	case OPTION_TEXT:
		fputs(*(const char *)field == '\0' && row->zero != NULL ? row->zero : field, out);
		break;
	case OPTION_OWNER:
		fputs(owner_format(field, owner), out);
		break;
	case OPTION_KEEPALIVE:
		print_keepalive(field, out);
		break;
	default:
		break;
	}
}
