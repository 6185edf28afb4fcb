# shellcheck shell=sh disable=SC2154 # $cache is set by lib.sh
# SPDX-License-Identifier: GPL-2.0-only
#
# apt.sh - Debian packages of any suite, unpacked into the cache
#
# Sourced after lib.sh.  Uses package lists in the cache, so it needs no root and does not
# change the machine's apt.  From that it takes only the mirror and the keys.

# apt_sources: print "URI suite" for each source of this machine's apt.
apt_sources() {
	# shellcheck disable=SC2016 # apt expands these, not the shell
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' |
		awk '$3 == "main" && !seen[$0]++ { print $1, $2 }'
}

# apt_setup SUITE: make package lists for SUITE and the suite it builds upon.
apt_setup() {
	apt_dir=$cache/apt/$1
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
	# shellcheck source=/dev/null # says which Debian this is
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	apt_sources | awk -v release="$codename" -v suite="$1" '
		BEGIN { base = suite; sub(/-backports$/, "", base) }
		function source(name) {
			printf "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n",
				$1, name
		}
		$2 == release && !archive++ {
			source(base)
			if (suite != base)
				source(suite)
		}
		$2 == release "-security" && base != "sid" && !security++ {
			source(base "-security")
		}' >"$apt_dir/sources.list"
	[ -s "$apt_dir/sources.list" ] ||
		die "apt knows no source for Debian '$codename'; add the Debian mirror to its sources"
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
	*-backports) # else apt prefers the packages of the release itself
		echo "APT::Default-Release \"$1\";" >>"$apt_dir/apt.conf" ;;
	esac
}

# apt_refresh SUITE: fetch the newest package lists.
apt_refresh() {
	apt_setup "$1"
	quietly apt-get -qq -c "$cache/apt/$1/apt.conf" update
}

# apt_depends SUITE PACKAGE: the packages that PACKAGE names as dependencies.
apt_depends() {
	apt-cache -c "$cache/apt/$1/apt.conf" depends "$2" |
		sed -n 's/^ *Depends: //p'
}

# apt_missing SUITE PACKAGE: PACKAGE and what this machine lacks to run it.
apt_missing() {
	apt-get -c "$cache/apt/$1/apt.conf" --simulate install "$2" |
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
