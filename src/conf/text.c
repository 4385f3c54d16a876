/* SPDX-License-Identifier: BSD-2-Clause */
/* Quotes and escapes, in and out. */
#include "conf/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static const char letters[] = "nrt\\\"", meanings[] = "\n\r\t\\\"";

/* Reads up to the closing quote, or to the end; returns how many bytes that made, or -1. */
static ssize_t decode(const char *text, char *bytes, struct err *err)
{
	bool quoted = *text == '"';
	size_t length = 0;
	const char *letter;

	for (text += quoted; *text != '\0' && *text != '"'; text++) {
		bytes[length] = *text;
		if (*text == '\\') {
			letter = text[1] == '\0' ? NULL : strchr(letters, text[1]);
			if (letter == NULL)
				return err_set(err,
					       "a backslash stands before one of n r t \\ \" only");
			bytes[length] = meanings[letter - letters];
			text++;
		}
		length++;
	}
	if (quoted && *text == '\0')
		return err_set(err, "the closing quote is missing");
	if (*text == '"' && (!quoted || text[1] != '\0'))
		return err_set(err, "a quote inside the text is written \\\"");
	bytes[length] = '\0';
	return (ssize_t)length;
}

int text_parse(const char *text, char *field, size_t size, struct err *err)
{
	char *bytes = malloc(strlen(text) + 1);
	ssize_t length;

	if (bytes == NULL)
		return err_errno(err, "malloc");
	length = decode(text, bytes, err);
	if (length >= (ssize_t)size)
		length = err_set(err, "the text is longer than %zu bytes", size - 1);
	if (length >= 0) {
		memset(field, 0, size);
		memcpy(field, bytes, (size_t)length);
	}
	free(bytes);
	return length >= 0 ? 0 : -1;
}

void text_dump(const char *field, FILE *out)
{
	fputc('"', out);
	for (; *field != '\0'; field++) {
		const char *meaning = strchr(meanings, *field);

		if (meaning != NULL)
			fprintf(out, "\\%c", letters[meaning - meanings]);
		else
			fputc(*field, out);
	}
	fputc('"', out);
}
