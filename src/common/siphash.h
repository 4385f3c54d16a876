/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein: SipHash: a fast short-input PRF, 2012): a hash for
 * tables whose keys a stranger chooses. Without the secret key nobody can find names that collide.
 */
#ifndef ECHOD_SIPHASH_H
#define ECHOD_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16 /* bytes; from getrandom(2) */

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *data, size_t size);

#endif
