#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A listener with a greeting sends it once and first, as a frame where there are frames; one without sends nothing of
# its own. --dump-config gives the text back.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'listen tcp:127.0.0.1:0 greeting="a \"b\" # \\ %% w%w\tn%n\n"' 'listen tcp:127.0.0.2:0' \
	'listen tcp:127.0.0.3:0 service=frame greeting=hello' 'listen tcp:127.0.0.4:0 service=discard greeting="from %a\n"' \
	'greeting ""'
start_echod
echo_at=$(listening | sed -n 1p)
plain_at=$(listening | sed -n 2p)
frame_at=$(listening | sed -n 3p)
discard_at=$(listening | sed -n 4p)

talk "$echo_at" 'expect:a "b" # \\ % w0\tn1\n' send:x expect:x quiet:50 fin end
wait_until 30 totals_are active=0
talk "$plain_at" quiet:50 send:x expect:x fin end
talk "$frame_at" 'expect:\x05\0\0\0hello' 'send:\x01\0\0\0x' 'expect:\x01\0\0\0x' fin end
talk "$discard_at" 'expect:from 127.0.0.1:' line: send:x fin end

# n counts the connections of all workers, with this one.
wait_until 30 totals_are active=0
hold four 4 "$plain_at"
talk "$echo_at" 'line:n5' fin end
check_signal four TERM
good_check four
stop_echod

"$ECHOD" -c /dev/null --greeting='say "\t\n' -T >dump 2>&1 && fail "a lone quote is no error"
"$ECHOD" -c /dev/null --greeting='"two words\t\"\\ # %w\n"' -T >dump
grep -q -x -F 'greeting "two words\t\"\\ # %w\n"' dump || fail "not what was written: $(cat dump)"
"$ECHOD" -c dump -T >again
cmp -s dump again || fail "it does not read its own dump: $(diff dump again)"
"$ECHOD" -c /dev/null --greeting='%x' -t 2>said && fail "%x is no error"
grep -q "greeting: a % must have one of 'wan' or another % behind it" said || fail "not told why: $(cat said)"
