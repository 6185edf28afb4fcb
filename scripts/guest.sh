# shellcheck shell=sh disable=SC2154 # $cache, $build: lib.sh; $root: the caller
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh - put programs and files into a guest's root; sourced

find_program() {
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
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		case $library in
		"$build"/*)
			continue # scripts/vm copies all of ours
			;;
		esac
		[ -e "$root$library" ] && continue
		mkdir -p "$root${library%/*}"
		cp -L "$library" "$root$library"
	done
}

# pack_cpio DIR: print the directory's files, owned by root, as an initramfs.
pack_cpio() {
	(cd "$1" && find . -mindepth 1 -print0 |
		cpio --null --create --format=newc --owner=+0:+0 --quiet)
}
