/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One session. It owns its descriptor, from session_start until a call returns how it ended. What
 * goes wrong on the way is an end like any other and is judged by what the client saw:
 * SESSION_SHORT, SESSION_WRONG and so on.
 */
#include "session.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "dial.h"
#include "pace.h"
#include "script.h"
#include "stream.h"

#define MS      1000000u
#define STALLED (500 * (uint64_t)MS) /* nothing taken for that long: nothing will be */

static enum session_end finish(struct session *session, enum session_end end)
{
	close(session->fd);
	session->fd = -1;
	return end;
}

static enum session_end failed_connect(struct session *session, int error)
{
	session->connect_error = error;
	if (dial_is_local(error))
		return SESSION_LATER;
	if (error == ETIMEDOUT)
		return SESSION_TIMEOUT;
	return error == ECONNRESET ? SESSION_RESET : SESSION_REFUSED;
}

static enum session_end failed_transfer(struct session *session, int error)
{
	return finish(session, error == ETIMEDOUT ? SESSION_TIMEOUT : SESSION_RESET);
}

static enum session_end send_reset(struct session *session)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(session->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	return finish(session, SESSION_OK);
}

static void send_fin(struct session *session)
{
	if (!session->fin_sent)
		shutdown(session->fd, SHUT_WR);
	session->fin_sent = true;
}

static uint64_t until_reset(const struct session *session)
{
	return session->reset_at - session->sent - session->received;
}

/* No message after those that have begun. */
static bool is_done(const struct session *session, uint64_t now_ns)
{
	if (session->plan->life_ms > 0)
		return now_ns - session->connected_ns >= session->plan->life_ms * MS;
	return session->messages >= session->plan->messages;
}

static void begin_message(struct session *session, uint64_t now_ns)
{
	const struct plan *plan = session->plan;

	session->wire.begin = session->wire.end;
	session->wire.end +=
		wire_length(script_size(plan, session->key, session->messages), plan->frame);
	session->messages++;
	session->last = session->stopping || (!plan->hold && is_done(session, now_ns));
	session->state = SESSION_TALKING;
	session->progress_ns = now_ns;
}

static enum session_end leave(struct session *session, uint64_t now_ns)
{
	if (!session->half_close)
		return finish(session, SESSION_OK);
	send_fin(session);
	session->state = SESSION_LEAVING;
	session->progress_ns = now_ns;
	return SESSION_GOES_ON;
}

/* Sends one chunk, if there is one, and FIN behind the last. A failure is not told before all that
 * came was read. */
static void send_chunk(struct session *session, uint64_t now_ns)
{
	unsigned char buffer[PLAN_CHUNK_MAX];
	uint64_t length = script_chunk(session->plan, session->key, session->sent);
	ssize_t n;

	if (length > session->wire.end - session->sent)
		length = session->wire.end - session->sent;
	if (session->reset_at != UINT64_MAX && length > until_reset(session))
		length = until_reset(session);
	if (length > 0 && session->send_error == 0) {
		wire_fill(&session->wire, session->sent, buffer, length);
		n = send(session->fd, buffer, length, MSG_NOSIGNAL);
		if (n > 0) {
			session->sent += (uint64_t)n;
			session->progress_ns = now_ns;
		}
		session->blocked = n != (ssize_t)length;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			session->send_error = errno;
	}
	if (session->last && session->half_close && session->sent == session->wire.end)
		send_fin(session);
}

/* Does what can be done without waiting, up to the next state that waits. */
static enum session_end push(struct session *session, uint64_t now_ns)
{
	while (session->state == SESSION_TALKING) {
		if (!session->blocked)
			send_chunk(session, now_ns);
		if (session->reset_at != UINT64_MAX && until_reset(session) == 0)
			return send_reset(session);
		if (session->received < session->wire.end || session->plan->no_read)
			return SESSION_GOES_ON;
		/* Its life can have come to its end while this message was on its way. */
		if (session->last || (!session->plan->hold && is_done(session, now_ns)))
			return leave(session, now_ns);
		if (is_done(session, now_ns)) {
			session->state = SESSION_HELD;
		} else if (session->plan->think_ms > 0) {
			session->state = SESSION_THINKING;
			session->wake_ns = now_ns + session->plan->think_ms * MS;
		} else {
			begin_message(session, now_ns);
		}
	}
	return SESSION_GOES_ON;
}

/* Bytes that may be read now; 0: none yet, for a reader that is late or throttled. */
static uint64_t allowance(const struct session *session, uint64_t now_ns)
{
	if (session->state != SESSION_TALKING)
		return UINT64_MAX;
	if (now_ns - session->connected_ns < session->late_ns)
		return 0;
	return pace_allows(session->plan->read_rate, now_ns - session->connected_ns,
			   session->received, session->wire.end - session->received);
}

static enum session_end on_fin(struct session *session)
{
	if (session->state == SESSION_LEAVING)
		return finish(session, SESSION_OK);
	if (session->send_error != 0)
		return failed_transfer(session, session->send_error);
	return finish(session, session->state == SESSION_HELD ? SESSION_LET_GO : SESSION_SHORT);
}

static enum session_end receive(struct session *session, uint64_t now_ns)
{
	unsigned char buffer[PLAN_CHUNK_MAX];
	uint64_t length = sizeof(buffer);
	size_t good;
	ssize_t n;

	if (length > allowance(session, now_ns))
		length = allowance(session, now_ns);
	if (session->reset_at != UINT64_MAX && length > until_reset(session))
		length = until_reset(session);
	n = recv(session->fd, buffer, length, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? SESSION_GOES_ON
							 : failed_transfer(session, errno);
	if (n == 0)
		return on_fin(session);
	good = wire_match(&session->wire, session->received, buffer, (size_t)n);
	if (good > session->sent - session->received)
		good = session->sent - session->received; /* more than was ever sent */
	session->received += good;
	session->progress_ns = now_ns;
	if (good == (size_t)n)
		return SESSION_GOES_ON;
	wire_fill(&session->wire, session->received, &session->expected, 1);
	session->got = buffer[good];
	return finish(session, SESSION_WRONG);
}

static enum session_end on_connected(struct session *session, uint64_t now_ns)
{
	session->local.length = sizeof(session->local.storage);
	if (getsockname(session->fd, (struct sockaddr *)&session->local.storage,
			&session->local.length) < 0)
		session->local.length = 0;
	session->connected = true;
	session->connected_ns = now_ns;
	if (session->plan->connect_only)
		return finish(session, SESSION_OK);
	begin_message(session, now_ns);
	return push(session, now_ns);
}

enum session_end session_start(struct session *session, const struct plan *plan, uint64_t number,
			       uint64_t now_ns)
{
	const struct timer timer = session->timer;
	bool connected;

	*session = (struct session){ .plan = plan, .number = number };
	session->timer = timer;
	session->state = SESSION_CONNECTING;
	session->key = stream_key(plan->seed, number);
	session->wire = (struct wire){ .key = session->key, .frame = plan->frame };
	session->progress_ns = now_ns;
	session->half_close = script_half_close(plan, session->key);
	session->late_ns = script_late(plan, session->key);
	session->reset_at = script_reset_at(plan, session->key);
	session->fd = dial_start(plan, number, &connected);
	if (session->fd < 0)
		return failed_connect(session, errno);
	return connected ? on_connected(session, now_ns) : SESSION_GOES_ON;
}

uint32_t session_wants(const struct session *session, uint64_t now_ns)
{
	uint32_t events = 0;

	if (session->state == SESSION_CONNECTING)
		return EPOLLOUT;
	if (session->state == SESSION_TALKING && session->sent < session->wire.end &&
	    session->send_error == 0)
		events |= EPOLLOUT;
	if (!session->plan->no_read && allowance(session, now_ns) > 0)
		events |= EPOLLIN;
	return events;
}

bool session_is_stalled(const struct session *session, uint64_t now_ns)
{
	return session->state == SESSION_TALKING &&
	       (session->sent == session->wire.end || now_ns - session->progress_ns >= STALLED);
}

uint64_t session_deadline(const struct session *session, uint64_t now_ns)
{
	uint64_t timeout = session->progress_ns + session->plan->timeout_ms * MS;
	uint64_t allowed;

	if (session->state == SESSION_HELD)
		return CLOCK_NEVER;
	if (session->state == SESSION_THINKING)
		return session->wake_ns;
	if (session->state == SESSION_TALKING && session->plan->no_read)
		return session_is_stalled(session, now_ns) ? CLOCK_NEVER
							   : session->progress_ns + STALLED;
	if (allowance(session, now_ns) > 0)
		return timeout;
	allowed = pace_next(session->plan->read_rate, session->received,
			    session->wire.end - session->received);
	if (allowed < session->late_ns)
		allowed = session->late_ns;
	allowed += session->connected_ns;
	return allowed < timeout ? allowed : timeout;
}

enum session_end session_on_event(struct session *session, uint32_t events, uint64_t now_ns)
{
	enum session_end end = SESSION_GOES_ON;

	if (session->state == SESSION_CONNECTING) {
		int error = dial_result(session->fd);

		return error == 0 ? on_connected(session, now_ns)
				  : finish(session, failed_connect(session, error));
	}
	if (session->plan->no_read) {
		if ((events & (EPOLLERR | EPOLLHUP)) != 0)
			return finish(session, SESSION_RESET);
	} else if ((events & ~(uint32_t)EPOLLOUT) != 0 && allowance(session, now_ns) > 0) {
		end = receive(session, now_ns);
	}
	if ((events & EPOLLOUT) != 0)
		session->blocked = false;
	return end == SESSION_GOES_ON ? push(session, now_ns) : end;
}

enum session_end session_on_time(struct session *session, uint64_t now_ns)
{
	if (session->state == SESSION_THINKING && now_ns >= session->wake_ns) {
		begin_message(session, now_ns);
		return push(session, now_ns);
	}
	if (session_deadline(session, now_ns) == CLOCK_NEVER ||
	    now_ns < session->progress_ns + session->plan->timeout_ms * MS)
		return SESSION_GOES_ON;
	return finish(session, SESSION_TIMEOUT);
}

enum session_end session_on_stop(struct session *session, uint64_t now_ns)
{
	session->stopping = true;
	if (session->state == SESSION_HELD || session->state == SESSION_THINKING)
		return leave(session, now_ns);
	if (session->state != SESSION_TALKING)
		return SESSION_GOES_ON;
	if (session->plan->no_read)
		return finish(session, SESSION_OK);
	session->last = true;
	return push(session, now_ns);
}

enum session_end session_on_speak(struct session *session, uint64_t now_ns)
{
	if (session->state != SESSION_HELD)
		return SESSION_GOES_ON;
	session->stopping = true;
	begin_message(session, now_ns);
	return push(session, now_ns);
}
