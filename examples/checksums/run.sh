#!/usr/bin/env bash
# SHA-256 of every source file of this machine's Python standard library, one file an item, checked afterwards.
#   FANFOLD_URL   the server (as for all commands)
#   FANFOLD       the command itself, default: fanfold
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fanfold=${FANFOLD:-fanfold}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

root=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
(cd "$root" && find . -type f -name '*.py' -not -path '*/site-packages/*' -not -path '*/dist-packages/*' | LC_ALL=C sort) >"$work/files"
count=$(wc -l <"$work/files")
echo "checksums: $count files of $root"

started=$(date +%s.%N)
status=0
"$fanfold" run --name checksums -v root="$root" -f "$here/checksum.sh" -a "$work/files" >"$work/SHA256SUMS" || status=$?
seconds=$(echo "$(date +%s.%N) $started" | awk '{ printf "%.1f", $1 - $2 }')

head -3 "$work/SHA256SUMS"
echo "... $(wc -l <"$work/SHA256SUMS") lines"
[ "$status" -eq 0 ] || { echo "checksums: the run ended with $status"; exit "$status"; }
[ "$(wc -l <"$work/SHA256SUMS")" -eq "$count" ] || { echo "checksums: $count files, but not as many sums"; exit 1; }
(cd "$root" && sha256sum --check --quiet "$work/SHA256SUMS")
echo "checksums: $count files in $seconds s, every sum right by sha256sum -c"
