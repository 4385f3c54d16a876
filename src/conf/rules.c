/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of networks, in the order in which they were written. */
#include "conf/rules.h"

#include <stdlib.h>
#include <string.h>

static int add_one(struct rules *rules, bool allow, const char *text, struct err *err)
{
	struct rule rule = { .allow = allow };

	if (network_parse(text, &rule.network, err) == -1)
		return -1;
	if (rules->count == RULES_MAX)
		return err_set(err, "more than %d rules", RULES_MAX);
	rules->list[rules->count++] = rule;
	return 0;
}

int rules_add(struct rules *rules, bool allow, const char *text, struct err *err)
{
	struct rules grown = { .count = 0 };
	char *copy, *rest, *word;
	int result = 0;

	if (!rules->inherited)
		grown = *rules;
	if (allow || strcmp(text, "none") != 0) {
		copy = rest = strdup(text);
		if (copy == NULL)
			return err_errno(err, "strdup");
		while (result == 0 && (word = strsep(&rest, ",")) != NULL)
			result = add_one(&grown, allow, word, err);
		free(copy);
	}
	if (result == 0)
		*rules = grown;
	return result;
}

void rules_inherit(struct rules *rules)
{
	rules->inherited = true;
}

bool rules_allow(const struct rules *rules, const struct addr *addr)
{
	for (unsigned i = 0; i < rules->count; i++) {
		if (network_has(&rules->list[i].network, addr))
			return rules->list[i].allow;
	}
	return true;
}

void rules_dump(const struct rules *rules, bool allow, FILE *out)
{
	char text[NETWORK_TEXT_MAX];
	bool denies = false;

	for (unsigned i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		denies |= !rule->allow;
		if (allow)
			fprintf(out, "%s %s\n", rule->allow ? "allow" : "deny",
				network_format(&rule->network, text));
	}
	if (allow && rules->count == 0)
		fputs("allow all\n", out);
	if (!allow && !denies)
		fputs("deny none\n", out);
}
