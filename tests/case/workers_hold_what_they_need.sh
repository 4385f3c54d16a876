#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a worker has, as the kernel tells it: no capability, no way to get one, the filter of system calls, and these
# descriptors: the standard ones, two pipes to the supervisor, two of its own, epoll, and the listening sockets, those of
# its siblings, too. So it is for every worker, as another user, too, and after a reload and a death.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# has PID NAME VALUE: what /proc says.
has() {
	_value=$(sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status")
	[ "$_value" = "$3" ] || fail "process $1: $2 is '$_value', not '$3'"
}

# kinds PID: its descriptors above the standard ones, by what they are.
kinds() {
	for _link in "/proc/$1/fd"/*; do
		[ "${_link##*/}" -gt 2 ] || continue
		readlink "$_link"
	done | sort >held
	sed 's/:\[[0-9]*\]$//' held | uniq -c | tr -s ' \n' ' '
}

# looks_right PID SOCKETS SUPERVISOR
looks_right() {
	for set in CapInh CapPrm CapEff CapAmb; do
		has "$1" $set 0000000000000000
	done
	has "$1" NoNewPrivs 1
	has "$1" Seccomp "$seccomp"
	found=$(kinds "$1")
	[ "$found" = " 1 anon_inode:[eventpoll] 6 pipe $2 socket " ] || fail "worker $1 has$found"
	# Both ends of its own pipes, one end of the supervisor's.
	[ "$(grep '^pipe' held | uniq | wc -l)" -eq 4 ] || fail "worker $1 has other pipes: $(cat held)"
	grep '^socket' held >sockets
	for _link in "/proc/$3/fd"/*; do
		readlink "$_link" || :
	done >supervisors
	! grep -v -x -F -f supervisors sockets || fail "worker $1 has a socket that is not the supervisor's"
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$1/fd/$fd")" = "$(readlink "/proc/$3/fd/$fd")" ] || fail "worker $1 has another descriptor $fd"
	done
}

# all_look_right SOCKETS
all_look_right() {
	for _worker in 0 1 2; do
		looks_right "$(worker_pid $_worker)" "$1" "$echod_pid"
	done
}

is_another() {
	[ "$(worker_pid 0)" != "$first" ]
}

# try ARGUMENT...
try() {
	set_conf 'workers 3' 'listen tcp:127.0.0.1:0' 'listen udp:127.0.0.1:0' "listen unix:$work/$instance.socket" "$@"
	start_echod
	seccomp=2
	! has_log 'sandbox: no filter of system calls' || seccomp=0
	all_look_right 7
	run_check -c 4 -n 20 "127.0.0.1:$port" # nobody is connected any more
	first=$(worker_pid 0)
	kill -KILL "$first"
	wait_until 30 is_another
	set_conf 'workers 3' 'listen tcp:127.0.0.1:0' "$@"
	reload
	all_look_right 3
	set_conf 'workers 3' 'listen tcp:127.0.0.1:0' "$@" 'sandbox off'
	reload
	seccomp=0
	all_look_right 3
	stop_echod
}

try 'drain-timeout 25s'
if [ "$(id -u)" -eq 0 ]; then
	# A leak checker cannot look into a process that has changed its user.
	if is_sanitized; then
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	fi
	chmod 711 "$work"
	instance=user
	try 'user 54321:54322'
fi
