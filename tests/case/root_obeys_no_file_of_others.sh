#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# As root, echod does not read settings that somebody else could change: it says who could, and the command that mends it,
# and leaves with 78; at a reload nothing changes. Somebody else reads what he likes.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

mkdir etc
conf=$work/etc/echod.conf
printf '%s\n' 'workers 1' 'listen tcp:127.0.0.1:0' >"$conf"
chmod 755 etc
chmod 664 "$conf"
if [ "$(id -u)" -ne 0 ]; then
	start_echod
	stop_echod
	exit 0
fi

instance=group
refused_echod 78 "^echod: $conf: its group could change it: chmod go-w $conf\$"
chmod 646 "$conf"
instance=others
refused_echod 78 "^echod: $conf: everybody could change it: chmod go-w $conf\$"
chmod 644 "$conf"
chown 54321 "$conf"
instance=owner
refused_echod 78 "^echod: $conf: user 54321 could change it: chown root $conf\$"
chown 0 "$conf"
chmod 777 etc
instance=folder
refused_echod 78 "^echod: $conf: everybody could change it: chmod go-w $work/etc\$"
chmod 755 etc

instance=echod
start_echod
chmod 646 "$conf"
mark_log
kill -HUP "$echod_pid"
wait_log "reload refused: $conf: everybody could change it: chmod go-w $conf\$"
run_check "127.0.0.1:$port"
chmod 644 "$conf"
reload
run_check "127.0.0.1:$port"
stop_echod
