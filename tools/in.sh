#!/bin/sh
# Runs a command in a directory, in the environment that its env.sh asks for, if it
# has one.
#
#   tools/in.sh directory command [argument…]
set -eu
cd "$1"
shift
if [ -f env.sh ]; then
	# shellcheck disable=SC1091
	. ./env.sh
fi
exec "$@"
