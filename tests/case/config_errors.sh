#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every mistake in a configuration is reported, all of them at once, each in one line that says where and why; the exit
# status tells a bad file (78) from a bad command line (2).

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

conf=$work/echod.conf

# check STATUS ARGUMENT...: echod -t has to end with it; what it says is in the file said.
check() {
	expected=$1
	shift
	status=0
	"$ECHOD" -c "$conf" -t "$@" >out 2>said </dev/null || status=$?
	[ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $(cat said "$conf")"
	[ ! -s out ] || fail "output: $(cat out)"
}

# good TEXT: a file with this text, as printf makes it, has no mistakes.
good() {
	# shellcheck disable=SC2059
	printf "$1" >"$conf"
	check 0
	[ ! -s said ] || fail "a good file is complained about: $(cat said)"
}

# bad LINE PATTERN TEXT: one mistake, in this line.
bad() {
	# shellcheck disable=SC2059
	printf "$3" >"$conf"
	check 78
	[ "$(wc -l <said)" -eq 1 ] || fail "not one line, but: $(cat said)"
	grep -q -e "$conf:$1: .*$2" said || fail "not '$2' in line $1, but: $(cat said)"
}

good ''
good '\n\n\n'
good '# nothing\n   # nothing\n\t\n'
good 'workers 2'
good 'workers 2\r\nlisten tcp:127.0.0.1:0\r\n'
good '  workers\t 2   # two\n'
good 'workers auto\nport 0\nport 7777\ndaemon off\n'
good 'drain-timeout 0\nstart-timeout 100ms\nlog-level debug\npid-file /run/a#b\n'
good "#$(printf '%01000d' 0)\nworkers 1024\n"

# Names.
bad 2 "unknown.*'wrokers'.*workers" 'port 0\nwrokers 2\n'
bad 1 "'Workers'" 'Workers 2\n'
bad 1 "'listen-on'" 'listen-on tcp:127.0.0.1:0\n'
bad 1 "'xyzzy'" 'xyzzy\n'
bad 1 "'workers=2'" 'workers=2\n'
bad 1 'config: ' 'config other\n'
bad 3 'workers.*line 1' 'workers 2\n\nworkers 3\n'
# Numbers.
for value in 0 1025 -1 +1 1.5 0x2 2k ' 2 2' 18446744073709551617 99999999999999999999999999 two ''; do
	bad 1 workers "workers $value\n"
done
for value in 65536 -1 18446744073709551616 http ''; do
	bad 1 port "port $value\n"
done
for value in -1s 1d 25h s ms 99999999999999999999h '1 s' 1e3 ''; do
	bad 1 drain-timeout "drain-timeout $value\n"
done
bad 1 start-timeout 'start-timeout 0\n'
# Words.
bad 1 daemon 'daemon yes\n'
bad 1 daemon 'daemon\n'
bad 1 log-level 'log-level loud\n'
bad 1 pid-file 'pid-file\n'
# Limits.
for value in 0 -1 none 10000001 1k; do
	bad 1 max-connections "max-connections $value\n"
done
bad 1 max-connections-per-source 'max-connections-per-source 1000001\n'
bad 1 'refuse wait' 'when-full drop\n'
bad 1 'closing quote' 'refusal-text "full\n'
bad 1 'must have one of n, r, t' 'refusal-text "full\\x"\n'
bad 1 'longer than 255' "refusal-text $(printf '%0256d' 0)\n"
good 'allow 10.0.0.0/8\nallow ::1\ndeny all\n'
bad 2 'did you mean 10.0.0.0/8' 'allow all\ndeny 10.1.2.3/8\n'
bad 1 "10.0.0.0/BITS: '8 11" 'deny 10.0.0.0/8 11.0.0.0/8\n'
bad 1 "allow: 'none' is no network" 'listen tcp:127.0.0.1:0 allow=none\n'
# Addresses.
for value in '' tcp tcp: tcp:7777 tcp:host tcp::7777 tcp:::1:7777 'tcp:[::1]' 'tcp:[::1:7' tcp:127.0.0.1:65536 \
	tcp:127.0.0.1:-1 tcp:127.0.0.1: sctp:127.0.0.1:7 tcp:no.such.name.invalid:7 "tcp:$(printf '%0300d' 0):7"; do
	bad 1 listen "listen $value\n"
done
bad 2 'already' 'listen tcp:127.0.0.1:7\nlisten tcp:127.0.0.1:7\n'
# Settings that do not go together, once, however many listeners they are for.
bad 3 'pending-high: pending-low (64k) must be less than pending-high (32k)' \
	'listen tcp:127.0.0.1:0\nlisten tcp:127.0.0.2:0\npending-high 32k\n'
bad 2 'listen: pending-low (300k) must be less' 'listen tcp:127.0.0.1:0\nlisten tcp:127.0.0.2:0 pending-low=300k\n'
bad 2 'listen: frame is a service for streams' 'service frame\nlisten udp:127.0.0.1:0\n'
for value in 224.0.0.1 255.255.255.255 '[ff02::1]' '[::ffff:224.0.0.1]'; do
	bad 1 'listen: udp needs the address of one host' "listen udp:$value:7000\n"
done
bad 1 'listen: mode: has no meaning for a name' 'listen unix:@x mode=0600\n'
bad 2 'listen: owner: has no meaning for a name' 'mode 0600\nlisten unixgram:@x owner=root\n'
good 'mode 0600\nlisten unix:@x\nlisten unix:/run/x mode=0666\n'
bad 1 'listen: daemon needs an absolute path' 'listen unix:s\ndaemon on\n'
bad 2 'user: user and group do not name the same group' 'group 5\nuser 4:6\n'
# Bytes that have no place in a text.
bad 2 'NUL' 'port 0\nworkers \0002\n'
bad 1 'longer' "workers $(printf '%01100d' 2)\n"
bad 1 "'???'" '\377\033\001 2\n'
bad 1 "'???workers'" '\357\273\277workers 2\n'

# All at once, and all in order.
printf 'workers 0\nport 0\nlog-level loud\nfoo\n\ndrain-timeout never' >"$conf"
check 78
sed 's/.*echod.conf:\([0-9]*\):.*/\1/' said | tr '\n' ' ' >lines
[ "$(cat lines)" = '1 3 4 6 ' ] || fail "not the lines 1, 3, 4 and 6, but: $(cat said)"

# Not a file that can be read.
rm "$conf"
check 78
grep -q -e "$conf: .*No such file" said || fail "a missing file: $(cat said)"
mkdir "$conf"
check 78
grep -q -e "$conf: .*directory" said || fail "a directory: $(cat said)"
rmdir "$conf"
mkfifo "$conf"
check 78 # and does not wait for a writer
rm "$conf"
head -c 3000000 /dev/zero | tr '\0' '#' >"$conf"
check 78
: >"$conf"
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 "$conf"
	check 78
	grep -q -e "$conf: .*Permission denied" said || fail "an unreadable file: $(cat said)"
	chmod 600 "$conf"
fi

# wrong PATTERN ARGUMENT...: a mistake in the command line.
wrong() {
	pattern=$1
	shift
	check 2 "$@"
	grep -q -e "$pattern" said || fail "not '$pattern', but: $(cat said)"
}
wrong '--wrokers.*--workers' --wrokers=2
wrong '-x' -x
wrong "option '--udp' is ambiguous: '--udp-rate', '--udp-burst'" --udp
wrong 'value' --workers
wrong 'value' -w
wrong 'value' --test=yes
wrong 'workers.*0' -w 0
wrong 'workers' --workers=
wrong 'port.*65536' -p 65536
wrong 'listen' -l 127.0.0.1:7
wrong 'daemon' --daemon=maybe
wrong "'more'" more
wrong 'log-level.*loud' --log-level=loud
wrong 'pending-low (64k) must be less than pending-high (32k)' --pending-high=32k
wrong 'pending-low (300k) must be less than pending-high (256k)' -l 'tcp:127.0.0.1:0 pending-low=300k'
echo 'listen udp:127.0.0.1:0' >"$conf"
wrong '--service: frame is a service for streams' --service=frame
: >"$conf"
wrong "idle-timeout: 'soon' is neither off nor a time from 10ms to 24h" --idle-timeout=soon
wrong "min-drain-rate: '17m' is neither off nor a size from 1 to 16m" --min-drain-rate=17m
wrong "max-frame: '17m' is not a size" --max-frame=17m
# The file's mistakes are told with those of the command line.
printf 'port 0\nworkers none\n' >"$conf"
wrong '--port.*http' -w 0 -p http
grep -q -e '--workers.*0' said || fail "no word of the other option: $(cat said)"
grep -q -e "$conf:2: workers" said || fail "no word of the file: $(cat said)"

# What the command line says beside it does not make it guilty.
echo 'pending-low 300k' >"$conf"
check 78 -w 1 --daemon=off -p 0
grep -q -e "$conf:1: pending-low: pending-low (300k) must be less than pending-high (256k)" said ||
	fail "not the line of the file: $(cat said)"

# Without -t, too: nothing is started.
echo 'workers none' >"$conf"
refused_echod 78 'echod.conf:1: workers'
refused_echod 78 'echod.conf:1: workers' -D
rm "$conf"
refused_echod 78 'No such file'
conf=/dev/null
refused_echod 2 "'echod --help'" --no-such-option
