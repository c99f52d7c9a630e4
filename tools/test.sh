#!/bin/sh
# Runs the tests of the module and of the modules inside it, one after the other, to
# the end even where one fails, and fails then.
#
#   tools/test.sh 'go test -race' './...' [module-directory…]
#
# `make test` calls it with a PostgreSQL at hand, which all of them share.
set -u
command=$1
packages=$2
shift 2
status=0
# Both are lists of words, given by the Makefile.
# shellcheck disable=SC2086
$command $packages || status=1
for module in "$@"; do
	echo "module $module"
	# shellcheck disable=SC2086
	tools/in.sh "$module" $command ./... || status=1
done
exit $status
