/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, read once and kept: at a reload it still wins over the file. */
#ifndef ECHOD_CMDLINE_H
#define ECHOD_CMDLINE_H

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"
#include "conf/option.h"

enum cmdline_action { CMDLINE_SERVE, CMDLINE_TEST, CMDLINE_DUMP, CMDLINE_VERSION, CMDLINE_HELP };

struct cmdline_setting {
	const struct option_row *row;
	const char *value; /* points into argv; NULL for an option without a value */
};

struct cmdline {
	enum cmdline_action action;
	char *config; /* owned; NULL = the default file, which may be missing */
	struct cmdline_setting *settings;
	size_t count;
};

/*
 * Reads the options; their values are checked by conf_load. argv must live as long as cmdline.
 * Errors go to the sink. Returns 0, or -1 if there were any.
 */
int cmdline_init(struct cmdline *cmdline, int argc, char **argv, struct conf_sink *sink);

void cmdline_clear(struct cmdline *cmdline);

/* The text of --help. */
void cmdline_help(FILE *out);

#endif
