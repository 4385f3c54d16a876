#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes ./configure from a checkout. A release tarball has it already.

set -eu
cd "$(dirname "$0")"

packages=

# need PACKAGE PROGRAM...: one of the programs has to be there.
need() {
	package=$1
	shift
	for program; do
		if command -v "$program" >/dev/null 2>&1; then
			return 0
		fi
	done
	echo "autogen.sh: $1 is missing (Debian package: $package)" >&2
	packages="$packages $package"
}

need autoconf "${AUTORECONF:-autoreconf}"
need automake "${AUTOMAKE:-automake}"
need pkg-config "${PKG_CONFIG:-pkg-config}" pkgconf
need gcc "${CC:-cc}" gcc clang
need make "${MAKE:-make}" gmake

if [ -n "$packages" ]; then
	echo "autogen.sh: on Debian: apt-get install$packages" >&2
	exit 1
fi

"${AUTORECONF:-autoreconf}" -fi
echo "autogen.sh: now run ./configure && make"
