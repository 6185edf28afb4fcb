# shellcheck shell=sh disable=SC2154 # $cache, $build: lib.sh; $root, $arch: the caller
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh - put programs and files into a guest's root; sourced
#
# $sysroot is empty, or a directory with programs and libraries of another architecture,
# $arch.
sysroot=

# use_sysroot: set it; what the guest needs of Debian is unpacked there.
use_sysroot() {
	sysroot=$cache/guest-$arch
	lists=bookworm:$arch
	[ ! -e "$sysroot/complete" ] || return 0
	say "fetching the guest's programs into $sysroot"
	apt_refresh "$lists" ||
		die "cannot fetch the package lists of $lists; is the network up?"
	rm -rf "$sysroot"
	# shellcheck disable=SC2046,SC2086 # lists
	apt_unpack "$lists" "$sysroot" $(apt_missing "$lists" $foreign_packages)
	touch "$sysroot/complete"
}

# What has $programs of scripts/guest-root, and the library of C++
foreign_packages='busybox bash dash iproute2 iputils-ping tcpdump nftables coreutils kmod
	util-linux strace libstdc++6'

find_program() {
	if [ -n "$sysroot" ]; then
		for path in usr/bin bin usr/sbin sbin; do
			[ -e "$sysroot/$path/$1" ] && echo "$sysroot/$path/$1" && return
		done
		die "program '$1' is not in '$sysroot'"
	fi
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" ||
		die "program '$1' is missing; run scripts/deps demo"
}

# merge_usr: below $root, make /usr/bin, /usr/lib and so on, and /bin, /lib as links to
# them.
merge_usr() {
	for name in bin sbin lib lib64; do
		mkdir -p "$root/usr/$name"
		ln -s "usr/$name" "$root/$name"
	done
}

# copy_program FILE DIR: copy a program to DIR, and the shared libraries that it loads
# to their own paths below $root.
copy_program() {
	cp -L "$1" "$2/"
	copy_libraries "$1"
}

copy_libraries() {
	if [ -n "$sysroot" ]; then
		copy_foreign_libraries "$1" "$sysroot" "lib/$(triplet "$arch")"
		return
	fi
	# ldd runs the program's interpreter: a kernel without 32-bit programs refuses.
	if readelf -h "$1" 2>/dev/null | grep -q ELF32; then
		copy_foreign_libraries "$1" '' lib32
		return
	fi
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		case $library in
		"$build"/*)
			continue # scripts/vm copies all of ours
			;;
		esac
		copy_library "$library"
	done
	for name in $(loads "$1"); do
		# It is where the C library is.
		library=$(ldd "$1" | sed -n "s,.* => \(/.*/\)libc\.so.*,\1$name,p")
		[ ! -e "$library" ] || [ -e "$root$library" ] || {
			copy_library "$library"
			copy_libraries "$library"
		}
	done
}

copy_library() {
	[ ! -e "$root$1" ] || return 0
	mkdir -p "$root${1%/*}"
	cp -L "$1" "$root$1"
}

# loads FILE: the names of libraries that the tool loads when it needs them.  Neither ldd nor
# readelf knows them.
loads() { grep -ao 'libmicrohttpd\.so\.[0-9]*' "$1" | sort -u; }

# copy_foreign_libraries FILE SYSROOT DIR: the same for a program that this machine may not
# run, so that only readelf knows its libraries.  The program's interpreter has a path in
# SYSROOT, a library just a name; it is in DIR or usr/DIR.
copy_foreign_libraries() {
	{
		readelf -ld "$1" 2>/dev/null |
			sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p; s,.*interpreter: /\(.*\)\],\1,p'
		loads "$1"
	} |
		while read -r name; do
			for path in "$name" "$3/$name" "usr/$3/$name"; do
				[ -f "$2/$path" ] || continue
				[ ! -e "$root/$path" ] || break
				mkdir -p "$root/${path%/*}"
				cp -L "$2/$path" "$root/$path"
				(copy_foreign_libraries "$2/$path" "$2" "$3")
				break
			done
		done
}

# pack_cpio DIR: print the directory's files, owned by root, as an initramfs.
pack_cpio() {
	(cd "$1" && find . -mindepth 1 -print0 |
		cpio --null --create --format=newc --owner=+0:+0 --quiet)
}
