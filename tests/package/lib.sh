# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

# needs_lib PROGRAM LIBRARY: is it among the shared libraries that it asks for?
needs_lib()
{
	readelf -d "$1" | grep -F NEEDED | grep -qF "[$2]"
}

# expect_kind PROGRAM static|shared: how is riotlb linked to it?
expect_kind()
{
	case $2 in
	shared)
		needs_lib "$1" libriotlb.so.0 || fail "$1 is not linked to it"
		;;
	static)
		! needs_lib "$1" libriotlb.so.0 || fail "$1 is not static"
		;;
	esac
}
