#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A UNIX socket echoes like any other; its file appears with the mode that is asked for, stays over reloads and crashes,
# is replaced when it is stale and never when it is not, and is gone at the end.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

path=$work/echo.socket

# mode_of FILE: type and permissions, and whose it is, in numbers.
mode_of() {
	stat -c '%A %a %u:%g' "$1"
}

start_unix() {
	launch_echod "$@"
	wait_log 'listening on unix'
}

nothing_left() {
	for _file in "$path" "$path.lock"; do
		[ ! -e "$_file" ] || fail "$_file is left"
	done
}

# Bytes and bulk, in a file that every user may use; all workers share it.
start_unix -v -w 3 -l "unix:$path"
has_log "listening on unix $path (3 workers)" || fail "the line is not what it should be"
[ "$(mode_of "$path")" = "srw-rw-rw- 666 $(id -u):$(id -g)" ] || fail "the file is $(mode_of "$path")"
run_check -c 50 -n 300 -m 5 "unix:$path"
run_check -c 2 -n 4 -m 3 -s 3000000 -f "unix:$path"
wait_until 30 totals_are accepted=304 active=0
has_log "connection [0-9]*: opened by a client of $path" || fail "the log does not say who comes"

# Over a crash, and over reloads, it is the same file, and nobody is refused.
inode=$(stat -c %i "$path")
start_check storm -c 4 -n 100000000 -d 2s "unix:$path"
victim=$(worker_pid 0)
kill -KILL "$victim"
wait_log "worker 0 (pid $victim) killed"
reload
reload
wait_check storm
[ "$(check_field storm refused)" = 0 ] || fail "clients were refused: $(tail -n 1 storm.out)"
[ "$(stat -c %i "$path")" = "$inode" ] || fail "the file is another one"
stop_echod
nothing_left

# A reload adds one, changes its mode, takes it away; who is there stays.
own_address 0
set_conf "listen tcp:$address:0" "listen unix:$path mode=0600"
start_echod -w 2
[ "$(mode_of "$path")" = "srw------- 600 $(id -u):$(id -g)" ] || fail "the file is $(mode_of "$path")"
set_conf "listen tcp:$address:0" "listen unix:$path mode=0640"
reload
[ "$(mode_of "$path")" = "srw-r----- 640 $(id -u):$(id -g)" ] || fail "the file is $(mode_of "$path")"
hold client 2 "unix:$path"
set_conf "listen tcp:$address:0"
reload
has_log "no longer listening on unix $path" || fail "no word of the end"
nothing_left
check_signal client TERM
good_check client
set_conf "listen tcp:$address:0" "listen unix:$path"
reload
run_check -c 2 "unix:$path"
first=$echod_pid

# Somebody is there: neither a second echod nor a reload gets in, and a client notices nothing.
hold client 2 "unix:$path"
instance=second
other=$work/other.conf
printf '%s\n' "listen unix:$path" >"$other"
saved=$conf
conf=$other
refused_echod 1 "cannot listen on unix $path: $path.lock: locked by process $first" -w 1
set_conf 'listen tcp:127.0.0.1:0'
launch_echod -w 1
wait_listening
second=$echod_pid
set_conf 'listen tcp:127.0.0.1:0' "listen unix:$path"
mark_log
kill -HUP "$second"
wait_log "reload refused: cannot listen on unix $path: "
stop_echod
use_echod echod "$first"
conf=$saved
run_check -c 2 "unix:$path"
check_signal client TERM
good_check client

# A file that is not ours any more is left alone at the end.
rm "$path"
echo precious >"$path"
stop_echod
[ "$(cat "$path")" = precious ] || fail "another file was removed"
conf=/dev/null

# What is no socket is never replaced.
refused_echod 1 "cannot listen on unix $path: there is a file which is no socket" -w 1 -l "unix:$path"
[ "$(cat "$path")" = precious ] || fail "another file was replaced"
rm "$path"
mkdir "$path"
refused_echod 1 "cannot listen on unix $path: there is a file which is no socket" -w 1 -l "unix:$path"
rmdir "$path"
ln -s "$work/nowhere" "$path"
refused_echod 1 "cannot listen on unix $path: there is a file which is no socket" -w 1 -l "unix:$path"
rm "$path"
nothing_left

# A stale one is: of an echod that was killed.
start_unix -w 1 -l "unix:$path"
kill -KILL "$echod_pid"
wait_exit "$echod_pid"
[ -S "$path" ] || fail "there is no stale socket to begin with"
start_unix -w 1 -l "unix:$path"
run_check -c 2 "unix:$path"
stop_echod
nothing_left

# No such folder; a path that is too long; relative ones.
refused_echod 1 "cannot listen on unix $work/missing/x: folder $work/missing: No such file or directory" -w 1 -l "unix:$work/missing/x"
refused_echod 2 'the path is longer than 107 bytes' -w 1 -l "unix:/$(printf '%0108d' 0)"
refused_echod 2 'daemon needs an absolute path' -D -w 1 -l unix:relative
start_unix -w 1 -l unix:relative
run_check -c 2 "unix:$work/relative"
stop_echod
[ ! -e relative ] || fail "the relative path is left"
set_conf "listen unix:$path" "listen unix:$path"
refused_echod 78 "$path is listened on already" -w 1
conf=/dev/null

# A name that is in no file system: taken, and given back.
name=@$case_name.$$
start_unix -w 2 -l "unix:$name"
run_check -c 5 -n 20 "unix:$name"
first=$echod_pid
instance=second
refused_echod 1 "cannot listen on unix $name: Address already in use" -w 1 -l "unix:$name"
use_echod echod "$first"
stop_echod
start_unix -w 1 -l "unix:$name"
stop_echod

# Owners: names and numbers; who has no right to give the file away is told so, and nothing is left.
start_unix -w 1 -l "unix:$path owner=$(id -u):$(id -g)"
stop_echod
refused_echod 2 "owner: there is no user 'no-such-user'" -w 1 -l "unix:$path owner=no-such-user"
if [ "$(id -u)" -eq 0 ]; then
	start_unix -w 1 -l "unix:$path owner=4711:4712 mode=0660"
	[ "$(mode_of "$path")" = 'srw-rw---- 660 4711:4712' ] || fail "the file is $(mode_of "$path")"
	stop_echod
	nothing_left
else
	refused_echod 1 "cannot listen on unix $path: owner 0: Operation not permitted" -w 1 -l "unix:$path owner=0"
	nothing_left
fi
