/* SPDX-License-Identifier: BSD-2-Clause */
/* The levels of settings put together: who wins, and that a dump loads as what it was. */
#include "conf.h"

#include "conf/listen.h"

/* The dump, to be freed. */
static char *dump(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	conf_dump(&conf, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_listens(const char *const *texts)
{
	size_t count = 0;

	for (; texts[count] != NULL; count++) {
		assert_true(count < conf.listen_count);
		assert_string_equal(conf.listens[count].text, texts[count]);
	}
	assert_int_equal(conf.listen_count, count);
}

#define ASSERT_LISTENS(...) assert_listens((const char *const[]){ __VA_ARGS__, NULL })

/* The settings of listeners follow, whose defaults etc/echod.conf has, too. */
static void built_in_values(void **state)
{
	static const char expected[] = "workers auto\n"
				       "listen tcp:*:7777\n"
				       "drain-timeout 25s\n"
				       "start-timeout 10s\n"
				       "hang-timeout 2s\n"
				       "daemon off\n"
				       "pid-file none\n"
				       "log-level notice\n"
				       "max-connections off\n"
				       "user none\n"
				       "group none\n"
				       "sandbox on\n"
				       "cpu-steering off\n";
	char *text;

	(void)state;
	assert_int_equal(LOAD_FILE(""), 0);
	text = dump();
	text[strlen(expected)] = '\0';
	assert_string_equal(text, expected);
	free(text);
	assert_int_equal(addr_port(&conf.listens[0].addr), CONF_PORT);
	assert_true(conf.listens[0].dual);
}

static void the_file_wins_over_what_is_built_in(void **state)
{
	(void)state;
	assert_int_equal(LOAD_FILE("workers 3\ndaemon on\npid-file /x\nlog-level warn\n"), 0);
	assert_int_equal(conf.workers, 3);
	assert_true(conf.daemon);
	assert_string_equal(conf.pid_file, "/x");
	assert_int_equal(conf.log_level, LOG_LEVEL_WARN);
	ASSERT_LISTENS("tcp:*:7777");
	assert_int_equal(conf.drain_timeout_ms, 25000);
}

static void the_command_line_wins_over_the_file(void **state)
{
	(void)state;
	put(path, "workers 3\ndaemon on\npid-file /x\nlog-level warn\ndrain-timeout 1s\n");
	assert_int_equal(
		LOAD("-w", "auto", "--daemon=off", "-P", "none", "--log-level=debug", "-w5"), 0);
	assert_int_equal(conf.workers, 5);
	assert_false(conf.daemon);
	assert_null(conf.pid_file);
	assert_int_equal(conf.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(conf.drain_timeout_ms, 1000);
}

static void listeners_of_a_level_replace_those_below(void **state)
{
	(void)state;
	assert_int_equal(LOAD_FILE("port 1\nlisten tcp:127.0.0.1:2\nport 3\n"), 0);
	ASSERT_LISTENS("tcp:*:1", "tcp:127.0.0.1:2", "tcp:*:3");
	assert_int_equal(LOAD("-w1"), 0);
	ASSERT_LISTENS("tcp:*:1", "tcp:127.0.0.1:2", "tcp:*:3");
	assert_int_equal(LOAD("-p", "4"), 0);
	ASSERT_LISTENS("tcp:*:4");
	assert_int_equal(LOAD("-l", "tcp:127.0.0.1:2", "-p", "1"), 0);
	ASSERT_LISTENS("tcp:127.0.0.1:2", "tcp:*:1");
}

static void the_same_listener_twice_on_a_level_is_an_error(void **state)
{
	(void)state;
	put(path, "port 1\n");
	assert_int_equal(LOAD("-p", "1"), 0);
	assert_int_equal(LOAD("-p", "1", "-l", "tcp:*:1"), 2);
	assert_string_equal(errors, "--listen: [::]:1 is listened on already (tcp:*:1)\n");
	assert_int_equal(LOAD("-p", "0", "-p", "0"), 2); /* which one would keep its port? */
	assert_string_equal(errors, "--port: [::]:0 is listened on already (tcp:*:0)\n");
}

/* However long a listener's text is, and whatever is in it. */
static void a_message_about_a_listener_can_be_read(void **state)
{
	char text[1000];

	(void)state;
	put(path, "");
	snprintf(text, sizeof text, "tcp:127.0.0.1:1\tpending-low=300k greeting=\"\xc3\xa4%0150d\"",
		 0);
	assert_int_equal(LOAD("-l", text), 2);
	assert_memory_equal(errors, "--listen: tcp:127.0.0.1:1?pending-low=300k greeting=\"??000",
			    56);
	assert_non_null(strstr(errors, "000...: pending-low (300k) must be less than"));

	snprintf(text, sizeof text,
		 "listen tcp:127.0.0.1:1\tgreeting=\"\xc3\xa4%0250d\" refusal-text=%0250d\n", 0, 0);
	strcat(text, "listen tcp:127.0.0.1:1\n");
	assert_int_equal(LOAD_FILE(text), 78);
	assert_non_null(strstr(errors, "already (tcp:127.0.0.1:1?greeting"));
	assert_non_null(strstr(errors, "000...)\n"));
}

static void verbosity_is_relative_and_bounded(void **state)
{
	static const struct {
		const char *word;
		enum log_level level;
	} table[] = {
		{ "-v", LOG_LEVEL_INFO },   { "-vv", LOG_LEVEL_DEBUG }, { "-vvv", LOG_LEVEL_DEBUG },
		{ "-q", LOG_LEVEL_WARN },   { "-qq", LOG_LEVEL_ERROR }, { "-qqq", LOG_LEVEL_ERROR },
		{ "-vq", LOG_LEVEL_DEBUG }, { "-vvq", LOG_LEVEL_INFO },
	};

	(void)state;
	put(path, "log-level debug\n"); /* counts only if -v and -q make up for each other */
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(LOAD(table[i].word), 0);
		assert_int_equal(conf.log_level, table[i].level);
	}
}

/* Whatever was loaded: its dump loads as the same, and is dumped as the same. */
static void a_dump_is_a_fixed_point(void **state)
{
	static const char *const files[] = {
		"",
		"workers 7\nport 0\nport 1\nlisten tcp:[::1]:2\nlisten tcp:127.0.0.1:0\n",
		"drain-timeout 90s\nstart-timeout 100ms\ndaemon on\npid-file /run/a b#c\nlog-level debug\n",
		"drain-timeout 0\nlisten tcp:localhost:5\nlog-level error\n",
		"max-connections 100\nmax-connections-per-source 5\nwhen-full wait\naccept-rate 7\n",
		"deny 10.1.0.0/16\nallow 10.0.0.0/8,::1\nallow fe80::/10\ndeny all\n",
		"deny 10.1.0.0/16\nrefusal-text \"a \\\"full\\\" # server\\n\"\n",
		"allow all\ndeny none\nrefusal-text \"\"\n",
		"listen tcp:127.0.0.1:7 allow=::1 deny=all refusal-text=\"no \\t way\" when-full=wait\n",
		"drain-timeout 86400000ms\nstart-timeout 1h\nworkers auto\npid-file none\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		char *first, *second;

		assert_int_equal(LOAD_FILE(files[i]), 0);
		first = dump();
		assert_int_equal(LOAD_FILE(first), 0);
		second = dump();
		assert_string_equal(first, second);
		free(first);
		free(second);
	}
}

/* A name with two addresses is one line all the same. */
static void a_name_is_dumped_once(void **state)
{
	char *text;

	(void)state;
	put(path, "listen tcp:127.0.0.1:1\nlisten tcp:127.0.0.1:2\nlisten tcp:127.0.0.1:3\n");
	assert_int_equal(LOAD("-q"), 0);
	strcpy(conf.listens[1].text, conf.listens[0].text);
	text = dump();
	assert_non_null(strstr(text, "workers auto\nlisten tcp:127.0.0.1:1\n"
				     "listen tcp:127.0.0.1:3\ndrain"));
	free(text);
}

/* The command line may hold what a line of the file cannot: such a value must not become another
 * one. */
static void strange_values_are_refused_or_survive_a_dump(void **state)
{
	static const char *const values[] = { "/run/a #b", "/run/a\t#b",     "#x",       " /run/x",
					      "/run/x ",   "/run/x\nport 1", "/run/x\r", "none " };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char *text, before[64];

		put(path, "");
		if (LOAD("-P", values[i]) != 0)
			continue;
		strcpy(before, conf.pid_file);
		text = dump();
		assert_int_equal(LOAD_FILE(text), 0);
		free(text);
		assert_non_null(conf.pid_file);
		assert_string_equal(conf.pid_file, before);
		ASSERT_LISTENS("tcp:*:7777");
	}
}

static void the_star_is_for_every_address_only_without_brackets(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(listen_add(&conf, CONF_FILE, "tcp:*:7", &err), 0);
	assert_true(conf.listens[0].dual);
	assert_int_equal(listen_add(&conf, CONF_FILE, "tcp:[::]:8", &err), 0);
	assert_false(conf.listens[1].dual);
	assert_int_equal(listen_add(&conf, CONF_FILE, "tcp:0.0.0.0:8", &err), 0);
	assert_false(conf.listens[2].dual);
	assert_int_equal(listen_add(&conf, CONF_FILE, "TCP:*:9", &err), -1);
	assert_string_equal(
		err.text,
		"'TCP:*:9': expected tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH");
	assert_int_equal(listen_add(&conf, CONF_FILE, "tcp:[*]:9", &err), -1);
}

/* In their order; + allow, - deny. */
static void assert_rules(const struct rules *rules, const char *expected)
{
	char text[512] = "", network[NETWORK_TEXT_MAX];

	for (unsigned i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		strcat(text, rule->allow ? "+" : "-");
		strcat(text, network_format(&rule->network, network));
	}
	assert_string_equal(text, expected);
}

static void rules_of_a_level_replace_those_below(void **state)
{
	static const char file[] =
		"allow 10.0.0.0/8\ndeny 11.0.0.0/8\nallow 12.0.0.0/8\n"
		"listen tcp:127.0.0.1:1\n"
		"listen tcp:127.0.0.1:2 deny=13.0.0.0/8 allow=14.0.0.0/8 deny=all\n"
		"listen tcp:127.0.0.1:3 deny=none\n";

	(void)state;
	assert_int_equal(LOAD_FILE(file), 0);
	assert_rules(&conf.listens[0].profile.rules, "+10.0.0.0/8-11.0.0.0/8+12.0.0.0/8");
	assert_rules(&conf.listens[1].profile.rules, "-13.0.0.0/8+14.0.0.0/8-all");
	assert_rules(&conf.listens[2].profile.rules, "");
	assert_int_equal(LOAD("--deny=1.2.3.4", "--allow=all"), 0);
	assert_rules(&conf.listens[0].profile.rules, "-1.2.3.4+all");
	assert_rules(&conf.listens[1].profile.rules, "-13.0.0.0/8+14.0.0.0/8-all");
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(built_in_values),
		WITH_FOLDER(the_file_wins_over_what_is_built_in),
		WITH_FOLDER(the_command_line_wins_over_the_file),
		WITH_FOLDER(listeners_of_a_level_replace_those_below),
		WITH_FOLDER(the_same_listener_twice_on_a_level_is_an_error),
		WITH_FOLDER(a_message_about_a_listener_can_be_read),
		WITH_FOLDER(verbosity_is_relative_and_bounded),
		WITH_FOLDER(a_dump_is_a_fixed_point),
		WITH_FOLDER(rules_of_a_level_replace_those_below),
		WITH_FOLDER(a_name_is_dumped_once),
		WITH_FOLDER(strange_values_are_refused_or_survive_a_dump),
		WITH_FOLDER(the_star_is_for_every_address_only_without_brackets),
	};

	return cmocka_run_group_tests_name("conf", group, NULL, NULL) == 0 ? 0 : 1;
}
