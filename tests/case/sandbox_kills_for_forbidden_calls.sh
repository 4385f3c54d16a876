#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker that makes a call which no worker needs is killed by the kernel, the log says which call it was, and the
# others serve on. Without the filter, Landlock alone still keeps it from files, from connections of its own and from
# other processes. Without both it may do all of it: so it is the sandbox that forbids it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY
ECHOD_FAULT='do=obey'
export ECHOD_FAULT
crash_expected=yes

# kernel_has MAJOR MINOR
kernel_has() {
	_release=$(uname -r)
	_rest=${_release#*.}
	[ "${_release%%.*}" -gt "$1" ] || { [ "${_release%%.*}" -eq "$1" ] && [ "${_rest%%[!0-9]*}" -ge "$2" ]; }
}

# What a worker is told to do; the answer of one that may; the calls of which one kills it.
cat >orders <<EOF
open             done          openat|open
create           done          openat|open
socket           done          socket
dial             ECONNREFUSED  socket
connect          ENOTSOCK      connect
bind             ENOTSOCK      bind
exec             ENOENT        execve
fork             done          clone|clone3|fork
ptrace           ESRCH         ptrace
kill             done          kill
prctl            done          prctl
setsockopt       ENOTSOCK      setsockopt
sendmsg          ENOTSOCK      sendmsg
recvmsg          ENOTSOCK      recvmsg
ioctl            ENOTTY        ioctl
fcntl            done          fcntl|fcntl64
mmap-exec        done          mmap|mmap2
mprotect-exec    done          mprotect
signal           done          rt_sigaction
EOF

# answers WHAT ANSWER: the worker lives, and says so.
answers() {
	talk "127.0.0.1:$port" "send:do $1" "expect:$2" fin end
}

# everything_but WHAT ANSWER...: the answers to all orders, those that are named instead of the ordinary ones.
everything_but() {
	while read -r what answer _; do
		for pair; do
			[ "${pair%=*}" != "$what" ] || answer=${pair#*=}
		done
		answers "$what" "$answer"
	done <orders
	[ "$(worker_pid 0)" = "$(children "$echod_pid")" ] || fail "not the same worker any more"
}

# Nothing is forbidden. Nobody is told that anything is missing.
instance=off
start_echod -w 1 -l tcp:127.0.0.1:0 --sandbox=off
everything_but
answers socket-unix "done"
has_lines 0 'sandbox:' || fail "a word about what nobody wants"
stop_echod
rm made-by-a-worker

# Landlock alone: network since 6.7, signals since 6.12.
instance=landlock
ECHOD_FAULT='do=obey filter=off'
start_echod -w 1 -l tcp:127.0.0.1:0
if ! has_log 'sandbox: .*no Landlock'; then
	dial=ECONNREFUSED
	! kernel_has 6 7 || dial=EACCES
	kill="done"
	! kernel_has 6 12 || kill=EPERM
	everything_but open=EACCES create=EACCES dial=$dial kill=$kill
	[ ! -e made-by-a-worker ] || fail "there is a file"
fi
stop_echod

# is_killed_for CALLS ORDER: and everybody is served.
is_killed_for() {
	"$TALK" "127.0.0.1:$port" "send:do $2" drop || : # the end of it is not the point
	wait_log "worker [01] (pid [0-9]*) killed: forbidden system call \\($1\\), restarting"
	run_check -c 4 -n 20 "127.0.0.1:$port"
	mark_log
}

# The filter alone: names no less than both.
instance=filter
ECHOD_FAULT='do=obey landlock=off'
start_echod -w 2 -l tcp:127.0.0.1:0
if is_confined; then
	is_killed_for 'openat\|open' open
fi
stop_echod

# Both, which is the default. Each order has an echod of its own: workers that die again and again are started later
# and later.
ECHOD_FAULT='do=obey'
instance=both
start_echod -w 1 -l tcp:127.0.0.1:0
if ! is_confined; then
	has_log 'sandbox: no filter of system calls: ' || fail "not confined, and no reason"
	exit 0
fi
answers socket-unix EACCES
stop_echod
while read -r what _ calls; do
	start_echod -w 2 -l tcp:127.0.0.1:0
	is_killed_for "$(echo "$calls" | sed 's/|/\\|/g')" "$what"
	[ ! -e made-by-a-worker ] || fail "there is a file"
	stop_echod
done <orders
