#!/bin/sh
# Runs a command with its temporary files in memory, if the machine has memory to spare.
#
#   tools/ram.sh command [argument…]
#
# Hundreds of small databases are made and thrown away by the tests, and writing them to
# a disk took as long as the tests themselves. What is written to a memory file system
# outlives every process, also one that is killed, so tests of crashes mean the same there.
# HOLDFAST_TEST_TMPDIR names another directory; empty means the usual one.
set -eu
memory=/dev/shm
least=6291456 # kB free

roomy() {
	[ -d "$1" ] && [ -w "$1" ] || return 1
	free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
	available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null || echo 0)
	[ "${free:-0}" -ge "$least" ] && [ "${available:-0}" -ge "$least" ]
}

if [ -n "${HOLDFAST_TEST_TMPDIR+set}" ]; then
	[ -z "$HOLDFAST_TEST_TMPDIR" ] || TMPDIR=$HOLDFAST_TEST_TMPDIR
elif roomy "$memory"; then
	TMPDIR=$(mktemp -d "$memory/holdfast-test-XXXXXX")
	# PostgreSQL runs as another user where the tests run as root.
	chmod 1777 "$TMPDIR"
	trap 'rm -rf "$TMPDIR"' EXIT
fi
# A signal reaches the command too, which ends in its own time; then this ends.
trap : INT TERM HUP
[ -z "${TMPDIR:-}" ] || export TMPDIR
status=0
"$@" || status=$?
exit "$status"
