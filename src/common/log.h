/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: one event a line, in one write(2), so that the lines of several processes never mix.
 *
 * It starts on standard error: `TIME echod[PID] LEVEL: TEXT` with UTC time in milliseconds (RFC
 * 3339), or `<N>TEXT` (sd-daemon(3)) when standard error is the journal's, which adds its own time.
 * log_detach moves it to syslog(3). A reader of standard error that has stopped reading never stops
 * echod: lines that a full pipe would not take are dropped and counted, and the count is logged
 * when there is room again. errno survives every call.
 */
#ifndef ECHOD_LOG_H
#define ECHOD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_LINE_MAX \
	1024 /* bytes of a line, with its time stamp and newline; a longer one is cut */

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* The names that log-level takes, by level. */
extern const char *const log_level_names[LOG_LEVEL_DEBUG + 1];

/*
 * Chooses the form of the lines. A program that serves (true) has lines with time and process, one
 * that only answers a question has `echod: TEXT`; what goes to the journal has its prefix in both
 * cases.
 */
void log_open(bool serves);

/* Lines above this level are not made. The default is notice. */
void log_set_level(enum log_level level);

/* Whether a line of this level would be written: ask before costly arguments are made up. */
bool log_wants(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The arguments are evaluated only when the level asks for the line. */
#define log_at(level, ...) (log_wants(level) ? log_write(level, __VA_ARGS__) : (void)0)
#define log_error(...)     log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)      log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...)    log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)      log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)     log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Opens what later calls need, those of log_detach too if the process is to call it: from then on
 * no call opens a file, so that a process can give that up. What syslogd does not take any more,
 * because it was started anew, is lost.
 */
void log_settle(bool detaches);

/* Leaves the terminal: descriptors 0, 1 and 2 become /dev/null and the log goes to syslog (facility
 * daemon). */
void log_detach(void);

/* In a forked child, before it closes descriptors that it does not know: one may be the log's. */
void log_forked(void);

/*
 * What a peer can provoke goes through a limit: at most one line in LOG_LIMIT_MS, and the next line
 * says how many were held back. Zeroed memory is a fresh limit.
 */
#define LOG_LIMIT_MS 1000

struct log_limit {
	uint64_t next_ms; /* no line before this time (clock_ms) */
	unsigned held;    /* lines held back since the last one */
};

/* Bytes of " (4294967295 such lines held back)", with the NUL. */
#define LOG_HELD_MAX 40

/* True if a line may be written now; held is then what to end it with: how many such lines were
 * held back before it, or "". */
bool log_limit_pass(struct log_limit *limit, uint64_t now_ms, char held[LOG_HELD_MAX]);

#endif
