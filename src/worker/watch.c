/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at the connections that time may end. */
#include "worker/watch.h"

#include <linux/sockios.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "common/clock.h"
#include "worker/conn.h"
#include "worker/extra.h"
#include "worker/output.h"

#define PARTS           16 /* sweeps in the shortest time: with two of them lost it is an eighth */
#define INTERVAL_MIN_MS 5
#define INTERVAL_MAX_MS 10000
#define FINISH_MS       60000 /* for what waits when the server ends it, if there is no write-timeout */

static void on_tick(void *context, uint64_t now_ms);

static void shorten(uint64_t *least, uint64_t timeout_ms)
{
	if (timeout_ms != 0 && timeout_ms < *least)
		*least = timeout_ms;
}

static uint64_t interval(const struct profile *profile)
{
	uint64_t least = INTERVAL_MAX_MS * PARTS;

	shorten(&least, profile->idle_timeout_ms);
	shorten(&least, profile->session_timeout_ms);
	shorten(&least, profile->write_timeout_ms);
	if (profile->service == PROFILE_FRAME)
		shorten(&least, profile->frame_timeout_ms);
	return least / PARTS < INTERVAL_MIN_MS ? INTERVAL_MIN_MS : least / PARTS;
}

static int join(struct conn *conn, uint64_t interval_ms)
{
	return sweep_join(&conn->set->sweeps, conn->set->base, on_tick, interval_ms,
			  &conn->extra->watch.entry, conn);
}

/* An ended one is in another sweep, and stays there. */
static int start(struct conn *conn)
{
	if (extra_get(conn) == NULL)
		return -1;
	if (conn->extra->watch.entry.sweep != NULL)
		return 0;
	return join(conn, interval(conn->profile));
}

int watch_open(struct conn *conn)
{
	if (conn->profile->idle_timeout_ms == 0 && conn->profile->session_timeout_ms == 0)
		return 0;
	if (start(conn) == -1)
		return -1;
	conn->extra->watch.opened_ms = conn->extra->watch.active_ms = clock_ms();
	return 0;
}

int watch_output(struct conn *conn)
{
	return conn->profile->write_timeout_ms == 0 ? 0 : start(conn);
}

int watch_frame(struct conn *conn)
{
	return conn->profile->frame_timeout_ms == 0 ? 0 : start(conn);
}

int watch_end(struct conn *conn)
{
	if (extra_get(conn) == NULL || join(conn, CONN_LINGER_MS / PARTS) == -1)
		return -1;
	conn->extra->watch.ended_ms = clock_ms();
	return 0;
}

void watch_stop(struct watch *watch)
{
	sweep_leave(&watch->entry);
}

/* Bytes that were given to the kernel and not acknowledged by the client's. */
static int unsent(const struct conn *conn)
{
	int bytes = 0;

	ioctl(conn_fd(conn), SIOCOUTQ, &bytes);
	return bytes;
}

/* Bytes that the client has taken of those that the kernel got. */
static int64_t acknowledged(const struct conn *conn)
{
	return (int64_t)conn->extra->watch.given - unsent(conn);
}

/* Once the server has sent FIN, what is on its way, and FIN itself, is all that it waits for. */
static bool has_output(const struct conn *conn)
{
	return output_pending(conn) > 0 || (conn->state == CONN_LINGERING && unsent(conn) > 0);
}

/* Whether less than min-drain-rate, and nothing at the least, has been taken for write-timeout. The
 * kernel tells of room only when much of its buffer is free, so it is asked what is on its way. */
static bool is_stalled(struct conn *conn, uint64_t now_ms)
{
	struct watch *watch = &conn->extra->watch;
	uint64_t timeout_ms = conn->profile->write_timeout_ms;
	int64_t enough = (int64_t)(timeout_ms * conn->profile->min_drain_rate / 1000), taken;

	if (timeout_ms == 0 || !has_output(conn)) {
		watch->stalled_ms = 0;
		return false;
	}
	taken = acknowledged(conn);
	if (watch->stalled_ms == 0 || taken - watch->taken >= (enough > 0 ? enough : 1)) {
		watch->stalled_ms = now_ms;
		watch->taken = taken;
	}
	return now_ms - watch->stalled_ms >= timeout_ms;
}

static bool is_idle(struct conn *conn, uint64_t now_ms)
{
	struct watch *watch = &conn->extra->watch;
	uint64_t timeout_ms = conn->profile->idle_timeout_ms;
	bool active = conn->active;
	int64_t taken;

	conn->active = false;
	if (timeout_ms == 0 || (!active && now_ms - watch->active_ms < timeout_ms))
		return false;
	/* To take what the kernel still holds is something, too. */
	taken = acknowledged(conn);
	if (!active && taken <= watch->idle_taken)
		return true;
	watch->idle_taken = taken;
	watch->active_ms = now_ms;
	return false;
}

static bool is_part_late(struct conn *conn, uint64_t now_ms)
{
	struct watch *watch = &conn->extra->watch;
	const struct framing *part = &conn->extra->part;
	uint64_t timeout_ms = conn->profile->frame_timeout_ms;

	if (part->have == 0 || timeout_ms == 0) {
		watch->part_ms = 0;
		return false;
	}
	/* The rest cannot come while we do not read. */
	if (watch->part_ms == 0 || watch->part != part->number || conn->held != 0) {
		watch->part_ms = now_ms;
		watch->part = part->number;
	}
	return now_ms - watch->part_ms >= timeout_ms;
}

/* REASONS = it may go on. */
static enum reason judge(struct conn *conn, uint64_t now_ms)
{
	uint64_t session_ms = conn->profile->session_timeout_ms;

	if (session_ms != 0 && now_ms - conn->extra->watch.opened_ms >= session_ms)
		return REASON_SESSION_TIMEOUT;
	if (is_part_late(conn, now_ms))
		return REASON_FRAME_TIMEOUT;
	return is_idle(conn, now_ms) ? REASON_IDLE_TIMEOUT : REASONS;
}

/* It has been ended: what waits must go, and then the client. Returns whether it is over. */
static bool is_over(struct conn *conn, uint64_t now_ms)
{
	struct watch *watch = &conn->extra->watch;

	if (conn->state == CONN_FINISHING) {
		uint64_t since = watch->ended_ms;

		if (conn->profile->write_timeout_ms == 0 && now_ms - since >= FINISH_MS)
			return true;
		return false;
	}
	/* Closing while input comes would destroy what is still on its way. */
	if (watch->lingering_ms == 0 || (unsent(conn) > 0 && now_ms - watch->ended_ms < FINISH_MS))
		watch->lingering_ms = now_ms;
	return now_ms - watch->lingering_ms >= CONN_LINGER_MS;
}

static bool is_watched(const struct conn *conn)
{
	return conn->profile->idle_timeout_ms != 0 || conn->profile->session_timeout_ms != 0 ||
	       output_pending(conn) > 0 || conn->extra->part.have > 0;
}

static void on_tick(void *context, uint64_t now_ms)
{
	struct conn *conn = context;
	enum reason reason;

	if (is_stalled(conn, now_ms)) {
		conn_reset(conn, REASON_WRITE_TIMEOUT);
		return;
	}
	if (conn->state == CONN_FINISHING || conn->state == CONN_LINGERING) {
		if (conn->extra->watch.ended_ms != 0 && is_over(conn, now_ms))
			conn_close(conn, "closed by the server");
		return;
	}
	if (judge(conn, now_ms) == REASONS) {
		if (!is_watched(conn))
			watch_stop(&conn->extra->watch);
		return;
	}
	/* What ends the waiting may have come in the same instant. */
	if (conn_read(conn) == -1)
		return;
	reason = judge(conn, now_ms);
	if (reason != REASONS)
		conn_end(conn, reason);
}
