/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and folders that others could change, made on purpose. */
#include "common/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"

#define SOMEBODY 54321

static char etc[PATH_MAX], link_path[PATH_MAX]; /* the folder of the file, and what leads to it */
static int file;

static int set_up(void **state)
{
	(void)state;
	if (make_folder_in("/tmp", "etc/conf") == -1) /* which is sticky */
		return -1;
	snprintf(etc, sizeof etc, "%s/etc", folder);
	snprintf(link_path, sizeof link_path, "%s/link", folder);
	if (mkdir(etc, 0755) == -1)
		return -1;
	file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return file == -1 ? -1 : fchmod(file, 0644);
}

static int tidy_up(void **state)
{
	(void)state;
	close(file);
	unlink(link_path);
	unlink(path);
	rmdir(etc);
	return rmdir(folder);
}

static void trusted(const char *name)
{
	struct err err = { 0 };

	if (trust_file(file, name, &err) == -1)
		fail_msg("%s", err.text);
}

/* The reason, with the command for the file or folder. */
static void distrusted(const char *name, const char *why, const char *what)
{
	struct err err = { 0 };
	char expected[2 * PATH_MAX];

	snprintf(expected, sizeof expected, "%s %s", why, what);
	assert_int_equal(trust_file(file, name, &err), -1);
	assert_string_equal(err.text, expected);
}

static void what_is_our_own_is_trusted(void **state)
{
	static const mode_t modes[] = { 0644, 0600, 0444, 0755 };

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		fchmod(file, modes[i]);
		trusted(path);
	}
}

static void what_others_can_write_is_not(void **state)
{
	(void)state;
	fchmod(file, 0664);
	distrusted(path, "its group could change it: chmod go-w", path);
	fchmod(file, 0646);
	distrusted(path, "everybody could change it: chmod go-w", path);
	fchmod(file, 01666); /* sticky means nothing for a file */
	distrusted(path, "everybody could change it: chmod go-w", path);
}

static void nor_what_others_could_replace(void **state)
{
	(void)state;
	chmod(etc, 0775);
	distrusted(path, "its group could change it: chmod go-w", etc);
	chmod(etc, 01777);
	trusted(path);
	chmod(etc, 0755);
	chmod(folder, 0757);
	distrusted(path, "everybody could change it: chmod go-w", folder);
	chmod(folder, 0700);
	trusted(path);
}

static void nor_what_belongs_to_somebody(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return; /* nobody else can give files away */
	assert_int_equal(fchown(file, SOMEBODY, 0), 0);
	distrusted(path, "user 54321 could change it: chown root", path);
	assert_int_equal(fchown(file, 0, SOMEBODY), 0);
	trusted(path);
	chmod(etc, 01755);
	assert_int_equal(chown(etc, SOMEBODY, 0), 0); /* who can remove it in spite of the bit */
	distrusted(path, "user 54321 could change it: chown root", etc);
}

/* It is the folders of the file that count. */
static void links_are_resolved(void **state)
{
	(void)state;
	assert_int_equal(symlink(path, link_path), 0);
	trusted(link_path);
	chmod(etc, 0777);
	distrusted(link_path, "everybody could change it: chmod go-w", etc);
}

/* Or who can change the link chooses what we read. */
static void links_are_looked_at_themselves(void **state)
{
	char inner[PATH_MAX + 8], way[PATH_MAX + 8];

	(void)state;
	snprintf(inner, sizeof inner, "%s/inner", etc);
	assert_int_equal(symlink("conf", inner), 0);
	assert_int_equal(symlink("etc/inner", link_path), 0);
	trusted(link_path);
	chmod(folder, 0757); /* where the first one lies */
	distrusted(link_path, "everybody could change it: chmod go-w", folder);
	chmod(folder, 0700);
	trusted(link_path);
	if (geteuid() == 0) {
		assert_int_equal(lchown(inner, SOMEBODY, 0), 0);
		distrusted(link_path, "user 54321 could change it: chown -h root", inner);
	}
	unlink(inner);
	/* On the way through a folder that is a link. */
	unlink(link_path);
	assert_int_equal(symlink("etc", link_path), 0);
	snprintf(way, sizeof way, "%s/conf", link_path);
	trusted(way);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link_path, SOMEBODY, 0), 0);
		distrusted(way, "user 54321 could change it: chown -h root", link_path);
	}
}

static void what_has_gone_is_told(void **state)
{
	struct err err = { 0 };

	(void)state;
	unlink(path);
	assert_int_equal(trust_file(file, path, &err), -1);
	assert_string_equal(err.text, "cannot see who could change it: No such file or directory");
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FILE(what_is_our_own_is_trusted),
		WITH_FILE(what_others_can_write_is_not),
		WITH_FILE(nor_what_others_could_replace),
		WITH_FILE(nor_what_belongs_to_somebody),
		WITH_FILE(links_are_resolved),
		WITH_FILE(links_are_looked_at_themselves),
		WITH_FILE(what_has_gone_is_told),
	};

	return cmocka_run_group_tests_name("trust", group, NULL, NULL) == 0 ? 0 : 1;
}
