/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON and CSV are printed from one list of figures. A file that cannot be written to is the
 * caller's to notice. */
#include "bench/export.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TICKS \
	5 /* lines for each halving of the distance to 100 %, as HdrHistogram's tools have it */

enum group { OPTION, RESULT, FAILURE, DATAGRAM, LATENCY, GROUPS };

struct figure {
	enum group group;
	const char *name;
	double value; /* whole numbers are exact up to 2^53 */
	enum form { WHOLE, BROKEN, FLAG } form;
};

#define FIGURES_MAX 64

struct figures {
	struct figure list[FIGURES_MAX];
	size_t count;
};

static void add(struct figures *figures, enum group group, const char *name, double value,
		enum form form)
{
	figures->list[figures->count++] = (struct figure){ group, name, value, form };
}

static void whole(struct figures *figures, enum group group, const char *name, uint64_t value)
{
	add(figures, group, name, (double)value, WHOLE);
}

static void add_options(struct figures *figures, const struct options *options)
{
	whole(figures, OPTION, "connections", options->connections);
	whole(figures, OPTION, "processes", options->processes);
	whole(figures, OPTION, "size_low", options->size.low);
	whole(figures, OPTION, "size_high", options->size.high);
	whole(figures, OPTION, "in_flight", options->in_flight);
	whole(figures, OPTION, "rate", options->rate);
	whole(figures, OPTION, "connect_rate", options->connect_rate);
	add(figures, OPTION, "frame", options->frame, FLAG);
	add(figures, OPTION, "churn", options->churn, FLAG);
	add(figures, OPTION, "half_close", options->half_close, FLAG);
	add(figures, OPTION, "verify", !options->no_verify, FLAG);
	whole(figures, OPTION, "warm_up_ms", options->warm_up_ms);
	whole(figures, OPTION, "timeout_ms", options->timeout_ms);
	whole(figures, OPTION, "seed", options->seed);
}

static void add_result(struct figures *figures, const struct report *report)
{
	const struct meter *meter = report->meter;
	const struct hist *hist = &meter->latency;
	uint64_t ns = report->elapsed_ns;

	add(figures, RESULT, "seconds", (double)ns / 1e9, BROKEN);
	whole(figures, RESULT, "messages", meter->measured.messages);
	whole(figures, RESULT, "bytes", meter->measured.bytes);
	add(figures, RESULT, "messages_per_s", report_rate(meter->measured.messages, ns), BROKEN);
	add(figures, RESULT, "mb_per_s", report_rate(meter->measured.bytes, ns) / 1e6, BROKEN);
	whole(figures, RESULT, "warm_up_messages", meter->warm_up.messages);
	whole(figures, RESULT, "opened", meter->opened);
	whole(figures, RESULT, "failed", meter_failed(meter));
	whole(figures, RESULT, "ended_by_server", meter->ended);
	whole(figures, RESULT, "lost", meter->lost);
	whole(figures, RESULT, "unsent", meter->unsent);
	whole(figures, RESULT, "late", meter->late);
	whole(figures, RESULT, "late_max_ns", meter->late_ns);
	whole(figures, RESULT, "put_off", meter->short_of);
	whole(figures, RESULT, "cpu_ns", meter->cpu_ns);
	for (int kind = 0; kind < FAILURES; kind++)
		whole(figures, FAILURE, failure_names[kind], meter->failures[kind]);
	whole(figures, DATAGRAM, "sent", meter->datagrams.sent);
	whole(figures, DATAGRAM, "duplicated", meter->datagrams.duplicated);
	whole(figures, DATAGRAM, "reordered", meter->datagrams.reordered);
	whole(figures, DATAGRAM, "too_late", meter->datagrams.too_late);
	whole(figures, DATAGRAM, "dropped_here", meter->datagrams.dropped);
	whole(figures, LATENCY, "min", hist->count == 0 ? 0 : hist->min);
	add(figures, LATENCY, "mean", hist_mean(hist), BROKEN);
	whole(figures, LATENCY, "p50", hist_percentile(hist, 0.5));
	whole(figures, LATENCY, "p90", hist_percentile(hist, 0.9));
	whole(figures, LATENCY, "p99", hist_percentile(hist, 0.99));
	whole(figures, LATENCY, "p99.9", hist_percentile(hist, 0.999));
	whole(figures, LATENCY, "max", hist->max);
	whole(figures, LATENCY, "above_60s", hist->above);
}

static void print_value(FILE *file, const struct figure *figure)
{
	fprintf(file, "%.*f", figure->form == BROKEN ? 3 : 0, figure->value);
}

/* ---------------------------------------------------------------- JSON */

static void print_string(FILE *file, const char *text)
{
	putc('"', file);
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
			fprintf(file, "\\u%04x", (unsigned char)*text);
		else
			putc(*text, file);
	}
	putc('"', file);
}

/* "name":value,... without the braces. */
static void print_group(FILE *file, const struct figures *figures, enum group group)
{
	const char *comma = "";

	for (size_t i = 0; i < figures->count; i++) {
		if (figures->list[i].group != group)
			continue;
		fprintf(file, "%s\"%s\":", comma, figures->list[i].name);
		if (figures->list[i].form == FLAG)
			fputs(figures->list[i].value != 0 ? "true" : "false", file);
		else
			print_value(file, &figures->list[i]);
		comma = ",";
	}
}

static void print_bytes(FILE *file, const char *name, const unsigned char *bytes, size_t length)
{
	fprintf(file, ",\"%s\":\"", name);
	for (size_t i = 0; i < length; i++)
		fprintf(file, "%02x", bytes[i]);
	putc('"', file);
}

static void print_mismatch(FILE *file, const struct meter *meter)
{
	const struct meter_note *note = &meter->first[FAILURE_WRONG];
	const struct meter_mismatch *mismatch = &meter->mismatch;

	if (note->at_ns == 0)
		return;
	fprintf(file,
		",\"first_mismatch\":{\"connection\":%" PRIu64 ",\"datagram\":%" PRIu64
		",\"offset\":%" PRIu64 ",\"shown_from\":%" PRIu64,
		note->connection, note->datagram, note->offset, mismatch->shown_offset);
	print_bytes(file, "expected", mismatch->expected, mismatch->expected_length);
	print_bytes(file, "got", mismatch->got, mismatch->got_length);
	putc('}', file);
}

void export_json(FILE *file, const struct report *report)
{
	struct figures figures = { .count = 0 };
	char server[ADDR_TEXT_MAX];

	add_options(&figures, report->options);
	add_result(&figures, report);
	fprintf(file, "{\"schema\":%d,\"machine\":{\"kernel\":", EXPORT_SCHEMA);
	print_string(file, report->machine.kernel);
	fputs(",\"architecture\":", file);
	print_string(file, report->machine.architecture);
	fprintf(file, ",\"cpus\":%u},\"options\":{\"server\":", report->machine.cpus);
	print_string(file, addr_format(report->server, server));
	fprintf(file, ",\"transport\":\"%s\",", transport_name(report->options->target.transport));
	print_group(file, &figures, OPTION);
	fprintf(file, "},\"result\":{\"interrupted\":%s,", report->interrupted ? "true" : "false");
	print_group(file, &figures, RESULT);
	fputs(",\"failures\":{", file);
	print_group(file, &figures, FAILURE);
	fputs("},\"datagrams\":{", file);
	print_group(file, &figures, DATAGRAM);
	putc('}', file);
	print_mismatch(file, report->meter);
	fputs(",\"latency_ns\":{", file);
	print_group(file, &figures, LATENCY);
	fputs("}}}\n", file);
}

/* ---------------------------------------------------------------- CSV */

/* The path of a UNIX socket can be anything (RFC 4180). */
static void print_field(FILE *file, const char *text)
{
	if (strpbrk(text, ",\"") == NULL) {
		fputs(text, file);
		return;
	}
	putc('"', file);
	for (; *text != '\0'; text++)
		fprintf(file, *text == '"' ? "\"%c" : "%c", *text);
	putc('"', file);
}

void export_csv(FILE *file, const struct report *report)
{
	static const char *const begins[GROUPS] = { "", "", "", "datagrams_", "" };
	static const char *const endings[GROUPS] = { "", "", "", "", "_ns" };
	struct figures figures = { .count = 0 };
	char server[ADDR_TEXT_MAX];

	add_options(&figures, report->options);
	add_result(&figures, report);
	fputs("transport,server", file);
	for (size_t i = 0; i < figures.count; i++)
		fprintf(file, ",%s%s%s", begins[figures.list[i].group], figures.list[i].name,
			figures.list[i].name[0] == 'a' ? "" : endings[figures.list[i].group]);
	fprintf(file, "\n%s,", transport_name(report->options->target.transport));
	print_field(file, addr_format(report->server, server));
	for (size_t i = 0; i < figures.count; i++) {
		putc(',', file);
		print_value(file, &figures.list[i]);
	}
	putc('\n', file);
}

/* ---------------------------------------------------------------- percentiles */

/* The next step towards 100 %: TICKS steps halve the distance that is left, in powers of two of it.
 */
static double next_level(double level)
{
	double halvings = floor(log2(100 / (100 - level))) + 1;

	return level + 100 / (TICKS * pow(2, halvings));
}

void export_hgrm(FILE *file, const struct hist *hist)
{
	double level = 0;
	uint64_t seen = 0;

	fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (uint32_t i = 0; i < HIST_BUCKETS && seen < hist->count; i++) {
		double value = (double)(hist_highest(i) < hist->max ? hist_highest(i) : hist->max);

		if (hist->buckets[i] == 0)
			continue;
		seen += hist->buckets[i];
		while (seen < hist->count && (double)seen * 100 >= level * (double)hist->count) {
			fprintf(file, "%12.3f %14.12f %10" PRIu64 " %14.2f\n", value / 1e3,
				level / 100, seen, 100 / (100 - level));
			level = next_level(level);
		}
		if (seen == hist->count)
			fprintf(file, "%12.3f %14.12f %10" PRIu64 " %14s\n", value / 1e3, 1.0, seen,
				"inf");
	}
	fprintf(file, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", hist_mean(hist) / 1e3,
		hist_deviation(hist) / 1e3);
	fprintf(file, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
		(double)hist->max / 1e3, hist->count);
	fprintf(file, "#[Buckets = %12u, SubBuckets     = %12u]\n", HIST_SHIFTS, HIST_SUB_BUCKETS);
}
