/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats results. A file that cannot be written to is the caller's to notice (ferror). */
#include "bench/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cpus.h"

#define MEGA 1e6

void report_error(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fprintf(stderr, "echobench: %s\n", text);
}

void report_look_at_machine(struct report_machine *machine)
{
	struct utsname name;
	struct cpus cpus;

	memset(machine, 0, sizeof *machine);
	if (uname(&name) == 0) {
		snprintf(machine->kernel, sizeof machine->kernel, "%.30s %.45s", name.sysname,
			 name.release);
		snprintf(machine->architecture, sizeof machine->architecture, "%.39s",
			 name.machine);
	}
	cpus_count("", &cpus);
	machine->cpus = cpus.usable;
}

double report_rate(uint64_t count, uint64_t ns)
{
	return ns == 0 ? 0 : (double)count * 1e9 / (double)ns;
}

const char *report_time(double ns, char text[REPORT_TIME_MAX])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned unit = 0;

	while (ns >= 999.5 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(text, REPORT_TIME_MAX, "%.*f%s",
		 unit == 0 || ns >= 99.95 ? 0
		 : ns >= 9.995            ? 1
					  : 2,
		 ns, units[unit]);
	return text;
}

/* ---------------------------------------------------------------- progress */

void report_progress_begin(struct report_progress *progress, FILE *file, uint64_t now_ns)
{
	memset(progress, 0, sizeof *progress);
	progress->file = file;
	progress->rewrite = isatty(fileno(file)) == 1;
	progress->begin_ns = progress->last_ns = now_ns;
}

void report_progress(struct report_progress *progress, const struct meter *meter, uint64_t now_ns,
		     bool warm_up)
{
	char p50[REPORT_TIME_MAX], p99[REPORT_TIME_MAX];
	struct meter *last = &progress->last;
	uint64_t span_ns = now_ns - progress->last_ns;
	uint64_t messages = meter_returned(meter) - meter_returned(last);
	uint64_t bytes = meter->measured.bytes + meter->warm_up.bytes - last->measured.bytes -
			 last->warm_up.bytes;

	/* The old histogram is not needed any more: it becomes that of the time between. */
	struct hist between = meter->latency;

	hist_subtract(&between, &last->latency);
	fprintf(progress->file,
		"%s%6.1f s  %.0f messages/s  %.2f MB/s  p50 %s  p99 %s  opened %" PRIu64
		"  failed %" PRIu64 "  lost %" PRIu64 "%s%s",
		progress->rewrite ? "\r" : "", (double)(now_ns - progress->begin_ns) / 1e9,
		report_rate(messages, span_ns), report_rate(bytes, span_ns) / MEGA,
		report_time((double)hist_percentile(&between, 0.5), p50),
		report_time((double)hist_percentile(&between, 0.99), p99), meter->opened,
		meter_failed(meter), meter->lost, warm_up ? "  (warm-up)" : "",
		progress->rewrite ? "\033[K" : "\n");
	fflush(progress->file);
	*last = *meter;
	progress->last_ns = now_ns;
	progress->shown = true;
}

void report_progress_end(struct report_progress *progress)
{
	if (progress->rewrite && progress->shown)
		fputs("\r\033[K", progress->file);
	fflush(progress->file);
}

/* ---------------------------------------------------------------- the table */

static const char *channel(const struct report *report)
{
	return target_is_datagram(&report->options->target) ? "socket" : "connection";
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_head(FILE *file, const struct report *report)
{
	const struct options *options = report->options;
	char text[TARGET_TEXT_MAX];

	fprintf(file, "%s: %" PRIu64 " %s%s, %" PRIu64 " process%s, %" PRIu64,
		target_format(&options->target, report->server, text), options->connections,
		channel(report), plural(options->connections), options->processes,
		options->processes == 1 ? "" : "es", options->size.low);
	if (options->size.high != options->size.low)
		fprintf(file, " to %" PRIu64, options->size.high);
	fprintf(file, " bytes%s, %" PRIu64 " in flight", options->frame ? " in a frame" : "",
		options->in_flight);
	if (options->churn)
		fprintf(file, ", a %s for each message", channel(report));
	if (options->half_close)
		fputs(", half-close", file);
	if (options->rate > 0)
		fprintf(file, ", open loop: %" PRIu64 " messages/s", options->rate);
	else
		fputs(", closed loop", file);
	fprintf(file, "%s\n\n", report->interrupted ? " (interrupted)" : "");
}

static void print_latency(FILE *file, const struct hist *hist)
{
	static const struct {
		const char *name;
		double part;
	} columns[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 } };
	char text[REPORT_TIME_MAX];

	fputs("latency            min      mean       p50       p90       p99     p99.9       max\n"
	      "            ",
	      file);
	fprintf(file, "%10s", report_time((double)hist->min, text));
	fprintf(file, "%10s", report_time(hist_mean(hist), text));
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		fprintf(file, "%10s",
			report_time((double)hist_percentile(hist, columns[i].part), text));
	fprintf(file, "%10s\n", report_time((double)hist->max, text));
	if (hist->above > 0)
		fprintf(file, "            %" PRIu64 " took longer than 60s and count as 60s\n",
			hist->above);
}

static void print_hex(FILE *file, const char *name, const unsigned char *bytes, size_t length)
{
	fprintf(file, "            %-10s", name);
	for (size_t i = 0; i < length; i++)
		fprintf(file, " %02x", bytes[i]);
	fputs(length == 0 ? " nothing\n" : "\n", file);
}

static void print_failures(FILE *file, const struct meter *meter)
{
	const struct meter_mismatch *mismatch = &meter->mismatch;

	fputs("failures    ", file);
	for (int kind = 0; kind < FAILURES; kind++)
		fprintf(file, "%s=%" PRIu64 " ", failure_names[kind], meter->failures[kind]);
	fprintf(file, "lost=%" PRIu64 "\n", meter->lost);
	for (int kind = 0; kind < FAILURES; kind++) {
		const struct meter_note *note = &meter->first[kind];

		if (note->at_ns == 0)
			continue;
		fprintf(file, "            first %s: connection %" PRIu64, failure_names[kind],
			note->connection);
		if (note->datagram > 0)
			fprintf(file, ", datagram %" PRIu64, note->datagram);
		fprintf(file, " at offset %" PRIu64, note->offset);
		fprintf(file, "%s%s\n", note->error != 0 ? ": " : "",
			note->error != 0 ? strerror(note->error) : "");
		if (kind != FAILURE_WRONG)
			continue;
		fprintf(file, "            from offset %" PRIu64 ":\n", mismatch->shown_offset);
		print_hex(file, "expected", mismatch->expected, mismatch->expected_length);
		print_hex(file, "got", mismatch->got, mismatch->got_length);
	}
}

static void print_datagrams(FILE *file, const struct meter *meter)
{
	const struct meter_datagrams *counts = &meter->datagrams;

	fprintf(file,
		"datagrams   sent=%" PRIu64 " received=%" PRIu64 " lost=%" PRIu64
		" duplicated=%" PRIu64 " reordered=%" PRIu64 " too_late=%" PRIu64 "\n",
		counts->sent, meter_returned(meter), meter->lost, counts->duplicated,
		counts->reordered, counts->too_late);
}

/* A note on a number of things, if it is not 0. */
static void print_note(FILE *file, uint64_t count, const char *one, const char *many)
{
	if (count > 0)
		fprintf(file, "note        %" PRIu64 " %s\n", count, count == 1 ? one : many);
}

static void print_notes(FILE *file, const struct report *report)
{
	const struct meter *meter = report->meter;
	char text[REPORT_TIME_MAX];

	print_note(file, meter->ended, "idle connection was ended by the server",
		   "idle connections were ended by the server");
	print_note(file, meter->unsent, "message was due but not sent: the server did not keep up",
		   "messages were due but not sent: the server did not keep up");
	print_note(file, meter->datagrams.dropped,
		   "answer was lost because our own receive buffer was full",
		   "answers were lost because our own receive buffer was full");
	if (target_is_local(&report->options->target))
		print_note(file, meter->short_of,
			   "connect was put off: the server's queue was full",
			   "connects were put off: the server's queue was full");
	else
		print_note(
			file, meter->short_of,
			"connect was put off: this machine had no port, descriptor or memory (see "
			"--source-range)",
			"connects were put off: this machine had no port, descriptor or memory (see "
			"--source-range)");
	if (report->options->rate > 0)
		fprintf(file,
			"note        %" PRIu64 " message%s sent more than 1ms late by "
			"echobench itself (worst %s)\n",
			meter->late, meter->late == 1 ? " was" : "s were",
			report_time((double)meter->late_ns, text));
	else
		fputs("note        closed loop: a stalled server hides latency; use -R\n", file);
}

void report_table(FILE *file, const struct report *report)
{
	const struct meter *meter = report->meter;
	uint64_t messages = meter->measured.messages, all = meter_returned(meter);

	print_head(file, report);
	fprintf(file, "messages    %" PRIu64 " in %.2f s, %.0f messages/s\n", messages,
		(double)report->elapsed_ns / 1e9, report_rate(messages, report->elapsed_ns));
	fprintf(file, "payload     %.2f MB, %.2f MB/s each way%s\n",
		(double)meter->measured.bytes / MEGA,
		report_rate(meter->measured.bytes, report->elapsed_ns) / MEGA,
		report->options->no_verify ? ", not verified" : "");
	if (target_is_datagram(&report->options->target)) {
		print_datagrams(file, meter);
		fprintf(file, "sockets     opened %" PRIu64 "\n", meter->opened);
	} else {
		fprintf(file, "connections opened %" PRIu64 ", failed %" PRIu64 "\n", meter->opened,
			meter_failed(meter));
	}
	print_failures(file, meter);
	if (messages > 0) {
		print_latency(file, &meter->latency);
		fprintf(file, "client      %.2f us of processor time a message\n",
			(double)meter->cpu_ns / 1e3 / (double)all);
	}
	print_notes(file, report);
}
