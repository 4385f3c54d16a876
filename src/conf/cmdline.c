/* SPDX-License-Identifier: BSD-2-Clause */
/* getopt_long fed from the option table. Messages are ours, so that they can name the nearest
 * option. */
#include "conf/cmdline.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/parse.h"

#define FIRST_VALUE 256 /* getopt_long's value for row 0; above every letter */

static void fill_tables(struct option *longs, char *shorts)
{
	*shorts++ = ':'; /* a missing argument is told apart from an unknown option */
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];
		int argument = row->argument != NULL ? required_argument : no_argument;

		/* `daemon on` in the file, -D, --daemon and --daemon=off on the command line */
		if (row->kind == OPTION_SWITCH)
			argument = optional_argument;
		longs[i] = (struct option){ row->name, argument, NULL, FIRST_VALUE + (int)i };
		if (row->letter == 0)
			continue;
		*shorts++ = row->letter;
		if (row->argument != NULL)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[option_count] = (struct option){ 0 };
}

static const struct option_row *row_of(int value)
{
	if (value >= FIRST_VALUE)
		return &option_rows[value - FIRST_VALUE];
	for (size_t i = 0; i < option_count; i++) {
		if (option_rows[i].letter == value)
			return &option_rows[i];
	}
	return NULL;
}

static void report_missing_value(struct conf_sink *sink)
{
	const struct option_row *row = row_of(optopt);

	conf_sink_error(sink, "option '--%s' needs a value: %s", row->name, row->argument);
}

/* getopt_long takes any beginning of a name that is of one option only. */
static bool report_ambiguous(const char *name, struct conf_sink *sink)
{
	const struct option_row *first = NULL;

	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (strncmp(row->name, name, strlen(name)) != 0)
			continue;
		if (first != NULL) {
			conf_sink_error(sink, "option '--%s' is ambiguous: '--%s', '--%s'", name,
					first->name, row->name);
			return true;
		}
		first = row;
	}
	return false;
}

/* argument is the last one that getopt_long took; optopt is a letter, a row, or 0 for an unknown
 * long option. */
static void report_bad_option(const char *argument, struct conf_sink *sink)
{
	char name[48], shown[48];
	const char *nearest;

	if (optopt >= FIRST_VALUE) {
		conf_sink_error(sink, "option '--%s' takes no value", row_of(optopt)->name);
		return;
	}
	if (optopt != 0) {
		snprintf(name, sizeof name, "-%c", optopt);
		conf_sink_error(sink, "unknown option '%s'",
				parse_printable(name, shown, sizeof shown));
		return;
	}
	snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
	if (name[0] != '\0' && report_ambiguous(name, sink))
		return;
	nearest = option_nearest(name, NULL);
	parse_printable(argument, shown, sizeof shown);
	if (nearest != NULL)
		conf_sink_error(sink, "unknown option '%s' (did you mean '--%s'?)", shown, nearest);
	else
		conf_sink_error(sink, "unknown option '%s'", shown);
}

static void report_argument(const char *argument, struct conf_sink *sink)
{
	bool is_switch = strcmp(argument, "on") == 0 || strcmp(argument, "off") == 0;
	char shown[48];

	conf_sink_error(sink, "unexpected argument '%s'%s",
			parse_printable(argument, shown, sizeof shown),
			is_switch ? ": a switch takes it behind '=', as in --daemon=off" : "");
}

static void report_no_memory(const struct option_row *row, struct conf_sink *sink)
{
	struct err err;

	err_errno(&err, "realloc");
	conf_sink_reason(sink, &err, "--%s", row->name);
}

static void take_action(struct cmdline *cmdline, const struct option_row *row, const char *value,
			struct conf_sink *sink)
{
	switch (row->letter) {
	case 'c':
		if (value[0] == '\0')
			conf_sink_error(sink, "--config: the value is empty");
		free(cmdline->config);
		cmdline->config = strdup(value);
		if (cmdline->config == NULL)
			report_no_memory(row, sink);
		break;
	case 't':
		cmdline->action = CMDLINE_TEST;
		break;
	case 'T':
		cmdline->action = CMDLINE_DUMP;
		break;
	case 'V':
		cmdline->action = CMDLINE_VERSION;
		break;
	default:
		cmdline->action = CMDLINE_HELP;
	}
}

/* There may be more of them than arguments: -vvv are three. */
static void add_setting(struct cmdline *cmdline, const struct option_row *row, const char *value,
			struct conf_sink *sink)
{
	size_t size = (cmdline->count + 1) * sizeof *cmdline->settings;
	struct cmdline_setting *grown = realloc(cmdline->settings, size);

	if (grown == NULL) {
		report_no_memory(row, sink);
		return;
	}
	cmdline->settings = grown;
	cmdline->settings[cmdline->count++] = (struct cmdline_setting){ row, value };
}

int cmdline_init(struct cmdline *cmdline, int argc, char **argv, struct conf_sink *sink)
{
	struct option longs[OPTION_MAX + 1];
	char shorts[2 * OPTION_MAX + 2];
	unsigned before = sink->count;
	int value;

	*cmdline = (struct cmdline){ 0 };
	fill_tables(longs, shorts);
	opterr = 0;
	optind = 0; /* GNU: begin anew, in tests too */
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = row_of(value);

		if (value == ':')
			report_missing_value(sink);
		else if (value == '?')
			report_bad_option(argv[optind - 1], sink);
		else if (row->kind == OPTION_ACTION)
			take_action(cmdline, row, optarg, sink);
		else
			add_setting(cmdline, row, optarg, sink);
	}
	if (optind < argc)
		report_argument(argv[optind], sink);
	return sink->count == before ? 0 : -1;
}

void cmdline_clear(struct cmdline *cmdline)
{
	free(cmdline->config);
	free(cmdline->settings);
	*cmdline = (struct cmdline){ 0 };
}

static void print_row(const struct option_row *row, FILE *out)
{
	char left[40], letter[8] = "    ";

	if (row->letter != 0)
		snprintf(letter, sizeof letter, "-%c, ", row->letter);
	snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name,
		 row->argument != NULL ? "=" : "", row->argument != NULL ? row->argument : "");
	if (strlen(left) < 28)
		fprintf(out, "  %-28s%s\n", left, row->help);
	else
		fprintf(out, "  %s\n  %-28s%s\n", left, "", row->help);
}

static void print_rows(bool of_listeners, FILE *out)
{
	for (size_t i = 0; i < option_count; i++) {
		if (option_in_listen(&option_rows[i]) == of_listeners)
			print_row(&option_rows[i], out);
	}
}

void cmdline_help(FILE *out)
{
	fputs("Usage: echod [OPTION]...\n"
	      "A pre-forked echo server (RFC 862).\n\n",
	      out);
	print_rows(false, out);
	fputs("\nSettings of listeners: for all of them, or as NAME=VALUE behind one ADDRESS, for\n"
	      "that one, as in --listen='tcp:*:9 service=discard':\n",
	      out);
	print_rows(true, out);
	fputs("\n"
	      "ADDRESS: tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH.\n"
	      "HOST: a name, an IPv4 address, an IPv6 address in brackets, or *, every address.\n"
	      "PATH: @NAME is in no file system. SIZE: bytes, or with k or m behind it.\n"
	      "TIME: seconds, or with ms, s, m or h behind it.\n"
	      "Signals: HUP reload; TERM, INT drain and leave; QUIT the same without a limit;\n"
	      "USR1 statistics. See echod(8) and echod.conf(5).\n",
	      out);
}
