/* SPDX-License-Identifier: BSD-2-Clause */
/* Quotes and escapes. */
#include "conf/text.h"

#include <stdbool.h>
#include <string.h>

static const char letters_of_escapes[] = "nrt\\\"", meant[] = "\n\r\t\\\"";

/* The end of what is between the quotes, or of all of it. NULL: they do not fit. */
static const char *find_end(const char **begin, struct err *err)
{
	bool quoted = **begin == '"';
	const char *at = quoted ? ++*begin : *begin;

	for (; *at != '\0' && *at != '"'; at++) {
		if (at[0] == '\\' && at[1] != '\0')
			at++;
	}
	if (quoted ? *at == '"' && at[1] == '\0' : *at == '\0')
		return at;
	if (quoted && *at == '\0')
		err_set(err, "the closing quote is missing");
	else if (quoted)
		err_set(err, "there is something behind the closing quote");
	else
		err_set(err, "a quote inside is to be written as \\\"");
	return NULL;
}

int text_read(const char *value, char *text, size_t size, struct err *err)
{
	const char *at = value, *end = find_end(&at, err);
	char copy[1024];
	size_t length = 0;

	if (end == NULL)
		return -1;
	for (; at < end; at++) {
		const char *letter;

		if (length + 1 == size || length == sizeof copy)
			return err_set(err, "the text is longer than %zu bytes", size - 1);
		copy[length] = *at;
		if (*at == '\\') {
			letter = at[1] == '\0' ? NULL : strchr(letters_of_escapes, at[1]);
			if (letter == NULL)
				return err_set(
					err, "a \\ must have one of n, r, t, \\ and \" behind it");
			copy[length] = meant[letter - letters_of_escapes];
			at++;
		}
		length++;
	}
	memcpy(text, copy, length);
	memset(text + length, '\0', size - length);
	return 0;
}

int text_check(const char *text, const char *letters, struct err *err)
{
	for (const char *at = strchr(text, '%'); at != NULL; at = strchr(at + 2, '%')) {
		if (at[1] == '\0' || (at[1] != '%' && strchr(letters, at[1]) == NULL))
			return err_set(err, "a %% must have one of '%s' or another %% behind it",
				       letters);
	}
	return 0;
}

void text_write(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		const char *letter = strchr(meant, *text);

		if (letter != NULL)
			fputc('\\', out);
		fputc(letter != NULL ? letters_of_escapes[letter - meant] : *text, out);
	}
	fputc('"', out);
}
