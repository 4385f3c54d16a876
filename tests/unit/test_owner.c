/* SPDX-License-Identifier: BSD-2-Clause */
/* Users and groups as people write them. Only what every system has: root, 0 and numbers. */
#include "common/owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pwd.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void names_and_numbers_become_owners(void **state)
{
	static const struct {
		const char *text;
		struct owner owner;
		const char *shown;
	} table[] = {
		{ "none", { false, false, 0, 0 }, "none" },
		{ "root", { true, false, 0, 0 }, "0" },
		{ "root:root", { true, true, 0, 0 }, "0:0" },
		{ ":root", { false, true, 0, 0 }, ":0" },
		{ "4711", { true, false, 4711, 0 }, "4711" },
		{ "4711:4712", { true, true, 4711, 4712 }, "4711:4712" },
		{ ":4712", { false, true, 0, 4712 }, ":4712" },
		{ "root:4294967294", { true, true, 0, 4294967294u }, "0:4294967294" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct owner owner = { true, true, 1, 1 }, again;
		struct err err = { 0 };
		char text[OWNER_TEXT_MAX];

		if (owner_read(table[i].text, &owner, &err) == -1)
			fail_msg("'%s': %s", table[i].text, err.text);
		assert_true(owner_equal(&owner, &table[i].owner));
		assert_string_equal(owner_format(&owner, text), table[i].shown);
		assert_int_equal(owner_read(text, &again, &err), 0);
		assert_true(owner_equal(&owner, &again));
	}
}

static void what_is_no_owner_is_named(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "", "expected USER, USER:GROUP or :GROUP" },
		{ ":", "expected USER, USER:GROUP or :GROUP" },
		{ "root:", "expected USER, USER:GROUP or :GROUP" },
		{ "no-such-user", "there is no user 'no-such-user'" },
		{ "root:no-such-group", "there is no group 'no-such-group'" },
		{ "root:root:root", "there is no group 'root:root'" },
		{ "-1", "there is no user '-1'" },
		{ "4294967295", "there is no user '4294967295'" },
		{ "4294967296", "there is no user '4294967296'" },
		{ "0x10", "there is no user '0x10'" },
		{ "0123456789012345678901234567890123456789012345678901234567890123",
		  "the name of the user is too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct owner owner = { true, true, 1, 2 }, before = owner;
		struct err err = { 0 };

		assert_int_equal(owner_read(table[i].text, &owner, &err), -1);
		assert_string_equal(err.text, table[i].why);
		assert_true(owner_equal(&owner, &before));
	}
}

static void groups_are_read_alone(void **state)
{
	static const char *const none[] = { "", ":root", "root:root", "no-such-group" };
	struct owner owner = { true, true, 1, 2 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(owner_read_group("root", &owner, &err), 0);
	assert_true(owner_equal(&owner, &(struct owner){ false, true, 0, 0 }));
	assert_int_equal(owner_read_group("4712", &owner, &err), 0);
	assert_true(owner_equal(&owner, &(struct owner){ false, true, 0, 4712 }));
	for (size_t i = 0; i < COUNT(none); i++) {
		assert_int_equal(owner_read_group(none[i], &owner, &err), -1);
		assert_int_equal(owner.group, 4712);
		assert_memory_equal(err.text, "there is no group '", 19);
	}
	assert_int_equal(owner_read_group("none", &owner, &err), 0);
	assert_true(owner_equal(&owner, &(struct owner){ false, false, 0, 0 }));
}

/* Nobody has the last number: chown(2) takes it for "leave it". */
static void users_have_a_group(void **state)
{
	uint32_t group = 4711;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(owner_find_group(0, &group, &err), 0);
	assert_int_equal(group, 0);
	/* Those of the system: for some the group has another number. */
	for (uint32_t user = 1; user < 100; user++) {
		const struct passwd *entry = getpwuid(user);
		uint32_t expected = entry == NULL ? 4711 : entry->pw_gid;

		group = 4711;
		assert_int_equal(owner_find_group(user, &group, &err), entry == NULL ? -1 : 0);
		assert_int_equal(group, expected);
	}
	group = 4711;
	assert_int_equal(owner_find_group(UINT32_MAX, &group, &err), -1);
	assert_string_equal(err.text, "user 4294967295 has no group of its own: a group is needed");
	assert_int_equal(group, 4711);
}

static void owners_are_compared(void **state)
{
	struct owner one = { true, true, 1, 2 }, other = one;

	(void)state;
	assert_true(owner_equal(&one, &other));
	other.user = 3;
	assert_false(owner_equal(&one, &other));
	other = one;
	other.group = 3;
	assert_false(owner_equal(&one, &other));
	other = one;
	other.has_group = false;
	assert_false(owner_equal(&one, &other));
}

int main(void)
{
	const struct CMUnitTest owner[] = {
		cmocka_unit_test(names_and_numbers_become_owners),
		cmocka_unit_test(what_is_no_owner_is_named),
		cmocka_unit_test(groups_are_read_alone),
		cmocka_unit_test(users_have_a_group),
		cmocka_unit_test(owners_are_compared),
	};

	return cmocka_run_group_tests(owner, NULL, NULL) == 0 ? 0 : 1;
}
