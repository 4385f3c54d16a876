/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of values: what they take, what they refuse, and that what is printed is read back. */
#include "conf/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/file.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Sets a profile's field from text and prints it, to be freed. */
static char *pass(const struct option_row *row, struct profile *profile, const char *value)
{
	void *field = (char *)profile + row->offset;
	struct err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (value_set(row, field, value, &err) == -1)
		fail_msg("%s %s: %s", row->name, value, err.text);
	value_dump(row, field, out);
	assert_int_equal(fclose(out), 0);
	/* NAME VALUE and a newline */
	assert_int_equal(strncmp(text, row->name, strlen(row->name)), 0);
	memmove(text, text + strlen(row->name) + 1, size - strlen(row->name));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void values_are_printed_as_they_can_be_read(void **state)
{
	static const struct {
		const char *name, *value, *printed;
	} table[] = {
		{ "mode", "660", "0660" },
		{ "mode", "0", "0000" },
		{ "mode", "000777", "0777" },
		{ "owner", "0:7", "0:7" },
		{ "owner", "none", "none" },
		{ "keepalive", "on", "on" },
		{ "keepalive", "off", "off" },
		{ "keepalive", "1:1:1", "1:1:1" },
		{ "keepalive", "32767:32767:127", "32767:32767:127" },
		{ "linger", "off", "off" },
		{ "linger", "120", "120" },
		{ "rcvbuf", "auto", "auto" },
		{ "rcvbuf", "1", "1" },
		{ "rcvbuf", "4096", "4k" },
		{ "sndbuf", "1024k", "1m" },
		{ "sndbuf", "1025k", "1025k" },
		{ "user-timeout", "auto", "auto" },
		{ "user-timeout", "1500ms", "1500ms" },
		{ "backlog", "2147483647", "2147483647" },
		{ "bind-to-device", "none", "none" },
		{ "bind-to-device", "fifteen-letters", "fifteen-letters" },
		{ "mark", "4294967295", "4294967295" },
		{ "tos", "0", "0" },
		{ "v6only", "off", "off" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct option_row *row = option_find(table[i].name);
		struct profile profile = { .socket = PROFILE_SOCKET }, again = profile;
		char *text = pass(row, &profile, table[i].value), *twice;

		assert_string_equal(text, table[i].printed);
		twice = pass(row, &again, text);
		assert_string_equal(twice, text);
		free(text);
		free(twice);
	}
}

static void what_does_not_fit_is_named_and_changes_nothing(void **state)
{
	static const struct {
		const char *name, *value, *why;
	} table[] = {
		{ "mode", "888", "'888' is not an octal number from 0 to 777" },
		{ "mode", "1777", "'1777' is not an octal number from 0 to 777" },
		{ "mode", "-1", "'-1' is not an octal number from 0 to 777" },
		{ "mode", "0x1ff", "'0x1ff' is not an octal number from 0 to 777" },
		{ "mode", "77777777777777777777777", "is not an octal number from 0 to 777" },
		{ "mode", "", "'' is not an octal number from 0 to 777" },
		{ "owner", "no-such-user", "there is no user 'no-such-user'" },
		{ "keepalive", "yes", "expected on, off or IDLE:INTERVAL:COUNT" },
		{ "keepalive", "1:2", "expected on, off or IDLE:INTERVAL:COUNT" },
		{ "keepalive", "1:2:3:4", "expected on, off or IDLE:INTERVAL:COUNT" },
		{ "keepalive", "1:2:3 ", "expected on, off or IDLE:INTERVAL:COUNT" },
		{ "keepalive", ":2:3", "expected on, off or IDLE:INTERVAL:COUNT" },
		{ "keepalive", "-1:2:3", "expected on, off or IDLE:INTERVAL:COUNT" },
		{ "keepalive", "0:2:3", "IDLE: '0' is not a number from 1 to 32767" },
		{ "keepalive", "32768:2:3", "IDLE: '32768' is not a number from 1 to 32767" },
		{ "keepalive", "1:32768:3", "INTERVAL: '32768' is not a number from 1 to 32767" },
		{ "keepalive", "1:2:128", "COUNT: '128' is not a number from 1 to 127" },
		{ "keepalive", "1:2:99999999999999", "expected on, off or IDLE" },
		{ "linger", "0", "'0' is neither off nor a number from 1 to 120" },
		{ "linger", "121", "'121' is neither off nor a number from 1 to 120" },
		{ "rcvbuf", "0", "is neither auto nor a size from 1 to 1073741823" },
		{ "sndbuf", "1g", "is neither auto nor a size from 1 to 1073741823" },
		{ "ttl", "256", "'256' is neither auto nor a number from 1 to 255" },
		{ "tos", "256", "'256' is not a number from 0 to 255" },
		{ "user-timeout", "0", "is neither auto nor a time from 1ms to 24h" },
		{ "backlog", "2147483648", "from 1 to 2147483647" },
		{ "fastopen", "auto", "'auto' is neither off nor a number" },
		{ "bind-to-device", "sixteen-letters-",
		  "'sixteen-letters-' is longer than 15 bytes" },
		{ "mark", "4294967296", "from 1 to 4294967295" },
		{ "nodelay", "1", "'1' is neither on nor off" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct option_row *row = option_find(table[i].name);
		struct profile profile, before;
		struct err err = { 0 };

		memset(&profile, 0x5a, sizeof profile);
		before = profile;
		assert_int_equal(
			value_set(row, (char *)&profile + row->offset, table[i].value, &err), -1);
		if (strstr(err.text, table[i].why) == NULL)
			fail_msg("%s %s: %s", table[i].name, table[i].value, err.text);
		assert_memory_equal(&profile, &before, sizeof profile);
	}
}

/* Nothing of a longer value stays behind a shorter one. */
static void texts_are_replaced_as_a_whole(void **state)
{
	const struct option_row *row = option_find("bind-to-device");
	struct profile profile = { 0 }, clean = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(value_set(row, profile.socket.device, "fifteen-letters", &err), 0);
	assert_int_equal(value_set(row, profile.socket.device, "lo", &err), 0);
	memcpy(clean.socket.device, "lo", 2);
	assert_memory_equal(profile.socket.device, clean.socket.device, sizeof clean.socket.device);
}

static void no_value_is_more_than_a_line_can_hold(void **state)
{
	static const struct {
		const char *value, *why; /* NULL: none */
	} table[] = {
		{ "a", NULL },
		{ "a b\tc", NULL },
		{ "a#b", NULL },
		{ "", "the value is empty" },
		{ "a #b", "the value has a # behind a blank" },
		{ "#b", "the value has a # behind a blank" },
		{ " a", "the value begins or ends with a blank" },
		{ "a\t", "the value begins or ends with a blank" },
		{ "a\nb", "there is a control character in the value" },
		{ "a\x7f", "there is a control character in the value" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err err = { 0 };

		assert_int_equal(value_check(table[i].value, &err), table[i].why == NULL ? 0 : -1);
		assert_string_equal(err.text, table[i].why == NULL ? "" : table[i].why);
	}
}

static void the_longest_value_and_its_name_are_a_line(void **state)
{
	char value[VALUE_LENGTH_MAX + 2] = "";
	struct err err = { 0 };

	(void)state;
	memset(value, 'v', VALUE_LENGTH_MAX);
	assert_int_equal(value_check(value, &err), 0);
	value[VALUE_LENGTH_MAX] = 'v';
	assert_int_equal(value_check(value, &err), -1);
	assert_string_equal(err.text, "the value is longer than 960 bytes");
	for (size_t i = 0; i < option_count; i++)
		assert_true(strlen(option_rows[i].name) + 1 + VALUE_LENGTH_MAX <= FILE_LINE_MAX);
}

int main(void)
{
	const struct CMUnitTest value[] = {
		cmocka_unit_test(values_are_printed_as_they_can_be_read),
		cmocka_unit_test(what_does_not_fit_is_named_and_changes_nothing),
		cmocka_unit_test(texts_are_replaced_as_a_whole),
		cmocka_unit_test(no_value_is_more_than_a_line_can_hold),
		cmocka_unit_test(the_longest_value_and_its_name_are_a_line),
	};

	return cmocka_run_group_tests(value, NULL, NULL) == 0 ? 0 : 1;
}
