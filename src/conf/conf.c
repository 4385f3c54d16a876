/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the levels together. Every error is reported before anything is given up, so that one run
 * shows them all. */
#include "conf/conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/parse.h"
#include "conf/cmdline.h"
#include "conf/file.h"
#include "conf/listen.h"
#include "conf/option.h"

#define EXIT_USAGE  2
#define EXIT_CONFIG 78

void conf_sink_error(struct conf_sink *sink, const char *format, ...)
{
	struct err line;
	va_list args;

	va_start(args, format);
	vsnprintf(line.text, sizeof line.text, format, args);
	va_end(args);
	sink->count++;
	sink->on_error(sink->context, line.text);
}

void conf_clear(struct conf *conf)
{
	listen_drop(conf, 0);
	free(conf->pid_file);
	*conf = (struct conf){ 0 };
}

static void apply_cmdline(struct conf *conf, const struct cmdline *cmdline, struct conf_sink *sink)
{
	for (size_t i = 0; i < cmdline->count; i++) {
		const struct cmdline_setting *setting = &cmdline->settings[i];
		struct err err;

		if (option_set(setting->row, conf, CONF_COMMAND_LINE, setting->value, &err) == -1)
			conf_sink_error(sink, "--%s: %s", setting->row->name, err.text);
	}
}

static void apply_file(struct conf *conf, const char *path, struct conf_sink *sink)
{
	if (path != NULL)
		file_apply(path, conf, sink);
	else if (access(ECHOD_SYSCONFDIR "/echod.conf", F_OK) == 0)
		file_apply(ECHOD_SYSCONFDIR "/echod.conf", conf, sink);
}

/* In the background the working directory is another one, at a reload, too. */
static int check_path(const struct conf *conf, const struct conf_listen *listen, struct err *err)
{
	const char *path = addr_path(&listen->addr);

	if (path == NULL || path[0] == '/' || !conf->daemon)
		return 0;
	return err_set(err, "daemon needs an absolute path, as in unix:/run/echod.socket");
}

/* A user without a group gets its own. */
static int complete_user(struct conf *conf, struct err *err)
{
	struct owner *user = &conf->user;

	if (conf->group.has_group) {
		if (user->has_group && user->group != conf->group.group)
			return err_set(err, "there is another group in user");
		user->has_group = true;
		user->group = conf->group.group;
	}
	if (!user->has_user || user->has_group)
		return 0;
	user->has_group = true;
	return owner_find_group(user->user, &user->group, err);
}

static void complete(struct conf *conf, struct conf_sink *sink)
{
	struct err err;
	char shown[LISTEN_SHOWN_MAX];
	int level = LOG_LEVEL_NOTICE + conf->verbosity;

	if (conf->listen_count == 0 && sink->count == 0 &&
	    option_set(option_find("port"), conf, CONF_BUILT_IN, "7777", &err) == -1)
		conf_sink_error(sink, "port: %s", err.text);
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (listen_complete(&conf->listens[i], &conf->profile, &err) == -1 ||
		    check_path(conf, &conf->listens[i], &err) == -1)
			conf_sink_error(sink, "listen %s: %s",
					parse_printable(conf->listens[i].text, shown, sizeof shown),
					err.text);
	}
	if (complete_user(conf, &err) == -1)
		conf_sink_error(sink, "group: %s", err.text);
	if (conf->verbosity != 0) {
		level = level > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : level;
		conf->log_level = level < LOG_LEVEL_ERROR ? LOG_LEVEL_ERROR : (uint64_t)level;
	}
}

int conf_load(struct conf *conf, const struct cmdline *cmdline, struct conf_sink *sink)
{
	unsigned before = sink->count, in_file;

	*conf = (struct conf){
		.drain_timeout_ms = 25000,
		.start_timeout_ms = 10000,
		.hang_timeout_ms = 2000,
		.log_level = LOG_LEVEL_NOTICE,
		.profile = PROFILE_DEFAULTS,
	};
	apply_file(conf, cmdline->config, sink);
	in_file = sink->count;
	rules_inherit(&conf->profile.rules);
	apply_cmdline(conf, cmdline, sink);
	complete(conf, sink);
	if (sink->count == before)
		return 0;
	conf_clear(conf);
	/* What does not go together is the file's fault if the command line says nothing. */
	return sink->count > in_file && cmdline->count > 0 ? EXIT_USAGE : EXIT_CONFIG;
}

void conf_dump(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < option_count; i++)
		option_dump(&option_rows[i], conf, out);
}
