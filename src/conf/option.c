/* SPDX-License-Identifier: BSD-2-Clause */
/* The table, and where its values go. A value that does not fit leaves conf as it was. */
#include "conf/option.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "common/log.h"
#include "common/parse.h"
#include "conf/listen.h"
#include "conf/value.h"

#define HOUR_MS       3600000
#define BUFFER_MAX    (INT_MAX / 2) /* the kernel doubles it (socket(7)) */
#define TCP           TRANSPORT_BIT(TRANSPORT_TCP)
#define KIB           1024
#define MIB           1048576
#define FIELD(member) .offset = offsetof(struct conf, member)
/* Of a listener: what transports it is for, and where it is in its profile. */
#define PROFILE(set, member) .transports = (set), .offset = offsetof(struct profile, member)

static const char *const service_names[] = {
	[PROFILE_ECHO] = "echo",
	[PROFILE_DISCARD] = "discard",
	[PROFILE_FRAME] = "frame",
};
static const char *const when_full_names[] = {
	[PROFILE_REFUSE] = "refuse",
	[PROFILE_WAIT] = "wait",
};

const struct option_row option_rows[] = {
	{ "workers", 'w', "N", "worker processes (default auto: all processors)",
	  .kind = OPTION_NUMBER, FIELD(workers), .min = 1, .max = CONF_WORKERS_MAX,
	  .zero = "auto" },
	{ "port", 'p', "PORT", "listen on every address (default 7777; 0: any)",
	  .kind = OPTION_PORT },
	{ "listen", 'l', "ADDRESS", "where to listen (see below); may be repeated",
	  .kind = OPTION_LISTEN },
	{ "drain-timeout", 0, "TIME", "time for the clients of a leaving worker (25s)",
	  .kind = OPTION_DURATION, FIELD(drain_timeout_ms), .min = 0, .max = 24 * HOUR_MS },
	{ "start-timeout", 0, "TIME", "time for a new worker to become ready (10s)",
	  .kind = OPTION_DURATION, FIELD(start_timeout_ms), .min = 100, .max = HOUR_MS },
	{ "daemon", 'D', NULL, "go to the background once all workers are ready",
	  .kind = OPTION_SWITCH, FIELD(daemon) },
	{ "pid-file", 'P', "PATH", "write the process id to PATH and lock it", .kind = OPTION_PATH,
	  FIELD(pid_file) },
	{ "log-level", 0, "LEVEL", "error, warn, notice (default), info or debug",
	  .kind = OPTION_CHOICE, FIELD(log_level), .max = LOG_LEVEL_DEBUG,
	  .choices = log_level_names },
	{ "max-connections", 'm', "N", "connections at once, over all workers (off)",
	  .kind = OPTION_NUMBER, FIELD(max_connections), .min = 1, .max = CONF_CONNECTIONS_MAX,
	  .zero = "off" },
	{ "user", 'u', "USER", "run workers as USER or USER:GROUP (none)", .kind = OPTION_OWNER,
	  FIELD(user) },
	{ "group", 'g', "GROUP", "and as GROUP (default: the user's)", .kind = OPTION_GROUP,
	  FIELD(group) },
	{ "verbose", 'v', NULL, "log more: -v connections, -vv everything",
	  .kind = OPTION_VERBOSITY, .min = 1 },
	{ "quiet", 'q', NULL, "log less: -q warnings, -qq errors only", .kind = OPTION_VERBOSITY,
	  .min = -1 },
	{ "config", 'c', "FILE", "read FILE, not " ECHOD_SYSCONFDIR "/echod.conf",
	  .kind = OPTION_ACTION },
	{ "test", 't', NULL, "check the configuration and leave", .kind = OPTION_ACTION },
	{ "dump-config", 'T', NULL, "print the settings as a file and leave",
	  .kind = OPTION_ACTION },
	{ "version", 'V', NULL, "print the version and leave", .kind = OPTION_ACTION },
	{ "help", 'h', NULL, "print this text and leave", .kind = OPTION_ACTION },
	{ "cpu-steering", 0, NULL, "each worker on its processors, their clients to it",
	  .kind = OPTION_SWITCH, FIELD(cpu_steering) },
	/* of listeners */
	{ "service", 0, "NAME", "echo (default), discard or frame", .kind = OPTION_CHOICE,
	  PROFILE(TRANSPORT_STREAM | TRANSPORT_DATAGRAM, service), .max = PROFILE_FRAME,
	  .choices = service_names },
	/* of listeners: services of streams, and what time does to them */
	{ "max-frame", 0, "SIZE", "bytes of the longest frame (64k)", .kind = OPTION_SIZE,
	  PROFILE(TRANSPORT_STREAM, max_frame), .min = 1, .max = 16 * MIB },
	{ "frame-timeout", 0, "TIME", "time for a frame to come whole (30s)",
	  .kind = OPTION_DURATION, PROFILE(TRANSPORT_STREAM, frame_timeout_ms), .min = 10,
	  .max = 24 * HOUR_MS, .zero = "off" },
	{ "idle-timeout", 0, "TIME", "end who is silent for so long (off)", .kind = OPTION_DURATION,
	  PROFILE(TRANSPORT_STREAM, idle_timeout_ms), .min = 10, .max = 24 * HOUR_MS,
	  .zero = "off" },
	{ "session-timeout", 0, "TIME", "end who is there for so long (off)",
	  .kind = OPTION_DURATION, PROFILE(TRANSPORT_STREAM, session_timeout_ms), .min = 10,
	  .max = 168 * HOUR_MS, .zero = "off" },
	{ "write-timeout", 0, "TIME", "reset who takes nothing of what waits (60s)",
	  .kind = OPTION_DURATION, PROFILE(TRANSPORT_STREAM, write_timeout_ms), .min = 10,
	  .max = 24 * HOUR_MS, .zero = "off" },
	{ "min-drain-rate", 0, "SIZE", "less than that a second is nothing (1k)",
	  .kind = OPTION_SIZE, PROFILE(TRANSPORT_STREAM, min_drain_rate), .min = 1, .max = 16 * MIB,
	  .zero = "off" },
	{ "pending-high", 0, "SIZE", "stop to read while so much waits (256k)", .kind = OPTION_SIZE,
	  PROFILE(TRANSPORT_STREAM, pending_high), .min = 4 * KIB, .max = 64 * MIB },
	{ "pending-low", 0, "SIZE", "until no more than this waits (64k)", .kind = OPTION_SIZE,
	  PROFILE(TRANSPORT_STREAM, pending_low), .min = 0, .max = 64 * MIB - 1 },
	{ "delay", 0, "TIME", "answer so much later (off)", .kind = OPTION_DURATION,
	  PROFILE(TRANSPORT_STREAM, delay_ms), .min = 1, .max = HOUR_MS / 60, .zero = "off" },
	{ "delay-jitter", 0, "TIME", "and at random up to so much more (off)",
	  .kind = OPTION_DURATION, PROFILE(TRANSPORT_STREAM, delay_jitter_ms), .min = 1,
	  .max = HOUR_MS / 60, .zero = "off" },
	{ "rate", 0, "SIZE", "read so many bytes a second, a connection (off)", .kind = OPTION_SIZE,
	  PROFILE(TRANSPORT_STREAM, rate), .min = 1, .max = 1024 * MIB, .zero = "off" },
	{ "greeting", 0, "TEXT", "sent first (\"\": nothing)", .kind = OPTION_TEXT,
	  PROFILE(TRANSPORT_STREAM, greeting), .max = PROFILE_TEXT_MAX, .letters = "wan" },
	{ "status-interval", 0, "TIME", "send a status line each time (off)",
	  .kind = OPTION_DURATION, PROFILE(TRANSPORT_STREAM, status_interval_ms), .min = 100,
	  .max = 24 * HOUR_MS, .zero = "off" },
	/* of listeners: their sockets */
	{ "mode", 0, "OCTAL", "permissions of a UNIX socket (0666)", .kind = OPTION_OCTAL,
	  PROFILE(TRANSPORT_LOCAL, socket.mode), .min = 0, .max = 0777 },
	{ "owner", 0, "OWNER", "USER, USER:GROUP or :GROUP of a UNIX socket", .kind = OPTION_OWNER,
	  PROFILE(TRANSPORT_LOCAL, socket.owner) },
	{ "reuseport", 0, NULL, "a socket for each worker (on)", .kind = OPTION_SWITCH,
	  PROFILE(TRANSPORT_INET, socket.reuseport) },
	{ "v6only", 0, NULL, "[::] is IPv6 only (on)", .kind = OPTION_SWITCH,
	  PROFILE(TRANSPORT_INET, socket.v6only) },
	{ "keepalive", 0, "PROBES", "on (default), off or IDLE:INTERVAL:COUNT",
	  .kind = OPTION_KEEPALIVE, PROFILE(TCP, socket.keepalive) },
	{ "nodelay", 0, NULL, "send small segments at once (on)", .kind = OPTION_SWITCH,
	  PROFILE(TCP, socket.nodelay) },
	{ "linger", 0, "SECONDS", "wait for FIN after the close, 1 to 120 (off)",
	  .kind = OPTION_NUMBER, PROFILE(TCP, socket.linger_s), .min = 1, .max = 120,
	  .zero = "off" },
	{ "rcvbuf", 0, "SIZE", "receive buffer (auto)", .kind = OPTION_SIZE,
	  PROFILE(TRANSPORT_INET, socket.rcvbuf), .min = 1, .max = BUFFER_MAX, .zero = "auto" },
	{ "sndbuf", 0, "SIZE", "send buffer (auto)", .kind = OPTION_SIZE,
	  PROFILE(TRANSPORT_INET | TRANSPORT_LOCAL, socket.sndbuf), .min = 1, .max = BUFFER_MAX,
	  .zero = "auto" },
	{ "ttl", 0, "HOPS", "time to live, hop limit: 1 to 255 (auto)", .kind = OPTION_NUMBER,
	  PROFILE(TRANSPORT_INET, socket.ttl), .min = 1, .max = 255, .zero = "auto" },
	{ "tos", 0, "NUMBER", "type of service, traffic class: 0 to 255 (0)", .kind = OPTION_NUMBER,
	  PROFILE(TRANSPORT_INET, socket.tos), .min = 0, .max = 255 },
	{ "user-timeout", 0, "TIME", "give up on data that is not acknowledged (auto)",
	  .kind = OPTION_DURATION, PROFILE(TCP, socket.user_timeout_ms), .min = 1,
	  .max = 24 * HOUR_MS, .zero = "auto" },
	{ "backlog", 0, "NUMBER", "connections that may wait (auto: somaxconn)",
	  .kind = OPTION_NUMBER, PROFILE(TRANSPORT_STREAM, socket.backlog), .min = 1,
	  .max = INT_MAX, .zero = "auto" },
	{ "fastopen", 0, "NUMBER", "queue of TCP Fast Open (off)", .kind = OPTION_NUMBER,
	  PROFILE(TCP, socket.fastopen), .min = 1, .max = INT_MAX, .zero = "off" },
	{ "bind-to-device", 0, "NAME", "one network interface only (none)", .kind = OPTION_NAME,
	  PROFILE(TRANSPORT_INET, socket.device), .max = PROFILE_DEVICE_MAX, .zero = "none" },
	{ "mark", 0, "NUMBER", "firewall mark (none)", .kind = OPTION_NUMBER,
	  PROFILE(TRANSPORT_INET, socket.mark), .min = 1, .max = UINT32_MAX, .zero = "none" },
	{ "broadcast", 0, NULL, "SO_BROADCAST on UDP sockets (off)", .kind = OPTION_SWITCH,
	  PROFILE(TRANSPORT_BIT(TRANSPORT_UDP), socket.broadcast) },
	/* of listeners: which datagrams are answered */
	{ "udp-rate", 0, "N", "UDP answers a second to each source (100), or off",
	  .kind = OPTION_NUMBER, PROFILE(TRANSPORT_BIT(TRANSPORT_UDP), udp_rate), .min = 1,
	  .max = 1000000, .zero = "off" },
	{ "udp-burst", 0, "N", "UDP answers at once to each source (200)", .kind = OPTION_NUMBER,
	  PROFILE(TRANSPORT_BIT(TRANSPORT_UDP), udp_burst), .min = 1, .max = 1000000 },
	{ "udp-reserved-ports", 0, NULL, "answer UDP ports below 1024, too", .kind = OPTION_SWITCH,
	  PROFILE(TRANSPORT_BIT(TRANSPORT_UDP), udp_reserved_ports) },
	/* of listeners: who is let in */
	{ "max-connections-per-source", 0, "N", "connections at once of each source (off)",
	  .kind = OPTION_NUMBER, PROFILE(TRANSPORT_BIT(TRANSPORT_TCP), per_source), .min = 1,
	  .max = PROFILE_PER_SOURCE_MAX, .zero = "off" },
	{ "when-full", 0, "WHAT", "refuse (default) new clients, or let them wait",
	  .kind = OPTION_CHOICE, PROFILE(TRANSPORT_STREAM, when_full), .max = PROFILE_WAIT,
	  .choices = when_full_names },
	{ "refusal-text", 0, "TEXT", "what a client that is refused is sent (nothing)",
	  .kind = OPTION_TEXT, PROFILE(TRANSPORT_STREAM, refusal_text), .max = PROFILE_TEXT_MAX },
	{ "accept-rate", 0, "N", "new connections a second (off); more have to wait",
	  .kind = OPTION_NUMBER, PROFILE(TRANSPORT_STREAM, accept_rate), .min = 1,
	  .max = PROFILE_ACCEPT_RATE_MAX, .zero = "off" },
	{ "allow", 0, "NETWORKS", "let these in; with deny: the first match decides",
	  .kind = OPTION_ALLOW, PROFILE(TRANSPORT_INET, rules) },
	{ "deny", 0, "NETWORKS", "close connections from these at once", .kind = OPTION_DENY,
	  PROFILE(TRANSPORT_INET, rules) },
};
const size_t option_count = sizeof option_rows / sizeof option_rows[0];
_Static_assert(sizeof option_rows / sizeof option_rows[0] <= OPTION_MAX, "OPTION_MAX is too small");

bool option_in_file(const struct option_row *row)
{
	return row->kind != OPTION_ACTION && row->kind != OPTION_VERBOSITY;
}

bool option_in_listen(const struct option_row *row)
{
	return row->transports != 0;
}

bool option_repeats(const struct option_row *row)
{
	return row->kind == OPTION_LISTEN || row->kind == OPTION_PORT ||
	       row->kind == OPTION_ALLOW || row->kind == OPTION_DENY;
}

const struct option_row *option_find(const char *name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_rows[i].name, name) == 0)
			return &option_rows[i];
	}
	return NULL;
}

/* Optimal string alignment distance: insertions, deletions, changes and swaps of neighbours. */
static unsigned distance(const char *one, const char *other)
{
	enum { MAX = 32 };
	unsigned row[3][MAX + 1];
	size_t one_length = strlen(one), other_length = strlen(other);

	if (one_length > MAX || other_length > MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= other_length; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= one_length; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= other_length; j++) {
			unsigned best = last[j - 1] + (one[i - 1] != other[j - 1]);

			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[one_length % 3][other_length];
}

const char *option_nearest(const char *name, bool (*is_meant)(const struct option_row *row))
{
	const char *nearest = NULL;
	unsigned least =
		(unsigned)strlen(name) / 2 + 1; /* more than half of it wrong is no typing error */

	for (size_t i = 0; i < option_count; i++) {
		unsigned away = distance(name, option_rows[i].name);

		if (is_meant != NULL && !is_meant(&option_rows[i]))
			continue;
		if (away < least) {
			least = away;
			nearest = option_rows[i].name;
		}
	}
	return nearest;
}

static int set_port(struct conf *conf, enum conf_level level, const char *value, struct err *err)
{
	char text[32];
	uint64_t port;

	if (parse_number(value, 0, 65535, &port, err) == -1)
		return -1;
	snprintf(text, sizeof text, "tcp:*:%" PRIu64, port);
	return listen_add(conf, level, text, err);
}

size_t option_comment(const char *line)
{
	const char *at = line;

	for (bool quoted = false; *at != '\0'; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (at[0] == '\\' && (quoted ? at[1] != '\0' : at[1] == '"'))
			at++;
		else if (!quoted && *at == '#' && (at == line || isblank((unsigned char)at[-1])))
			break;
	}
	return (size_t)(at - line);
}

int option_set_profile(const struct option_row *row, struct profile *profile, const char *value,
		       struct err *err)
{
	if (value == NULL)
		value = "on";
	if (value_check(value, err) == -1)
		return -1;
	return value_set(row, (char *)profile + row->offset, value, err);
}

int option_set(const struct option_row *row, struct conf *conf, enum conf_level level,
	       const char *value, struct err *err)
{
	if (option_in_listen(row))
		return option_set_profile(row, &conf->profile, value, err);
	if (value == NULL)
		value = "on"; /* a switch on the command line */
	if (row->kind != OPTION_VERBOSITY && value_check(value, err) == -1)
		return -1;
	switch (row->kind) {
	case OPTION_LISTEN:
		return listen_add(conf, level, value, err);
	case OPTION_PORT:
		return set_port(conf, level, value, err);
	case OPTION_VERBOSITY:
		conf->verbosity += (int)row->min;
		return 0;
	default:
		return value_set(row, (char *)conf + row->offset, value, err);
	}
}

static void dump_listens(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (i == 0 || strcmp(conf->listens[i].text, conf->listens[i - 1].text) != 0)
			fprintf(out, "listen %s\n", conf->listens[i].text);
	}
}

void option_dump(const struct option_row *row, const struct conf *conf, FILE *out)
{
	const char *base =
		option_in_listen(row) ? (const char *)&conf->profile : (const char *)conf;

	if (row->kind == OPTION_LISTEN)
		dump_listens(conf, out);
	else
		value_dump(row, base + row->offset, out);
}
