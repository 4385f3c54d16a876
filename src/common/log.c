/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place that writes to standard error or syslog, and the only state at file scope in
 * echod: a log that had to be handed down to every call would be in every signature. A log that
 * cannot be written is no reason to stop: failures are counted, not reported.
 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

const char *const log_level_names[LOG_LEVEL_DEBUG + 1] = { "error", "warn", "notice", "info",
							   "debug" };

static const int syslog_priorities[LOG_LEVEL_DEBUG + 1] = { LOG_ERR, LOG_WARNING, LOG_NOTICE,
							    LOG_INFO, LOG_DEBUG };

static struct {
	enum log_level level;
	enum { TO_PERSON, TO_STDERR, TO_JOURNAL, TO_SYSLOG } target;
	int null;      /* for log_detach, which is to come; 0 = not opened */
	unsigned lost; /* lines that a full pipe did not take */
} state = { .level = LOG_LEVEL_NOTICE };

/* JOURNAL_STREAM holds DEVICE:INODE of the stream that the journal reads (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

void log_open(bool serves)
{
	if (stderr_is_journal())
		state.target = TO_JOURNAL;
	else
		state.target = serves ? TO_STDERR : TO_PERSON;
}

void log_set_level(enum log_level level)
{
	state.level = level;
}

bool log_wants(enum log_level level)
{
	return level <= state.level;
}

static size_t write_prefix(enum log_level level, char *line, size_t size)
{
	struct timespec now;
	struct tm utc;
	int length;

	if (state.target == TO_PERSON) {
		length = snprintf(line, size, "echod: ");
	} else if (state.target == TO_JOURNAL) {
		length = snprintf(line, size, "<%d>", syslog_priorities[level]);
	} else {
		char stamp[32];

		clock_gettime(CLOCK_REALTIME, &now);
		gmtime_r(&now.tv_sec, &utc);
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
		length = snprintf(line, size, "%s.%03ldZ echod[%ld] %s: ", stamp,
				  now.tv_nsec / 1000000, (long)getpid(), log_level_names[level]);
	}
	return (size_t)length;
}

/* A pipe, socket or terminal that is full would block us; poll(2) says so without touching the
 * shared O_NONBLOCK. */
static bool stderr_has_room(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1;
}

/* Returns false if nobody took the line. */
static bool write_stderr(enum log_level level, const char *text)
{
	char line[LOG_LINE_MAX];
	size_t length = write_prefix(level, line, sizeof line);

	length += (size_t)snprintf(line + length, sizeof line - length, "%s", text);
	if (length > sizeof line - 2)
		length = sizeof line - 2;
	line[length++] = '\n';
	return stderr_has_room() && write(STDERR_FILENO, line, length) != -1;
}

static void report_lost(void)
{
	char text[64];

	if (state.lost == 0)
		return;
	snprintf(text, sizeof text, "%u lines were lost: nobody read them", state.lost);
	if (write_stderr(LOG_LEVEL_WARN, text))
		state.lost = 0;
}

void log_write(enum log_level level, const char *format, ...)
{
	int saved = errno;
	char text[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (state.target == TO_SYSLOG) {
		syslog(syslog_priorities[level], "%s", text);
	} else {
		report_lost();
		if (!write_stderr(level, text))
			state.lost++;
	}
	errno = saved;
}

static int open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void open_syslog(void)
{
	openlog("echod", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_settle(bool detaches)
{
	tzset(); /* the first stamp would read the time zone, although it does not show it */
	if (!detaches)
		return;
	open_syslog();
	if (state.target != TO_SYSLOG)
		state.null = open_null();
}

void log_detach(void)
{
	int null;

	if (state.target == TO_SYSLOG) /* a child of one that has left it */
		return;
	null = state.null > 0 ? state.null : open_null();
	for (int fd = 0; null != -1 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	state.null = 0;
	open_syslog();
	state.target = TO_SYSLOG;
}

void log_forked(void)
{
	closelog(); /* the next line opens it again */
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_ms, char held[LOG_HELD_MAX])
{
	if (now_ms < limit->next_ms) {
		limit->held++;
		return false;
	}
	held[0] = '\0';
	if (limit->held > 0)
		snprintf(held, LOG_HELD_MAX, " (%u such lines held back)", limit->held);
	*limit = (struct log_limit){ .next_ms = now_ms + LOG_LIMIT_MS };
	return true;
}
