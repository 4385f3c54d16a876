#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Far more clients than descriptors: those who are in get every byte, while nothing moves next to no processor time is
# used and the log has a line a second at most, and who waits is in at once when there is room; with a UNIX socket and
# when-full=wait, too.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

real=$ECHOD
printf '%s\n' '#!/bin/sh' 'ulimit -n 256' "exec '$real' \"\$@\"" >limited
chmod +x limited
ECHOD=$work/limited
crowd=$(in_soak 2000 600)
rooms=20
soak_or 2
[ "$seconds" -le 60 ] || seconds=60

set_conf 'workers 1' 'max-connections 100000' 'when-full wait' "listen unix:$work/socket" 'listen tcp:127.0.0.1:0'
start_echod
has_log 'descriptors: limit 256' || fail "the limit is not shown"
at=127.0.0.1:$port
worker=$(worker_pid 0)

# First in are some who will make room, then those who talk all the time, then the crowd, of which most have to wait. The
# next in the queue are those for whom room will be made.
steps=
for number in $(seq $rooms); do
	steps="$steps on:$number send:a expect:a"
done
steps="$steps say:in await:$work/queue"
for number in $(seq $rooms); do
	steps="$steps on:$((number + rooms)) send:b"
done
steps="$steps say:waiting await:$work/room"
for number in $(seq $rooms); do
	steps="$steps on:$number close on:$((number + rooms)) expect:b within:10000"
done
# shellcheck disable=SC2086 # they are many words
start_talk rooms "$at" $steps
wait_until 60 check_says rooms in
start_check talkers -c 50 -t 600s -L 600s -k 20ms -s 1-3k "$at"
wait_until 60 totals_are active=$((rooms + 50))
start_check locals -H -c 50 -t 600s "unix:$work/socket"
wait_until 60 check_says locals '^settled 50 '
hold before $((256 - $(descriptors "$worker"))) "$at"
touch queue
wait_log 'Too many open files'
wait_until 60 check_says rooms waiting
start_check locals_waiting -H -c 50 -t 600s "unix:$work/socket"
start_check crowd -H -c "$crowd" -t 600s "$at"
let_pass $((seconds * 50))

# Nothing moves: those who talk are stopped.
freeze "$(cat talkers.pid)"
mark_log
read_stat "$worker"
before=$ticks
clock
begin=$now
let_pass $((seconds * 100))
read_stat "$worker"
lines=$(tail -n "+$mark" "$log" | grep -c 'Too many open files') || :
clock
hundredths=$((now - begin))
spent=$((ticks - before))
[ $((spent * 100)) -le $((hundredths * 5)) ] || fail "$spent of $hundredths ticks for nothing"
[ "$lines" -le $((hundredths / 100 + 1)) ] || fail "$lines lines in $hundredths/100 s"
stats
echo "full for $hundredths/100 s with $(total active) connections: $spent ticks (1/100 s), $lines lines"
check_signal talkers CONT

# Room, one at a time; nobody else may take it.
check_signal locals_waiting KILL
wait_check locals_waiting
touch room
good_talk rooms
sed -n 's/ us$//p' rooms.out | sort -n >pauses
in_time=$(awk '$1 <= 150000' pauses | wc -l)
echo "from a close to the next one's echo: median $(sed -n "$((rooms / 2))p" pauses) us, at most $(tail -n 1 pauses) us"
[ "$in_time" -ge $((rooms - 2)) ] || fail "$in_time of $rooms within 150 ms: $(tr '\n' ' ' <pauses)"

# All of them got what was theirs, and in the end all are served.
check_signal talkers TERM
good_check talkers
for name in before locals crowd; do
	check_signal $name TERM
done
for name in before locals crowd; do
	good_check $name
done
[ "$(check_field crowd connected)" -eq "$crowd" ] || fail "not all were served"
wait_until 30 totals_are active=0 restarts=0
run_check -c 30 -n 300 "$at"
stop_echod
