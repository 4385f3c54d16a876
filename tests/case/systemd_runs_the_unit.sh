#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# echod works inside the sandbox of its own unit, as it was built: a systemd in namespaces of its own starts it, reloads
# and stops it; so it does with the socket unit, at the first client. What the sandbox forbids that echod needs would show
# here and nowhere else.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

[ -f "$top_builddir/Makefile" ] || skip "no Makefile in $top_builddir"
[ "$(id -u)" -eq 0 ] || skip "only root can start another systemd"
is_sanitized && skip "the sanitizers need what the unit forbids"
systemd=/lib/systemd/systemd
[ -x "$systemd" ] || skip "no systemd here"
command -v unshare >/dev/null || skip "no unshare here"
[ -x /bin/kill ] || skip "no /bin/kill here, which the unit reloads with"
: "${MAKE:=make}"
command -v "$MAKE" >/dev/null || skip "no make here"
unset MAKEFLAGS MFLAGS MAKELEVEL
"$MAKE" -C "$top_builddir" etc/echod.service >make.out 2>&1 || fail "$(cat make.out)"

# For the units as they are here the program and its settings are where they would be installed.
program=$(sed -n 's|^ExecStart=\(/[^ ]*\) .*|\1|p' "$top_builddir/etc/echod.service")
settings=$(sed -n 's|^ExecStart=.* -c ||p' "$top_builddir/etc/echod.service")
for folder in "${program%/*}" "${settings%/*}"; do
	[ -d "$folder" ] || skip "no folder $folder here"
	case $folder in /bin | /usr/bin | /etc) skip "$folder has what systemd needs" ;; esac
done
chmod 755 "$work"
mkdir units results
set_conf 'workers 2' 'listen tcp:*:7777 max-connections-per-source=100' 'listen udp:*:7777' 'listen unix:/run/echod/socket'

# unit FILE: the unit, for a systemd that starts nothing else.
unit() {
	sed -e 's|^\[Unit\]|&\nDefaultDependencies=no|' "$1" >"units/${1##*/}"
}
unit "$top_builddir/etc/echod.service"
printf '%s\n' '[Service]' "StandardError=append:$work/results/echod.log" >units/log.conf
mkdir units/echod.service.d
mv units/log.conf units/echod.service.d/
printf '%s\n' '[Unit]' 'DefaultDependencies=no' 'Requires=client.service' >units/test.target
printf '%s\n' '[Unit]' 'DefaultDependencies=no' '[Service]' 'Type=oneshot' \
	"ExecStart=/bin/sh $work/client" >units/client.service

# The first process of the namespaces. Nothing that it could write to is the machine's.
cat >first <<END
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount --bind -o ro /proc/sys /proc/sys
mount --bind -o ro /etc /etc
umount -R /sys/fs/cgroup
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var
mkdir /var/tmp
mount -t tmpfs -o mode=755 tmpfs "${program%/*}"
mount -t tmpfs -o mode=755 tmpfs "${settings%/*}"
cp "$ECHOD" "$program"
cp "$ECHOCHECK" "${program%/*}/echocheck"
cp "$DATAGRAMS" "${program%/*}/datagrams"
cp "$conf" "$settings"
mkdir -p "$work/generators"
exec env -i PATH="$PATH" container=other SYSTEMD_UNIT_PATH="$work/units" SYSTEMD_GENERATOR_PATH="$work/generators" \\
	$systemd --system --unit=test.target --log-target=null --show-status=0
END

# What is done there, and how it went: one line each in results/said.
cat >client <<END
exec >$work/results/said 2>&1
say() {
	_what=\$1
	shift
	"\$@" && echo "\$_what: good" || echo "\$_what: failed"
}
echo here
if [ -e $work/units/echod.socket ]; then
	say socket systemctl start echod.socket
else
	say start systemctl start echod.service
fi
say tcp ${program%/*}/echocheck -c 5 -n 20 127.0.0.1:7777
if [ ! -e $work/units/echod.socket ]; then
	say udp ${program%/*}/datagrams -c 5 -n 20 -t 30s 127.0.0.1:7777
	say unix ${program%/*}/echocheck -c 2 -n 4 -s 3000000 -f unix:/run/echod/socket
fi
say active systemctl is-active echod.service
say reload systemctl reload echod.service
tries=0 # the signal is sent, and no more
until grep -q 'generation 2 is serving' $work/results/echod.log || [ \$tries -eq 600 ]; do
	tries=\$((tries + 1))
	sleep 0.05
done
say generation-2 grep -q 'generation 2 is serving' $work/results/echod.log
echo 'wrokers 2' >$settings
say refused-reload systemctl reload echod.service
say again ${program%/*}/echocheck -c 5 -n 20 127.0.0.1:7777
systemctl show -p StatusText echod.service
say stop systemctl stop echod.service
systemctl show -p Result echod.service
echo end
END

# In a group of its own, so that the whole of it can be told apart and removed.
hierarchy=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
[ -n "$hierarchy" ] || skip "no cgroup2 here"
group=$hierarchy/$case_name.$$

# is_removed: the group, once its last process has gone.
is_removed() {
	find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$group" ]
}

has_said_or_gone() {
	grep -q -x "$1" results/said 2>/dev/null || is_gone "$init"
}

# run_units: one life of that systemd.
run_units() {
	rm -f results/*
	mkdir "$group" 2>mkdir.err || skip "cannot make a cgroup: $(cat mkdir.err)"
	(
		echo 0 >"$group/cgroup.procs" &&
			exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup /bin/sh "$work/first"
	) </dev/null >first.out 2>&1 &
	init=$!
	started="$started $init"
	within 30 has_said_or_gone here || :
	! grep -q -x here results/said 2>/dev/null || within 60 has_said_or_gone end || :
	kill -KILL "$init" 2>/dev/null || :
	wait_exit "$init"
	wait_until 30 is_removed
	grep -q -x here results/said 2>/dev/null || skip "no systemd in namespaces here: $(cat first.out)"
}

# said LINE...: all of them.
said() {
	for _line; do
		grep -q -x "$_line" results/said || fail "not '$_line': $(cat results/said results/echod.log)"
	done
}

run_units
said 'start: good' 'tcp: good' 'udp: good' 'unix: good' 'active: good' 'reload: good' 'generation-2: good' 'refused-reload: failed' 'again: good' \
	'StatusText=2 workers.*' 'stop: good' 'Result=success'
grep -q 'warn: \|error: ' results/echod.log && fail "it complains: $(cat results/echod.log)"

unit "$top_srcdir/etc/echod.socket"
set_conf 'workers 2' # the socket is the listener
run_units
said 'socket: good' 'tcp: good' 'active: good' 'reload: good' 'generation-2: good' 'again: good' 'stop: good' 'Result=success'
grep -q 'inherited socket 3 (echod.socket) is tcp:\*:7777' results/echod.log || fail "no word of the socket"
