# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # what is set here is read by the cases
# What the cases share. A case reads this file first; it then runs in a fresh folder, $work, which is removed at the
# end, and ends with 0 (the behaviour holds), 1 (fail) or 77 (skip). At the end, however it comes, what was started is
# ended by process id, and neither a process nor a sanitizer's report may be left.
#
# Nothing waits by the clock: wait_until looks for a state, and a deadline says only when to give up. Deadlines are
# generous, because machines can be slow and busy.
#
# Environment (Makefile.am sets it): top_srcdir top_builddir ECHOD ECHOD_FAILING ECHOD_FAULTY ECHOCHECK HEAR HELD MANAGER ORDEAL SOCKETS TALK. STORM_SECONDS: how
# long the storms of connections last. SOAK: how long the long form of a fault lasts (30s, 10m, 24h); empty: its short form.

set -eu
# shellcheck disable=SC3045 # not in POSIX, but in every sh that there is
ulimit -c 0
LC_ALL=C
export LC_ALL
umask 022 # root obeys no settings that others can write to

top_srcdir=$(cd "${top_srcdir:-.}" && pwd)
top_builddir=$(cd "${top_builddir:-.}" && pwd)
: "${ECHOD:=$top_builddir/echod}"
: "${ECHOD_FAULTY:=$top_builddir/tests/tool/echod-faulty}"
: "${ECHOD_FAILING:=$top_builddir/tests/tool/echod-failing}"
: "${ORDEAL:=$top_builddir/tests/tool/ordeal}"
: "${ECHOCHECK:=$top_builddir/tests/tool/echocheck}"
: "${HEAR:=$top_builddir/tests/tool/hear}"
: "${HELD:=$top_builddir/tests/tool/held}"
: "${MANAGER:=$top_builddir/tests/tool/manager}"
: "${SOCKETS:=$top_builddir/tests/tool/sockets}"
: "${DATAGRAMS:=$top_builddir/tests/tool/datagrams}"
: "${FORGE:=$top_builddir/tests/tool/forge}"
: "${TALK:=$top_builddir/tests/tool/talk}"
: "${STORM_SECONDS:=5}"
: "${SOAK:=}"

# The tests mean this echod and these settings, whatever the surroundings say.
unset ECHOD_FAULT FAILING JOURNAL_STREAM NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID LISTEN_FDNAMES LISTEN_FDS LISTEN_PID

# A crash that a test makes is to look like one: death by a signal.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0:handle_abort=0:quarantine_size_mb=1
export ASAN_OPTIONS

case_name=${0##*/}
case_name=${case_name%.sh}
came_from=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/$case_name.XXXXXX")
cd "$work"

started=         # process ids of our children that were not waited for yet
strangers=       # process ids of others that are ours to end
crash_expected=  # not empty: deaths by SIGSEGV and the like are part of the test
told=            # not empty: why the case fails was told already
conf=/dev/null   # what start_echod passes to -c
instance=echod   # the next echod logs to $work/$instance.log
log=$work/echod.log
mark=1           # has_log and wait_log look from this line of the log on

# ---------------------------------------------------------------- results

fail() {
	printf '%s: FAILED: %s\n' "$case_name" "$*" >&2
	told=yes
	exit 1
}

skip() {
	printf '%s: skipped: %s\n' "$case_name" "$*" >&2
	exit 77
}

# show FILE...: the end of what is not empty.
show() {
	for _file; do
		[ -s "$_file" ] || continue
		printf -- '---- %s\n' "${_file##*/}"
		tail -n 60 "$_file"
	done
}

# ---------------------------------------------------------------- a network of its own

# own_network: to be called first of all: begins the case again in a network namespace that has its own loopback, addresses
# and counters, and goes when the case ends. Who is not root stays who it is, with the rights of root in there.
own_network() {
	[ -z "${ECHOD_TEST_NETWORK-}" ] || return 0
	if [ "$(id -u)" -eq 0 ]; then set -- -n; else set -- -Ucn --keep-caps; fi
	unshare "$@" ip link set lo up 2>/dev/null || skip "no network namespace, or no ip(8)"
	cd "$came_from"
	rm -rf "$work"
	trap - EXIT
	export top_srcdir top_builddir
	# shellcheck disable=SC2016 # for the inner shell
	ECHOD_TEST_NETWORK=yes exec unshare "$@" sh -c 'ip link set lo up && exec sh "$0"' "$0"
}

# kernel_counter PROTOCOL NAME: of this network, from /proc/net/snmp and /proc/net/netstat (proc_pid_net(5)).
kernel_counter() {
	awk -v protocol="$1:" -v name="$2" '
		$1 == protocol && place { print $place; exit }
		$1 == protocol { for (i = 2; i <= NF; i++) if ($i == name) place = i }' /proc/net/snmp /proc/net/netstat
}

# ---------------------------------------------------------------- processes

# read_stat PID: sets state, parent, ticks (processor time, in 1/100 s). False if there is no such process.
read_stat() {
	# The name of the process, in parentheses, has no blank: all are called echod, sh and the like.
	{ read -r _ _ state parent _ _ _ _ _ _ _ _ _ _utime _stime _ <"/proc/$1/stat"; } 2>/dev/null ||
		return 1
	ticks=$((_utime + _stime)) # the caller reads it
}

# A zombie is gone, too: it waits only for its parent.
is_gone() {
	! read_stat "$1" || [ "$state" = Z ]
}

is_alive() {
	! is_gone "$1"
}

is_stopped() {
	read_stat "$1" && [ "$state" = T ]
}

# children PID: the process ids of its children, zombies included.
children() {
	for _folder in /proc/[0-9]*; do
		if read_stat "${_folder#/proc/}" && [ "$parent" = "$1" ]; then
			echo "${_folder#/proc/}"
		fi
	done
}

# has_children N PID: as many as that, and none of them a zombie.
has_children() {
	_count=0
	for _child in $(children "$2"); do
		is_alive "$_child" || return 1
		_count=$((_count + 1))
	done
	[ "$_count" -eq "$1" ]
}

freeze() {
	kill -STOP "$1"
	wait_until 30 is_stopped "$1"
}

# wait_exit PID: waits for a child; sets status.
wait_exit() {
	wait_until 60 is_gone "$1"
	status=0
	wait "$1" || status=$?
	_rest=
	for _pid in $started; do
		[ "$_pid" = "$1" ] || _rest="$_rest $_pid"
	done
	started=$_rest
}

# descriptors PID: how many it has open.
descriptors() {
	set -- "/proc/$1/fd"/*
	echo $#
}

# memory PID: its resident set, in KiB.
memory() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# is_confined: whether workers of echod are under its filter of system calls.
is_confined() {
	grep -q '^Seccomp:[^0-9]*2' "/proc/$(worker_pid 0)/status"
}

# is_sanitized: whether echod was built with --enable-sanitizers, and so needs more memory.
is_sanitized() {
	grep -q __asan_init "$ECHOD"
}

# ---------------------------------------------------------------- time

# clock: sets now, in 1/100 s.
clock() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

# attempt DEADLINE SECONDS CONDITION...
attempt() {
	shift 2
	"$@"
}

# within SECONDS CONDITION...: whether it comes true in time. The only place that sleeps.
within() {
	clock
	set -- "$((now + $1 * 100))" "$@"
	until attempt "$@"; do
		clock
		[ "$now" -lt "$1" ] || return 1
		sleep 0.02
	done
}

# wait_until SECONDS CONDITION...: the same, but the case fails if it does not.
wait_until() {
	within "$@" || fail "not within $1 s: $(shift && echo "$*")"
}

is_past() {
	clock
	[ "$now" -ge "$1" ]
}

# let_pass N: 1/100 s; for what is measured over a time, never in order to wait for something.
let_pass() {
	clock
	wait_until 600 is_past $((now + $1))
}

# soak_or SECONDS [MOST]: sets seconds, how long a fault is to last: SECONDS in the short form, $SOAK in the long one, but not
# more than MOST (60). MOST is "all" for the soak itself.
soak_or() {
	case $SOAK in
	'') seconds=$1 ;;
	*h) seconds=$((${SOAK%h} * 3600)) ;;
	*m) seconds=$((${SOAK%m} * 60)) ;;
	*) seconds=${SOAK%s} ;;
	esac
	_most=${2:-60}
	[ -z "$SOAK" ] || [ "$_most" = all ] || [ "$seconds" -le "$_most" ] || seconds=$_most
}

# in_soak N OTHER: prints N in the long form, OTHER in the short one.
in_soak() {
	if [ -n "$SOAK" ]; then echo "$1"; else echo "$2"; fi
}

# ---------------------------------------------------------------- echod

# set_conf LINE...: the configuration file of the next start_echod, or of the next reload.
set_conf() {
	conf=$work/echod.conf
	printf '%s\n' "$@" >"$conf.new"
	mv "$conf.new" "$conf"
}

# launch_echod ARGUMENT...: starts $ECHOD in the background; sets echod_pid and log.
launch_echod() {
	log=$work/$instance.log
	mark=1
	: >"$log"
	"$ECHOD" -c "$conf" "$@" </dev/null >"$work/$instance.out" 2>"$log" &
	echod_pid=$!
	started="$started $echod_pid"
}

is_listening_or_gone() {
	has_log 'listening on [a-z]* .* (' || is_gone "$echod_pid"
}

# wait_listening: waits until echod serves, or fails if it has ended; sets port, that of the first address.
wait_listening() {
	wait_until 60 is_listening_or_gone
	port=$(listening | sed -n 's/.*:\([0-9]*\)$/\1/p;q')
	[ -n "$port" ] || fail "echod did not start"
}

# start_echod ARGUMENT...: launches it and waits until it serves; sets port.
start_echod() {
	launch_echod "$@"
	wait_listening
}

# refused_echod STATUS PATTERN ARGUMENT...: echod has to end by itself, with that status and such a line.
refused_echod() {
	_expected=$1
	_pattern=$2
	shift 2
	launch_echod "$@"
	wait_until 60 is_listening_or_gone
	is_gone "$echod_pid" || fail "it was not refused: echod $*"
	wait_exit "$echod_pid"
	[ "$status" -eq "$_expected" ] || fail "exit status $status instead of $_expected: echod $*"
	has_log "$_pattern" || fail "no line '$_pattern': echod $*"
}

# listening: the addresses of which the log says that echod listens there, TCP or UDP, one a line.
listening() {
	sed -n 's/.*listening on [a-z]* \(.*:[0-9]*\) (.*/\1/p' "$log"
}

# stop_echod: TERM, and the exit status has to be 0.
stop_echod() {
	kill -TERM "$echod_pid"
	wait_exit "$echod_pid"
	[ "$status" -eq 0 ] || fail "echod ended with status $status"
}

# use_echod: makes the log and the echod_pid of the named instance the current ones again.
use_echod() {
	instance=$1
	echod_pid=$2
	log=$work/$instance.log
}

mark_log() {
	mark=$(($(wc -l <"$log") + 1))
}

has_log() {
	tail -n "+$mark" "$log" | grep -q -e "$1"
}

# has_lines N PATTERN: exactly so many in the log, from the mark on.
has_lines() {
	[ "$(tail -n "+$mark" "$log" | grep -c -e "$2")" -eq "$1" ]
}

wait_log() {
	wait_until 60 has_log "$1"
}

# worker_pid N: the process of worker N, as the log has it.
worker_pid() {
	sed -n "s/.*worker $1 (pid \([0-9]*\)) ready.*/\1/p" "$log" | tail -n 1
}

# reload: HUP, and waits until the new generation serves.
reload() {
	mark_log
	kill -HUP "$echod_pid"
	wait_log 'reload: generation [0-9]* is serving'
}

# a_free_port ADDRESS: sets port to one where nobody listens on that address.
a_free_port() {
	start_echod -l "tcp:$1:0" -w 1
	stop_echod
}

# own_address N: sets address to number N, 0 to 3, of those in 127.0.0.0/8 that no other test uses now.
own_address() {
	address=127.$((16 + $$ / 15500 % 200)).$(($$ / 62 % 250)).$((2 + $$ % 62 * 4 + $1))
}

# ---------------------------------------------------------------- statistics

has_stats() {
	tail -n "+$stats_mark" "$log" | grep -q 'stats total '
}

# stats: asks echod for its numbers; total, of_worker and sum read them.
stats() {
	stats_mark=$(($(wc -l <"$log") + 1))
	kill -USR1 "$echod_pid"
	wait_until 60 has_stats
	tail -n "+$stats_mark" "$log" | sed -n '/stats /p;/stats total /q' >"$work/stats"
}

# total NAME: the value in the line of the total.
total() {
	sed -n "s/.*stats total .*$1=\([^ ]*\).*/\1/p" "$work/stats"
}

# of_worker N NAME: the value in the lines of worker N.
of_worker() {
	sed -n "s/.*stats worker=$1 .*$2=\([^ ]*\).*/\1/p" "$work/stats"
}

# of_worker_now N NAME: the same, but asks first.
of_worker_now() {
	stats
	of_worker "$@"
}

# sum NAME: over the lines of all workers.
sum() {
	_sum=0
	for _value in $(of_worker '[0-9]*' "$1"); do
		_sum=$((_sum + _value))
	done
	echo "$_sum"
}

# totals_are NAME=VALUE...: a worker under load may answer late, so this is for wait_until.
totals_are() {
	stats
	for _pair; do
		[ "$(total "${_pair%=*}")" = "${_pair#*=}" ] || return 1
	done
}

# ---------------------------------------------------------------- a service manager

# start_manager: one that listens at $work/manager; a line of manager.out is what it hears. It ends with descriptor 3, which echod is
# not to have (start_echod 3>&-).
start_manager() {
	mkfifo "$work/manager.in"
	"$MANAGER" "$work/manager" <"$work/manager.in" >"$work/manager.out" 2>"$work/manager.err" &
	started="$started $!"
	exec 3>"$work/manager.in"
	wait_until 30 grep -q hearing "$work/manager.out"
}

# ---------------------------------------------------------------- clients

# start_check NAME ARGUMENT...: echocheck in the background; its output is $work/NAME.out.
start_check() {
	_name=$1
	shift
	: >"$work/$_name.out"
	"$ECHOCHECK" -F "$work/$_name.failures" "$@" >"$work/$_name.out" 2>"$work/$_name.err" &
	check_pid=$!
	echo "$check_pid" >"$work/$_name.pid"
	started="$started $check_pid"
}

check_signal() {
	kill "-$2" "$(cat "$work/$1.pid")"
}

# check_says NAME PATTERN: for wait_until.
check_says() {
	grep -q -e "$2" "$work/$1.out"
}

# check_field NAME FIELD: a number of its last line.
check_field() {
	tail -n 1 "$work/$1.out" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

# wait_check NAME: waits for its end; sets status.
wait_check() {
	_pid=$(cat "$work/$1.pid")
	within $((STORM_SECONDS + 120)) is_gone "$_pid" || fail "the client ($1) does not end"
	wait_exit "$_pid"
}

# good_check NAME: waits for its end, and no session may have failed.
good_check() {
	wait_check "$1"
	[ "$status" -eq 0 ] || fail "the client ($1): $(tail -n 1 "$work/$1.out")"
}

# run_check ARGUMENT...: both.
run_check() {
	start_check check "$@"
	good_check check
}

# hold NAME N ADDRESS [ARGUMENT...]: N connections that have had their echo and stay.
hold() {
	_name=$1
	_count=$2
	_address_to=$3
	shift 3
	start_check "$_name" -H -c "$_count" "$@" "$_address_to"
	wait_until 60 check_says "$_name" "^settled $_count "
}

# hold_some NAME N ADDRESS [ARGUMENT...]: the same, but not all may get in; sets settled, how many did.
hold_some() {
	_name=$1
	_count=$2
	_address_to=$3
	shift 3
	start_check "$_name" -H -c "$_count" "$@" "$_address_to"
	wait_until 60 check_says "$_name" '^settled \|^sessions=' # it ends if nobody gets in
	settled=$(sed -n 's/^settled \([0-9]*\) .*/\1/p' "$work/$_name.out")
	: "${settled:=0}"
}

# let_go NAME: ends what hold or hold_some has made; some of hold_some have failed.
let_go() {
	check_signal "$1" TERM 2>/dev/null || : # it has lost all of them and is gone
	wait_check "$1"
}

# hears EXPECTED ARGUMENT...: what the server says to who connects and sends, up to a decent end (see hear).
hears() {
	_expected=$1
	shift
	"$HEAR" "$@" >"$work/heard.out" 2>"$work/heard.err" || fail "no decent end: $(cat "$work/heard.err")"
	[ "$(cat "$work/heard.out")" = "$_expected" ] || fail "heard: $(cat "$work/heard.out")"
}

# reason NAME: the value in the line of reasons; 0 if it is not there.
reason() {
	_number=$(sed -n "s/.*stats reasons.* $1=\([0-9]*\).*/\1/p" "$work/stats")
	echo "${_number:-0}"
}

# talk ADDRESS STEP...: a client that does what tests/tool/talk.c says; all of it has to go well.
talk() {
	"$TALK" "$@" || fail "talk $*"
}

# start_talk NAME ADDRESS STEP...: the same in the background; what it says is in $work/NAME.out.
start_talk() {
	_name=$1
	shift
	: >"$work/$_name.out"
	"$TALK" "$@" >"$work/$_name.out" 2>"$work/$_name.err" &
	echo $! >"$work/$_name.pid"
	started="$started $!"
}

# good_talk NAME: waits for its end, and all has to have gone well.
good_talk() {
	wait_check "$1"
	[ "$status" -eq 0 ] || fail "$1: $(cat "$work/$1.err")"
}

# is_refused ADDRESS: whether nobody listens there.
is_refused() {
	start_check refused -C "$1"
	wait_check refused
	[ "$status" -eq 3 ] && [ "$(check_field refused refused)" -eq 1 ]
}

# start_datagrams NAME ARGUMENT...: the UDP client in the background; its output is $work/NAME.out.
start_datagrams() {
	_name=$1
	shift
	: >"$work/$_name.out"
	"$DATAGRAMS" "$@" >"$work/$_name.out" 2>"$work/$_name.err" &
	check_pid=$!
	echo "$check_pid" >"$work/$_name.pid"
	started="$started $check_pid"
}

# run_datagrams ARGUMENT...: every one has to come back.
run_datagrams() {
	start_datagrams check "$@"
	good_check check
}

# ---------------------------------------------------------------- the end

# workers_in_logs: the process ids of all the workers that ever were.
workers_in_logs() {
	cat "$work"/*.log 2>/dev/null | sed -n 's/.*worker [0-9]* (pid \([0-9]*\)) .*/\1/p' | sort -un
}

# is_echod PID: still there, and not another process that has the number by now.
is_echod() {
	is_alive "$1" && grep -q -a -e '^echod' -e '/echod' "/proc/$1/cmdline" 2>/dev/null
}

# leftovers: our processes that are still there, by what they are or by where they are.
leftovers() {
	for _pid in $(workers_in_logs) $strangers; do
		if is_echod "$_pid"; then
			echo "$_pid"
		fi
	done
	find /proc/[0-9]*/cwd -maxdepth 0 -lname "$work*" 2>/dev/null | while read -r _link; do
		_link=${_link#/proc/}
		if is_alive "${_link%/cwd}"; then
			echo "${_link%/cwd}"
		fi
	done
}

no_leftovers() {
	[ -z "$(leftovers)" ]
}

has_sanitizer_report() {
	grep -s -E -l 'ERROR: [A-Za-z]+Sanitizer|runtime error:|exited with status 99' \
		"$work"/*.log "$work"/*.err "$work"/*.out
}

has_crash() {
	[ -z "$crash_expected" ] && grep -s -E 'killed(: forbidden| by signal (4|6|7|8|11|31)([^0-9]|$))' "$work"/*.log
}

finish() {
	_result=$1
	trap - EXIT
	trap '' HUP INT TERM
	set +e
	cd /
	for _pid in $started; do
		kill -KILL "$_pid" 2>/dev/null
		wait "$_pid" 2>/dev/null
	done
	for _pid in $strangers; do
		is_echod "$_pid" && kill -KILL "$_pid"
	done
	if ! within 30 no_leftovers; then
		for _pid in $(leftovers); do
			echo "$case_name: FAILED: left behind: $_pid ($(tr '\0' ' ' <"/proc/$_pid/cmdline"))" >&2
			kill -KILL "$_pid"
		done
		_result=1
	fi
	if has_sanitizer_report >&2 || has_crash >&2; then
		echo "$case_name: FAILED: a process did what it must never do" >&2
		_result=1
	fi
	if [ "$_result" -ne 0 ] && [ "$_result" -ne 77 ]; then
		[ -n "$told" ] || echo "$case_name: FAILED: ended with status $_result" >&2
		show "$work"/*.log "$work"/*.err "$work"/*.out >&2
	fi
	rm -rf "$work"
	exit "$_result"
}

trap 'finish $?' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
