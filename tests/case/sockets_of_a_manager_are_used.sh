#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Socket activation: echod serves the listening sockets that a service manager has opened, TCP, UDP and UNIX; over crashes,
# reloads, -D and as another user; instead of opening its own where they are in the file, and as its listeners where the
# file has none. What is in no file is closed, and a connection (Accept=yes) is refused.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate here"

# activate ARGUMENT...: a manager that listens, and becomes echod when the first client comes. It hands on no environment.
activate() {
	log=$work/$instance.log
	mark=1
	: >"$log"
	systemd-socket-activate -E "ASAN_OPTIONS=$ASAN_OPTIONS" "$@" </dev/null >"$work/$instance.out" 2>"$log" &
	echod_pid=$!
	started="$started $echod_pid"
	wait_until 30 is_waiting_or_gone
}

is_waiting_or_gone() {
	has_log 'Listening on .* as 3' || is_gone "$echod_pid"
}

has_sockets() {
	[ "$("$HELD" -l "$2" | wc -l)" -eq "$1" ]
}

# The first client of `systemd-socket-activate -l 7777 echod`, without a file, is echoed; so are those that come after a
# crash and a reload, and there is one socket.
own_address 0
a_free_port "$address"
user=
[ "$(id -u)" -ne 0 ] || user='-u 54321:54322'
if is_sanitized && [ -n "$user" ]; then
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # the checker cannot look into a process that has changed its user
fi
instance=tcp
# shellcheck disable=SC2086 # an option and its value
activate -l "$address:$port" --fdname=echo.socket "$ECHOD" -c /dev/null -w 3 $user
run_check -c 5 -n 20 "$address:$port"
wait_log "inherited socket 3 (echo.socket) is tcp:$address:$port"
has_log "listening on tcp $address:$port (3 workers)" || fail "it does not say that it listens"
has_sockets 1 "$echod_pid" || fail "the supervisor has $("$HELD" -l "$echod_pid")"
[ -n "$user" ] || has_sockets 1 "$(worker_pid 2)" || fail "a worker has $("$HELD" -l "$(worker_pid 2)")"
start_check storm -c 4 -n 100000000 -d 2s "$address:$port"
kill -KILL "$(worker_pid 1)"
reload
reload
wait_check storm
[ "$(check_field storm refused)" = 0 ] || fail "clients were refused: $(tail -n 1 storm.out)"
stop_echod
is_refused "$address:$port" || fail "somebody has the socket still"

# Datagrams: the first one, too. With settings that do not fit them nothing changes, and nothing starts.
own_address 1
instance=udp
set_conf 'workers 2' 'udp-rate off'
activate -d -l "$address:$port" "$ECHOD" -c "$conf"
run_datagrams -c 5 -n 20 -t 30s "$address:$port"
has_log "listening on udp $address:$port (2 workers)" || fail "no word of UDP"
reload
run_datagrams -c 5 -n 20 -t 30s "$address:$port"
set_conf 'workers 2' 'udp-rate off' 'service frame'
mark_log
kill -HUP "$echod_pid"
wait_log 'reload refused: inherited socket 3.*: frame is a service for streams'
run_datagrams -c 5 -n 20 -t 30s "$address:$port"
stop_echod
activate -d -l "$address:$port" "$ECHOD" -c "$conf"
start_datagrams lost -n 1 -t 100ms "$address:$port"
wait_exit "$echod_pid"
[ "$status" -eq 78 ] || fail "it ended with status $status"
has_log 'error: inherited socket 3.*: frame is a service for streams' || fail "it does not say why"
wait_check lost

# A UNIX socket and its file are the manager's: the file stays, and has no lock.
instance=unix
activate -l "$work/s" "$ECHOD" -c /dev/null -w 2
run_check -c 5 -n 20 "unix:$work/s"
has_log "listening on unix $work/s (2 workers)" || fail "no word of the UNIX socket"
[ ! -e s.lock ] || fail "it has a lock"
stop_echod
[ -S s ] || fail "the file was removed"
activate -l "@$case_name.$$" "$ECHOD" -c /dev/null -w 2
run_check -c 5 -n 20 "unix:@$case_name.$$"
stop_echod

# Listeners of the file get theirs, with their settings, and open what nobody has; a socket of none is closed.
own_address 0
first=$address
own_address 1
other=$address
own_address 2
instance="file"
set_conf 'workers 2' "listen tcp:$first:$port greeting=hello" "listen tcp:127.0.0.1:0"
activate -l "$first:$port" -l "$other:$port" "$ECHOD" -c "$conf"
talk "$first:$port" expect:hello send:x expect:x fin end
wait_log "warn: inherited socket 4: no listener is tcp:$other:$port: closed"
has_log "inherited socket 3 is tcp:$first:$port" || fail "the first one is not used"
is_refused "$other:$port" || fail "it still listens where no listener is"
free=$(listening | sed -n 's/^127\.0\.0\.1://p')
run_check "127.0.0.1:$free"

# A reload that fails leaves it; one that takes it away closes it, and one that wants it again opens another.
set_conf 'wrokers 2'
mark_log
kill -HUP "$echod_pid"
wait_log 'reload refused'
talk "$first:$port" expect:hello send:x expect:x fin end
set_conf 'workers 2' "listen tcp:127.0.0.1:0"
reload
has_log "no longer listening on tcp $first:$port" || fail "no word of the end"
wait_until 30 is_refused "$first:$port"
set_conf 'workers 2' "listen tcp:127.0.0.1:0" "listen tcp:$first:$port"
reload
run_check "$first:$port"
stop_echod

# In the background.
instance=daemon
conf=/dev/null
activate -l "$first:$port" "$ECHOD" -c /dev/null -w 2 -D -P "$work/pid"
run_check "$first:$port"
daemon=$(cat pid)
strangers="$strangers $daemon"
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "the start has status $status"
kill -HUP "$daemon"
run_check -n 50 "$first:$port"
kill -TERM "$daemon"
wait_until 60 is_gone "$daemon"

# One connection for each process is not what echod is for.
instance=accept
activate -a -l "$first:$port" "$ECHOD" -c /dev/null
start_check lonely "$first:$port"
wait_log 'error: inherited socket 3.*: is a connection, and not a listening socket: .* Accept=no'
wait_check lonely
[ "$status" -ne 0 ] || fail "somebody has answered"
kill -TERM "$echod_pid"
wait_exit "$echod_pid"
