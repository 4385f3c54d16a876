/* SPDX-License-Identifier: BSD-2-Clause */
/* A report is input from another process, perhaps from one that has lost its mind: nothing in it is
 * believed unchecked. */
#include "link/report.h"

#include <inttypes.h>
#include <stdbool.h>

_Static_assert(sizeof(struct report) == 80 + REASONS * sizeof(uint64_t), "a report has no padding");
_Static_assert(sizeof(struct report) <= 512, "a pipe holds at least a hundred reports");

uint32_t report_interval(uint64_t hang_ms)
{
	uint64_t interval = hang_ms / 4;

	return interval == 0 || interval > REPORT_INTERVAL_MS ? REPORT_INTERVAL_MS
							      : (uint32_t)interval;
}

enum frame_result report_write(int fd, struct report *report)
{
	report->magic = REPORT_MAGIC;
	report->spare = 0;
	return frame_write(fd, report, sizeof *report);
}

static bool went_back(const struct counters *last, const struct counters *now)
{
	for (int reason = 0; reason < REASONS; reason++) {
		if (now->reasons[reason] < last->reasons[reason])
			return true;
	}
	return now->accepted < last->accepted || now->refused < last->refused ||
	       now->bytes_in < last->bytes_in || now->bytes_out < last->bytes_out ||
	       now->datagrams_in < last->datagrams_in || now->datagrams_out < last->datagrams_out;
}

static int check(const struct report *last, const struct report *report, struct err *err)
{
	const struct counters *now = &report->counters;

	if (report->magic != REPORT_MAGIC || report->spare != 0)
		return err_set(err, "not a report");
	if (report->kind != REPORT_READY && report->kind != REPORT_BEAT)
		return err_set(err, "a report of unknown kind %" PRIu32, report->kind);
	if (report->worker != last->worker || report->generation != last->generation)
		return err_set(err,
			       "a report in the name of worker %" PRIu32 " of generation %" PRIu32,
			       report->worker, report->generation);
	if ((report->kind == REPORT_READY) != (last->kind == 0))
		return err_set(err, "ready was not said first, and once");
	if (went_back(&last->counters, now))
		return err_set(err, "counters that go back");
	if (now->active > now->accepted || now->refused > now->accepted ||
	    now->datagrams_out > now->datagrams_in)
		return err_set(err, "counters that contradict each other");
	return 0;
}

enum frame_result report_read(int fd, const struct report *last, struct report *report,
			      struct err *err)
{
	enum frame_result result = frame_read(fd, report, sizeof *report);

	if (result == FRAME_BAD)
		err_set(err, "a broken frame");
	if (result == FRAME_DONE && check(last, report, err) == -1)
		result = FRAME_BAD;
	return result;
}
