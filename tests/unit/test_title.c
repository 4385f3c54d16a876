/* SPDX-License-Identifier: BSD-2-Clause */
/* Process titles: on made-up memory, and once on the real one, in a child. */
#include "common/title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int real_argc;
static char **real_argv;

#define USED 21 /* bytes of the strings below */

/* Memory as the kernel lays it out: arguments, then environment, string behind string, then
 * something else. */
struct memory {
	char bytes[64];
	char *argv[4], *env[3];
	char **saved_environ;
};

static int lay_out(void **state)
{
	static struct memory memory;
	static const char bytes[64] = "echod\0-w\0"
				      "4\0A=1\0BB=22";

	memcpy(memory.bytes, bytes, sizeof bytes);
	memset(memory.bytes + USED, 'G', sizeof memory.bytes - USED);
	memory.argv[0] = memory.bytes;
	memory.argv[1] = memory.bytes + 6;
	memory.argv[2] = memory.bytes + 9;
	memory.env[0] = memory.bytes + 11;
	memory.env[1] = memory.bytes + 15;
	memory.saved_environ = environ;
	environ = memory.env;
	*state = &memory;
	return 0;
}

/* The copies that title_take left to argv and environ belong to the process; here, to the test. */
static void free_copies(struct memory *memory, char **vector)
{
	for (; *vector != NULL; vector++) {
		if (*vector < memory->bytes || *vector >= memory->bytes + sizeof memory->bytes)
			free(*vector);
	}
}

static int tidy_up(void **state)
{
	struct memory *memory = *state;

	environ = memory->saved_environ;
	free_copies(memory, memory->argv);
	free_copies(memory, memory->env);
	return 0;
}

static void assert_rest_untouched(const struct memory *memory)
{
	for (size_t i = USED; i < sizeof memory->bytes; i++)
		assert_int_equal(memory->bytes[i], 'G');
}

static void arguments_and_environment_are_taken(void **state)
{
	struct memory *memory = *state;
	struct title title;

	title_take(&title, 3, memory->argv);
	assert_ptr_equal(title.begin, memory->bytes);
	assert_int_equal(title.size, USED);
	memset(memory->bytes, 'x', title.size);
	assert_string_equal(memory->argv[0], "echod");
	assert_string_equal(memory->argv[1], "-w");
	assert_string_equal(memory->argv[2], "4");
	assert_null(memory->argv[3]);
	assert_string_equal(getenv("A"), "1");
	assert_string_equal(getenv("BB"), "22");
}

static void a_title_fills_the_rest_with_nul(void **state)
{
	static const char expected[USED] = "echod: x 3";
	struct memory *memory = *state;
	struct title title;

	title_take(&title, 3, memory->argv);
	title_set(&title, "something longer");
	title_set(&title, "echod: %s %d", "x", 3);
	assert_memory_equal(memory->bytes, expected, sizeof expected);
	assert_rest_untouched(memory);
}

static void a_long_title_is_cut(void **state)
{
	struct memory *memory = *state;
	struct title title;

	title_take(&title, 3, memory->argv);
	title_set(&title, "%s", "0123456789012345678901234567890123456789");
	assert_string_equal(memory->bytes, "01234567890123456789");
	assert_rest_untouched(memory);
}

/* What lies elsewhere, because setenv moved it, is copied but not taken. */
static void strings_that_lie_elsewhere_are_not_taken(void **state)
{
	static char elsewhere[] = "C=3";
	struct memory *memory = *state;
	struct title title;

	memory->env[1] = elsewhere;
	title_take(&title, 3, memory->argv);
	assert_int_equal(title.size, 15);
	title_set(&title, "%s", "01234567890123456789");
	assert_string_equal(memory->bytes, "01234567890123");
	assert_string_equal(elsewhere, "C=3");
	assert_string_equal(getenv("C"), "3");
	assert_int_equal(memory->bytes[15], 'B');
}

static void without_arguments_nothing_is_written(void **state)
{
	struct memory *memory = *state;
	struct memory before = *memory;
	struct title title;

	title_take(&title, 0, memory->argv + 3);
	assert_int_equal(title.size, 0);
	title_set(&title, "x");
	title.begin = memory->bytes;
	title.size = 1;
	title_set(&title, "x");
	assert_memory_equal(memory->bytes, before.bytes, sizeof before.bytes);
}

/* What the kernel shows; read by a process that it is not about, as valgrind makes up its own
 * answer for that one. */
static int read_title(pid_t pid, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return length < 0 ? -1 : 0;
}

/* Exits 0: seen. 1: not seen. 2: what the kernel shows was not our argv from the start (valgrind,
 * qemu). */
static int show_title(void)
{
	struct title title;
	char text[256];
	pid_t self, reader;
	int status = 1;

	if (read_title(getppid(), text, sizeof text) == -1 || strcmp(text, real_argv[0]) != 0)
		return 2;
	title_take(&title, real_argc, real_argv);
	title_set(&title, "echod: test");
	self = getpid();
	reader = fork();
	if (reader == 0)
		_exit(read_title(self, text, sizeof text) == -1 ||
		      strcmp(text, "echod: test") != 0);
	waitpid(reader, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

static void the_kernel_shows_it(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(show_title());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 1);
}

#define WITH_MEMORY(test) cmocka_unit_test_setup_teardown(test, lay_out, tidy_up)

int main(int argc, char **argv)
{
	const struct CMUnitTest title[] = {
		WITH_MEMORY(arguments_and_environment_are_taken),
		WITH_MEMORY(a_title_fills_the_rest_with_nul),
		WITH_MEMORY(a_long_title_is_cut),
		WITH_MEMORY(strings_that_lie_elsewhere_are_not_taken),
		WITH_MEMORY(without_arguments_nothing_is_written),
		cmocka_unit_test(the_kernel_shows_it),
	};

	real_argc = argc;
	real_argv = argv;
	return cmocka_run_group_tests(title, NULL, NULL) == 0 ? 0 : 1;
}
