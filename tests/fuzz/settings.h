/* SPDX-License-Identifier: BSD-2-Clause */
/* What the targets conf, cmdline and listen ask of settings that echod has taken. */
#ifndef ECHOD_FUZZ_SETTINGS_H
#define ECHOD_FUZZ_SETTINGS_H

#include "conf/cmdline.h"
#include "conf/conf.h"
#include "fuzz.h"

/* Puts bytes into a configuration file, always the same one, in memory only. Returns its path. */
const char *settings_file(const void *bytes, size_t size);

/* For a struct conf_sink: an error is one line that can be shown. */
void settings_on_error(void *context, const char *line);

/* conf_load, and what has to hold whatever comes of it. Returns its status. */
int settings_load(struct conf *conf, const struct cmdline *cmdline);

/* What was loaded is within its bounds, and its dump is a file that means the same. */
void settings_check(const struct conf *conf);

/* A profile for clients of that transport: each number is within its range. */
void settings_check_profile(const struct profile *profile);

#endif
