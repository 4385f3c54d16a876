#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# As root with -u, workers have another user and group, no supplementary groups, no capabilities and no way to get any; so
# do those that come after a crash and after a reload, and the supervisor stays root. Without -u root is warned. Somebody
# else cannot change user at all.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# status_line PID NAME: what /proc says.
status_line() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' ' | sed 's/ *$//'
}

# is NAME EXPECTED PID
is() {
	[ "$(status_line "$3" "$1")" = "$2" ] || fail "process $3: $1 is '$(status_line "$3" "$1")', not '$2'"
}

# has_nothing PID: what no worker has.
has_nothing() {
	for set in CapInh CapPrm CapEff CapAmb; do
		is "$set" 0000000000000000 "$1"
	done
	is NoNewPrivs 1 "$1"
}

start_echod -w 1 -l tcp:127.0.0.1:0
has_nothing "$(worker_pid 0)"
if [ "$(id -u)" -eq 0 ]; then
	has_log 'warn: workers run as root' || fail "root was not warned"
fi
stop_echod

if [ "$(id -u)" -ne 0 ]; then
	instance=refused
	refused_echod 1 'only root can run workers as another user' -w 1 -l tcp:127.0.0.1:0 -u 54321:54322
	exit 0
fi

# A leak checker cannot look into a process that has changed its user.
if is_sanitized; then
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
fi

# is_somebody PID USER GROUP
is_somebody() {
	is Uid "$2 $2 $2 $2" "$1"
	is Gid "$3 $3 $3 $3" "$1"
	is Groups '' "$1"
	has_nothing "$1"
}

is_another() {
	[ "$(worker_pid 0)" != "$first" ]
}

set_conf 'workers 1' 'listen tcp:127.0.0.1:0' 'user 54321:54322'
instance=echod
start_echod
has_lines 0 'workers run as root' || fail "a warning for nothing"
is Uid '0 0 0 0' "$echod_pid"
first=$(worker_pid 0)
is_somebody "$first" 54321 54322
run_check "127.0.0.1:$port"
kill -KILL "$first"
wait_until 30 is_another
is_somebody "$(worker_pid 0)" 54321 54322
set_conf 'workers 1' 'listen tcp:127.0.0.1:0' 'user 54321' 'group 54333'
reload
is_somebody "$(worker_pid 0)" 54321 54333
run_check "127.0.0.1:$port"

# When the supervisor dies, they die with it, although a change of user ends that (prctl(2)).
first=$(worker_pid 0)
kill -KILL "$echod_pid"
wait_exit "$echod_pid"
wait_until 30 is_gone "$first"

instance=unknown
set_conf 'user no-such-user-here'
refused_echod 78 "echod.conf:1: user: there is no user 'no-such-user-here'"
set_conf 'user 54321'
instance=groupless
refused_echod 78 'user 54321 has no group of its own'
