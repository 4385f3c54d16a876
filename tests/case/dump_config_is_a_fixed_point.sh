#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What echod -T prints is a configuration file that means the same: echod -c of it prints it again.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# same ARGUMENT...: for the settings that these options make; the first dump is left in the file one.
same() {
	"$ECHOD" -c "$conf" "$@" -T >one 2>err || fail "echod $* -T: $(cat err)"
	[ -s one ] || fail "echod $* -T prints nothing"
	"$ECHOD" -c one -T >two 2>err || fail "its own output is not good: $(cat err one)"
	cmp -s one two || fail "$*: $(diff one two)"
	"$ECHOD" -c one -t || fail "-t does not like it"
}

# shows LINE: in the dump.
shows() {
	grep -q -x -F -e "$1" one || fail "no line '$1' in: $(cat one)"
}

same
same -w 3 -p 0 --drain-timeout=1500ms --start-timeout=2m
shows 'workers 3'
shows 'listen tcp:*:0'
shows 'drain-timeout 1500ms'
shows 'start-timeout 2m'
same -l tcp:127.0.0.1:7 -l 'tcp:[::1]:8' -l 'tcp:*:9' -l tcp:localhost:10 -p 11
shows 'listen tcp:127.0.0.1:7'
shows 'listen tcp:[::1]:8'
shows 'listen tcp:*:9'
shows 'listen tcp:localhost:10'
shows 'listen tcp:*:11'
same -D -P "$work/a pid#file" -vv
shows 'daemon on'
shows "pid-file $work/a pid#file"
shows 'log-level debug'
same --workers=auto --daemon=off -q --drain-timeout=0 --start-timeout=1h --pid-file=none
shows 'workers auto'
shows 'daemon off'
shows 'log-level warn'
shows 'start-timeout 1h'
shows 'pid-file none'

# A file, and what the command line changes of it.
set_conf 'workers 7' 'port 1' 'port 2' 'drain-timeout 3' 'log-level info' 'daemon on' 'pid-file /run/echod.pid'
same
shows 'workers 7'
shows 'listen tcp:*:1'
shows 'listen tcp:*:2'
shows 'drain-timeout 3s'
shows 'pid-file /run/echod.pid'
same -w 8 --daemon=off -p 3
shows 'workers 8'
shows 'daemon off'
[ "$(grep -c '^listen' one)" -eq 1 ] || fail "the command line's port does not replace the file's"

# Nothing was started by all this, and -T shows what is wrong instead of a half of it.
status=0
"$ECHOD" -c /dev/null -w 0 -T >one 2>err || status=$?
[ "$status" -eq 2 ] || fail "a bad command line: status $status"
[ ! -s one ] || fail "a bad command line, and still: $(cat one)"
