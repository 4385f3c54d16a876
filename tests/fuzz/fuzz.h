/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fuzz targets share. A target is one file, fuzz_NAME.c, with this one function, which is
 * called with one input after the other by libFuzzer (configure --enable-fuzzers) or by replay.c
 * (make check). It may keep what costs to make, but nothing that makes one input depend on another.
 * A finding is a broken MUST or whatever the sanitizers end the program for.
 */
#ifndef ECHOD_FUZZ_H
#define ECHOD_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

#define MUST(condition)                                            \
	do {                                                       \
		if (!(condition))                                  \
			fuzz_fail(__FILE__, __LINE__, #condition); \
	} while (0)

/* What is left of an input. Where it ends, zeros follow. */
struct input {
	const uint8_t *bytes;
	size_t size;
};

static inline void input_copy(struct input *input, void *to, size_t size)
{
	size_t have = size < input->size ? size : input->size;

	memset(to, 0, size);
	if (have > 0)
		memcpy(to, input->bytes, have);
	input->bytes += have;
	input->size -= have;
}

static inline uint8_t input_byte(struct input *input)
{
	uint8_t byte;

	input_copy(input, &byte, 1);
	return byte;
}

/* Of at most 8 bytes, little-endian. */
static inline uint64_t input_number(struct input *input, size_t bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < bytes; i++)
		number |= (uint64_t)input_byte(input) << 8 * i;
	return number;
}

/* All that is left as text, up to a NUL; to be freed. Not a byte larger than it has to be, so that
 * the sanitizer sees who reads on. */
static inline char *input_text(struct input *input)
{
	size_t length = input->size > 0 ? strnlen((const char *)input->bytes, input->size) : 0;
	char *text = malloc(length + 1);

	MUST(text != NULL);
	input_copy(input, text, length);
	text[length] = '\0';
	return text;
}

#endif
