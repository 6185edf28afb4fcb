# shellcheck shell=sh disable=SC2154 # $cache, $build: lib.sh; $root: the caller
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh - putting programs and files into a guest's root; sourced

find_program() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" ||
		die "program '$1' is missing; run scripts/deps"
}

# Sets up the directories below $root that /bin, /lib and so on really are.
merge_usr() {
	for name in bin sbin lib lib64; do
		mkdir -p "$root/usr/$name"
		ln -s "usr/$name" "$root/$name"
	done
}

# copy_program FILE DIR: a program and the shared libraries it loads, each at
# its own path below $root.
copy_program() {
	cp -L "$1" "$2/"
	copy_libraries "$1"
}

copy_libraries() {
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		case $library in
		"$build"/*)
			continue # ours come as a whole, see scripts/vm
			;;
		esac
		[ -e "$root$library" ] && continue
		mkdir -p "$root${library%/*}"
		cp -L "$library" "$root$library"
	done
}

# pack_cpio DIR: the directory's files, owned by root, as an initramfs.
pack_cpio() {
	(cd "$1" && find . -mindepth 1 -print0 |
		cpio --null --create --format=newc --owner=+0:+0 --quiet)
}
