/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reason why a call failed, in the caller's memory.
 *
 * A function that can fail takes a `struct err *` last and returns -1 or NULL; the reason is then
 * one line without a newline. It neither logs nor exits: what to do about it is the caller's
 * business.
 */
#ifndef ECHOD_ERR_H
#define ECHOD_ERR_H

#include <stdbool.h>

#define ERR_TEXT_MAX 512 /* bytes, with the final NUL; a longer reason is cut */

struct err {
	char text[ERR_TEXT_MAX];
	bool no_memory; /* it was err_errno, and errno was ENOMEM: nobody has made a mistake */
};

/* Sets the reason. Returns -1, so that a caller can write `return err_set(err, ...)`. */
int err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and what errno says. errno is left as it was. */
int err_errno(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "PREFIX: " before the reason that is there. Returns -1. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
