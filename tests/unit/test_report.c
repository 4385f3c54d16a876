/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports: what a worker may say, and that every single thing it may not say is refused with a
 * reason. */
#include "link/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pair.h"

/* What a worker that has just been forked has said: nothing. */
static const struct report none = { .worker = 3, .generation = 2 };

static const struct report ready = {
	.magic = REPORT_MAGIC,
	.kind = REPORT_READY,
	.worker = 3,
	.generation = 2,
};

static const struct report beat = {
	.magic = REPORT_MAGIC,
	.kind = REPORT_BEAT,
	.worker = 3,
	.generation = 2,
	.answer = 5,
	.counters = { .active = 4,
		      .accepted = 9,
		      .refused = 2,
		      .bytes_in = 100,
		      .bytes_out = 90,
		      .reasons = { 2 },
		      0,
		      0 },
};

/* Sends it as it is, unlike report_write. */
static enum frame_result pass(const struct report *last, const struct report *report,
			      struct err *err)
{
	struct report got;
	enum frame_result result;

	assert_int_equal(frame_write(pair[1], report, sizeof *report), FRAME_DONE);
	memset(err, 0, sizeof *err);
	result = report_read(pair[0], last, &got, err);
	if (result == FRAME_DONE)
		assert_memory_equal(&got, report, sizeof got);
	return result;
}

static void assert_refused(const struct report *last, const struct report *report, const char *why)
{
	struct err err;

	if (pass(last, report, &err) != FRAME_BAD)
		fail_msg("taken, although: %s", why);
	assert_string_equal(err.text, why);
}

static void assert_taken(const struct report *last, const struct report *report)
{
	struct err err;

	if (pass(last, report, &err) != FRAME_DONE)
		fail_msg("refused: %s", err.text);
}

static void magic_and_spare_are_filled_in(void **state)
{
	struct report report = ready, got;
	struct err err;

	(void)state;
	report.magic = 4711;
	report.spare = 4711;
	assert_int_equal(report_write(pair[1], &report), FRAME_DONE);
	assert_int_equal(report_read(pair[0], &none, &got, &err), FRAME_DONE);
	assert_memory_equal(&got, &ready, sizeof got);
}

static void a_life_is_taken(void **state)
{
	struct report next = beat;

	(void)state;
	assert_taken(&none, &ready);
	assert_taken(&ready, &beat);
	assert_taken(&beat, &beat);
	next.counters = (struct counters){ 0, 9, 2, 100, 100, { 2 }, 0, 0 };
	next.answer = 6;
	assert_taken(&beat, &next);
	next.counters = (struct counters){ 0,          UINT64_MAX,     UINT64_MAX, UINT64_MAX,
					   UINT64_MAX, { UINT64_MAX }, UINT64_MAX, UINT64_MAX };
	assert_taken(&beat, &next);
}

static void ready_comes_first_and_once(void **state)
{
	static const char why[] = "ready was not said first, and once";
	struct report again = beat;

	(void)state;
	assert_refused(&none, &beat, why);
	assert_refused(&ready, &ready, why);
	again.kind = REPORT_READY;
	assert_refused(&beat, &again, why);
}

static void flip(void *field, size_t size, size_t bit)
{
	unsigned char *bytes = field;

	assert_true(bit / 8 < size);
	bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
}

/* Every bit of what is said to be who sends it, and of what is to be constant. */
static void every_bit_of_the_head_counts(void **state)
{
	static const size_t checked[] = { offsetof(struct report, magic),
					  offsetof(struct report, kind),
					  offsetof(struct report, worker),
					  offsetof(struct report, generation),
					  offsetof(struct report, spare) };

	(void)state;
	for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
		for (size_t bit = 0; bit < 32; bit++) {
			struct report report = beat;
			struct err err;

			flip(&report, sizeof report, checked[i] * 8 + bit);
			assert_int_equal(pass(&beat, &report, &err), FRAME_BAD);
			assert_int_not_equal(err.text[0], '\0');
		}
	}
}

static void the_reason_names_what_is_wrong(void **state)
{
	struct report report = beat;

	(void)state;
	report.magic++;
	assert_refused(&beat, &report, "not a report");
	report = beat;
	report.spare = 1;
	assert_refused(&beat, &report, "not a report");
	report = beat;
	report.kind = 7;
	assert_refused(&beat, &report, "a report of unknown kind 7");
	report.kind = 0;
	assert_refused(&none, &report, "a report of unknown kind 0");
	report = beat;
	report.worker = 4;
	assert_refused(&beat, &report, "a report in the name of worker 4 of generation 2");
	report = beat;
	report.generation = 1;
	assert_refused(&beat, &report, "a report in the name of worker 3 of generation 1");
}

static void counters_never_go_back(void **state)
{
	struct report last = beat, report;
	uint64_t *const fields[] = {
		&report.counters.accepted,     &report.counters.refused,
		&report.counters.bytes_in,     &report.counters.bytes_out,
		&report.counters.reasons[0],   &report.counters.reasons[REASONS - 1],
		&report.counters.datagrams_in, &report.counters.datagrams_out,
	};

	(void)state;
	last.counters = (struct counters){ 0, 50, 40, 30, 20, { 0 }, 15, 5 };
	last.counters.reasons[0] = 10;
	last.counters.reasons[REASONS - 1] = 10;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		report = last;
		assert_taken(&last, &report);
		--*fields[i];
		assert_refused(&last, &report, "counters that go back");
		*fields[i] = 0;
		assert_refused(&last, &report, "counters that go back");
	}
}

static void counters_do_not_contradict_each_other(void **state)
{
	static const char why[] = "counters that contradict each other";
	static const struct {
		struct counters counters;
		const char *why;
	} table[] = {
		{ { 10, 10, 0, 0, 0, { 0 }, 0, 0 }, NULL },
		{ { 11, 10, 0, 0, 0, { 0 }, 0, 0 }, why },
		{ { 0, 10, 10, 0, 0, { 0 }, 0, 0 }, NULL },
		{ { 0, 10, 11, 0, 0, { 0 }, 0, 0 }, why },
		{ { 0, 0, 0, 7, 7, { 0 }, 0, 0 }, NULL },
		/* greetings: more out than in */ { { 0, 0, 0, 7, 8, { 0 }, 0, 0 }, NULL },
		{ { 1, 0, 0, 0, 0, { 0 }, 0, 0 }, why },
		{ { 0, 0, 0, 0, 0, { 0 }, 3, 3 }, NULL },
		{ { 0, 0, 0, 0, 0, { 0 }, 3, 4 }, why },
		{ { UINT64_MAX, 10, 0, 0, 0, { 0 }, 0, 0 }, why },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct report report = ready;

		report.kind = REPORT_BEAT;
		report.counters = table[i].counters;
		if (table[i].why == NULL)
			assert_taken(&ready, &report);
		else
			assert_refused(&ready, &report, table[i].why);
	}
}

static void pieces_of_a_report_are_refused(void **state)
{
	struct report got;
	struct err err;

	(void)state;
	for (size_t size = 1; size < sizeof ready; size++) {
		memset(&err, 0, sizeof err);
		assert_int_equal(write(pair[1], &ready, size), size);
		assert_int_equal(report_read(pair[0], &none, &got, &err), FRAME_BAD);
		assert_string_equal(err.text, "a broken frame");
	}
}

static void nothing_and_the_end_are_told_apart(void **state)
{
	struct report got;
	struct err err;

	(void)state;
	assert_int_equal(report_read(pair[0], &none, &got, &err), FRAME_WAIT);
	close_end(&pair[1]);
	assert_int_equal(report_read(pair[0], &none, &got, &err), FRAME_END);
}

static void a_full_pipe_drops_the_report(void **state)
{
	struct report report = ready;
	unsigned written = 0, seen = 0;
	struct err err;

	(void)state;
	while (report_write(pair[1], &report) == FRAME_DONE)
		written++;
	assert_int_equal(report_write(pair[1], &report), FRAME_WAIT);
	while (report_read(pair[0], &none, &report, &err) == FRAME_DONE)
		seen++;
	assert_int_equal(seen, written);
	assert_int_equal(report_write(pair[1], &report), FRAME_DONE);
	close_end(&pair[0]);
	assert_int_equal(report_write(pair[1], &report), FRAME_END);
}

int main(void)
{
	const struct CMUnitTest report[] = {
		WITH_PAIR(magic_and_spare_are_filled_in),
		WITH_PAIR(a_life_is_taken),
		WITH_PAIR(ready_comes_first_and_once),
		WITH_PAIR(every_bit_of_the_head_counts),
		WITH_PAIR(the_reason_names_what_is_wrong),
		WITH_PAIR(counters_never_go_back),
		WITH_PAIR(counters_do_not_contradict_each_other),
		WITH_PAIR(pieces_of_a_report_are_refused),
		WITH_PAIR(nothing_and_the_end_are_told_apart),
		WITH_PAIR(a_full_pipe_drops_the_report),
	};

	return cmocka_run_group_tests(report, NULL, NULL) == 0 ? 0 : 1;
}
