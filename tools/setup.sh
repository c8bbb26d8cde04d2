# SPDX-License-Identifier: MIT
# Sourced by tools/bench and tools/test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# packages all|test: the list of those that one command needs
packages()
{
	awk -v who="$1" '/^#/ || !NF { next } $2 == "all" || $2 == who { print $1 }' \
		tools/packages
}

# missing PACKAGE...: those that are not installed
missing()
{
	local name state
	for name in "$@"; do
		state=$(dpkg-query -W -f='${db:Status-Status}' "$name" \
			2> /dev/null) || state=
		[ "$state" = installed ] || echo "$name"
	done
}

is_debian_12()
{
	[ -r /etc/os-release ] &&
		(. /etc/os-release && [ "${ID-}:${VERSION_ID-}" = debian:12 ])
}

# give_up WHY PACKAGE...
give_up()
{
	echo "$0: $1. These packages are needed (names of Debian 12):" >&2
	shift
	printf '%s\n' "$@"
	exit 2
}

# set_up all|test: installs what is missing; when nothing is, asks for nothing
set_up()
{
	local needed absent as_root=()
	mapfile -t needed < <(packages "$1")
	mapfile -t absent < <(missing "${needed[@]}")
	[ ${#absent[@]} -gt 0 ] || return 0

	is_debian_12 || give_up "this is not Debian 12" "${needed[@]}"
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo > /dev/null ||
			give_up "neither root nor sudo" "${needed[@]}"
		sudo -v || give_up "sudo refused" "${needed[@]}"
		as_root=(sudo)
	fi
	echo "installing: ${absent[*]}"
	"${as_root[@]}" apt-get -q update &&
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get -q install -y --no-install-recommends \
			"${absent[@]}" ||
		give_up "apt-get failed" "${needed[@]}"
}

# build PRESET [TARGET...]: configures and builds; both do nothing where nothing
# changed
build()
{
	local preset=$1
	shift
	cmake --preset "$preset" > /dev/null &&
		cmake --build --preset "$preset" ${1+--target "$@"}
}
