/* SPDX-License-Identifier: BSD-2-Clause */
/* Options, and the order of start-up. What a worker does is handed to the supervisor from here:
 * neither knows the other. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/log.h"
#include "common/title.h"
#include "conf/cmdline.h"
#include "conf/conf.h"
#include "supervisor/inherit.h"
#include "supervisor/spawn.h"
#include "supervisor/supervisor.h"
#include "worker/worker.h"

#ifdef ECHOD_WORKER_ENTRY /* a worker that misbehaves, for the tests */
int ECHOD_WORKER_ENTRY(const struct worker_setup *setup);
#else
#define ECHOD_WORKER_ENTRY worker_run
#endif

#define EXIT_USAGE 2

static void on_error(void *context, const char *line)
{
	(void)context;
	log_error("%s", line);
}

/* If a standard descriptor is closed, the next socket would get its number, and the log would be
 * written to a client. */
static void occupy_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* A daemon's working directory is the root, so its paths must not depend on where it was started.
 * NULL: out of memory. */
static char *absolute(const char *path)
{
	char *directory, *whole = NULL;

	if (path[0] == '/')
		return strdup(path);
	directory = getcwd(NULL, 0);
	if (directory != NULL && asprintf(&whole, "%s/%s", directory, path) == -1)
		whole = NULL;
	free(directory);
	return whole;
}

static int make_absolute(char **path)
{
	char *whole;

	if (*path == NULL)
		return 0;
	whole = absolute(*path);
	if (whole == NULL)
		return -1;
	free(*path);
	*path = whole;
	return 0;
}

static int serve(struct cmdline *cmdline, struct conf *conf, const struct title *title)
{
	struct inherit inherit;
	struct supervisor_plan plan = {
		.cmdline = cmdline,
		.conf = conf,
		.title = title,
		.entry = ECHOD_WORKER_ENTRY,
		.inherit = &inherit,
		.notify_fd = -1,
	};
	char *pid_file = conf->pid_file == NULL ? NULL : absolute(conf->pid_file);
	int status = 1, parent = 0;
	struct err err = { .text = "out of memory" };

	log_open(true);
	/* Before there is another process: the sockets are for this one. */
	if ((conf->pid_file != NULL && pid_file == NULL) || inherit_open(&inherit, &err) == -1)
		parent = -1;
	else if (inherit_configure(&inherit, conf, &err) == -1) {
		parent = -1;
		status = err.no_memory ? EXIT_FAILURE : EX_CONFIG;
	} else if (conf->daemon)
		parent = make_absolute(&cmdline->config) == -1
				 ? -1
				 : spawn_background(&plan.notify_fd, &status, &err);
	plan.pid_file = pid_file;
	if (parent == -1)
		log_error("%s", err.text);
	else if (parent == 0)
		status = supervisor_run(&plan);
	free(pid_file);
	return status;
}

static int run(struct cmdline *cmdline, const struct title *title, struct conf_sink *sink)
{
	struct conf conf;
	int status;

	if (cmdline->action == CMDLINE_HELP) {
		cmdline_help(stdout);
		return 0;
	}
	if (cmdline->action == CMDLINE_VERSION) {
		printf("echod %s\n", PACKAGE_VERSION);
		return 0;
	}
	status = conf_load(&conf, cmdline, sink);
	if (status != 0)
		return status;
	log_set_level((enum log_level)conf.log_level);
	if (cmdline->action == CMDLINE_DUMP)
		conf_dump(&conf, stdout);
	else if (cmdline->action == CMDLINE_SERVE)
		status = serve(cmdline, &conf, title);
	conf_clear(&conf);
	return status;
}

int main(int argc, char **argv)
{
	struct conf_sink sink = { .on_error = on_error };
	struct cmdline cmdline;
	struct title title;
	int status = EXIT_USAGE;

	occupy_standard_descriptors();
	title_take(&title, argc, argv);
	log_open(false);
	if (cmdline_init(&cmdline, argc, argv, &sink) == 0)
		status = run(&cmdline, &title, &sink);
	else if (sink.out_of_memory)
		status = EXIT_FAILURE;
	if (status == EXIT_USAGE)
		log_error("'echod --help' lists the options");
	cmdline_clear(&cmdline);
	if (fflush(stdout) != 0 && status == 0) {
		log_error("cannot write to standard output");
		status = 1;
	}
	return status;
}
