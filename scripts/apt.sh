# shellcheck shell=sh disable=SC2154 # $cache is set by lib.sh
# SPDX-License-Identifier: GPL-2.0-only
#
# apt.sh - Debian packages of any suite, unpacked into the cache
#
# SUITE may be "SUITE:ARCHITECTURE": packages of that architecture, and as if this machine
# had none installed.
#
# Sourced after lib.sh.  Uses package lists in the cache, so it needs no root and does not
# change the machine's apt.  From that it takes only the mirror and the keys.

# apt_sources: print "archive URI SUITE" or "security URI SUITE" for each of Debian's sources
# of this machine's apt.  On Ubuntu, whose apt should not know any, DEBIAN_MIRROR says where
# one is.
apt_sources() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "archive $DEBIAN_MIRROR bookworm"
		return
	fi
	# shellcheck source=/dev/null # says which Debian this is
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# apt knows the origin of a source once it has its lists.
	# shellcheck disable=SC2016 # apt expands these, not the shell
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' |
		awk -v names="$codename stable testing unstable sid" '
		BEGIN { split(names, list); for (i in list) debian[list[i]] }
		$3 != "main" || ($4 !~ /^\$/ && $4 != "Debian") { next }
		$2 ~ /-security$/ { print "security", $1, $2 }
		$2 in debian { print "archive", $1, $2 }'
}

# apt_host_suite: print the suite that this machine is of.
apt_host_suite() {
	apt_sources | awk '$1 == "archive" { print $3; exit }'
}

# apt_proxy_options: print the proxies of this machine's apt as options of mmdebstrap.
apt_proxy_options() {
	apt-config dump --format '%f="%v"%n' 2>/dev/null |
		sed -n 's/^\(Acquire::[a-z]*::[Pp]roxy\)="\([^" ]*\)"$/--aptopt=\1="\2"/p'
}

# apt_setup SUITE: make package lists for SUITE and the suite it builds upon.
apt_setup() {
	apt_dir=$cache/apt/$1
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
	apt_sources | awk -v suite="${1%:*}" '
		BEGIN { base = suite; sub(/-backports$/, "", base) }
		function source(name) {
			printf "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n",
				$2, name
		}
		$1 == "archive" && !archive++ {
			source(base)
			if (suite != base)
				source(suite)
		}
		$1 == "security" && base != "sid" && !security++ {
			source(base "-security")
		}' >"$apt_dir/sources.list.new"
	[ -s "$apt_dir/sources.list.new" ] ||
		die "apt knows no source of Debian; say where one is: DEBIAN_MIRROR=http://.../debian"
	mv "$apt_dir/sources.list.new" "$apt_dir/sources.list"
	cat >"$apt_dir/apt.conf" <<-END
		Dir::Etc::sourcelist "$apt_dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::lists "$apt_dir/lists";
		Dir::Cache::archives "$apt_dir/archives";
		Dir::Cache::pkgcache "";
		Dir::Cache::srcpkgcache "";
		Acquire::Check-Valid-Until "false";
		APT::Sandbox::User "";
		APT::Install-Recommends "false";
		Debug::NoLocking "true";
	END
	case $1 in
	*:*)
		cat >>"$apt_dir/apt.conf" <<-END
			APT::Architecture "${1#*:}";
			APT::Architectures { "${1#*:}"; };
			Dir::State::status "/dev/null";
		END
		;;
	*-backports) # else apt prefers the packages of the release itself
		echo "APT::Default-Release \"$1\";" >>"$apt_dir/apt.conf" ;;
	esac
}

# apt_refresh SUITE: fetch the newest package lists.
apt_refresh() {
	mkdir -p "$cache/apt"
	(
		flock 8
		apt_setup "$1"
		quietly apt-get -qq -c "$cache/apt/$1/apt.conf" update
	) 8>"$cache/apt/$1.lock"
}

# apt_depends SUITE PACKAGE: the packages that PACKAGE names as dependencies.
apt_depends() {
	apt-cache -c "$cache/apt/$1/apt.conf" depends "$2" |
		sed -n 's/^ *Depends: //p'
}

# apt_missing SUITE PACKAGE...: these packages and what this machine lacks to run them.
apt_missing() {
	missing_conf=$cache/apt/$1/apt.conf
	shift
	apt-get -c "$missing_conf" --simulate install "$@" |
		awk '$1 == "Inst" { print $2 }'
}

# apt_unpack SUITE DIR PACKAGE...: download the packages and unpack them there.
apt_unpack() {
	unpack_conf=$cache/apt/$1/apt.conf
	unpack_dir=$2
	shift 2
	unpack_tmp=$(mktemp -d "$cache/download.XXXXXX")
	mkdir -p "$unpack_dir"
	if (cd "$unpack_tmp" && quietly apt-get -qq -c "$unpack_conf" download "$@"); then
		for deb in "$unpack_tmp"/*.deb; do
			dpkg -x "$deb" "$unpack_dir"
		done
		rm -rf "$unpack_tmp"
	else
		rm -rf "$unpack_tmp"
		return 1
	fi
}

# apt_version SUITE PACKAGE: the version that apt would install.
apt_version() {
	apt-cache -c "$cache/apt/$1/apt.conf" policy "$2" |
		sed -n 's/^ *Candidate: //p'
}
