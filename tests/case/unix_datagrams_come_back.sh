#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Datagrams over a UNIX socket come back, none is lost at a reload, and its file comes and goes like that of any other.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

echobench=$top_builddir/echobench
path=$work/echo.gram

# load ARGUMENT...: every datagram has to come back as it was.
load() {
	"$echobench" -q "$@" >load.out 2>&1 || fail "echobench: $(cat load.out)"
}

set_conf 'workers 2' "listen unixgram:$path mode=0620"
launch_echod
wait_log "listening on unixgram $path (2 workers)"
[ "$(stat -c %A "$path")" = 'srw--w----' ] || fail "the file is $(stat -c %A "$path")"
load -c 8 -n 4000 -s 1-4000 "unixgram:$path"

# All the while, with more and fewer workers.
load -c 4 -d 2s "unixgram:$path" &
loading=$!
started="$started $loading"
for workers in 3 1 2; do
	set_conf "workers $workers" "listen unixgram:$path mode=0600"
	reload
done
wait_exit "$loading"
[ "$status" -eq 0 ] || fail "lost at a reload: $(cat load.out)"
[ "$(stat -c %A "$path")" = 'srw-------' ] || fail "the file is $(stat -c %A "$path")"

# Held, gone with its address, and taken again.
first=$echod_pid
instance=second
saved=$conf
conf=/dev/null
refused_echod 1 "cannot listen on unixgram $path: $path.lock: locked by process $first" -w 1 -l "unixgram:$path"
use_echod echod "$first"
conf=$saved
set_conf 'listen tcp:127.0.0.1:0'
reload
[ ! -e "$path" ] || fail "the file is left"
set_conf "listen unixgram:$path" 'listen tcp:127.0.0.1:0'
reload
load -c 2 -n 100 "unixgram:$path"

# One that was left behind is replaced.
kill -KILL "$echod_pid"
wait_exit "$echod_pid"
[ -S "$path" ] || fail "there is no stale socket to begin with"
set_conf "listen unixgram:$path"
launch_echod
wait_log "listening on unixgram $path"
load -c 2 -n 100 "unixgram:$path"
stop_echod
for file in "$path" "$path.lock"; do
	[ ! -e "$file" ] || fail "$file is left"
done
