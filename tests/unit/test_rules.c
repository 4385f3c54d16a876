/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules: their order decides, and what is written loads as the same. */
#include "conf/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rules rules;

static int empty_rules(void **state)
{
	(void)state;
	memset(&rules, 0, sizeof rules);
	return 0;
}

static void add(bool allow, const char *text)
{
	struct err err = { 0 };

	if (rules_add(&rules, allow, text, &err) == -1)
		fail_msg("%s: %s", text, err.text);
}

static void refuse(bool allow, const char *text, const char *why)
{
	struct rules before = rules;
	struct err err = { 0 };

	assert_int_equal(rules_add(&rules, allow, text, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", text, err.text);
	assert_memory_equal(&rules, &before, sizeof rules);
}

static bool allows(const char *host)
{
	struct addr addr;
	struct err err;

	assert_int_equal(addr_resolve(host, 7, &addr, 1, &err), 1);
	return rules_allow(&rules, &addr);
}

static void assert_dump(const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	rules_dump(&rules, true, out);
	rules_dump(&rules, false, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void nobody_is_denied_without_a_rule(void **state)
{
	(void)state;
	assert_true(allows("192.0.2.1") && allows("::1"));
	assert_dump("allow all\ndeny none\n");
}

static void the_first_match_decides(void **state)
{
	(void)state;
	add(false, "10.1.0.0/16");
	add(true, "10.0.0.0/8,2001:db8::/32");
	add(false, "all");
	assert_false(allows("10.1.2.3"));
	assert_true(allows("10.2.2.3") && allows("::ffff:10.2.2.3") && allows("2001:db8::7"));
	assert_false(allows("11.0.0.1") || allows("::1"));
	assert_dump("deny 10.1.0.0/16\nallow 10.0.0.0/8\nallow 2001:db8::/32\ndeny all\n");
}

static void who_matches_none_is_allowed(void **state)
{
	(void)state;
	add(false, "10.0.0.0/8");
	assert_true(allows("11.0.0.1") && allows("::1"));
	assert_false(allows("10.0.0.1"));
}

static void allow_alone_denies_nobody(void **state)
{
	(void)state;
	add(true, "10.0.0.0/8");
	assert_true(allows("11.0.0.1"));
	assert_dump("allow 10.0.0.0/8\ndeny none\n");
}

static void a_higher_level_begins_anew(void **state)
{
	(void)state;
	add(false, "all");
	rules_inherit(&rules);
	assert_false(allows("10.0.0.1")); /* inherited is in force */
	refuse(true, "10.0.0.0/8,x", "'x' is no network");
	assert_false(allows("10.0.0.1"));
	add(false, "10.0.0.0/8");
	add(false, "11.0.0.0/8");
	assert_dump("deny 10.0.0.0/8\ndeny 11.0.0.0/8\n");
	rules_inherit(&rules);
	add(false, "none");
	assert_int_equal(rules.count, 0);
	assert_true(allows("10.0.0.1"));
}

static void what_is_wrong_changes_nothing(void **state)
{
	(void)state;
	add(true, "10.0.0.0/8");
	refuse(true, "none", "'none' is no network");
	refuse(true, "", "'' is no network");
	refuse(false, "10.0.0.0/8,", "'' is no network");
	refuse(false, "10.0.0.0/8, 11.0.0.0/8", "' 11.0.0.0/8' is no network");
	refuse(false, "none,10.0.0.0/8", "'none' is no network");
	refuse(false, "10.0.0.1/8", "did you mean 10.0.0.0/8?");
}

static void there_is_a_most(void **state)
{
	(void)state;
	for (int i = 0; i < RULES_MAX; i++)
		add(false, "192.0.2.1");
	refuse(false, "192.0.2.1", "more than 64 rules");
	add(false, "none");
}

#define WITH_RULES(test) cmocka_unit_test_setup(test, empty_rules)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_RULES(nobody_is_denied_without_a_rule),
		WITH_RULES(the_first_match_decides),
		WITH_RULES(who_matches_none_is_allowed),
		WITH_RULES(allow_alone_denies_nobody),
		WITH_RULES(a_higher_level_begins_anew),
		WITH_RULES(what_is_wrong_changes_nothing),
		WITH_RULES(there_is_a_most),
	};

	return cmocka_run_group_tests_name("rules", group, NULL, NULL) == 0 ? 0 : 1;
}
