/* SPDX-License-Identifier: BSD-2-Clause */
/* What fails is a line on standard output, and the next message is sent all the same. */
#include "bench/ping.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/hist.h"
#include "bench/probe.h"
#include "common/clock.h"

#define MS UINT64_C(1000000)

struct ping {
	const struct options *options;
	struct probe probe;
	char name[TARGET_TEXT_MAX];
	uint64_t sent;
	struct hist hist; /* of those that came back */
};

static void send_one(struct ping *ping, uint64_t number)
{
	const struct options *options = ping->options;
	uint64_t size =
		stream_draw(ping->probe.stream, 0, number, options->size.low, options->size.high);
	uint64_t time_ns;
	const char *why = probe_send(&ping->probe, size, number, &time_ns);

	if (ping->probe.stopped)
		return; /* neither lost nor back */
	ping->sent++;
	if (why != NULL) {
		printf("from %s: seq=%" PRIu64 " %s\n", ping->name, number, why);
		return;
	}
	hist_record(&ping->hist, time_ns);
	if (!options->quiet)
		printf("%" PRIu64 " bytes from %s: seq=%" PRIu64 " time=%.3f ms\n", size,
		       ping->name, number, (double)time_ns / 1e6);
}

static void print_summary(const struct ping *ping)
{
	const struct hist *hist = &ping->hist;

	printf("\n--- %s echo statistics ---\n%" PRIu64 " message%s sent, %" PRIu64
	       " received, %" PRIu64 " lost",
	       ping->name, ping->sent, ping->sent == 1 ? "" : "s", hist->count,
	       ping->sent - hist->count);
	if (ping->probe.strays > 0)
		printf(", %" PRIu64 " late or twice", ping->probe.strays);
	putchar('\n');
	if (hist->count > 0)
		printf("min/mean/p50/p99/max = %.3f/%.3f/%.3f/%.3f/%.3f ms\n",
		       (double)hist->min / 1e6, hist_mean(hist) / 1e6,
		       (double)hist_percentile(hist, 0.5) / 1e6,
		       (double)hist_percentile(hist, 0.99) / 1e6, (double)hist->max / 1e6);
}

static void ping_all(struct ping *ping)
{
	const struct options *options = ping->options;
	uint64_t begin_ns = clock_ns(), stop_ns = UINT64_MAX;

	if (options->duration_ms != OPTIONS_FOREVER)
		stop_ns = begin_ns + options->duration_ms * MS;
	for (uint64_t i = 0; i < options->messages && !ping->probe.stopped; i++) {
		uint64_t due_ns = begin_ns + i * options->interval_ms * MS;

		if (due_ns >= stop_ns)
			break;
		probe_rest(&ping->probe, due_ns);
		if (!ping->probe.stopped)
			send_one(ping, i + 1);
	}
	probe_clear(&ping->probe);
}

/* No connection came up; or nobody has answered, and the last datagram was refused. */
static bool is_nobody_there(const struct ping *ping)
{
	if (ping->hist.count > 0)
		return false;
	return ping->probe.opened == 0 || ping->probe.refused;
}

int ping_run(const struct options *options, const struct stream *stream, const struct addr *server,
	     int signal_fd, struct err *err)
{
	struct ping *ping = calloc(1, sizeof *ping);
	int status = 0;

	if (ping == NULL)
		return err_errno(err, "malloc");
	ping->options = options;
	probe_init(&ping->probe, options, stream, server, signal_fd);
	target_format(&options->target, server, ping->name);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	ping_all(ping);
	print_summary(ping);
	if (ping->hist.count < ping->sent)
		status = is_nobody_there(ping) ? 3 : 1;
	if (fflush(stdout) != 0)
		status = err_errno(err, "standard output");
	free(ping);
	return status;
}
