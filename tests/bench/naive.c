/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tutorials teach: a libevent echo server whose read callback moves the input buffer to the
 * output buffer. It is pre-forked like the others, so that only the connection differs.
 *
 * naive WORKERS: prints the port and serves until standard input ends.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_read(struct bufferevent *bev, void *context)
{
	(void)context;
	evbuffer_add_buffer(bufferevent_get_output(bev), bufferevent_get_input(bev));
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
	(void)context;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		bufferevent_free(bev);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
		      int length, void *context)
{
	struct bufferevent *bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd,
							 BEV_OPT_CLOSE_ON_FREE);

	(void)addr;
	(void)length;
	(void)context;
	bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* Port 0 for the first worker; the others share what it got. */
static in_port_t serve(in_port_t port, int ready)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = port,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof addr;
	struct event_base *base = event_base_new();
	struct evconnlistener *listener = evconnlistener_new_bind(
		base, on_accept, NULL,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_REUSEABLE_PORT, 4096,
		(struct sockaddr *)&addr, sizeof addr);

	if (listener == NULL)
		_exit(1);
	getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&addr, &length);
	if (write(ready, &addr.sin_port, sizeof addr.sin_port) != sizeof addr.sin_port)
		_exit(1);
	event_base_dispatch(base);
	_exit(0);
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 1;
	in_port_t port = 0;
	int ready[2];
	char byte;

	if (pipe(ready) == -1)
		return 1;
	for (int i = 0; i < workers; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			signal(SIGPIPE, SIG_IGN);
			serve(port, ready[1]);
		}
		if (read(ready[0], &port, sizeof port) != sizeof port)
			return 1;
	}
	printf("%d\n", ntohs(port));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
