#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# As process 1 of a container echod reaps processes that are not its own and ends on SIGTERM.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

for tool in unshare nsenter setsid; do
	command -v $tool >/dev/null || skip "no $tool here"
done
unshare -fp --kill-child true 2>/dev/null || skip "no new process namespace allowed"

printf '%s\n' '#!/bin/sh' "exec unshare -fp --kill-child '$ECHOD' \"\$@\"" >contained
chmod +x contained
ECHOD=$work/contained
start_echod -w 2 -l tcp:127.0.0.1:0
outer=$echod_pid
has_children 1 "$outer" || fail "unshare has not exactly one child"
supervisor=$(children "$outer")
strangers="$supervisor $(children "$supervisor" | tr '\n' ' ')"
has_log 'echod\[1\]' || fail "it is not process 1"
run_check -c 10 -n 100 "127.0.0.1:$port"
has_children 2 "$supervisor" || fail "not two workers"

# A process of the container whose parent ends becomes a child of process 1.
nsenter -t "$supervisor" -p setsid sh -c 'sleep 600 & exit' </dev/null >/dev/null 2>&1
wait_until 60 has_children 3 "$supervisor"
for child in $(children "$supervisor"); do
	grep -q sleep "/proc/$child/cmdline" && orphan=$child
done
kill -KILL "$orphan"
is_reaped() {
	[ ! -e "/proc/$orphan" ]
}
wait_until 60 is_reaped
has_children 2 "$supervisor" || fail "not two workers any more"
run_check -c 10 -n 100 "127.0.0.1:$port"

kill -TERM "$supervisor"
wait_exit "$outer"
[ "$status" -eq 0 ] || fail "exit status $status"
has_log ' stopped$' || fail "no last word"
