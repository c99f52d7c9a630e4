#!/bin/sh
# Runs every fuzz target of the tree, in the modules inside it too, one after the
# other, to the end even where one fails, and fails then.
#
#   tools/fuzz.sh 'go test' 30s
#
# The time is for each target. An input that fails is kept in its package's
# testdata/fuzz, where `go test` runs it from then on: commit it with what mends it.
set -u
command=$1
time=$2
status=0
files=$(find . -name '*_test.go' -not -path '*/.*' -not -path '*/node_modules/*' -exec grep -l '^func Fuzz' {} +)
if [ -z "$files" ]; then
	echo 'there are no fuzz targets' >&2
	exit 1
fi
for file in $files; do
	package=$(dirname "$file")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "$package $target, $time"
		# The command is a list of words, given by the Makefile.
		# shellcheck disable=SC2086
		tools/in.sh "$package" $command -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s . || status=1
	done
done
exit $status
