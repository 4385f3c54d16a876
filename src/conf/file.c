/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the whole file first, never blocking, then applies it line by line; an error never ends the
 * reading. */
#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse.h"
#include "common/trust.h"
#include "conf/option.h"

#define BLANKS " \t"

struct reader {
	const char *path;
	unsigned line;
	unsigned errors;
	struct conf *conf;
	struct conf_sink *sink;
};

/*
 * O_NONBLOCK: a FIFO in the place of the file must not stop a running supervisor. What root obeys
 * must be nobody else's to write; a device, such as /dev/null, has no content of its own.
 */
static int open_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd == -1)
		return err_errno(err, "cannot open");
	if (fstat(fd, &st) == -1 || (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)))
		err_set(err, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
	else if (geteuid() != 0 || S_ISCHR(st.st_mode) || trust_file(fd, path, err) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The whole content with a NUL behind it, to be freed; *size is without the NUL. */
static char *read_whole(int fd, size_t *size, struct err *err)
{
	char *text = malloc(FILE_SIZE_MAX + 1);
	ssize_t got;

	*size = 0;
	if (text == NULL) {
		err_errno(err, "malloc");
		return NULL;
	}
	do {
		got = read(fd, text + *size, FILE_SIZE_MAX + 1 - *size);
		*size += got > 0 ? (size_t)got : 0;
	} while ((got > 0 && *size <= FILE_SIZE_MAX) || (got == -1 && errno == EINTR));
	if (got >= 0 && *size <= FILE_SIZE_MAX) {
		text[*size] = '\0';
		return text;
	}
	if (got == -1)
		err_errno(err, "cannot read");
	else
		err_set(err, "is larger than %d bytes", FILE_SIZE_MAX);
	free(text);
	return NULL;
}

static void line_error(struct reader *reader, const struct err *err)
{
	if (++reader->errors <= FILE_ERRORS_MAX)
		conf_sink_reason(reader->sink, err, "%s:%u", reader->path, reader->line);
	else
		conf_sink_error(reader->sink, "%s: more than %d errors: is it the right file?",
				reader->path, FILE_ERRORS_MAX);
}

static void unknown_name(struct reader *reader, const char *name)
{
	const char *nearest = option_nearest(name, option_in_file);
	char shown[48];
	struct err err;

	parse_printable(name, shown, sizeof shown);
	if (nearest != NULL)
		err_set(&err, "unknown directive '%s' (did you mean '%s'?)", shown, nearest);
	else
		err_set(&err, "unknown directive '%s'", shown);
	line_error(reader, &err);
}

static void apply_directive(struct reader *reader, const char *name, const char *value)
{
	const struct option_row *row = option_find(name);
	unsigned before;
	struct err err;

	if (row == NULL) {
		unknown_name(reader, name);
		return;
	}
	before = reader->conf->origins[row - option_rows].number;
	if (!option_in_file(row)) {
		err_set(&err, "%s: is for the command line only", name);
		line_error(reader, &err);
	} else if (!option_repeats(row) && before != 0) {
		err_set(&err, "%s: set in line %u already", name, before);
		line_error(reader, &err);
	} else if (option_set(row, reader->conf, CONF_FILE, value, &err) == -1) {
		err_prefix(&err, "%s", name);
		line_error(reader, &err);
	}
	conf_note(reader->conf, row, (struct conf_origin){ CONF_FILE, reader->line });
}

static void cut_blanks(char *line)
{
	size_t length = strlen(line);

	while (length > 0 && strchr(BLANKS "\r", line[length - 1]) != NULL)
		line[--length] = '\0';
}

static void apply_line(struct reader *reader, char *line, size_t length)
{
	char *name, *value;
	struct err err;

	if (length > FILE_LINE_MAX) {
		err_set(&err, "the line is longer than %d bytes", FILE_LINE_MAX);
		line_error(reader, &err);
		return;
	}
	if (strlen(line) != length) {
		err_set(&err, "there is a NUL byte in the line");
		line_error(reader, &err);
		return;
	}
	line[option_comment(line)] = '\0';
	cut_blanks(line);
	name = line + strspn(line, BLANKS);
	if (*name == '\0')
		return;
	value = name + strcspn(name, BLANKS);
	if (*value != '\0')
		*value++ = '\0';
	apply_directive(reader, name, value + strspn(value, BLANKS));
}

void file_apply(const char *path, struct conf *conf, struct conf_sink *sink)
{
	struct reader reader = { .path = path, .conf = conf, .sink = sink };
	struct err err;
	size_t size;
	int fd = open_file(path, &err);
	char *text = fd == -1 ? NULL : read_whole(fd, &size, &err);

	if (fd != -1)
		close(fd);
	if (text == NULL) {
		conf_sink_reason(sink, &err, "%s", path);
		return;
	}
	for (char *line = text, *end; line < text + size && reader.errors <= FILE_ERRORS_MAX;
	     line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + size - line));
		if (end == NULL)
			end = text + size;
		*end = '\0';
		reader.line++;
		apply_line(&reader, line, (size_t)(end - line));
	}
	free(text);
}
