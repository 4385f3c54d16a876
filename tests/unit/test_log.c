/* SPDX-License-Identifier: BSD-2-Clause */
/* The log as a reader of standard error sees it. */
#include "log.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void a_program_that_answers_has_plain_lines(void **state)
{
	(void)state;
	log_error("%s: %d", "text", 7);
	assert_caught("echod: text: 7\n");
}

/* 2026-11-21T00:32:01.123Z echod[PID] LEVEL: TEXT */
static void a_program_that_serves_stamps_its_lines(void **state)
{
	time_t before = time(NULL), stamp;
	char level[8], text[16];
	struct tm utc = { 0 };
	const char *line, *at;
	unsigned ms, used = 0;
	int pid;

	(void)state;
	log_open(true);
	log_notice("hello world");
	line = caught();
	at = strptime(line, "%Y-%m-%dT%H:%M:%S", &utc);
	assert_non_null(at);
	assert_int_equal(at - line, 19);
	assert_int_equal(
		sscanf(at, ".%3uZ echod[%d] %7[a-z]: %15[^\n]%n", &ms, &pid, level, text, &used),
		4);
	assert_true(ms < 1000 && at[4] == 'Z');
	assert_int_equal(pid, getpid());
	assert_string_equal(level, "notice");
	assert_string_equal(text, "hello world");
	assert_string_equal(at + used, "\n");
	stamp = timegm(&utc); /* time(2) lags a little behind the clock of the stamp */
	assert_true(stamp >= before && stamp <= time(NULL) + 1);
}

static void be_the_journal(bool serves, int offset)
{
	struct stat st;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + (uintmax_t)offset);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(serves);
	unsetenv("JOURNAL_STREAM");
}

static void the_journal_gets_priorities(void **state)
{
	(void)state;
	for (int serves = 0; serves < 2; serves++) {
		be_the_journal(serves != 0, 0);
		log_set_level(LOG_LEVEL_DEBUG);
		log_error("e");
		log_warn("w");
		log_notice("n");
		log_info("i");
		log_debug("d");
		assert_caught("<3>e\n<4>w\n<5>n\n<6>i\n<7>d\n");
	}
}

/* The variable is inherited by programs whose standard error was redirected. */
static void another_stream_is_not_the_journal(void **state)
{
	static const char *const streams[] = { "", "0:0", "garbage", "1:" };

	(void)state;
	be_the_journal(false, 1);
	log_error("x");
	assert_caught("echod: x\n");
	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
		setenv("JOURNAL_STREAM", streams[i], 1);
		log_open(false);
		log_error("x");
		assert_caught("echod: x\n");
	}
	unsetenv("JOURNAL_STREAM");
}

static void lines_above_the_level_are_not_made(void **state)
{
	static const char *const expected[] = { "e\n", "e\nw\n", "e\nw\nn\n", "e\nw\nn\ni\n",
						"e\nw\nn\ni\nd\n" };

	(void)state;
	for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		char text[64] = "";

		log_set_level(level);
		log_error("e");
		log_warn("w");
		log_notice("n");
		log_info("i");
		log_debug("d");
		for (const char *at = caught(); *at != '\0'; at += 9) {
			assert_memory_equal(at, "echod: ", 7);
			strncat(text, at + 7, 2);
		}
		assert_string_equal(text, expected[level]);
		for (enum log_level asked = LOG_LEVEL_ERROR; asked <= LOG_LEVEL_DEBUG; asked++)
			assert_int_equal(log_wants(asked), asked <= level);
	}
}

static int evaluated;

static int evaluate(void)
{
	return ++evaluated;
}

static void arguments_are_evaluated_only_for_a_line(void **state)
{
	(void)state;
	evaluated = 0;
	log_set_level(LOG_LEVEL_WARN);
	log_notice("%d", evaluate());
	log_debug("%d", evaluate());
	assert_int_equal(evaluated, 0);
	log_warn("%d", evaluate());
	assert_int_equal(evaluated, 1);
}

static void levels_have_the_names_of_the_option(void **state)
{
	static const char *const names[] = { "error", "warn", "notice", "info", "debug" };

	(void)state;
	for (size_t i = 0; i <= LOG_LEVEL_DEBUG; i++)
		assert_string_equal(log_level_names[i], names[i]);
}

static void a_long_line_is_cut_and_still_one_line(void **state)
{
	char text[3 * LOG_LINE_MAX];

	(void)state;
	for (size_t length = LOG_LINE_MAX - 80; length < LOG_LINE_MAX + 20; length++) {
		const char *line;

		memset(text, 'x', length);
		text[length] = '\0';
		log_open((length & 1) != 0);
		log_error("%s", text);
		line = caught();
		assert_true(strlen(line) < LOG_LINE_MAX);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_error("%s", text);
	assert_int_equal(strlen(caught()), LOG_LINE_MAX - 1);
}

static void a_limit_holds_lines_back_and_counts_them(void **state)
{
	static const struct {
		uint64_t now;
		bool passes;
		const char *held;
	} table[] = {
		{ 5000, true, "" },
		{ 5000, false, NULL },
		{ 5001, false, NULL },
		{ 5999, false, NULL },
		{ 6000, true, " (3 such lines held back)" },
		{ 6999, false, NULL },
		{ 9000, true, " (1 such lines held back)" },
		{ 10000, true, "" },
		{ 10999, false, NULL },
	};
	struct log_limit limit = { 0 }, many = { .held = UINT_MAX };
	char most[LOG_HELD_MAX];

	(void)state;
	assert_int_equal(LOG_LIMIT_MS, 1000);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char held[LOG_HELD_MAX];

		assert_int_equal(log_limit_pass(&limit, table[i].now, held), table[i].passes);
		if (table[i].passes)
			assert_string_equal(held, table[i].held);
	}
	assert_true(log_limit_pass(&many, 1, most));
	assert_string_equal(most, " (4294967295 such lines held back)");
}

int main(void)
{
	const struct CMUnitTest group[] = {
		CAUGHT(a_program_that_answers_has_plain_lines),
		CAUGHT(a_program_that_serves_stamps_its_lines),
		CAUGHT(the_journal_gets_priorities),
		CAUGHT(another_stream_is_not_the_journal),
		CAUGHT(lines_above_the_level_are_not_made),
		CAUGHT(arguments_are_evaluated_only_for_a_line),
		cmocka_unit_test(levels_have_the_names_of_the_option),
		CAUGHT(a_long_line_is_cut_and_still_one_line),
		cmocka_unit_test(a_limit_holds_lines_back_and_counts_them),
	};

	return cmocka_run_group_tests_name("log", group, NULL, NULL) == 0 ? 0 : 1;
}
