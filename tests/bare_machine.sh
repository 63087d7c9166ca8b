#!/usr/bin/env bash
# On a minimal Debian 12, in which nothing of ours was ever installed. What `tools/setup.sh --run` or a package's
# Depends forgets is found here; everywhere else it is installed already, for the tests. Prints what it does.
#   tests/bare_machine.sh minimal    makes the system, for the two others
#   tests/bare_machine.sh installed  the packages, with docs/operating/install.md
#   tests/bare_machine.sh walked     docs/operating/first-server.md, from the quickstart to a reboot
# Exit 77: cannot be done here, and why. Takes the machine's own package sources, the packages that it has kept, and its
# compiler cache; and the packages that tests/package.sh made in the build directory, which VARVE_BUILD names (build).
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
build=$(realpath "${VARVE_BUILD:-build}")
minimal=$build/minimal.tar

skip() { echo "skipped: $*"; exit 77; }

# Outside: the directory is removed by a process that never saw what is mounted in it.
outside() {
  [ "$(id -u)" = 0 ] || skip "only root may make a file system root"
  command -v debootstrap >/dev/null || skip "there is no debootstrap: tools/setup.sh installs it"
  unshare --mount true 2>/dev/null || skip "mounting is not permitted"
  local root
  root=$(mktemp -d "${TMPDIR:-/tmp}/varve-bare-XXXXXX")
  trap "chattr -R -f -i '$root' || true; rm -rf '$root'" EXIT  # sealed segments may be immutable
  unshare --mount --propagation private "$0" inside "$root" "$1"
}

# bind FROM TO: the directory FROM is seen in the new system as TO.
bind() {
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
}

# In the build directory, where both others find it.
make_minimal() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Identifier: Packages' | awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
  [ -n "$mirror" ] || skip "no package source of Debian 12 is configured"
  # Nothing of this has to survive a power failure: no package's files are synced.
  DPKG_FORCE=unsafe-io debootstrap --variant=minbase --cache-dir=/var/cache/apt/archives bookworm "$root" "$mirror" \
    >"$root/made.log" 2>&1 || { tail -20 "$root/made.log"; exit 1; }
  chmod 755 "$root"  # mktemp made it 0700: nobody but root could find anything in it
  echo "127.0.0.1 localhost" >"$root/etc/hosts"  # debootstrap leaves this to the installer
  cp -r /etc/apt/. "$root/etc/apt/"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
  tar -C "$root" -cf "$minimal.new" .
  mv "$minimal.new" "$minimal"
}

take_minimal() {
  [ -e "$minimal" ] || "$0" minimal
  tar -C "$root" -xf "$minimal"
}

mount_what_it_needs() {
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  # Not the directory itself, which one apt at a time may use.
  link_packages /var/cache/apt/archives "$root/var/cache/apt/archives"
}

# link_packages FROM TO: those that are not there yet. There may be none, and a link to another disk cannot be made.
link_packages() {
  cp -nl "$1"/*.deb "$2" 2>/dev/null || cp -n "$1"/*.deb "$2" 2>/dev/null || true
}

mount_sources() {
  local home=${HOME:-/root}
  local cache=${CCACHE_DIR:-$home/.cache/ccache}
  mkdir -p "$cache" build
  bind "$cache" /root/.cache/ccache
  if [ -d "$home/.config/ccache" ]; then bind "$home/.config/ccache" /root/.config/ccache; fi
  bind "$source" "$source"
  mount -o remount,bind,ro "$root$source"
  mount -t tmpfs tmpfs "$root$source/build"  # where the compiler cache knows the files from
}

inside() {
  root=$1
  case $2 in
    minimal)
      make_minimal
      return
      ;;
    installed)
      ls "$build"/packages/*.deb >/dev/null 2>&1 || tests/package.sh
      take_minimal
      mount_what_it_needs
      tests/installed_machine.sh "$root" "$build/packages"
      ;;
    walked)
      take_minimal
      mount_what_it_needs
      mount_sources
      tests/walked_machine.sh "$root"
      ;;
  esac
  link_packages "$root/var/cache/apt/archives" /var/cache/apt/archives
}

case "${1-}" in
  minimal | installed | walked) outside "$1" ;;
  inside) inside "$2" "$3" ;;
  *) sed -n '2,8s/^# \{0,1\}//p' tests/bare_machine.sh >&2; exit 2 ;;
esac
