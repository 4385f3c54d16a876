#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker that dies again and again is started with delays that double from 50 ms; the others serve on meanwhile.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 -l tcp:127.0.0.1:0
other=$(worker_pid 1)

is_replaced() {
	[ "$(worker_pid 0)" != "$worker" ]
}

least=50
while :; do
	worker=$(worker_pid 0)
	mark_log
	kill -KILL "$worker"
	wait_log "worker 0 (pid $worker) killed by signal 9, restarting"
	delay=$(tail -n "+$mark" "$log" | sed -n 's/.*restarting in \([0-9]*\) ms.*/\1/p')
	# Without a delay it had been ready for a second, because this machine is slow: that is no crash loop.
	if [ -n "$delay" ]; then
		# Up to a quarter more, so that workers that die together do not come back together.
		if [ "$delay" -lt $least ] || [ "$delay" -gt $((least * 5 / 4)) ]; then
			fail "$delay ms and not $least"
		fi
		[ $least -lt 1600 ] || break
		least=$((least * 2))
	fi
	wait_until 60 is_replaced
done

# Now worker 0 is away for 1.6 s, and half of these connections go to its queue and wait there.
before=$(of_worker_now 1 accepted)
start_check clients -c 50 -t 60s "127.0.0.1:$port"
served_by_the_other() {
	[ "$(of_worker_now 1 accepted)" -gt "$before" ]
}
wait_until 60 served_by_the_other
good_check clients
wait_until 60 is_replaced
[ "$(worker_pid 1)" = "$other" ] || fail "the other worker was replaced"
wait_until 60 totals_are accepted=50
stop_echod
