# SPDX-License-Identifier: MIT
# Sourced by tools/bench, tools/test and others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# packages CLASS...: the list of those in tools/packages
packages()
{
	awk -v classes=" $* " '!/^#/ && index(classes, " " $2 " ") { print $1 }' \
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

# offered PACKAGE...: those that the package sources have, as far as is known
offered()
{
	local name
	for name in "$@"; do
		case $(LC_ALL=C apt-cache policy "$name" 2> /dev/null) in
		*'Candidate: ('*) ;;
		*'Candidate: '*) echo "$name" ;;
		esac
	done
}

# become_root: sets as_root; false: neither root nor sudo
become_root()
{
	as_root=()
	[ "$(id -u)" -ne 0 ] || return 0
	as_root=(sudo)
	command -v sudo > /dev/null && sudo -v
}

apt()
{
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
}

install()
{
	echo "installing: $*"
	apt install -y --no-install-recommends "$@"
}

# set_up_needed CLASS...: installs what is missing; when nothing is, asks for
# nothing
set_up_needed()
{
	local needed absent
	mapfile -t needed < <(packages "$@")
	mapfile -t absent < <(missing "${needed[@]}")
	[ ${#absent[@]} -gt 0 ] || return 0
	is_debian_12 || give_up "this is not Debian 12" "${needed[@]}"
	become_root || give_up "neither root nor sudo" "${needed[@]}"
	apt update && install "${absent[@]}" ||
		give_up "apt-get failed" "${needed[@]}"
}

# set_up CLASS...: and what is extra, where it is to be had
set_up()
{
	local extra
	set_up_needed "$@"
	mapfile -t extra < <(missing $(packages extra))
	mapfile -t extra < <(offered "${extra[@]}")
	if [ ${#extra[@]} -gt 0 ] && is_debian_12 && become_root; then
		install "${extra[@]}" || echo "$0: going on without: ${extra[*]}"
	fi
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

# ThreadSanitizer finds no room for its shadow where the kernel randomises
# addresses by more bits than it was made for.
fixed_addresses()
{
	local bits
	bits=$(cat /proc/sys/vm/mmap_rnd_bits 2> /dev/null || echo 28)
	if [ "$bits" -gt 28 ] && setarch -R true 2> /dev/null; then
		setarch -R "$@"
	else
		"$@"
	fi
}
