/* SPDX-License-Identifier: BSD-2-Clause */
/* Endless byte streams that are different for every key and can be read from any position. */
#ifndef ECHOD_STREAM_H
#define ECHOD_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* The key of stream NUMBER in the family SEED. Keys of one family share no stretch of bytes. */
uint64_t stream_key(uint64_t seed, uint64_t number);

/* Writes the LENGTH bytes of the stream that begin at POSITION. */
void stream_fill(uint64_t key, uint64_t position, unsigned char *buffer, size_t length);

/* How many of the LENGTH bytes are those of the stream at POSITION: LENGTH if all are, otherwise
 * the index of the first that is not. */
size_t stream_match(uint64_t key, uint64_t position, const unsigned char *buffer, size_t length);

/* A number from LOW to HIGH (both included), always the same for the same key and PURPOSE. */
uint64_t stream_draw(uint64_t key, uint64_t purpose, uint64_t low, uint64_t high);

#endif
