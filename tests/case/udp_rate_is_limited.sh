#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A source gets udp-burst answers at once and then udp-rate a second, whatever the number of its ports; other sources get
# theirs; and what was refused is counted. Each listener counts for itself. Who is denied gets none.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
other=$address
set_conf 'workers 1' 'udp-burst 50' 'listen udp:127.0.0.1:0 udp-rate=1' 'listen udp:127.0.0.2:0 udp-rate=off' \
	'listen udp:127.0.0.3:0 udp-rate=500 udp-burst=1' "listen udp:127.0.0.4:0 deny=$other"
start_echod
first_pid=$echod_pid
limited=$(listening | sed -n 1p)
unlimited=$(listening | sed -n 2p)
quick=$(listening | sed -n 3p)

# ask TO N [TIMEOUT]: N datagrams at once; sets received.
ask() {
	start_datagrams check -c "$2" -n 1 -s 10-10 -t "${3-5s}" "$1"
	wait_check check
	[ "$(check_field check sent)" -eq "$2" ] || fail "the client has not sent: $(cat check.out)"
	received=$(check_field check received)
}

clock
begin=$now
ask "$limited" 60
first=$received
clock
if [ "$first" -lt 50 ] || [ "$first" -gt $((51 + (now - begin) / 100)) ]; then
	fail "$first answers at once instead of 50"
fi
ask "$limited" 20 500ms
clock
[ "$received" -le $((51 + (now - begin) / 100 - first)) ] || fail "$received answers too soon"
run_datagrams -b "$other:0" -n 50 -s 10-10 -t 30s "$limited"
ask "$unlimited" 200
[ "$received" -eq 200 ] || fail "without a limit $received of 200"

is_counted() {
	stats
	counted=$(sed -n 's/.*stats reasons.* over-rate=\([0-9]*\).*/\1/p' stats)
	[ "${counted:-0}" -gt 0 ] && [ "$counted" -eq $((60 + 20 + 50 + 200 - $(total bytes_out) / 10)) ]
}
wait_until 30 is_counted

# Tokens come back: with one on its way after the other, nearly all would be refused otherwise.
start_datagrams check -c 1 -n 20 -s 10-10 -t 200ms "$quick"
wait_check check
[ "$(check_field check received)" -ge 5 ] || fail "no token comes back: $(cat check.out)"

# Where all workers read one socket they share what one may answer, and where the processor chooses among them, too.
for spread in 'listen udp:127.0.0.1:0 reuseport=off' 'cpu-steering on
listen udp:127.0.0.1:0'; do
	set_conf 'workers 4' 'udp-burst 50' 'udp-rate 1' "$spread"
	instance=spread
	start_echod
	clock
	begin=$now
	ask "$(listening)" 100 500ms
	clock
	if [ "$received" -lt 12 ] || [ "$received" -gt $((48 + (now - begin) / 100)) ]; then
		fail "$received of 100 answers for '$spread'"
	fi
	stop_echod
	use_echod echod "$first_pid"
done

# Who is denied gets no answer at all.
guarded=$(listening | sed -n 4p)
ask "$guarded" 5
[ "$received" -eq 5 ] || fail "who is not denied got $received of 5"
start_datagrams check -b "$other:0" -c 5 -n 1 -s 10-10 -t 200ms "$guarded"
wait_check check
[ "$(check_field check received)" -eq 0 ] || fail "who is denied got an answer: $(cat check.out)"
is_denied_counted() {
	stats
	[ "$(reason denied)" -eq 5 ]
}
wait_until 30 is_denied_counted
stop_echod
