/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the configuration share: a file in a folder of its own, and loading it together
 * with a command line. Included once by a test program, before anything else; everything is static.
 */
#ifndef ECHOD_TEST_CONF_H
#define ECHOD_TEST_CONF_H

#include "conf_folder.h"

#include "conf/cmdline.h"

#define WORDS_MAX 48

static char errors[16384]; /* one a line */

static inline void on_error(void *context, const char *line)
{
	size_t used = strlen(errors);

	(void)context;
	snprintf(errors + used, sizeof errors - used, "%s\n", line);
}

/* Loads the file and these words; returns what conf_load says. */
static inline int load_words(const char *const *words)
{
	static char text[WORDS_MAX][256];
	static char *argv[WORDS_MAX + 1];
	struct conf_sink sink = { .on_error = on_error };
	struct cmdline cmdline;
	int argc = 3, status;

	argv[0] = strcpy(text[0], "echod");
	argv[1] = strcpy(text[1], "-c");
	argv[2] = path;
	for (; *words != NULL; words++, argc++)
		argv[argc] = strcpy(text[argc], *words);
	argv[argc] = NULL;
	errors[0] = '\0';
	conf_clear(&conf);
	assert_int_equal(cmdline_init(&cmdline, argc, argv, &sink), 0);
	status = conf_load(&conf, &cmdline, &sink);
	assert_int_equal(status != 0, sink.count != 0);
	cmdline_clear(&cmdline);
	return status;
}

#define LOAD(...)       load_words((const char *const[]){ __VA_ARGS__, NULL })
#define LOAD_FILE(text) (put(path, text), load_words((const char *const[]){ NULL }))

#endif
