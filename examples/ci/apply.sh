#!/bin/sh
# Policies as code: check every policy in a folder, apply them, run them, and fail
# the build if the server refuses one or the run does not succeed.
#
#   HOLDFAST_URL=https://holdfast.example.com HOLDFAST_TOKEN=hf_… ./apply.sh policies/ [schedules/]
#
# Each file (*.yaml, *.yml or *.json) holds one policy, or one schedule in the second
# folder (such as ../schedules), and is named as it is. Needs a POSIX shell and curl,
# nothing else.
#
#   HOLDFAST_DRY_RUN=true   only look at the policies: nothing is saved and nothing runs
#   HOLDFAST_TIMEOUT=3600   seconds to wait for the run
set -eu

folder=${1:?usage: apply.sh FOLDER-OF-POLICIES [FOLDER-OF-SCHEDULES]}
schedules=${2:-}
url=${HOLDFAST_URL:?set HOLDFAST_URL to the address of the server}
: "${HOLDFAST_TOKEN:?set HOLDFAST_TOKEN to an API token}"
api="${url%/}/api/v1"

umask 077
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# The token goes through a file: arguments can be read by everybody on the machine.
printf 'Authorization: Bearer %s\n' "$HOLDFAST_TOKEN" >"$tmp/auth"

# call METHOD PATH [curl's options]: the status is in $status, the body in $tmp/body,
# the headers in $tmp/headers.
call() {
	method=$1 path=$2
	shift 2
	status=$(curl --silent --show-error --max-time 60 --request "$method" \
		--header "@$tmp/auth" --dump-header "$tmp/headers" --output "$tmp/body" \
		--write-out '%{http_code}' "$@" "$api$path") || exit 1
}

# header NAME: of the last answer, in lower case, as all of ours are.
header() { tr 'A-Z' 'a-z' <"$tmp/headers" | tr -d '\r' | sed -n "s/^$1: *//p"; }

# member NAME: a number or a plain string of the last answer, at its end if there are several.
member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$tmp/body"; }

# refuse WHAT: shows the server's problem and ends with a failure.
refuse() {
	echo "$1: the server answered $status" >&2
	cat "$tmp/body" >&2
	echo >&2
	exit 1
}

# name_of FILE and type_of FILE
name_of() { basename "$1" | sed 's/\.[a-z]*$//'; }
type_of() {
	case $1 in
	*.json) echo application/json ;;
	*) echo application/yaml ;;
	esac
}

# files_in FOLDER: its documents, in $files.
files_in() {
	files=
	for file in "$1"/*.yaml "$1"/*.yml "$1"/*.json; do
		[ -f "$file" ] || continue
		case $file in *[[:space:]]*) echo "$file: no spaces, please" >&2 && exit 1 ;; esac
		files="$files $file"
	done
}

files_in "$folder"
[ -n "$files" ] || { echo "there is no policy in $folder" >&2; exit 1; }

# First look at all of them: nothing is saved while one would be refused.
for file in $files; do
	call POST /simulations --header "Content-Type: $(type_of "$file")" --data-binary "@$file"
	[ "$status" = 200 ] || refuse "$file"
	echo "$(name_of "$file"): $(member due) due, $(member would_process) to be processed, cutoff $(member cutoff)"
done
if [ "${HOLDFAST_DRY_RUN:-false}" = true ]; then
	echo 'nothing was saved and nothing runs: HOLDFAST_DRY_RUN is true'
	exit 0
fi

for file in $files; do
	name=$(name_of "$file")
	call GET "/policies/$name"
	set -- --header "Content-Type: $(type_of "$file")" --data-binary "@$file"
	case $status in
	200)
		# A retired policy is not there to be replaced, but created again.
		if grep -q '"retired_at":null' "$tmp/body"; then
			set -- "$@" --header "If-Match: $(header etag)"
		fi
		;;
	404) ;;
	*) refuse "$name" ;;
	esac
	call PUT "/policies/$name" "$@"
	case $status in
	200 | 201) echo "$name: applied as version $(member version)" ;;
	*) refuse "$name" ;;
	esac
done

policies=$files
# When they run by themselves; the policies are there now.
[ -z "$schedules" ] || files_in "$schedules"
for file in ${schedules:+$files}; do
	name=$(name_of "$file")
	call GET "/schedules/$name"
	set -- --header "Content-Type: $(type_of "$file")" --data-binary "@$file"
	case $status in
	200) set -- "$@" --header "If-Match: $(header etag)" ;;
	404) ;;
	*) refuse "$name" ;;
	esac
	call PUT "/schedules/$name" "$@"
	case $status in
	200 | 201) echo "schedule $name: $(member sentence)" ;;
	*) refuse "schedule $name" ;;
	esac
done

names=
for file in $policies; do
	names="$names${names:+,}\"$(name_of "$file")\""
done
# The key makes the request safe to repeat when the network fails.
call POST /runs --header 'Content-Type: application/json' --retry 3 \
	--header "Idempotency-Key: apply-$(date +%s)-$$" \
	--data "{\"policies\":[$names]}"
[ "$status" = 202 ] || refuse "the run"
run=$(header location)
run=${run#/api/v1}

left=${HOLDFAST_TIMEOUT:-3600}
while :; do
	call GET "$run"
	[ "$status" = 200 ] || refuse "the run"
	result=$(member status)
	case $result in
	queued | running) ;;
	*) break ;;
	esac
	[ "$left" -gt 0 ] || { echo "the run is still $result; gave up waiting" >&2; exit 1; }
	left=$((left - 2))
	sleep 2
done

echo "run ${run#/runs/}: $result, $(member total_processed) processed, $(member total_held) held, $(member total_errors) errors"
if [ "$result" != succeeded ]; then
	cat "$tmp/body" >&2
	echo >&2
	exit 1
fi
