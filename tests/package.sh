#!/usr/bin/env bash
# Makes the Debian packages from what is built, as docs/operating/install.md says, and asks Debian's own tools about
# them: lintian finds nothing, and systemd gives each service an exposure of 2.0 at most.
#   tests/package.sh     VARVE_BUILD names the build directory (build)
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${VARVE_BUILD:-build}")
rm -f "$build"/packages/*.deb
cpack -G DEB --config "$build/CPackConfig.cmake" | grep generated
as_root=()
if [ "$(id -u)" = 0 ]; then as_root=(--allow-root); fi
lintian "${as_root[@]}" --fail-on error,warning "$build"/packages/*.deb

root=$(mktemp -d "${TMPDIR:-/tmp}/varve-package-XXXXXX")
trap 'rm -rf "$root"' EXIT
for package in "$build"/packages/*.deb; do dpkg-deb --extract "$package" "$root"; done
for unit in "$root"/usr/lib/systemd/system/*.service; do
  systemd-analyze security --offline=true --threshold=20 "$unit" | tail -1
done
for program in varved varve-witness varve-keys varve-audit varve-collect; do
  gzip -dc "$root"/usr/share/man/man?/"$program".?.gz | grep -q '^\.SH EXIT STATUS'
  bash -c ". '$root/usr/share/bash-completion/completions/$program'; complete -p $program"
done
