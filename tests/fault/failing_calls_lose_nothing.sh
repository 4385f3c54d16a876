#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A call of the system that fails, whichever it is and wherever it is made, costs a start, a reload or one connection at
# most, each of which is told, and nothing else (tests/tool/ordeal.c says what is looked at).
#
# Short form: the 1st, 2nd, 4th, 8th and so on. Long form: the first 300 of each call in each process, each of them for
# itself and together with the three after it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# CALL:ERRNO:PROCESSES. 0 is the supervisor, 1-2 are the workers of the first generation, 3-5 those that the reload makes.
# An errno is one that the call can have: 4 EINTR, 5 EIO, 11 EAGAIN, 12 ENOMEM, 24 EMFILE, 28 ENOSPC, 98 EADDRINUSE.
of_supervisor='malloc:12:0 fork:11:0 socket:24:0 setsockopt:12:0 bind:98:0 listen:98:0 open:24:0 pipe:24:0 mmap:12:0
	read:5:0 write:12:0 send:12:0 log:28:0'
of_workers='malloc:12:1-2 malloc:12:3-5 accept4:24:1-2 accept4:12:3-5 epoll_create:24:1-2 epoll_create:24:3-5
	epoll_ctl:12:1-2 epoll_ctl:12:3-5 fcntl:1:1-2 pipe:24:1-2 pipe:24:3-5 read:4:1-2 read:4:3-5 recv:12:1-2
	recv:4:3-5 send:12:1-2 send:12:3-5 setsockopt:12:1-2 splice:12:1-2 splice:12:3-5 write:12:1-2 write:12:3-5
	log:28:1-2 log:28:3-5'

# start_ordeal NAME FACTOR TIMES SERIES...: in the background.
start_ordeal() {
	_name=$1
	_factor=$2
	_times=$3
	shift 3
	mkdir "$work/$_name"
	"$ORDEAL" "$ECHOD_FAILING" "$work/$_name" 300 "$_factor" "$_times" "$@" \
		>"$work/$_name.out" 2>"$work/$_name.err" &
	echo $! >"$work/$_name.pid"
	started="$started $!"
}

# good_ordeal NAME: waits for its end; the logs of runs that were not well are shown.
good_ordeal() {
	_pid=$(cat "$work/$1.pid")
	within 3600 is_gone "$_pid" || fail "$1 does not end"
	wait_exit "$_pid"
	[ "$status" -eq 0 ] && return
	show "$work/$1"/*.*.* >&2
	fail "$1: $(cat "$work/$1.err")"
}

# run_ordeals FACTOR TIMES
run_ordeals() {
	# shellcheck disable=SC2086 # they are words
	start_ordeal "supervisor.$2" "$1" "$2" $of_supervisor
	# shellcheck disable=SC2086
	start_ordeal "workers.$2" "$1" "$2" $of_workers
	good_ordeal "supervisor.$2"
	good_ordeal "workers.$2"
	cat "$work/supervisor.$2.out" "$work/workers.$2.out"
}

if [ -n "$SOAK" ]; then
	run_ordeals 1 1
	run_ordeals 1 4
elif is_sanitized; then
	run_ordeals 4 1
else
	run_ordeals 2 1
fi
