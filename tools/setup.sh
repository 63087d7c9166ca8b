#!/usr/bin/env bash
# Installs what Varve needs, from Debian 12's own packages and nowhere else. Safe to repeat: when everything is there
# it says so and touches nothing.
#   tools/setup.sh         to build, run and be tested
#   tools/setup.sh --run   to build and run
set -euo pipefail

packages=(
  # to build
  build-essential cmake file ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libboost-system1.81-dev libssl-dev libsodium-dev liblmdb-dev
  libzstd-dev libp11-kit-dev
  libcli11-dev libcpp-httplib-dev libexpat1-dev libjansson-dev libpugixml-dev librhonabwy-dev libsimdjson-dev
  libspdlog-dev libsystemd-dev libtomlplusplus-dev prometheus-cpp-dev zlib1g-dev
  # to run: a software token, and what the documents' commands call
  softhsm2 ca-certificates curl jq openssl
)
to_test=(
  # the frameworks, and implementations that are not ours to check us against
  googletest libgtest-dev libgmock-dev golang-go golang-golang-x-mod-dev opensc
  bsdutils rsyslog rsyslog-elasticsearch rsyslog-gnutls rsyslog-relp
  libnss3 p11-kit p11-kit-modules swtpm libtpm2-pkcs11-1 tpm2-tools
  clang clang-format clang-tidy debootstrap faketime lld strace git
  lintian man-db mandoc systemd  # what Debian says of the package, the manual pages and the units
  chromium-headless-shell  # the page that verifies in a browser
  prometheus prometheus-node-exporter  # what the alerts and the dashboard are for
)

case "${1-}" in
  "")
    packages+=("${to_test[@]}")
    # The senders of tests/senders need Node 18.19 or newer; one that is there already, from wherever, will do. npm
    # itself is not needed: tests/npm_ci.sh fetches what the lock files pin.
    command -v node >/dev/null || packages+=(nodejs)
    ;;
  --run) ;;
  *) sed -n '2,5s/^# \{0,1\}//p' tools/setup.sh >&2; exit 2 ;;
esac

fail() {
  echo "setup: $*" >&2
  exit 1
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "not root and there is no sudo: run this once as root: apt-get install ${missing[*]}"
  fi
}

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
  fail "needs Debian 12 (or a system with its packages): there is no apt-get here"

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" = 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi
echo "setup: installing ${missing[*]}"
as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" = 0 ] || fail "apt-get did not install: ${missing[*]}"
echo "setup: done"
