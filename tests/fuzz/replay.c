/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the place of libFuzzer: gives a target its seeds, and what is near them, in every build and in
 * a second. Of tests/fuzz/seeds/NAME each file, each of its beginnings, and each with one byte
 * changed. Speaks TAP.
 */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>

#define SEED_MAX 4096 /* bytes */

/* A copy of its own size, so that a sanitizer sees who reads on. */
static void run(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size + (size == 0));

	MUST(copy != NULL);
	memcpy(copy, bytes, size);
	MUST(LLVMFuzzerTestOneInput(copy, size) == 0);
	free(copy);
}

static void run_near(uint8_t *bytes, size_t size)
{
	for (size_t end = 0; end <= size; end++)
		run(bytes, end);
	for (size_t i = 0; i < size; i++) {
		uint8_t before = bytes[i];

		bytes[i] ^= (uint8_t)(1u << i % 8);
		run(bytes, size);
		bytes[i] = (uint8_t)~before;
		run(bytes, size);
		bytes[i] = before;
	}
}

static void run_file(const char *folder, const char *name)
{
	static uint8_t bytes[SEED_MAX + 1];
	char path[PATH_MAX];
	FILE *file;
	size_t size;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "re");
	MUST(file != NULL);
	size = fread(bytes, 1, sizeof bytes, file);
	MUST(!ferror(file) && size <= SEED_MAX);
	fclose(file);
	run_near(bytes, size);
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = argc > 0 ? strrchr(argv[0], '_') : NULL;
	struct dirent **seeds;
	char folder[PATH_MAX / 2];
	int count;

	MUST(name != NULL);
	snprintf(folder, sizeof folder, "%s/tests/fuzz/seeds/%s", top == NULL ? "." : top,
		 name + 1);
	count = scandir(folder, &seeds, is_seed, alphasort);
	MUST(count > 0);
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		printf("# %s\n", seeds[i]->d_name);
		fflush(stdout);
		run_file(folder, seeds[i]->d_name);
		printf("ok %d - %s\n", i + 1, seeds[i]->d_name);
		free(seeds[i]);
	}
	free(seeds);
	return 0;
}
