/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, sizes and times: read as with numbers so large that nothing overflows, and written so
 * that they are read as the same. */
#include "common/parse.h"

#include "fuzz.h"

typedef int parser(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err);

static const struct {
	parser *parse;
	const char *suffixes[6];
	uint64_t factors[6];
} kinds[] = {
	{ parse_number, { "" }, { 1 } },
	{ parse_size, { "", "k", "m" }, { 1, 1024, 1048576 } },
	{ parse_duration, { "", "ms", "s", "m", "h" }, { 1000, 1, 1000, 60000, 3600000 } },
};

/* The number, UINT64_MAX + 1 if it is that or larger, -1 if the text is none. */
static __int128 expect(size_t kind, const char *text)
{
	const __int128 limit = (__int128)UINT64_MAX + 1;
	size_t digits = strspn(text, "0123456789");
	__int128 number = 0;

	for (const char *at = text; *at >= '0' && *at <= '9' && number < limit; at++)
		number = number * 10 + (*at - '0');
	for (size_t i = 0; digits > 0 && i < 6 && kinds[kind].suffixes[i] != NULL; i++) {
		if (strcmp(text + digits, kinds[kind].suffixes[i]) == 0) {
			number *= kinds[kind].factors[i];
			return number < limit ? number : limit;
		}
	}
	return -1;
}

static void check_text(size_t kind, const char *text, uint64_t min, uint64_t max)
{
	uint64_t value = 4711;
	struct err err = { 0 };
	__int128 expected = expect(kind, text);
	int result = kinds[kind].parse(text, min, max, &value, &err);

	if (expected >= min && expected <= max) {
		MUST(result == 0 && value == (uint64_t)expected && err.text[0] == '\0');
		return;
	}
	MUST(result == -1 && value == 4711 && err.text[0] != '\0');
	for (const char *at = err.text; *at != '\0'; at++)
		MUST(*at >= ' ' && *at <= '~');
}

static void check_written(uint64_t number)
{
	char duration[PARSE_DURATION_MAX], size[PARSE_SIZE_MAX];
	uint64_t value;
	struct err err;

	parse_format_duration(number, duration);
	MUST(parse_duration(duration, number, number, &value, &err) == 0 && value == number);
	parse_format_size(number, size);
	MUST(parse_size(size, number, number, &value, &err) == 0 && value == number);
}

static void check_shown(const char *text, size_t size)
{
	char *shown = malloc(size);
	size_t length = strlen(text);

	MUST(shown != NULL && parse_printable(text, shown, size) == shown);
	MUST(strlen(shown) == (length < size ? length : size - 1));
	for (size_t i = 0; shown[i] != '\0'; i++) {
		if (length >= size && i >= size - 4)
			MUST(shown[i] == '.');
		else
			MUST(shown[i] == (text[i] >= ' ' && text[i] <= '~' ? text[i] : '?'));
	}
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = { bytes, size };
	size_t kind = input_byte(&input) % 3, room = 4 + input_byte(&input) % 64u;
	uint64_t min = input_number(&input, 8), max = ~input_number(&input, 8);
	char *text = input_text(&input);

	check_text(kind, text, min, max);
	check_written(min);
	check_written(max);
	check_shown(text, room);
	free(text);
	return 0;
}
