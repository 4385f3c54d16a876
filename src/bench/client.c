/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever goes wrong with a connection is counted, ends it, and never stops the run. */
#include "bench/client.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/dial.h"
#include "bench/flow.h"
#include "bench/packet.h"
#include "common/clock.h"

void client_init(struct client *client, struct task *task, uint64_t lane)
{
	*client = (struct client){ .task = task, .fd = -1, .lane = lane };
}

void client_clear(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

static bool is_over(const struct client *client, uint64_t now_ns)
{
	return task_is_over(client->task, client->lane, client->taken, now_ns);
}

/* ---------------------------------------------------------------- streams and datagrams */

static void begin(struct client *client, uint64_t now_ns)
{
	if (client->window != NULL)
		packet_begin(client, now_ns);
	else
		flow_begin(client, now_ns);
}

static enum client_step send_on(struct client *client)
{
	return client->window != NULL ? packet_send(client) : flow_send(client);
}

/* ---------------------------------------------------------------- the end of a connection */

static void hang_up(struct client *client)
{
	if (client->state == CLIENT_OPEN || client->state == CLIENT_LEAVING)
		client->task->open--;
	if (client->state == CLIENT_CONNECTING)
		client->task->connecting--;
	if (client->window != NULL) {
		client->task->meter->datagrams.dropped += dial_dropped(client->fd);
		window_reset(client->window);
	}
	client_clear(client); /* epoll forgets what is closed */
	client->state = CLIENT_CLOSED;
	client->fin_sent = client->blocked = false;
	client->in_flight = client->unsent = 0;
}

void client_give_up(struct client *client)
{
	client->task->meter->lost += client->in_flight;
	hang_up(client);
}

enum client_step client_fail(struct client *client, enum failure kind, int error)
{
	const struct meter_note note = {
		.at_ns = clock_ns(),
		.connection = client->number,
		.offset = client->received,
		.error = error,
	};

	meter_fail(client->task->meter, kind, &note);
	client_give_up(client);
	return is_over(client, note.at_ns) ? CLIENT_ENDS : CLIENT_RETRIES;
}

/* recv(2) has nothing more: FIN or an error. */
enum client_step client_received_end(struct client *client, int error)
{
	if (error == EAGAIN || error == EINTR)
		return CLIENT_GOES_ON;
	if (error != 0)
		return client_fail(client, error == ETIMEDOUT ? FAILURE_TIMEOUT : FAILURE_RESET,
				   error);
	if (client->in_flight > 0)
		return client_fail(client, FAILURE_SHORT, 0);
	if (client->state == CLIENT_LEAVING) {
		hang_up(client);
		return client_kick(client, clock_ns());
	}
	client->task->meter->ended++;
	hang_up(client);
	return is_over(client, clock_ns()) ? CLIENT_ENDS : CLIENT_RETRIES;
}

/* All has come back, and there is nothing to do any more (or, with --churn, on this connection). */
static enum client_step leave(struct client *client, uint64_t now_ns)
{
	if (client->task->options->half_close && client->state == CLIENT_OPEN) {
		if (!client->fin_sent)
			shutdown(client->fd, SHUT_WR);
		client->fin_sent = true;
		client->state = CLIENT_LEAVING;
		client->progress_ns = now_ns;
		return CLIENT_GOES_ON;
	}
	hang_up(client);
	return client_kick(client, now_ns);
}

/* ---------------------------------------------------------------- connecting */

void client_opened(struct client *client)
{
	client->state = CLIENT_OPEN;
	client->task->connecting--;
	client->task->open++;
	client->task->meter->opened++;
}

/* A connection is known to be there when send(2) has taken something. */
enum client_step client_send_failed(struct client *client, int error)
{
	if (client->state != CLIENT_CONNECTING)
		return client_fail(client, FAILURE_RESET, error);
	return client_fail(client, error == ETIMEDOUT ? FAILURE_TIMEOUT : FAILURE_REFUSED, error);
}

/*
 * Edge-triggered: epoll looks at the socket once for each message and not twice, and one epoll_ctl
 * a connection is enough. In return, take_in goes on until the socket is empty and push until it is
 * full.
 */
static enum client_step watch(struct client *client)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | (uint32_t)EPOLLET,
				     .data.ptr = client };

	/* A datagram that was received would count as room for another one each time. */
	if (client->window != NULL)
		event.events = EPOLLIN | (uint32_t)EPOLLET;
	if (epoll_ctl(client->task->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) == -1)
		return client_fail(client, FAILURE_REFUSED,
				   errno); /* no memory for it in the kernel */
	return CLIENT_GOES_ON;
}

static enum client_step on_connected(struct client *client)
{
	int error = dial_result(client->fd);
	uint64_t now_ns = clock_ns();

	if (error != 0)
		return client_send_failed(client, error);
	client_opened(client);
	client->progress_ns = now_ns;
	if (!client->task->options->churn)
		begin(client, now_ns);
	return send_on(client);
}

/* A socket for datagrams is there at once. */
static enum client_step begin_datagrams(struct client *client, uint64_t now_ns)
{
	enum client_step step;

	client_opened(client);
	step = watch(client);
	if (step == CLIENT_GOES_ON && !client->task->options->churn)
		begin(client, now_ns);
	return step == CLIENT_GOES_ON ? send_on(client) : step;
}

/* This machine has not what a connection needs; that may pass. */
static enum client_step put_off(struct client *client, uint64_t now_ns, int error)
{
	if (now_ns > client->since_ns + client->task->timeout_ns) {
		client->since_ns = 0;
		return client_fail(client, FAILURE_REFUSED, error);
	}
	client->task->meter->short_of++;
	return CLIENT_RETRIES;
}

enum client_step client_dial(struct client *client, uint64_t now_ns)
{
	struct task *task = client->task;
	const struct options *options = task->options;
	enum client_step step;

	client->sent = client->received = 0;
	if (client->in_flight == 0) { /* or else it was put off before */
		client->head = 0;
		client->queued = 0;
		if (options->churn)
			begin(client, now_ns);
		if (options->churn && client->in_flight == 0)
			return is_over(client, now_ns) ? CLIENT_ENDS : CLIENT_RESTS;
	}
	if (client->since_ns == 0)
		client->since_ns = now_ns;
	client->number = schedule_number(&task->dials, task->dialled++);
	client->offset = stream_offset(task->stream, client->number);
	client->fd = dial_start(task->server, options, client->number);
	if (client->fd == -1) {
		if (dial_is_local(errno))
			return put_off(client, now_ns, errno);
		return client_fail(client, FAILURE_REFUSED, errno);
	}
	client->state = CLIENT_CONNECTING;
	task->connecting++;
	client->since_ns = 0;
	client->progress_ns = now_ns;
	if (client->window != NULL)
		return begin_datagrams(client, now_ns);
	/* On loopback the connection is often there already, and a message can follow at once. */
	step = flow_send(client);
	return step == CLIENT_GOES_ON ? watch(client) : step;
}

enum client_step client_on_event(struct client *client, uint32_t events)
{
	enum client_step step = CLIENT_GOES_ON;

	if (client->window != NULL)
		return packet_on_event(client, events);
	if (client->state == CLIENT_CONNECTING)
		step = on_connected(client);
	if (step == CLIENT_GOES_ON && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		step = flow_receive(client, (events & EPOLLRDHUP) != 0);
	if (step == CLIENT_GOES_ON && (events & EPOLLOUT) != 0 && client->sent < client->queued)
		step = flow_send(client);
	return step;
}

/* ---------------------------------------------------------------- what time brings */

/* Without a connection: whether one is wanted. */
static enum client_step kick_closed(struct client *client, uint64_t now_ns)
{
	const struct task *task = client->task;

	if (client->in_flight > 0)
		return CLIENT_DIALS;
	if (is_over(client, now_ns))
		return CLIENT_ENDS;
	if (!task->options->churn)
		return CLIENT_DIALS;
	if (!task->running ||
	    (task->options->rate > 0 && task_next_due(task, client->lane, client->taken) > now_ns))
		return CLIENT_RESTS;
	return CLIENT_DIALS;
}

enum client_step client_kick(struct client *client, uint64_t now_ns)
{
	if (client->state == CLIENT_CLOSED)
		return kick_closed(client, now_ns);
	if (client->state != CLIENT_OPEN)
		return CLIENT_GOES_ON;
	if (!client->task->options->churn)
		begin(client, now_ns);
	if (client->in_flight == 0 && (client->task->options->churn || is_over(client, now_ns)))
		return leave(client, now_ns);
	return send_on(client);
}

enum client_step client_check(struct client *client, uint64_t now_ns)
{
	bool late = now_ns > client->progress_ns + client->task->timeout_ns;
	enum client_step step;

	if (client->state == CLIENT_CLOSED)
		return client->in_flight == 0 && is_over(client, now_ns) ? CLIENT_ENDS
									 : CLIENT_GOES_ON;
	if (client->state == CLIENT_OPEN && client->in_flight == 0)
		return is_over(client, now_ns) ? leave(client, now_ns) : CLIENT_GOES_ON;
	if (client->window != NULL)
		return packet_check(client, now_ns);
	if (!late)
		return CLIENT_GOES_ON;
	if (client->state == CLIENT_OPEN) {
		/* It may be us who were late. */
		step = flow_receive(client, true);
		if (step != CLIENT_GOES_ON || client->state != CLIENT_OPEN ||
		    now_ns <= client->progress_ns + client->task->timeout_ns)
			return step;
	}
	return client_fail(client, FAILURE_TIMEOUT, 0);
}
