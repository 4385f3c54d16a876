#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# For as long as SOAK says, everything at once: sessions over TCP and UNIX sockets, frames, bulk, long-lived calls and
# datagrams, a kill -9 of a random worker every 5 s and a HUP every 11 s. Descriptors and memory stay where they are, no
# zombie stays, and no client fails whom no kill has hit. Of the time, 4 parts have kills and HUPs, 1 part HUPs alone, and
# 1 part neither: without kills nobody may fail at all, and workers that live long must not grow either.
#
# A sample each second is a line of a CSV file; in the end plot.awk draws it. SOAK_PLOT=FILE.svg says where, FILE.csv is
# beside it; otherwise both are beside the log of the long form, and are not kept of the short one.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

workers=4
batch=64 # BATCH_MAX: the datagrams that a worker can have in hand
soak_or 9 all
kill_every=$(in_soak 500 100) # 1/100 s, as all times here
reload_every=$(in_soak 1100 70)
sample_every=$(in_soak 100 25)
zombie_most=500 # a death is seen at once, but this machine may be busy

if [ -n "$SOAK" ]; then
	: "${SOAK_PLOT:=$top_builddir/tests/fault/soak_stays_flat.svg}"
fi
: "${SOAK_PLOT:=$work/soak.svg}"
samples=${SOAK_PLOT%.svg}.csv
echo seconds,phase,kills,reloads,failed,supervisor_fds,supervisor_kib,workers,worker_fds,worker_kib >"$samples"
page_kib=$(($(getconf PAGESIZE) / 1024))

kills=0
reloads=0      # HUPs sent
failed=0       # sessions, all of them explained
lost=0         # datagrams, the same
may_refuse=0   # reloads that a kill has met
unix_held=0    # connections over UNIX sockets that killed workers had, in this phase
zombies=       # PID:SINCE of each in the last sample
zombie_age=0   # of the oldest that was seen
random=$$

# ---------------------------------------------------------------- the load

streams='short calls frames bulk local'

start_load() {
	start_check short -c 20 -d 1000h -m 20 -k 50ms -s 0-20k -l 50ms -f "127.0.0.1:$port"
	start_check calls -c 10 -d 1000h -L 15s -k 100ms -s 100-2k -f "127.0.0.1:$port"
	start_check frames -c 10 -d 1000h -m 20 -k 50ms -s 0-20k -M 4k -f "127.0.0.2:$frame_port"
	start_check bulk -c 2 -d 1000h -m 5 -k 200ms -s 0-4m -f "127.0.0.1:$port"
	start_check local -c 10 -d 1000h -m 20 -k 50ms -s 0-20k -f "unix:$work/echo"
	start_datagrams udp -c 40 -k 50ms -t 15s "127.0.0.1:$udp_port"
	for name in short frames bulk local; do # a call would have to come to its end first
		wait_until 60 check_says "$name" '^running'
	done
	wait_until 60 check_says udp '^running'
	: >failures.seen
}

stop_load() {
	for name in $streams udp; do
		check_signal "$name" TERM
	done
	for name in $streams udp; do
		wait_check "$name"
	done
}

# explain: each session that has failed since the last time was held by one of the two workers that were killed last; who
# reads late notices late. Ports of UNIX connections are 0: there the numbers have to agree.
explain() {
	for name in short calls frames bulk; do
		cat "$name.failures"
	done | sort >failures
	comm -13 failures.seen failures >failures.new
	mv failures failures.seen
	cut -d ' ' -f 1 failures.new | sort >failures.ports
	sort -u held.last held.before >may_fail
	comm -23 failures.ports may_fail >unexplained
	[ ! -s unexplained ] || fail "no kill explains: $(grep -f unexplained failures.new)"
	! cat failures.new local.failures | grep -v -E '^[0-9]+ (reset|short) ' >&2 || fail "not how a kill ends a session"
	failed=$((failed + $(wc -l <failures.new)))
	[ "$(wc -l <local.failures)" -le "$unix_held" ] ||
		fail "$(wc -l <local.failures) UNIX connections failed, $unix_held were hit"
}

# account: after the load.
account() {
	explain
	failed=$((failed + $(wc -l <local.failures)))
	for name in wrong duplicated refused; do
		[ "$(check_field udp $name)" -eq 0 ] || fail "datagrams: $(tail -n 1 udp.out)"
	done
	[ "$(check_field udp lost)" -le $((phase_kills * batch)) ] ||
		fail "more datagrams lost than $phase_kills kills explain: $(tail -n 1 udp.out)"
	lost=$((lost + $(check_field udp lost)))
	for name in $streams; do
		printf '%s: %s: %s\n' "$phase" "$name" "$(tail -n 1 "$name.out")"
	done
	printf '%s: udp: %s\n' "$phase" "$(tail -n 1 udp.out)"
}

# ---------------------------------------------------------------- the faults

reloads_told() {
	grep -c -e 'reload: generation [0-9]* is serving' -e 'reload refused' "$log" || :
}

is_told() {
	[ "$(reloads_told)" -eq "$reloads" ]
}

is_stopped_or_gone() {
	is_gone "$1" || is_stopped "$1"
}

# kill_one: any worker, of any generation. It is stopped before, so that what it holds can be read exactly.
kill_one() {
	random=$(((random * 1103515245 + 12345) % 2147483648))
	# shellcheck disable=SC2046 # process ids
	set -- $(children "$echod_pid")
	[ $# -gt 0 ] || return 0
	shift $((random / 65536 % $#))
	kill -STOP "$1" 2>/dev/null || return 0
	wait_until 30 is_stopped_or_gone "$1"
	explain
	mv held.last held.before
	"$HELD" "$1" 2>/dev/null | cut -d ' ' -f 1 | sort >held.last || : # gone
	unix_held=$((unix_held + $("$HELD" -u "$1" 2>/dev/null | wc -l)))
	is_told || may_refuse=$((may_refuse + 1))
	kill -KILL "$1" 2>/dev/null || return 0
	kills=$((kills + 1))
	phase_kills=$((phase_kills + 1))
}

# One that comes while another is on its way would not be told by a line of its own.
reload_one() {
	is_told || return 0
	kill -HUP "$echod_pid"
	reloads=$((reloads + 1))
}

# ---------------------------------------------------------------- the samples

# resident PID: sets kib; memory (lib.sh) starts a process, which is much for every second of a day.
resident() {
	{ read -r _ _pages _ <"/proc/$1/statm"; } 2>/dev/null || return 1
	kib=$((_pages * page_kib))
}

# open_files PID: sets fds.
open_files() {
	_pid=$1
	set -- "/proc/$1/fd"/*
	fds=$#
	[ -e "/proc/$_pid/fd/0" ] # or it is gone
}

# note_zombie PID: as long as it is one in each sample, its age is counted from the first.
note_zombie() {
	first=$now
	for _seen in $zombies; do
		[ "${_seen%:*}" != "$1" ] || first=${_seen#*:}
	done
	zombies_now="$zombies_now $1:$first"
	[ $((now - first)) -le "$zombie_age" ] || zombie_age=$((now - first))
}

sample() {
	count=0
	sum_fds=0
	sum_kib=0
	zombies_now=
	clock
	for child in $(children "$echod_pid"); do
		read_stat "$child" || continue
		if [ "$state" = Z ]; then
			note_zombie "$child"
		elif open_files "$child" && resident "$child"; then
			count=$((count + 1))
			sum_fds=$((sum_fds + fds))
			sum_kib=$((sum_kib + kib))
		fi
	done
	zombies=$zombies_now
	if ! open_files "$echod_pid" || ! resident "$echod_pid"; then
		fail "the supervisor is gone"
	fi
	echo "$(((now - begin) / 100)),$phase,$kills,$reloads,$failed,$fds,$kib,$count,$sum_fds,$sum_kib" >>"$samples"
	[ "$zombie_age" -le $zombie_most ] || fail "a zombie, for $zombie_age/100 s"
}

# ---------------------------------------------------------------- the phases

# kinds PID: its descriptors, without the numbers that are different each time.
kinds() {
	find "/proc/$1/fd" -type l -printf '%l\n' | sed 's/:\[[0-9]*\]$//' | sort
}

# at_rest FILE: who has which descriptors when nobody is connected and the last reload is done.
at_rest() {
	wait_until 60 is_told
	wait_until 60 has_children $workers "$echod_pid"
	wait_until 60 totals_are active=0
	{
		echo supervisor
		kinds "$echod_pid"
		for _pid in $(children "$echod_pid"); do
			echo worker
			kinds "$_pid"
		done
	} >"$1"
}

# run_phase NAME SECONDS KILL-EVERY RELOAD-EVERY: 0 = never.
run_phase() {
	phase=$1
	phase_kills=0
	unix_held=0
	: >held.last
	: >held.before
	start_load
	clock
	next=$now
	end=$((now + $2 * 100))
	next_kill=$((now + $3))
	next_reload=$((now + $4))
	while [ "$next" -lt "$end" ]; do
		wait_until 600 is_past "$next"
		next=$((next + sample_every))
		sample
		if [ "$3" -gt 0 ] && [ "$now" -ge "$next_kill" ]; then
			next_kill=$((next_kill + $3))
			kill_one
		fi
		if [ "$4" -gt 0 ] && [ "$now" -ge "$next_reload" ]; then
			next_reload=$((next_reload + $4))
			reload_one
		fi
	done
	stop_load
	account
	at_rest rest
	cmp -s rest.first rest || fail "descriptors at rest after phase $phase: $(diff rest.first rest)"
}

set_conf "workers $workers" 'drain-timeout 10m' 'udp-rate off' 'listen tcp:127.0.0.1:0' 'listen udp:127.0.0.1:0' \
	'listen tcp:127.0.0.2:0 service=frame' "listen unix:$work/echo"
start_echod
udp_port=$(listening | sed -n '2s/.*://p')
frame_port=$(listening | sed -n '3s/.*://p')
at_rest rest.first
clock
begin=$now

part=$((seconds / 6))
run_phase 'kills and reloads' $((seconds - 2 * part)) "$kill_every" "$reload_every"
refused=$(grep -c 'reload refused' "$log" || :)
[ "$refused" -le "$may_refuse" ] || fail "$refused reloads were refused, $may_refuse were met by a kill"
run_phase 'reloads' $part 0 "$reload_every"
[ "$(grep -c 'reload refused' "$log" || :)" -eq "$refused" ] || fail "a reload was refused without a kill"
run_phase 'neither' $part 0 0

# ---------------------------------------------------------------- the judgement

awk -v title="$kills kills, $reloads reloads, $failed sessions and $lost datagrams lost to kills" \
	-f "$top_srcdir/tests/fault/plot.awk" "$samples" >"$SOAK_PLOT"
[ "$(in_soak 3 2)" -le "$kills" ] || fail "hardly any kill: $kills"
[ "$(in_soak 1 2)" -le "$reloads" ] || fail "hardly any reload: $reloads"
echo "kills=$kills reloads=$reloads refused=$refused failed=$failed datagrams_lost=$lost oldest_zombie=$zombie_age/100s" \
	"seconds=$seconds"
awk -f "$top_srcdir/tests/fault/flat.awk" "$samples" || fail "not flat: see $samples"
stop_echod
