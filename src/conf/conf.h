/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What echod is told to do: the settings of one generation, complete and checked.
 *
 * Built-in values < configuration file < command line. A struct conf is made by conf_load, once at
 * the start and again at every reload, and does not change afterwards.
 */
#ifndef ECHOD_CONF_H
#define ECHOD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/log.h"
#include "common/transport.h"
#include "conf/profile.h"

#define CONF_PORT            7777 /* the default port; echo's own, 7 (RFC 862), needs privileges */
#define CONF_WORKERS_MAX     1024
#define CONF_CONNECTIONS_MAX 10000000
#define CONF_LISTEN_MAX                                                           \
	32 /* addresses after names were resolved; twice as many fit a 64-bit set \
	    */

#define OPTION_MAX 128 /* rows of the option table (option.h) at most */

/* What workers are confined by: what there is, nothing, or all of it. */
enum conf_sandbox { CONF_SANDBOX_ON, CONF_SANDBOX_OFF, CONF_SANDBOX_REQUIRE };

/* Where a setting comes from; a later level replaces the listeners of an earlier one. */
enum conf_level { CONF_BUILT_IN, CONF_FILE, CONF_COMMAND_LINE };

/* And where it stands there: the number of the line, or of the option; 0 = nowhere. */
struct conf_origin {
	enum conf_level level;
	unsigned number;
};

struct conf_listen {
	enum transport transport;
	struct addr addr;
	bool dual;  /* HOST is *: one IPv6 socket for IPv4 too; IPv4 alone where there is no IPv6 */
	char *text; /* as it was written; owned, several addresses of one name have a copy each */
	struct conf_origin origin;
	struct profile profile; /* complete after conf_load */
};

struct conf {
	uint64_t workers; /* 0 = auto */
	uint64_t drain_timeout_ms;
	uint64_t start_timeout_ms;
	uint64_t hang_timeout_ms; /* 0 = workers may be silent */
	uint64_t log_level;       /* enum log_level */
	uint64_t max_connections; /* of all workers; 0 = no limit */
	struct owner user, group; /* of workers; after conf_load `user` has both */
	uint64_t sandbox;         /* enum conf_sandbox */
	bool daemon;
	bool cpu_steering;      /* each worker on its processors, connections to them */
	char *pid_file;         /* owned; NULL = none */
	struct profile profile; /* of listeners that say nothing else */
	struct conf_listen listens[CONF_LISTEN_MAX];
	size_t listen_count; /* at least 1 after conf_load */
	enum conf_level listen_level;
	int verbosity;                          /* -v less -q */
	struct conf_origin origins[OPTION_MAX]; /* of each row of the option table, the last one */
};

/* Who is told of errors, one call and one line each. */
struct conf_sink {
	void (*on_error)(void *context, const char *line);
	void *context;
	unsigned count;     /* errors so far */
	bool out_of_memory; /* one of them: nobody has made a mistake */
};

struct cmdline;

struct option_row;

/*
 * Fills conf from the built-in values, the file and the command line. All errors go to the sink,
 * each with where it is (FILE:LINE or the option). Returns 0, or what a program should exit with: 2
 * if the command line is at fault, alone or with the file, 78 (EX_CONFIG, sysexits.h) if the file
 * is, 1 if memory was short; conf is then empty. Reads the file and may ask name servers.
 */
int conf_load(struct conf *conf, const struct cmdline *cmdline, struct conf_sink *sink);

void conf_clear(struct conf *conf);

/* Writes the settings in the syntax of the file; loading that gives the same settings. */
void conf_dump(const struct conf *conf, FILE *out);

/* A setting was read there: it is the origin of that row, and of listeners that have none yet. */
void conf_note(struct conf *conf, const struct option_row *row, struct conf_origin origin);

/* Reports an error to the sink. */
void conf_sink_error(struct conf_sink *sink, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same: "WHERE: REASON", with the reason of a call that failed. */
void conf_sink_reason(struct conf_sink *sink, const struct err *reason, const char *where, ...)
	__attribute__((format(printf, 3, 4)));

#endif
