#!/bin/sh
# Generates again and fails if that changes a file. It compares the files with
# themselves, not with the last commit, so that it can be run in mid-work too.
set -eu
cd "$(dirname "$0")/.."
sums() { find web api -name '*_templ.go' -o -name '*.gen.go' | sort | xargs cksum; }
before=$(sums)
"${1:-make}" generate
if [ "$before" != "$(sums)" ]; then
	echo 'check-generated: these files were not what their sources say, and are now; commit them:' >&2
	{ echo "$before"; sums; } | sort | uniq -u | awk '{ print "  " $3 }' | sort -u >&2
	exit 1
fi
echo 'What is generated is what its sources say.'
