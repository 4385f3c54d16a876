/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file: lines of `name value`, blanks between; # begins a comment at the start of
 * a line or after a blank. CRLF and a missing last newline are taken.
 */
#ifndef ECHOD_FILE_H
#define ECHOD_FILE_H

#include "conf/conf.h"

#define FILE_SIZE_MAX   (1024 * 1024) /* bytes */
#define FILE_ERRORS_MAX 100           /* then it is not a configuration file, but some other */
#define FILE_LINE_MAX   1024          /* bytes, without the newline */

/* Applies the file to conf. All errors of the file go to the sink as PATH:LINE: WHY. */
void file_apply(const char *path, struct conf *conf, struct conf_sink *sink);

#endif
