#!/bin/sh
# Looks for what a make target needs of the machine, and installs what is missing
# with the system's package manager, after saying so:
#
#   tools/need.sh postgres|psql|cc|chromium|curl|promtool|nats …
#
# It is silent where nothing is missing. No database cluster is made and no service
# is left running: Holdfast starts the programs itself.
set -u

say() { echo "holdfast: $*" >&2; }

# have_postgres looks where internal/pglaunch looks. Only it knows which versions
# serve; one that does not is its to refuse.
have_postgres() {
	if [ -n "${HOLDFAST_POSTGRES_BIN:-}" ]; then
		return 0
	fi
	command -v postgres >/dev/null && return 0
	for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
		/opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
		/home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
		/Applications/Postgres.app/Contents/Versions/*/bin; do
		[ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && return 0
	done
	return 1
}

# A test loads real databases with it. Some packages put it beside the server alone.
have_psql() {
	command -v psql >/dev/null && return 0
	for dir in "${HOLDFAST_POSTGRES_BIN:-}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
		/opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
		/home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
		/Applications/Postgres.app/Contents/Versions/*/bin; do
		[ -x "$dir/psql" ] && return 0
	done
	return 1
}

# The race detector is cgo's.
have_cc() { command -v "${CC:-cc}" >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null; }

# examples/ci asks for it, and a test executes that.
have_curl() { command -v curl >/dev/null; }

# Prometheus's tool evaluates the alert rules in a test. Its server is not used.
have_promtool() { command -v promtool >/dev/null; }

# Tests of delivery speak to one of their own.
have_nats() { command -v nats-server >/dev/null; }

# The names that the browser tests look for.
have_chromium() {
	for name in chromium chromium-browser google-chrome chrome; do
		command -v "$name" >/dev/null && return 0
	done
	return 1
}

describe() {
	case $1 in
	postgres) echo "PostgreSQL's programs (14 to 18), to start databases of its own" ;;
	psql) echo "PostgreSQL's client psql, to load real databases in a test" ;;
	cc) echo "a C compiler, for Go's race detector" ;;
	chromium) echo 'Chromium, for the browser tests' ;;
	curl) echo 'curl, for the script of examples/ci' ;;
	nats) echo "NATS's server, for the tests of delivery" ;;
	promtool) echo "Prometheus's promtool, for the tests of the alert rules" ;;
	esac
}

manager() {
	for name in apt-get dnf apk brew; do
		command -v "$name" >/dev/null && { echo "$name"; return; }
	done
	echo none
}

packages() {
	case $1:$2 in
	apt-get:postgres) echo postgresql ;; # the server with its contrib modules
	apt-get:psql | apk:psql) echo postgresql-client ;;
	apt-get:cc) echo gcc libc6-dev ;;
	apt-get:chromium) echo chromium ;;
	dnf:postgres) echo postgresql-server postgresql-contrib ;;
	dnf:psql) echo postgresql ;;
	dnf:cc) echo gcc glibc-devel ;;
	apk:postgres) echo postgresql postgresql-contrib ;;
	apk:cc) echo gcc musl-dev ;;
	brew:postgres | brew:psql) echo postgresql@17 ;;
	*:chromium) echo chromium ;;
	*:curl) echo curl ;;
	*:nats) echo nats-server ;;
	dnf:promtool) echo golang-github-prometheus ;;
	*:promtool) echo prometheus ;;
	esac
}

ways_out() {
	case $1 in
	postgres) say '  PostgreSQL: install version 14 to 18 with your package manager, or name the directory of its programs in HOLDFAST_POSTGRES_BIN' ;;
	cc) say '  C compiler: install gcc or clang (macOS: xcode-select --install)' ;;
	psql) say '  psql: install the client of PostgreSQL with your package manager, so that it is found in PATH' ;;
	curl) say '  curl: install it with your package manager' ;;
	promtool) say '  promtool: install Prometheus, or put the promtool of its release into PATH' ;;
	nats) say '  nats-server: install it with your package manager, or put the program of its release into PATH' ;;
	chromium) say '  Chromium: install it so that chromium, chromium-browser, google-chrome or chrome is found in PATH' ;;
	esac
}

give_up() {
	say "$1"
	for thing in $missing; do ways_out "$thing"; done
	exit 1
}

# as_root runs a command as root, by sudo where that is needed.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

may_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# without_cluster runs a command while Debian's packages are told not to make a
# database cluster and start it, and to start no service at all.
without_cluster() {
	off=/etc/postgresql-common/createcluster.d/holdfast-install.conf
	as_root mkdir -p "${off%/*}"
	echo 'create_main_cluster = false' | as_root tee "$off" >/dev/null
	policy=/usr/sbin/policy-rc.d
	[ -e "$policy" ] && policy=''
	if [ -n "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
	fi
	"$@"
	result=$?
	as_root rm -f "$off"
	[ -n "$policy" ] && as_root rm -f "$policy"
	return $result
}

# Debian's prometheus and nats-server are services too, which would start with the machine.
no_new_service() {
	command -v systemctl >/dev/null || return 0
	case " $missing " in *' promtool '*) as_root systemctl disable prometheus.service >/dev/null 2>&1 ;; esac
	case " $missing " in *' nats '*) as_root systemctl disable nats-server.service >/dev/null 2>&1 ;; esac
	return 0
}

apt_install() {
	as_root apt-get -q update || return
	without_cluster as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y --no-install-recommends install "$@" || return
	no_new_service
}

install() {
	case $manager in
	apt-get) apt_install "$@" ;;
	dnf) as_root dnf -y install "$@" ;;
	apk) as_root apk add "$@" ;;
	brew) brew install "$@" ;;
	esac
}

missing=''
for thing in "$@"; do
	"have_$thing" || missing="$missing $thing"
done
[ -z "$missing" ] && exit 0

manager=$(manager)
say 'this needs, and does not find:'
wanted=''
for thing in $missing; do
	say "  $(describe "$thing")"
	wanted="$wanted $(packages "$manager" "$thing")"
done
[ "$manager" = none ] && give_up 'there is no package manager here that I know (apt-get, dnf, apk, brew). What you can do:'
[ "$manager" != brew ] && ! may_be_root && give_up 'installing needs root, and there is no sudo. What you can do:'

# shellcheck disable=SC2086 # a list of packages
set -- $wanted
say "installing with $manager: $*"
install "$@" >&2 || give_up "the installation failed (see above). What you can do:"
for thing in $missing; do
	"have_$thing" || give_up 'the installation went well, and something is still not found. What you can do:'
done
say 'installed.'
