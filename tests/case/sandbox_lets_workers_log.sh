#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With -D, confined workers log to syslog, although they can open nothing any more. When syslogd is started anew, their
# lines are lost and no worker is; the workers of the next reload are heard again.

# shellcheck source=tests/lib.sh
if [ -z "${PRIVATE_DEV:-}" ]; then
	. "${top_srcdir:-.}/tests/lib.sh"
	unshare -m true 2>/dev/null || skip "no mount namespace to put a /dev/log into"
	PRIVATE_DEV=$work/dev
	export PRIVATE_DEV
	mkdir "$PRIVATE_DEV"
	# shellcheck disable=SC2016 # it is that shell that expands it
	unshare -m sh -eu -c '
		mount -t tmpfs none "$PRIVATE_DEV"
		for node in null urandom; do
			: >"$PRIVATE_DEV/$node"
			mount --bind "/dev/$node" "$PRIVATE_DEV/$node"
		done
		mount --rbind "$PRIVATE_DEV" /dev
		exec sh "$0"' "$top_srcdir/tests/case/$case_name.sh" 2>inside.err || fail "inside: $(cat inside.err)"
	exit 0
fi
. "${top_srcdir:-.}/tests/lib.sh"

hears_syslog() {
	grep -q '^hearing' heard
}

# start_syslogd: what it hears is in the file heard.
start_syslogd() {
	mkfifo ear
	: >heard
	"$MANAGER" /dev/log <ear >heard &
	syslogd=$!
	started="$started $syslogd"
	exec 9>ear
	rm ear
	wait_until 30 hears_syslog
}

stop_syslogd() {
	exec 9>&-
	wait_exit "$syslogd"
	rm /dev/log
}

# are_heard: each of the workers of now.
are_heard() {
	run_check -c 8 "127.0.0.1:$port" # some connections for each
	for _worker in $(children "$echod_pid"); do
		grep -q "echod\[$_worker\]: connection " heard || return 1
	done
}

are_others() {
	[ "$(children "$echod_pid")" != "$workers" ] && has_children 2 "$echod_pid"
}

start_syslogd
a_free_port 127.0.0.1
"$ECHOD" -c /dev/null -D -P "$work/pid" -w 2 -v -l "tcp:127.0.0.1:$port" </dev/null 9>&- 2>start.err ||
	fail "no daemon: $(cat start.err)"
read -r echod_pid <pid
workers=$(children "$echod_pid")
strangers="$echod_pid $workers"
wait_until 30 are_heard

stop_syslogd
run_check -c 8 -n 40 "127.0.0.1:$port"
start_syslogd
run_check -c 8 -n 40 "127.0.0.1:$port"
[ "$(children "$echod_pid")" = "$workers" ] || fail "a worker has died: $(cat heard)"

kill -HUP "$echod_pid"
wait_until 30 are_others
strangers="$strangers $(children "$echod_pid")"
wait_until 30 are_heard
kill -TERM "$echod_pid"
wait_until 30 is_gone "$echod_pid"
# Facility LOG_DAEMON (3 * 8), level notice (5): syslog(3), RFC 3164 4.1.1.
grep -q "^<29>.* echod\[$echod_pid\]: stopped" heard || fail "the supervisor is not heard: $(cat heard)"
stop_syslogd
