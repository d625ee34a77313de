# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What scripts/setup, scripts/build and the VM harness share: where the cache
# is, how a thing gets into it, and where packages come from. Sourced.
#
# The rules of the cache:
#  - A thing is a file or a directory with "<thing>.stamp" beside it. The stamp
#    says what the thing was made from; another stamp means: make it again.
#  - A thing is made under another name and moved into place, so nobody ever
#    sees half of it, and a running VM keeps the old one.
#  - Who makes holds the lock; who comes second waits and finds it made.

: "${UTRACE_CACHE:=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/utrace}"
export UTRACE_CACHE

# What fails in $(...) fails here, too.
shopt -s inherit_errexit

export LC_ALL=C
export DEBIAN_FRONTEND=noninteractive

say()  { printf '%s\n' "${0##*/}: $*" >&2; }
die()  { say "$*"; exit 1; }

# Run "$@" with everything it says in a log that is shown only if it fails:
# 300 lines of apt hide the one line that matters.
quietly() { quietly_with_input "$@" </dev/null; }

quietly_with_input() {
	local log status=0

	log=$(mktemp)
	"$@" >"$log" 2>&1 || status=$?
	[ "$status" = 0 ] || { tail -n 40 "$log" >&2; say "failed ($status): $*"; }
	rm -f "$log"
	return "$status"
}

recipe_hash() { cat -- "$@" | sha256sum | cut -c1-16; }

is_fresh() { # THING STAMP
	[ -e "$1" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$2" ]
}

# make_thing THING STAMP COMMAND ARGS...: run "COMMAND ARGS... TMP" unless
# THING is there with that STAMP, then move TMP to THING.
make_thing() {
	local thing=$1 stamp=$2 lock
	shift 2

	is_fresh "$thing" "$stamp" && return
	mkdir -p "$(dirname "$thing")" "$UTRACE_CACHE/lock"
	exec {lock}>"$UTRACE_CACHE/lock/$(printf %s "${thing#"$UTRACE_CACHE"/}" | tr / -)"
	flock "$lock"
	if ! is_fresh "$thing" "$stamp"; then
		# Names are reused: what a killed run left behind goes here.
		rm -rf "$thing.tmp" "$thing.old"
		"$@" "$thing.tmp" || {
			rm -rf "$thing.tmp"
			die "could not make $thing"
		}
		rm -f "$thing.stamp"
		[ ! -d "$thing" ] || mv -T "$thing" "$thing.old"
		mv -T "$thing.tmp" "$thing"
		printf '%s\n' "$stamp" >"$thing.stamp"
		rm -rf "$thing.old"
	fi
	exec {lock}>&-
}

host_codename() {
	# shellcheck disable=SC1091
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-unknown}")
}

# The archive this machine is set up to use for Debian itself. Asking apt
# covers both formats of its source lists, and finds a local mirror.
own_sources() { # prints "URI SUITE" for each
	local targets

	targets=$(index_targets)
	if [ -z "$targets" ]; then
		# A fresh container has sources but no lists, and apt names only
		# what it has a list of.
		quietly apt-get -qq update || return
		targets=$(index_targets)
	fi
	awk -v r="$(host_codename)" '$3 == "main" && $2 ~ "^" r "(-security|-updates)?$" { print $1, $2 }' \
		<<<"$targets" | sort -u
}

index_targets() {
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages'
}

mirror() {
	local uri

	uri=$(own_sources | awk -v r="$(host_codename)" '$2 == r { print $1; exit }')
	[ -n "$uri" ] || die "apt knows no source for $(host_codename) main"
	printf '%s\n' "$uri"
}

# A source list for SUITE: of this machine's own release, what it has itself;
# any other suite from the same archive.
sources() { # SUITE
	local opts='arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg'

	if [ "$1" = "$(host_codename)" ]; then
		own_sources | sed "s|.*|deb [$opts] & main|"
	else
		printf 'deb [%s] %s %s main\n' "$opts" "$(mirror)" "$1"
	fi
}

# A new Debian in a directory, with PACKAGES and no documentation.
# Not debootstrap: it follows no alternatives and no virtual packages (gdb
# needs one) and takes twice as long.
new_system() { # SUITE DIR PACKAGES...
	local suite=$1 dir=$2 packages line p
	local -a opts
	shift 2

	packages=$*
	opts=(--mode=root --variant=minbase --format=directory --skip=check/empty
	      --include="${packages// /,}"
	      --aptopt='APT::Sandbox::User "root"')
	for p in doc man locale info zoneinfo gdb/auto-load; do
		opts+=(--dpkgopt="path-exclude=/usr/share/$p/*")
	done
	# mmdebstrap reads no apt.conf: how this machine reaches its archive (a
	# proxy), and whether that may be a snapshot, has to be told.
	while read -r line; do
		opts+=(--aptopt="${line%;}")
	done < <(apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) "[^"]')
	sources "$suite" | quietly_with_input mmdebstrap "${opts[@]}" "$suite" "$dir" -
}

# apt_of SUITE ARGS...: apt-get as a machine with nothing installed and only
# SUITE for a source would see it. Leaves this machine's apt alone.
apt_of() {
	local suite=$1 dir=$UTRACE_CACHE/apt/$1 type=deb index=Packages
	local -a opts
	shift

	# An index of its own, 10 MB that hardly anybody needs.
	if [ "$1" = source ]; then
		dir=$dir-source type=deb-src index=Sources
	fi
	mkdir -p "$dir"/{lists,archives}/partial
	: >"$dir/status"
	sources "$suite" | sed "s/^deb /$type /" >"$dir/sources.list"
	opts=(-qq
	      -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
	      -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
	      -o Dir::State::Lists="$dir/lists" -o Dir::State::Status="$dir/status"
	      -o Dir::Cache="$dir" -o Dir::Cache::Archives="$dir/archives"
	      # The unprivileged download user cannot enter a cache below /root.
	      -o APT::Sandbox::User=root)
	# The index goes with the package: without it nothing can be asked, and
	# what is older than a day may name files the archive no longer has.
	if [ -z "$(find "$dir/lists" -maxdepth 1 -name "*$index*" -mmin -1440)" ]; then
		quietly apt-get "${opts[@]}" update || return
		find "$dir/lists" -maxdepth 1 -name "*$index*" -exec touch {} +
	fi
	case $1 in
	depends | show | policy) apt-cache "${opts[@]}" "$@" ;;
	*) apt-get "${opts[@]}" "$@" ;;
	esac
}
