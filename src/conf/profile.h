/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How one listener treats its clients: what an option sets that may stand globally or behind a
 * listener's address. Built-in values < global setting < what stands behind the address.
 *
 * Plain data that owns nothing: an assignment copies it. Each member is explained where its option
 * is, in echod.conf(5).
 */
#ifndef ECHOD_PROFILE_H
#define ECHOD_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/owner.h"
#include "conf/rules.h"

/* In the order of the names in option_rows.c. */
enum profile_service { PROFILE_ECHO, PROFILE_DISCARD, PROFILE_FRAME };
enum profile_when_full { PROFILE_REFUSE, PROFILE_WAIT };

#define PROFILE_PER_SOURCE_MAX  1000000 /* a source's count has 20 bits (link/sources.h) */
#define PROFILE_ACCEPT_RATE_MAX 1000000
#define PROFILE_TEXT_MAX        256 /* bytes of a text, with the NUL */

#define PROFILE_DEVICE_MAX                                                     \
	16 /* bytes of a network interface's name, with the NUL (netdevice(7)) \
	    */

struct profile_keepalive {
	bool on;
	uint64_t idle, interval, count; /* seconds, seconds, probes; 0 = the kernel's */
};

/* What is asked of the kernel for the listener's sockets; 0 = whatever the kernel does. */
struct profile_socket {
	uint64_t mode;      /* of the file of a UNIX socket */
	struct owner owner; /* the same */
	bool reuseport;     /* a socket for each worker */
	bool v6only;
	struct profile_keepalive keepalive;
	bool nodelay;
	bool broadcast;
	uint64_t linger_s;
	uint64_t rcvbuf, sndbuf; /* bytes */
	uint64_t ttl;
	uint64_t tos;
	uint64_t user_timeout_ms;
	uint64_t backlog, fastopen; /* connections */
	uint64_t mark;
	char device[PROFILE_DEVICE_MAX]; /* empty = all of them */
};

#define PROFILE_SOCKET                                                                 \
	{                                                                              \
		.mode = 0666, .reuseport = true, .v6only = true, .keepalive.on = true, \
		.nodelay = true                                                        \
	}

struct profile {
	uint64_t service; /* enum profile_service */
	struct profile_socket socket;
	/* of streams; sizes in bytes; times in milliseconds, 0 = without limit */
	uint64_t max_frame;
	uint64_t frame_timeout_ms;
	uint64_t idle_timeout_ms;
	uint64_t session_timeout_ms;
	uint64_t write_timeout_ms;
	uint64_t min_drain_rate; /* bytes/s; 0 = any progress will do */
	uint64_t pending_high;
	uint64_t pending_low;               /* less than pending_high */
	char greeting[PROFILE_TEXT_MAX];    /* "" = none; %w, %a, %n, %% */
	uint64_t delay_ms, delay_jitter_ms; /* of answers */
	uint64_t rate;                      /* bytes/s that are read; 0 = no limit */
	uint64_t status_interval_ms;        /* 0 = never */
	/* of UDP */
	uint64_t udp_rate;  /* answers a second to each source; 0 = any number */
	uint64_t udp_burst; /* so many at once, at least 1 */
	bool udp_reserved_ports;
	/* who is let in */
	uint64_t per_source; /* connections of one source; 0 = no limit */
	uint64_t when_full;  /* enum profile_when_full */
	char refusal_text[PROFILE_TEXT_MAX];
	uint64_t accept_rate; /* connections a second; 0 = no limit */
	struct rules rules;
};

/* What is in force where nothing is said. */
#define PROFILE_DEFAULTS                                                                      \
	{                                                                                     \
		.max_frame = 64 * 1024, .frame_timeout_ms = 30000, .write_timeout_ms = 60000, \
		.min_drain_rate = 1024, .pending_high = 256 * 1024, .pending_low = 64 * 1024, \
		.udp_rate = 100, .udp_burst = 200, .socket = PROFILE_SOCKET,                  \
	}

#endif
