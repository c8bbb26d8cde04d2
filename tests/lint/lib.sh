# SPDX-License-Identifier: MIT
# Sourced by the lints. Each takes the root of the tree that it checks, prints
# every offence as "FILE:LINE: what", and exits with 1 if there was one.
set -euo pipefail

root=${1:?usage: $0 ROOT}
cd "$root"

# complain LINE...: remember that the tree is bad.
bad=0
complain()
{
	printf '%s\n' "$@"
	bad=1
}

# files DIR GLOB...: the files below DIR whose names match, sorted; not what a
# build or git put there.
files()
{
	local dir=$1 names=() glob
	shift
	[ -d "$dir" ] || return 0
	for glob in "$@"; do
		names+=(-o -name "$glob")
	done
	find "$dir" \( -path ./build -o -path ./.git \) -prune -o \
		-type f \( "${names[@]:1}" \) -print | sed 's,^\./,,' | sort
}

# code FILE...: prints each line as FILE:LINE:TEXT with comments and the insides
# of string literals blanked out.
code()
{
	[ $# -eq 0 ] || awk '
	FNR == 1 { comment = 0 }
	{
		out = ""
		n = length($0)
		string = ""
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (comment) {
				if (two == "*/") { comment = 0; i++ }
			} else if (string != "") {
				if (c == "\\") i++
				else if (c == string) { string = ""; out = out c }
			} else if (two == "/*") {
				comment = 1; i++; out = out " "
			} else if (two == "//") {
				break
			} else if (c == "\"" && out !~ /^[ \t]*#[ \t]*include[ \t]*$/) {
				string = c; out = out c
			} else if (c == "\047") {
				string = c; out = out c
			} else {
				out = out c
			}
		}
		print FILENAME ":" FNR ":" out
	}' "$@"
}

finish()
{
	exit $bad
}
