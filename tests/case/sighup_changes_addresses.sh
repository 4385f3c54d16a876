#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Listen addresses come and go with the file: who waits in the queue of one that goes is served, and the others are not
# touched.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
one=$address
own_address 1
two=$address

set_conf 'workers 2' "listen tcp:$one:0"
start_echod --hang-timeout=off
hold on_one 5 "$one:$port"
find "/proc/$echod_pid/fd" -lname 'socket:*' -printf '%l\n' | sort >sockets

set_conf 'workers 2' "listen tcp:$one:0" "listen tcp:$two:$port"
reload
has_log "listening on tcp $two:$port (2 workers)" || fail "no word of the new address"
has_lines 0 "listening on tcp $one:" || fail "the old address was announced again"
run_check -c 20 -n 200 "$one:$port"
run_check -c 20 -n 200 "$two:$port"
hold on_two 5 "$two:$port"

# Many connections, more than one turn accepts, wait for frozen workers while the address goes.
queued_on_two() {
	queued=0
	"$HELD" -l "$echod_pid" | grep "^$port $two " >queues
	while read -r _ _ length; do
		queued=$((queued + length))
	done <queues
	[ "$queued" -eq 400 ]
}

workers="$(worker_pid 0) $(worker_pid 1)"
for worker in $workers; do
	freeze "$worker"
done
start_check waiting -c 400 -s 1k -t 60s "$two:$port"
wait_until 60 queued_on_two
set_conf 'workers 2' "listen tcp:$one:0"
reload
has_log "no longer listening on tcp $two:$port" || fail "no word of the address that went"
for worker in $workers; do
	kill -CONT "$worker"
done
good_check waiting
wait_until 60 is_refused "$two:$port"

# Who was connected still is.
check_signal on_two USR1
good_check on_two
check_signal on_one USR1
good_check on_one
run_check -c 20 -n 200 "$one:$port"
find "/proc/$echod_pid/fd" -lname 'socket:*' -printf '%l\n' | sort >sockets.now
cmp -s sockets sockets.now || fail "the sockets of the first address are not the same"
stop_echod
