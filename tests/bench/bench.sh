#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The measurements behind doc/benchmark.md: echod beside the yardsticks `limit` and `naive` and beside the peers that are
# installed, each with one process or thread that works, on one processor, the client on another, all in turn. What counts
# is the ratio to `limit` in the same round.
#
#     bench.sh OUTPUT-FOLDER        writes benchmark.md, benchmark.svg (with gnuplot) and benchmark.tsv, the raw numbers
#
# Environment: ECHOD ECHOBENCH BENCH_TOOLS (the folder of limit, naive and usage); BENCH_SECONDS of a measurement (1),
# BENCH_ROUNDS for echod and the yardsticks (5), BENCH_PEER_ROUNDS for the peers (2), BENCH_SERVERS (all that are there).

set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
: "${BENCH_SECONDS:=1}" "${BENCH_ROUNDS:=5}" "${BENCH_PEER_ROUNDS:=2}"
: "${BENCH_SERVERS:=limit echod unconfined naive go rust node xinetd socat ncat}"

work=$(mktemp -d "${TMPDIR:-/tmp}/echod-bench.XXXXXX")
started=
servers=
transport=tcp # of the measurements
trap 'finish' EXIT
trap 'exit 130' INT TERM

finish() {
	# With the processes that a server has started for its clients: each has a group of its own.
	for pid in $started; do
		kill -TERM "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || :
	done
	for pid in $started; do
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$work"
}

# Server on processor 0, client on 1; on a machine with one processor, wherever.
on_server=
on_client=
if command -v taskset >/dev/null && taskset -c 1 true 2>/dev/null; then
	on_server='taskset -c 0'
	on_client='taskset -c 1'
fi

# ---------------------------------------------------------------- servers

has() {
	command -v "$1" >/dev/null 2>&1
}

# launch NAME COMMAND...: its standard output is $work/NAME.port; standard input ends with this script.
launch() {
	name=$1
	shift
	# shellcheck disable=SC2086
	$on_server setsid "$@" <"$work/stdin" >"$work/$name.port" 2>"$work/$name.log" &
	started="$started $!"
	echo $! >"$work/$name.pid"
}

# A port that nobody uses now, for servers that cannot choose one.
free_port() {
	"$BENCH_TOOLS/limit" 0 </dev/null
}

start_limit() {
	launch limit "$BENCH_TOOLS/limit" 1
}

start_naive() {
	launch naive "$BENCH_TOOLS/naive" 1
}

start_echod() {
	launch echod "$ECHOD" -c /dev/null -w 1 -l tcp:127.0.0.1:0 -l 'udp:127.0.0.1:0 udp-rate=off rcvbuf=4m'
}

# echod without its sandbox, where that could make a difference: many calls, and many kinds of them.
start_unconfined() {
	launch unconfined "$ECHOD" -c /dev/null -w 1 -l tcp:127.0.0.1:0 --sandbox=off
}

is_about_sandbox() {
	case $1 in '50 x 64 B' | 'connect, echo, close') return 0 ;; esac
	return 1
}

# The limit of the datagrams: a loop of recvfrom and sendto. Like echod it asks for a queue of 4 MiB, and has to get it
# (net.core.rmem_max), or what 50 clients have on their way does not fit: a workload with a loss is one that failed.
start_udp_limit() {
	launch udp_limit "$BENCH_TOOLS/udp_limit" 1
}

start_go() {
	has go || return 1
	GOCACHE=$work/go-cache go build -o "$work/go-echo" "$here/peer/echo.go" >/dev/null 2>&1 || return 1
	GOMAXPROCS=1
	export GOMAXPROCS
	launch go "$work/go-echo"
}

start_rust() {
	has rustc || return 1
	rustc -O -o "$work/rust-echo" "$here/peer/echo.rs" >/dev/null 2>&1 || return 1
	launch rust "$work/rust-echo"
}

start_node() {
	has node || return 1
	launch node node "$here/peer/echo.js"
}

start_xinetd() {
	has xinetd || return 1
	port=$(free_port)
	cat >"$work/xinetd.conf" <<EOF
defaults
{
	instances = UNLIMITED
	cps = 1000000 1
	log_type = FILE /dev/null
}
service echo
{
	type = INTERNAL UNLISTED
	id = echo-stream
	socket_type = stream
	protocol = tcp
	port = $port
	bind = 127.0.0.1
	wait = no
	user = $(id -un)
}
EOF
	launch xinetd xinetd -dontfork -f "$work/xinetd.conf" -pidfile "$work/xinetd.run"
	echo "$port" >"$work/xinetd.fixed"
}

start_socat() {
	has socat || return 1
	port=$(free_port)
	launch socat socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=4096" PIPE
	echo "$port" >"$work/socat.fixed"
}

start_ncat() {
	has ncat || return 1
	port=$(free_port)
	launch ncat ncat -l -k -m 2000 127.0.0.1 "$port" -e /bin/cat
	echo "$port" >"$work/ncat.fixed"
}

# port_of NAME: where it listens; echod says so in its log.
port_of() {
	if [ "$1" = echod ] || [ "$1" = unconfined ]; then
		sed -n "s/.*listening on $transport .*:\\([0-9]*\\) (.*/\\1/p" "$work/$1.log"
	elif [ -e "$work/$1.fixed" ]; then
		cat "$work/$1.fixed"
	else
		sed -n 1p "$work/$1.port"
	fi
}

# server_of NAME: the process that stands for it; `limit` is another one for datagrams.
server_of() {
	if [ "$transport:$1" = udp:limit ]; then
		echo udp_limit
	else
		echo "$1"
	fi
}

address_of() {
	echo "$transport:127.0.0.1:$(port_of "$(server_of "$1")")"
}

answers() {
	[ -n "$(port_of "$1")" ] && "$ECHOBENCH" -q -n 1 --timeout 1s "$(address_of "$1")" >"$work/answer" 2>&1
}

start_servers() {
	mkfifo "$work/stdin"
	sleep 3600 >"$work/stdin" &
	started="$started $!"
	for name in $BENCH_SERVERS; do
		"start_$name" || {
			echo "$name: not here" >&2
			continue
		}
		tries=0
		until answers "$name" || [ $tries -ge 100 ]; do
			tries=$((tries + 1))
			sleep 0.1
		done
		if answers "$name"; then
			servers="$servers $name"
		else
			echo "$name: does not answer" >&2
		fi
	done
}

usage_of() {
	"$BENCH_TOOLS/usage" "$(cat "$work/$(server_of "$1").pid")"
}

# settled_usage NAME: when the server has nothing left to do; processor time in ns.
settled_usage() {
	last=$(usage_of "$1")
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.02
		now=$(usage_of "$1")
		[ "${now% *}" != "${last% *}" ] || break
		last=$now
	done
	echo "${now% *}"
}

# ---------------------------------------------------------------- measurements

# field NAME: of echobench's last CSV.
field() {
	awk -F , -v name="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
		NR == 2 { print $column }' "$work/csv"
}

# measure ROUND WORKLOAD NAME OPTION...: a line of benchmark.tsv: workload, server, round, messages/s, ns of server
# time a message, p99 in ns.
measure() {
	round=$1
	workload=$2
	name=$3
	shift 3
	before=$(settled_usage "$name")
	# shellcheck disable=SC2086
	if ! $on_client "$ECHOBENCH" -q --csv -w 200ms -d "${BENCH_SECONDS}s" "$@" \
		"$(address_of "$name")" >"$work/csv" 2>"$work/err"; then
		printf '%s\t%s\t%s\tfailed\n' "$workload" "$name" "$round" >>"$out/benchmark.tsv"
		return
	fi
	after=$(settled_usage "$name")
	messages=$(($(field messages) + $(field warm_up_messages)))
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$workload" "$name" "$round" "$(field messages_per_s)" \
		$(((after - before) / (messages + 1))) "$(field p99_ns)" >>"$out/benchmark.tsv"
}

is_main() {
	case $1 in limit | echod | unconfined | naive) return 0 ;; esac
	return 1
}

# in_turn WORKLOAD OPTION...: every server, round after round, so that each round has its own `limit`.
in_turn() {
	workload=$1
	shift
	round=1
	while [ "$round" -le "$BENCH_ROUNDS" ]; do
		echo "$workload, round $round" >&2
		for name in $servers; do
			[ "$name" != unconfined ] || is_about_sandbox "$workload" || continue
			if is_main "$name" || [ "$round" -le "$BENCH_PEER_ROUNDS" ]; then
				measure "$round" "$workload" "$name" "$@"
			fi
		done
		round=$((round + 1))
	done
}

# idle NAME: 10,000 connections that do nothing: KiB for each, and processor time of ten seconds in percent.
idle() {
	count=10000
	# shellcheck disable=SC3045 # not in POSIX, but in every sh that there is
	most=$(ulimit -H -n)
	[ "$most" = unlimited ] || [ "$most" -gt 10100 ] || count=$((most - 100))
	before=$(usage_of "$1")
	# shellcheck disable=SC2086
	$on_client "$ECHOBENCH" -q --csv -c $count -R 1 -d 8s "$(address_of "$1")" >"$work/csv" 2>"$work/err" &
	client=$!
	sleep 3
	first=$(usage_of "$1")
	sleep 3
	second=$(usage_of "$1")
	wait $client || return 0
	printf 'idle\t%s\t1\t%s\t%s\n' "$1" \
		"$(awk -v a="${before#* }" -v b="${first#* }" -v n=$count 'BEGIN { printf "%.2f", (b - a) / n }')" \
		"$(awk -v a="${first% *}" -v b="${second% *}" 'BEGIN { printf "%.2f", (b - a) / 3e7 }')" \
		>>"$out/benchmark.tsv"
}

# The rate that half loads limit, for latency that is not the queue's.
half_load() {
	awk -F '\t' '$1 == "50 x 64 B" && $2 == "limit" { sum += $4; n++ } END { printf "%d", sum / n / 2 }' \
		"$out/benchmark.tsv"
}

: >"$out/benchmark.tsv"
start_servers
in_turn '1 x 64 B' -c 1
in_turn '50 x 64 B' -c 50
in_turn '500 x 64 B' -c 500
in_turn '1000 x 64 B, 16 in flight' -c 1000 -P 16
in_turn '50 x 4 KiB' -c 50 -s 4k
in_turn '50 x 64 KiB' -c 50 -s 64k
in_turn '8 x 1 MiB' -c 8 -s 1m
in_turn 'connect, echo, close' -c 20 --churn --source-range 50
ours=
for name in $servers; do
	! is_main "$name" || [ "$name" = unconfined ] || ours="$ours $name"
done
servers=$ours
# The 99th percentile needs more messages than a mean.
seconds=$BENCH_SECONDS
BENCH_SECONDS=$((3 * BENCH_SECONDS))
in_turn 'half load, 50 x 64 B' -c 50 -R "$(half_load)"
BENCH_SECONDS=$seconds
start_udp_limit
transport=udp
servers='limit echod'
until answers udp_limit; do
	sleep 0.1
done
in_turn 'UDP, 50 x 64 B' -c 50
in_turn 'UDP, 50 x 1 KiB' -c 50 -s 1k
in_turn 'UDP, 50 x 64 B, 16 in flight' -c 50 -P 16
in_turn 'UDP, 50 x 1 KiB, 16 in flight' -c 50 -P 16 -s 1k
transport=tcp
for name in $ours; do
	idle "$name"
done

awk -v machine="$(uname -sr), $(nproc) processors" -f "$here/table.awk" "$out/benchmark.tsv" >"$out/benchmark.md"
if has gnuplot; then
	awk -f "$here/chart.awk" "$out/benchmark.tsv" >"$work/chart"
	gnuplot -e "data='$work/chart'; output='$out/benchmark.svg'" "$here/chart.gnuplot"
fi
cat "$out/benchmark.md"
