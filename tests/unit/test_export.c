/* SPDX-License-Identifier: BSD-2-Clause */
/* The forms of the results: each is compared with a whole text. */
#include "bench/export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct options options;
	struct addr server;
	struct meter meter;
	struct report report;
	char *text;
	size_t length;
	FILE *file;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	const struct meter_note wrong = { .at_ns = 1, .connection = 3, .offset = 1000 };

	fixture->options = (struct options){ .connections = 2,
					     .processes = 1,
					     .duration_ms = 1000,
					     .messages = OPTIONS_FOREVER,
					     .size = { 64, 64 },
					     .in_flight = 1,
					     .half_close = true,
					     .timeout_ms = 5000,
					     .seed = 1 };
	addr_any(&fixture->server, AF_INET, 7777);
	fixture->meter.opened = 2;
	fixture->meter.measured = (struct meter_count){ 4, 256 };
	for (uint64_t i = 1; i <= 4; i++)
		hist_record(&fixture->meter.latency, i * 1000);
	meter_fail(&fixture->meter, FAILURE_WRONG, &wrong);
	fixture->meter.mismatch = (struct meter_mismatch){ .shown_offset = 999,
							   .expected_length = 2,
							   .got_length = 2,
							   .expected = { 0xab, 0x01 },
							   .got = { 0xab, 0xfe } };
	fixture->report = (struct report){ .options = &fixture->options,
					   .server = &fixture->server,
					   .meter = &fixture->meter,
					   .elapsed_ns = 2000000000 };
	strcpy(fixture->report.machine.kernel, "Linux \"6\"");
	strcpy(fixture->report.machine.architecture, "x86_64");
	fixture->report.machine.cpus = 2;
	fixture->file = open_memstream(&fixture->text, &fixture->length);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	fclose(fixture->file);
	free(fixture->text);
	free(fixture);
	return 0;
}

static void json_is_as_documented(void **state)
{
	struct fixture *fixture = *state;

	export_json(fixture->file, &fixture->report);
	fflush(fixture->file);
	assert_string_equal(
		fixture->text,
		"{\"schema\":2,\"machine\":{\"kernel\":\"Linux \\u00226\\u0022\","
		"\"architecture\":\"x86_64\",\"cpus\":2},"
		"\"options\":{\"server\":\"0.0.0.0:7777\",\"transport\":\"tcp\","
		"\"connections\":2,\"processes\":1,"
		"\"size_low\":64,\"size_high\":64,\"in_flight\":1,\"rate\":0,\"connect_rate\":0,"
		"\"frame\":false,\"churn\":false,\"half_close\":true,\"verify\":true,\"warm_up_ms\":0,"
		"\"timeout_ms\":5000,\"seed\":1},"
		"\"result\":{\"interrupted\":false,\"seconds\":2.000,\"messages\":4,\"bytes\":256,"
		"\"messages_per_s\":2.000,\"mb_per_s\":0.000,\"warm_up_messages\":0,\"opened\":2,"
		"\"failed\":1,\"ended_by_server\":0,\"lost\":0,\"unsent\":0,\"late\":0,"
		"\"late_max_ns\":0,\"put_off\":0,\"cpu_ns\":0,"
		"\"failures\":{\"refused\":0,\"reset\":0,\"short\":0,\"wrong\":1,\"timeout\":0},"
		"\"datagrams\":{\"sent\":0,\"duplicated\":0,\"reordered\":0,\"too_late\":0,"
		"\"dropped_here\":0},"
		"\"first_mismatch\":{\"connection\":3,\"datagram\":0,\"offset\":1000,\"shown_from\":999,"
		"\"expected\":\"ab01\",\"got\":\"abfe\"},"
		"\"latency_ns\":{\"min\":1000,\"mean\":2500.000,\"p50\":2000,\"p90\":4000,"
		"\"p99\":4000,\"p99.9\":4000,\"max\":4000,\"above_60s\":0}}}\n");
}

static unsigned count_of(const char *text, char wanted, size_t length)
{
	unsigned count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == wanted;
	return count;
}

static void csv_has_a_value_for_each_name(void **state)
{
	struct fixture *fixture = *state;
	const char *line;

	export_csv(fixture->file, &fixture->report);
	fflush(fixture->file);
	line = strchr(fixture->text, '\n') + 1;
	assert_int_equal(count_of(fixture->text, '\n', fixture->length), 2);
	assert_int_equal(count_of(fixture->text, ',', (size_t)(line - fixture->text)),
			 count_of(line, ',', strlen(line)));
	assert_memory_equal(fixture->text, "transport,server,connections,", 29);
	assert_memory_equal(line, "tcp,0.0.0.0:7777,2,1,64,64,", 27);
	assert_non_null(strstr(fixture->text, ",p50_ns,"));
}

static void hgrm_is_hdrhistogram_s(void **state)
{
	struct fixture *fixture = *state;

	export_hgrm(fixture->file, &fixture->meter.latency);
	fflush(fixture->file);
	assert_non_null(strstr(fixture->text,
			       "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"));
	assert_non_null(
		strstr(fixture->text, "       1.000 0.000000000000          1           1.00\n"));
	assert_non_null(strstr(fixture->text,
			       "       4.000 1.000000000000          4            inf\n"
			       "#[Mean    =        2.500, StdDeviation   ="));
	assert_non_null(strstr(fixture->text,
			       "#[Max     =        4.000, Total count    =            4]\n"
			       "#[Buckets =           26, SubBuckets     =         2048]\n"));
}

static void the_table_tells_the_failure(void **state)
{
	struct fixture *fixture = *state;

	report_table(fixture->file, &fixture->report);
	fflush(fixture->file);
	assert_non_null(
		strstr(fixture->text, "refused=0 reset=0 short=0 wrong=1 timeout=0 lost=0\n"));
	assert_non_null(strstr(fixture->text, "first wrong: connection 3 at offset 1000\n"));
	assert_non_null(strstr(fixture->text, "expected   ab 01\n"));
	assert_non_null(strstr(fixture->text, "got        ab fe\n"));
	assert_non_null(
		strstr(fixture->text, "closed loop: a stalled server hides latency; use -R"));
}

/* Forgets what was printed. */
static void start_again(struct fixture *fixture)
{
	fclose(fixture->file);
	free(fixture->text);
	fixture->text = NULL;
	fixture->file = open_memstream(&fixture->text, &fixture->length);
}

static bool table_says(struct fixture *fixture, const char *text)
{
	start_again(fixture);
	report_table(fixture->file, &fixture->report);
	fflush(fixture->file);
	return strstr(fixture->text, text) != NULL;
}

static void one_is_not_many(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.rate = 100;
	fixture->options.connections = 1;
	fixture->meter.late = fixture->meter.unsent = fixture->meter.ended = 1;
	assert_true(table_says(fixture, " 1 connection, 1 process, "));
	assert_true(table_says(fixture, " 1 message was sent more than 1ms late "));
	assert_true(table_says(fixture, " 1 message was due but not sent"));
	assert_true(table_says(fixture, " 1 idle connection was ended"));
	fixture->meter.late = fixture->meter.unsent = fixture->meter.ended = 2;
	fixture->options.connections = 2;
	assert_true(table_says(fixture, " 2 connections, 1 process, "));
	assert_true(table_says(fixture, " 2 messages were sent more than 1ms late "));
	assert_true(table_says(fixture, " 2 messages were due but not sent"));
	assert_true(table_says(fixture, " 2 idle connections were ended"));
}

static void datagrams_have_counts_of_their_own(void **state)
{
	const struct meter_note wrong = { .at_ns = 1, .connection = 3, .datagram = 9, .offset = 5 };
	struct fixture *fixture = *state;

	assert_false(table_says(fixture, "datagrams"));
	fixture->options.half_close = false;
	fixture->options.target.transport = TRANSPORT_UDP;
	fixture->meter.datagrams = (struct meter_datagrams){ 10, 2, 3, 1, 1 };
	fixture->meter.lost = 6;
	fixture->meter.first[FAILURE_WRONG] = wrong;
	assert_true(table_says(fixture, "udp:0.0.0.0:7777: 2 sockets, "));
	assert_true(table_says(fixture, "datagrams   sent=10 received=4 lost=6 duplicated=2 "
					"reordered=3 too_late=1\n"));
	assert_true(table_says(fixture, "first wrong: connection 3, datagram 9 at offset 5\n"));
	assert_true(table_says(fixture, "1 answer was lost because our own receive buffer"));
}

static void the_headline_tells_how(void **state)
{
	struct fixture *fixture = *state;

	assert_true(table_says(fixture, ", half-close, closed loop\n"));
	fixture->options.frame = fixture->options.churn = true;
	assert_true(table_says(fixture, " 64 bytes in a frame, 1 in flight, "
					"a connection for each message, half-close, "));
}

static void progress_tells_of_the_warm_up(void **state)
{
	struct fixture *fixture = *state;
	struct report_progress *progress = calloc(1, sizeof *progress);

	assert_non_null(progress);
	progress->file = fixture->file;
	report_progress(progress, &fixture->meter, 1000000000, true);
	assert_non_null(strstr(fixture->text, "4 messages/s"));
	assert_non_null(strstr(fixture->text, "  (warm-up)\n"));
	start_again(fixture);
	progress->file = fixture->file;
	report_progress(progress, &fixture->meter, 2000000000, false);
	assert_null(strstr(fixture->text, "(warm-up)"));
	free(progress);
}

static void times_have_three_digits(void **state)
{
	static const struct {
		double ns;
		const char *text;
	} pairs[] = { { 0, "0ns" },        { 999, "999ns" },   { 999.6, "1.00us" },
		      { 12345, "12.3us" }, { 99960, "100us" }, { 1500000, "1.50ms" },
		      { 60e9, "60.0s" } };
	char text[REPORT_TIME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_string_equal(report_time(pairs[i].ns, text), pairs[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_is_as_documented, set_up, tear_down),
		cmocka_unit_test_setup_teardown(csv_has_a_value_for_each_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hgrm_is_hdrhistogram_s, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_table_tells_the_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_is_not_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(datagrams_have_counts_of_their_own, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_headline_tells_how, set_up, tear_down),
		cmocka_unit_test_setup_teardown(progress_tells_of_the_warm_up, set_up, tear_down),
		cmocka_unit_test(times_have_three_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
