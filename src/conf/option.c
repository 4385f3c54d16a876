/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a row, and where its values go. A value that does not fit leaves conf as it was. */
#include "conf/option.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "common/parse.h"
#include "conf/listen.h"
#include "conf/value.h"

bool option_in_file(const struct option_row *row)
{
	return row->kind != OPTION_ACTION && row->kind != OPTION_VERBOSITY;
}

bool option_in_listen(const struct option_row *row)
{
	return row->transports != 0;
}

bool option_repeats(const struct option_row *row)
{
	return row->kind == OPTION_LISTEN || row->kind == OPTION_PORT ||
	       row->kind == OPTION_ALLOW || row->kind == OPTION_DENY;
}

const struct option_row *option_find(const char *name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_rows[i].name, name) == 0)
			return &option_rows[i];
	}
	return NULL;
}

/* Optimal string alignment distance: insertions, deletions, changes and swaps of neighbours. */
static unsigned distance(const char *one, const char *other)
{
	enum { MAX = 32 };
	unsigned row[3][MAX + 1];
	size_t one_length = strlen(one), other_length = strlen(other);

	if (one_length > MAX || other_length > MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= other_length; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= one_length; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= other_length; j++) {
			unsigned best = last[j - 1] + (one[i - 1] != other[j - 1]);

			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[one_length % 3][other_length];
}

const char *option_nearest(const char *name, bool (*is_meant)(const struct option_row *row))
{
	const char *nearest = NULL;
	size_t length = strlen(name);
	unsigned least =
		(unsigned)length / 2 + 1; /* more than half of it wrong is no typing error */

	for (size_t i = 0; i < option_count; i++) {
		size_t other_length = strlen(option_rows[i].name);
		unsigned away;

		if (is_meant != NULL && !is_meant(&option_rows[i]))
			continue;
		if (length >= other_length + least || other_length >= length + least)
			continue; /* no need to look closer */
		away = distance(name, option_rows[i].name);
		if (away < least) {
			least = away;
			nearest = option_rows[i].name;
		}
	}
	return nearest;
}

static int set_port(struct conf *conf, enum conf_level level, const char *value, struct err *err)
{
	char text[32];
	uint64_t port;

	if (parse_number(value, 0, 65535, &port, err) == -1)
		return -1;
	snprintf(text, sizeof text, "tcp:*:%" PRIu64, port);
	return listen_add(conf, level, text, err);
}

size_t option_step(const char *at, bool *quoted)
{
	if (*at == '"')
		*quoted = !*quoted;
	return at[0] == '\\' && (*quoted ? at[1] != '\0' : at[1] == '"') ? 2 : 1;
}

size_t option_comment(const char *line)
{
	const char *at = line;

	for (bool quoted = false; *at != '\0'; at += option_step(at, &quoted)) {
		if (!quoted && *at == '#' && (at == line || isblank((unsigned char)at[-1])))
			break;
	}
	return (size_t)(at - line);
}

int option_set_profile(const struct option_row *row, struct profile *profile, const char *value,
		       struct err *err)
{
	if (value == NULL)
		value = "on";
	if (value_check(value, err) == -1)
		return -1;
	return value_set(row, (char *)profile + row->offset, value, err);
}

int option_set(const struct option_row *row, struct conf *conf, enum conf_level level,
	       const char *value, struct err *err)
{
	if (option_in_listen(row))
		return option_set_profile(row, &conf->profile, value, err);
	if (value == NULL)
		value = "on"; /* a switch on the command line */
	if (row->kind != OPTION_VERBOSITY && value_check(value, err) == -1)
		return -1;
	switch (row->kind) {
	case OPTION_LISTEN:
		return listen_add(conf, level, value, err);
	case OPTION_PORT:
		return set_port(conf, level, value, err);
	case OPTION_VERBOSITY:
		conf->verbosity += (int)row->min;
		return 0;
	default:
		return value_set(row, (char *)conf + row->offset, value, err);
	}
}

static void dump_listens(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (i == 0 || strcmp(conf->listens[i].text, conf->listens[i - 1].text) != 0)
			fprintf(out, "listen %s\n", conf->listens[i].text);
	}
}

void option_dump(const struct option_row *row, const struct conf *conf, FILE *out)
{
	const char *base =
		option_in_listen(row) ? (const char *)&conf->profile : (const char *)conf;

	if (row->kind == OPTION_LISTEN)
		dump_listens(conf, out);
	else
		value_dump(row, base + row->offset, out);
}
