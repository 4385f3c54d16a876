#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Port 7 takes CAP_NET_BIND_SERVICE and nothing else: whoever is not root and has that serves it, and the workers do not
# have it any more. Without it, the line says what is missing.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "only root can give a capability"
command -v setpriv >/dev/null || skip "no setpriv here"
read -r first_free </proc/sys/net/ipv4/ip_unprivileged_port_start || first_free=1024

# The folder of the build may be for root alone.
chmod 755 "$work"
cp "$ECHOD" echod
ECHOD=$work/as_nobody

# as_nobody CAPABILITY...: what starts echod from now on.
as_nobody() {
	printf '#!/bin/sh\nexec setpriv --reuid=54321 --regid=54322 --clear-groups %s -- %s/echod "$@"\n' "$*" "$work" >as_nobody
	chmod 755 as_nobody
}

as_nobody
"$ECHOD" -V >version 2>&1 || skip "nobody can run $work/echod: $(cat version)"
own_address 0
if [ "$first_free" -gt 7 ]; then
	instance=refused
	refused_echod 1 "cannot listen on tcp $address:7: Permission denied (ports below 1024 need root or CAP_NET_BIND_SERVICE)" \
		-w 1 -l "tcp:$address:7"
fi

as_nobody --inh-caps=+net_bind_service --ambient-caps=+net_bind_service
setpriv --inh-caps=+net_bind_service --ambient-caps=+net_bind_service true || skip "we do not have the capability"
instance=echod
start_echod -w 2 -l "tcp:$address:7" -l "udp:$address:7"
run_check -c 5 -n 20 "$address:7"
run_datagrams -c 5 -n 20 -t 30s "$address:7"
grep -q '^CapEff:.*0000000000000400$' "/proc/$echod_pid/status" || fail "the supervisor: $(grep Cap "/proc/$echod_pid/status")"
for set in CapPrm CapEff CapInh CapAmb; do
	grep -q "^$set:.*0000000000000000\$" "/proc/$(worker_pid 1)/status" ||
		fail "a worker: $(grep Cap "/proc/$(worker_pid 1)/status")"
done

# Over a crash and a reload.
kill -KILL "$(worker_pid 0)"
reload
run_check -c 5 -n 20 "$address:7"
stop_echod
