/* SPDX-License-Identifier: BSD-2-Clause */
/* One table: getopt_long's two lists, the help and the values are made from it. Nothing is printed
 * but the help. */
#include "bench/options.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/datagram.h"
#include "bench/schedule.h"
#include "common/parse.h"

#define HOUR_MS     3600000
#define FIELD(name) .offset = offsetof(struct options, name)
#define LONG_ONLY   256 /* values of options without a letter begin here */
#define ROWS        (sizeof rows / sizeof rows[0])

enum kind { NUMBER, TIME, SIZES, SWITCH, TEXT, FAMILY4, FAMILY6, HELP, VERSION };

struct row {
	const char *name;
	int letter; /* or 0 */
	enum kind kind;
	const char *value, *help;
	size_t offset;
	uint64_t min, max;
};

static const struct row rows[] = {
	{ "connections", 'c', NUMBER, "N", "connections (1)", FIELD(connections), 1, 1000000 },
	{ "processes", 't', NUMBER, "N", "processes that share them (1)", FIELD(processes), 1,
	  1024 },
	{ "duration", 'd', TIME, "TIME", "how long (10s, without -n)", FIELD(duration_ms), 1,
	  1000 * (uint64_t)HOUR_MS },
	{ "messages", 'n', NUMBER, "N", "how many messages over all connections", FIELD(messages),
	  1, UINT64_MAX - 1 },
	{ "size", 's', SIZES, "N[-N]", "bytes of a message, or a range (64)", FIELD(size), 0,
	  OPTIONS_SIZE_MAX },
	{ "in-flight", 'P', NUMBER, "N", "messages on their way at once, a connection (1)",
	  FIELD(in_flight), 1, 65536 },
	{ "rate", 'R', NUMBER, "N", "messages a second over all connections: open loop",
	  FIELD(rate), 1, SCHEDULE_RATE_MAX },
	{ "connect-rate", 0, NUMBER, "N", "new connections a second at most", FIELD(connect_rate),
	  1, SCHEDULE_RATE_MAX },
	{ "frame", 0, SWITCH, NULL, "a frame each: 4 bytes of length, then the message",
	  FIELD(frame), 0, 0 },
	{ "churn", 0, SWITCH, NULL, "a new connection for each message", FIELD(churn), 0, 0 },
	{ "half-close", 0, SWITCH, NULL, "end with FIN and wait for the server's",
	  FIELD(half_close), 0, 0 },
	{ "warm-up", 'w', TIME, "TIME", "time before anything is measured (0)", FIELD(warm_up_ms),
	  0, HOUR_MS },
	{ "interval", 'i', TIME, "TIME", "time between progress lines, or pings (1s)",
	  FIELD(interval_ms), 10, HOUR_MS },
	{ "ping", 0, SWITCH, NULL, "one message each interval, and a line for it", FIELD(ping), 0,
	  0 },
	{ "json", 'J', SWITCH, NULL, "print the results as JSON", FIELD(json), 0, 0 },
	{ "csv", 0, SWITCH, NULL, "print them as CSV, a header and a line", FIELD(csv), 0, 0 },
	{ "hgrm", 0, TEXT, "FILE", "write latencies in HdrHistogram's percentile format",
	  FIELD(hgrm), 0, 0 },
	{ "quiet", 'q', SWITCH, NULL, "no progress, only the results", FIELD(quiet), 0, 0 },
	{ "ipv4", '4', FAMILY4, NULL, "use IPv4 only", FIELD(family), 0, 0 },
	{ "ipv6", '6', FAMILY6, NULL, "use IPv6 only", FIELD(family), 0, 0 },
	{ "timeout", 0, TIME, "TIME", "give up what is not back in this (5s, datagrams 1s)",
	  FIELD(timeout_ms), 1, HOUR_MS },
	{ "no-verify", 0, SWITCH, NULL, "count the bytes, do not look at them", FIELD(no_verify), 0,
	  0 },
	{ "seed", 0, NUMBER, "N", "choose other bytes and sizes (1)", FIELD(seed), 0,
	  UINT64_MAX - 1 },
	{ "source-range", 0, NUMBER, "N", "connect from N addresses, 127.0.1.1 and up",
	  FIELD(sources), 1, OPTIONS_SOURCES_MAX },
	{ "version", 'V', VERSION, NULL, "print the version and leave", 0, 0, 0 },
	{ "help", 'h', HELP, NULL, "print this text and leave", 0, 0, 0 },
};

static void fill_getopt(char letters[2 * ROWS + 2], struct option list[ROWS + 1])
{
	char *at = letters;

	*at++ = ':'; /* a missing value is told from an unknown option */
	for (size_t i = 0; i < ROWS; i++) {
		list[i] = (struct option){ .name = rows[i].name,
					   .has_arg = rows[i].value != NULL,
					   .val = LONG_ONLY + (int)i };
		if (rows[i].letter == 0)
			continue;
		*at++ = (char)rows[i].letter;
		if (rows[i].value != NULL)
			*at++ = ':';
	}
	*at = '\0';
	list[ROWS] = (struct option){ .name = NULL };
}

static const struct row *find_row(int option)
{
	const struct row *row = rows;

	if (option >= LONG_ONLY)
		return &rows[option - LONG_ONLY];
	while (row->letter != option)
		row++;
	return row;
}

/* N or LOW-HIGH. */
static int set_sizes(const char *text, const struct row *row, struct options_size *size,
		     struct err *err)
{
	const char *dash = strchr(text, '-');
	struct options_size wanted;
	char low[32] = "";

	if (dash != NULL && (size_t)(dash - text) < sizeof low)
		memcpy(low, text, (size_t)(dash - text));
	if (parse_size(dash == NULL ? text : low, row->min, row->max, &wanted.low, err) == -1)
		return -1;
	wanted.high = wanted.low;
	if (dash != NULL && parse_size(dash + 1, row->min, row->max, &wanted.high, err) == -1)
		return -1;
	if (wanted.high < wanted.low)
		return err_set(err, "the range ends before it begins");
	*size = wanted;
	return 0;
}

static int set_value(struct options *options, const struct row *row, const char *text,
		     struct err *err)
{
	void *field = (char *)options + row->offset;

	switch (row->kind) {
	case NUMBER:
		return parse_number(text, row->min, row->max, field, err);
	case TIME:
		return parse_duration(text, row->min, row->max, field, err);
	case SIZES:
		return set_sizes(text, row, field, err);
	case SWITCH:
		*(bool *)field = true;
		return 0;
	case TEXT:
		*(const char **)field = text;
		return 0;
	case FAMILY4:
		*(int *)field = AF_INET;
		return 0;
	case FAMILY6:
		*(int *)field = AF_INET6;
		return 0;
	case HELP:
		options->action = OPTIONS_HELP;
		return 0;
	case VERSION:
		options->action = OPTIONS_VERSION;
		return 0;
	}
	return 0;
}

static bool is_load(const struct options *options)
{
	return options->connections > 1 || options->processes > 1 || options->in_flight > 1 ||
	       options->rate > 0 || options->connect_rate > 0 || options->churn ||
	       options->half_close || options->warm_up_ms > 0 || options->json || options->csv ||
	       options->hgrm != NULL;
}

/* What does not go together with a transport. */
static int check_target(struct options *options, struct err *err)
{
	const struct target *target = &options->target;
	const char *name = transport_name(target->transport);
	bool datagram = target_is_datagram(target);

	if (datagram && options->half_close)
		return err_set(err, "--half-close is not for %s: datagrams have no FIN", name);
	if (datagram && options->frame)
		return err_set(err, "--frame is not for %s: datagrams have their length", name);
	if (datagram && options->size.high > DATAGRAM_SIZE_MAX)
		return err_set(err, "a datagram has at most %u bytes", DATAGRAM_SIZE_MAX);
	if (!datagram && !options->frame && options->size.low == 0)
		return err_set(err, "a message without a byte does not show on a stream; use "
				    "--frame, or -s 1");
	if (target_is_local(target) && (options->sources > 0 || options->family != AF_UNSPEC))
		return err_set(err, "-4, -6 and --source-range are not for %s", name);
	if (options->timeout_ms == 0)
		options->timeout_ms = datagram ? 1000 : 5000;
	return 0;
}

/* What does not go together. */
static int check(struct options *options, struct err *err)
{
	if (check_target(options, err) == -1)
		return -1;
	if (options->ping && is_load(options))
		return err_set(err, "--ping goes with -d, -n, -s, -i, -q, -4, -6, --frame, "
				    "--timeout, --no-verify, --seed and --source-range only");
	if (options->processes > options->connections)
		return err_set(err, "more processes than connections");
	if (options->churn && options->in_flight > 1)
		return err_set(err, "--churn has one message a connection: it excludes -P");
	if (options->churn && options->rate > 0 && options->connect_rate > 0)
		return err_set(err, "with --churn, -R is the connect rate, too");
	if (options->connections * options->in_flight > OPTIONS_ON_WAY_MAX)
		return err_set(err, "more than %u messages in flight", OPTIONS_ON_WAY_MAX);
	if (options->json && options->csv)
		return err_set(err, "either --json or --csv");
	if (options->sources > 0 && options->family == AF_INET6)
		return err_set(err, "--source-range is for IPv4 only");
	if (options->sources > 0)
		options->family = AF_INET;
	if (options->messages == OPTIONS_FOREVER && options->duration_ms == OPTIONS_FOREVER &&
	    !options->ping)
		options->duration_ms = 10000;
	options->action = options->ping ? OPTIONS_PING : OPTIONS_RUN;
	return 0;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
		.family = AF_UNSPEC,
		.connections = 1,
		.processes = 1,
		.duration_ms = OPTIONS_FOREVER,
		.messages = OPTIONS_FOREVER,
		.size = { 64, 64 },
		.in_flight = 1,
		.interval_ms = 1000,
		.seed = 1,
	};
}

int options_read(struct options *options, int argc, char **argv, struct err *err)
{
	struct option list[ROWS + 1];
	char letters[2 * ROWS + 2], shown[64];
	int option;

	set_defaults(options);
	fill_getopt(letters, list);
	opterr = 0;
	optind = 0; /* from the beginning, whatever was read before (GNU) */
	while ((option = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		const struct row *row;

		if (option == ':')
			return err_set(err, "option %s: the value is missing; try --help",
				       parse_printable(argv[optind - 1], shown, sizeof shown));
		if (option == '?' && optopt > ' ' && optopt <= '~')
			return err_set(err, "option -%c: unknown; try --help", optopt);
		if (option == '?')
			return err_set(err, "option %s: unknown or wrong; try --help",
				       parse_printable(argv[optind - 1], shown, sizeof shown));
		row = find_row(option);
		if (set_value(options, row, optarg, err) == -1)
			return err_prefix(err, "--%s", row->name);
		if (options->action != OPTIONS_RUN)
			return 0;
	}
	if (argc - optind != 1)
		return err_set(err, "one HOST:PORT is wanted; try --help");
	if (target_read(&options->target, argv[optind], err) == -1)
		return -1;
	return check(options, err);
}

void options_print_help(FILE *file)
{
	fputs("usage: echobench [options] SERVER\n"
	      "Loads an echo server (RFC 862) and checks every byte that comes back.\n"
	      "SERVER: HOST:PORT (TCP), udp:HOST:PORT, unix:PATH or unixgram:PATH\n\n",
	      file);
	for (size_t i = 0; i < ROWS; i++) {
		char left[40];

		snprintf(left, sizeof left, "--%s%s%s", rows[i].name,
			 rows[i].value != NULL ? "=" : "",
			 rows[i].value != NULL ? rows[i].value : "");
		fprintf(file, "  %c%c%c %-22s %s\n", rows[i].letter != 0 ? '-' : ' ',
			rows[i].letter != 0 ? rows[i].letter : ' ', rows[i].letter != 0 ? ',' : ' ',
			left, rows[i].help);
	}
	fputs("\nTIME is in seconds, or with ms, s, m or h; sizes take k and m.\n"
	      "Exit status: 0 all came back, 1 something was lost, wrong or failed, 2 usage,\n"
	      "3 no connection at all.\n",
	      file);
}
