/* SPDX-License-Identifier: BSD-2-Clause */
/* A text as a setting: read as another reader would, and written so that it can be read again. */
#include "conf/text.h"

#include <stdbool.h>

#include "conf/option.h"
#include "fuzz.h"
#include "page.h"

#define SIZE_MAX_HERE 256

/* One character of a text, from *at on. Returns -1 if there is none that may stand there. */
static int next(const char **at)
{
	static const char *const escapes[] = { "\\n\n", "\\r\r", "\\t\t", "\\\\\\", "\\\"\"" };

	for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
		if (strncmp(*at, escapes[i], 2) == 0) {
			*at += 2;
			return escapes[i][2];
		}
	}
	return **at == '"' || **at == '\\' ? -1 : (unsigned char)*(*at)++;
}

/* What text_read is to find; false: it is to refuse it. */
static bool expect(const char *value, char *text, size_t size)
{
	bool quoted = *value == '"';
	size_t length = 0;

	for (value += quoted; *value != '\0' && !(quoted && strcmp(value, "\"") == 0); length++) {
		int character = next(&value);

		if (character == -1 || length + 1 >= size)
			return false;
		text[length] = (char)character;
	}
	text[length] = '\0';
	return quoted ? *value == '"' : true;
}

static void check_written(const char *text, size_t size)
{
	static struct page page;
	char again[SIZE_MAX_HERE];
	struct err err;

	text_write(text, page_begin(&page));
	page_end(&page);
	MUST(text_read(page.text, again, size, &err) == 0 && strcmp(again, text) == 0);
	MUST(option_comment(page.text) == strlen(page.text));
	MUST(strpbrk(page.text, "\r\n") == NULL);
}

static bool is_good_format(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '%' && *++text != 'w' && *text != 'a' && *text != '%')
			return false;
	}
	return true;
}

static void check_value(const char *value, size_t size)
{
	char expected[SIZE_MAX_HERE], *text = malloc(size);
	struct err err = { 0 };
	bool good = expect(value, expected, size);

	MUST(text != NULL);
	memset(text, 'x', size);
	MUST((text_read(value, text, size, &err) == 0) == good);
	if (good) {
		MUST(strcmp(text, expected) == 0);
		for (size_t i = strlen(text); i < size; i++)
			MUST(text[i] == '\0');
		MUST((text_check(text, "wa", &err) == 0) == is_good_format(text));
		check_written(text, size);
	} else {
		MUST(err.text[0] != '\0');
		for (size_t i = 0; i < size; i++)
			MUST(text[i] == 'x');
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint16_t sizes[] = { SIZE_MAX_HERE, 16, 2, 1 };
	struct input input = { bytes, size };
	size_t room = sizes[input_byte(&input) % 4];
	char *value = input_text(&input);

	check_value(value, room);
	free(value);
	return 0;
}
