/* SPDX-License-Identifier: BSD-2-Clause */
/* Reasons of failures as text; too long a text is cut, never an error of its own. */
#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	err->no_memory = false;
	return -1;
}

int err_errno(struct err *err, const char *format, ...)
{
	int saved = errno;
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(saved));
	err->no_memory = saved == ENOMEM;
	errno = saved;
	return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
	char reason[ERR_TEXT_MAX];
	va_list args;
	size_t used;

	memcpy(reason, err->text, sizeof reason);
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof err->text - used, ": %s", reason);
	return -1;
}
