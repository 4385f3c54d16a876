/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the levels together. Every error is reported before anything is given up, so that one run
 * shows them all. */
#include "conf/conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/cmdline.h"
#include "conf/complete.h"
#include "conf/file.h"
#include "conf/listen.h"
#include "conf/option.h"

#define EXIT_USAGE   2
#define DEFAULT_FILE ECHOD_SYSCONFDIR "/echod.conf"

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

void conf_sink_reason(struct conf_sink *sink, const struct err *reason, const char *where, ...)
{
	char prefix[ERR_TEXT_MAX];
	va_list args;

	va_start(args, where);
	vsnprintf(prefix, sizeof prefix, where, args);
	va_end(args);
	if (reason->no_memory)
		sink->out_of_memory = true;
	conf_sink_error(sink, "%s: %s", prefix, reason->text);
}

void conf_clear(struct conf *conf)
{
	listen_drop(conf, 0);
	free(conf->pid_file);
	*conf = (struct conf){ 0 };
}

void conf_note(struct conf *conf, const struct option_row *row, struct conf_origin origin)
{
	conf->origins[row - option_rows] = origin;
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (conf->listens[i].origin.number == 0)
			conf->listens[i].origin = origin;
	}
}

static void apply_cmdline(struct conf *conf, const struct cmdline *cmdline, struct conf_sink *sink)
{
	for (size_t i = 0; i < cmdline->count; i++) {
		const struct cmdline_setting *setting = &cmdline->settings[i];
		struct err err;

		if (option_set(setting->row, conf, CONF_COMMAND_LINE, setting->value, &err) == -1)
			conf_sink_reason(sink, &err, "--%s", setting->row->name);
		conf_note(conf, setting->row,
			  (struct conf_origin){ CONF_COMMAND_LINE, (unsigned)i + 1 });
	}
}

int conf_load(struct conf *conf, const struct cmdline *cmdline, struct conf_sink *sink)
{
	const char *file = cmdline->config == NULL ? DEFAULT_FILE : cmdline->config;
	unsigned before = sink->count, in_file;
	bool usage;

	*conf = (struct conf){
		.drain_timeout_ms = 25000,
		.start_timeout_ms = 10000,
		.hang_timeout_ms = 2000,
		.log_level = LOG_LEVEL_NOTICE,
		.profile = PROFILE_DEFAULTS,
	};
	if (cmdline->config != NULL || access(DEFAULT_FILE, F_OK) == 0)
		file_apply(file, conf, sink);
	in_file = sink->count;
	rules_inherit(&conf->profile.rules);
	apply_cmdline(conf, cmdline, sink);
	usage = sink->count > in_file;
	usage = complete_conf(conf, file, sink) == CONF_COMMAND_LINE || usage;
	if (sink->count == before)
		return 0;
	conf_clear(conf);
	if (sink->out_of_memory)
		return EXIT_FAILURE;
	return usage ? EXIT_USAGE : EX_CONFIG;
}

void conf_dump(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < option_count; i++)
		option_dump(&option_rows[i], conf, out);
}
