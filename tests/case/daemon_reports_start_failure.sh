#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# echod -D ends with status 0 only when it serves, with another one and the reason if it cannot; it keeps neither the
# terminal nor the folder from which it was started.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
a_free_port "$address"
taken=$port

# daemon ARGUMENT...: runs echod -D with a pipe as output, as a shell's $(...) does; sets status. The pipe comes to its
# end only when nobody holds it any more, the daemon least of all.
daemon() {
	rm -f daemon.status
	(
		set +e
		output=$("$ECHOD" -c "$conf" -D -P "$work/pid" "$@" 2>&1 </dev/null)
		echo "$? $output" >daemon.tmp
		mv daemon.tmp daemon.status
	) &
	shell=$!
	started="$started $shell"
	wait_until 60 test -e daemon.status
	wait_exit "$shell"
	read -r status _ <daemon.status
}

daemon -w 2 -l "tcp:$address:$taken"
[ "$status" -eq 0 ] || fail "exit status $status: $(cat daemon.status)"
run_check -c 4 "$address:$taken" # at once: it serves already
read -r echod_pid <pid
strangers=$echod_pid
has_children 2 "$echod_pid" || fail "process $echod_pid has not two workers"
strangers="$strangers $(children "$echod_pid" | tr '\n' ' ')"
[ "$(readlink "/proc/$echod_pid/cwd")" = / ] || fail "working directory $(readlink "/proc/$echod_pid/cwd")"
[ "$(readlink "/proc/$echod_pid/fd/2")" = /dev/null ] || fail "standard error is still open"
read -r _ _ _ _ _ session terminal _ <"/proc/$echod_pid/stat"
[ "$session" -ne "$(cut -d ' ' -f 6 /proc/$$/stat)" ] || fail "it is in the session of the shell"
[ "$terminal" -eq 0 ] || fail "it has a terminal"

# A second one cannot have the pid file, and without it not the port.
first=$echod_pid
daemon -l tcp:127.0.0.1:0
[ "$status" -eq 1 ] || fail "exit status $status: $(cat daemon.status)"
grep -q 'running already' daemon.status || fail "no reason: $(cat daemon.status)"
daemon -P "$work/other" -l "tcp:$address:$taken"
[ "$status" -eq 1 ] || fail "exit status $status: $(cat daemon.status)"
grep -q 'Address already in use' daemon.status || fail "no reason: $(cat daemon.status)"
[ ! -e other ] || fail "a pid file was left behind"
run_check -c 4 "$address:$taken"

kill -TERM "$first"
wait_until 60 is_gone "$first"
[ ! -e pid ] || fail "the pid file was left behind"

# A worker that cannot start is a start that failed, too.
ECHOD=$ECHOD_FAULTY
ECHOD_FAULT='worker=1 do=exit:1'
export ECHOD_FAULT
daemon -w 2 -l "tcp:$address:$taken"
[ "$status" -eq 1 ] || fail "exit status $status: $(cat daemon.status)"
grep -q 'exited with status 1' daemon.status || fail "no reason: $(cat daemon.status)"

# Paths are those of the folder where it was started, also at a reload.
ECHOD_FAULT=
set_conf "listen tcp:$address:$taken" 'workers 1'
conf=echod.conf
daemon
read -r echod_pid <pid
strangers="$strangers $echod_pid $(children "$echod_pid" | tr '\n' ' ')"
set_conf "listen tcp:$address:$taken" 'workers 3'
kill -HUP "$echod_pid"
wait_until 60 has_children 3 "$echod_pid"
strangers="$strangers $(children "$echod_pid" | tr '\n' ' ')"
kill -TERM "$echod_pid"
wait_until 60 is_gone "$echod_pid"
