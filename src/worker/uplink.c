/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports are dropped when the pipe is full: the next one says everything again. */
#include "worker/uplink.h"

#include <unistd.h>

static enum frame_result report(struct uplink *uplink, enum report_kind kind)
{
	struct report report = {
		.kind = kind,
		.worker = uplink->worker,
		.generation = uplink->generation,
		.answer = uplink->answer,
		.counters = *uplink->counters,
	};

	return report_write(uplink->report_fd, &report);
}

static void on_beat(evutil_socket_t fd, short events, void *context)
{
	struct uplink *uplink = context;

	(void)fd;
	(void)events;
	report(uplink, REPORT_BEAT);
	uplink->on_beat(uplink->context);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct uplink *uplink = context;
	struct command command;

	(void)events;
	switch (command_read(fd, &command)) {
	case FRAME_DONE:
		break;
	case FRAME_WAIT:
		return;
	default:
		event_del(uplink->command);
		uplink->on_gone(uplink->context);
		return;
	}
	if (command.kind == COMMAND_TOTALS) {
		uplink->answer = command.number;
		report(uplink, REPORT_BEAT);
	} else {
		uplink->on_command(uplink->context, &command);
	}
}

int uplink_open(struct uplink *uplink, const struct worker_setup *setup)
{
	struct timeval interval = { .tv_sec = setup->beat_ms / 1000,
				    .tv_usec = setup->beat_ms % 1000 * 1000 };

	uplink->report_fd = setup->report_fd;
	uplink->command_fd = setup->command_fd;
	uplink->worker = setup->index;
	uplink->generation = setup->generation;
	uplink->command = event_new(uplink->base, uplink->command_fd, EV_READ | EV_PERSIST,
				    on_readable, uplink);
	uplink->beat = event_new(uplink->base, -1, EV_PERSIST, on_beat, uplink);
	if (uplink->command == NULL || uplink->beat == NULL ||
	    event_add(uplink->command, NULL) == -1 || event_add(uplink->beat, &interval) == -1)
		return -1;
	return 0;
}

int uplink_ready(struct uplink *uplink)
{
	return report(uplink, REPORT_READY) == FRAME_DONE ? 0 : -1;
}

void uplink_close(struct uplink *uplink)
{
	report(uplink, REPORT_BEAT);
	if (uplink->command != NULL)
		event_free(uplink->command);
	if (uplink->beat != NULL)
		event_free(uplink->beat);
	close(uplink->report_fd);
	close(uplink->command_fd);
}
