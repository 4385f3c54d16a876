/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a hash whose
 * values nobody can foresee who does not know the key, so that nobody can choose what collides.
 */
#ifndef ECHOD_SIPHASH_H
#define ECHOD_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16 /* bytes, all of them random */

/* Cannot fail. The same on machines of either byte order. */
uint64_t siphash(const unsigned char key[SIPHASH_KEY_SIZE], const void *bytes, size_t size);

#endif
