#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who is silent, slow on purpose, does not read, or is gone without a word is ended when his time is up, and counted by
# what it was; who behaves, at the same addresses and at the same time, loses nothing. Long form: round after round.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

own_network
# cut: nothing from or to 127.0.1.0/24, where clients of -B come from, gets through, but for their last words to
# 127.0.0.7; mend: it does again.
cut() {
	nft -f - <<'RULES'
table ip wire {
	chain in {
		type filter hook input priority 0;
		ip saddr 127.0.1.0/24 ip daddr != 127.0.0.7 drop
		ip daddr 127.0.1.0/24 drop
	}
}
RULES
}
mend() {
	nft delete table ip wire
}
{ cut && mend; } 2>/dev/null || skip "no nft(8), or no right to use it"

each=200
set_conf 'workers 2' 'sndbuf 16k' 'rcvbuf 16k' 'min-drain-rate 16k' \
	'listen tcp:127.0.0.1:0 idle-timeout=1s write-timeout=1s' \
	'listen tcp:127.0.0.2:0 service=frame frame-timeout=1s' \
	'listen tcp:127.0.0.3:0 session-timeout=2s' \
	'listen tcp:127.0.0.4:0 write-timeout=1s' \
	'listen tcp:127.0.0.5:0 write-timeout=4s' \
	'listen tcp:127.0.0.6:0 keepalive=1:1:2' \
	'listen tcp:127.0.0.7:0 user-timeout=1s'
start_echod
addresses=$(listening)
at() {
	echo "$addresses" | sed -n "$1p"
}

# reasons_are NAME=NUMBER...: all of them, and the connections are over.
reasons_are() {
	stats
	for _pair; do
		[ "$(reason "${_pair%=*}")" -ge "${_pair#*=}" ] || return 1
	done
	[ "$(total active)" -eq 0 ]
}

# The names of the bad clients say what each of them does.
round() {
	# Gone in a moment: full of what waits for them; silent; and with an answer that is still in the kernel's hands.
	start_check vanished_full -N -c $each -s 64m -b -B 4 "$(at 5)"
	wait_until 60 check_says vanished_full '^settled '
	hold vanished_quiet $each "$(at 6)" -B 4
	hold vanished_asking $each "$(at 7)" -B 4
	hold vanished_idle $each "$(at 1)" -B 4 # whose end is not acknowledged either
	cut
	check_signal vanished_asking USR1 # the answers are never acknowledged

	start_check silent -H -c $each "$(at 1)"
	start_check part_of_a_frame -c $each -s 3 "$(at 2)"
	start_check byte_by_byte -c $each -s 1 -m 1000000 -k 100ms "$(at 3)"
	start_check zero_window -N -c $each -s 64m -b "$(at 4)"
	start_check trickle -c $each -s 64m -b -r 2k "$(at 4)"

	for number in 1 3 4 5 6 7; do
		start_check "good$number" -c 5 -n 50 -m 10 -k 50ms -s 1-2k "$(at $number)"
	done
	bench 0 -c 5 -d 2s --rate 200 --frame "$(at 2)"
	is failed 0
	for number in 1 3 4 5 6 7; do
		good_check "good$number"
	done
}

# ended NAME HOW: all of them, as the client saw it.
ended() {
	wait_check "$1"
	[ "$(check_field "$1" "$2")" -eq $each ] || fail "$1: $(tail -n 1 "$1.out")"
}

soak_or 0
clock
end=$((now + seconds * 100))
rounds=0
while [ "$rounds" -eq 0 ] || ! is_past $end; do
	round
	rounds=$((rounds + 1))
	all=$((rounds * each))
	wait_until 30 reasons_are idle-timeout=$((2 * all)) frame-timeout=$all session-timeout=$all \
		write-timeout=$((3 * all)) vanished=$((2 * all))
	ended silent let_go
	ended part_of_a_frame short
	ended byte_by_byte short
	# Those who are gone have not heard of it.
	check_signal vanished_full TERM
	good_check vanished_full
	check_signal vanished_quiet TERM
	good_check vanished_quiet
	# These are not in step with the server: they read first what their kernel has, wait for an answer, or have not
	# understood the reset, because the kernel questions one that comes to a closed window only so often (RFC 5961).
	for name in vanished_asking vanished_idle trickle zero_window; do
		check_signal $name KILL 2>/dev/null || :
		wait_check $name
	done
	mend
	sed -n 's/.*stats reasons/reasons:/p' stats
	# Exactly these: nobody else was ended.
	for pair in idle-timeout=$((2 * all)) frame-timeout=$all session-timeout=$all write-timeout=$((3 * all)) \
		vanished=$((2 * all)); do
		[ "$(reason "${pair%=*}")" -eq "${pair#*=}" ] || fail "not $pair: $(cat stats)"
	done
done
stop_echod
