#!/usr/bin/env bash
# Installs what DIRECTORY/package-lock.json pins into DIRECTORY/node_modules, and runs nothing of it: what
# `npm ci --ignore-scripts` does, without the three hundred packages that npm is on Debian.
#   tests/npm_ci.sh DIRECTORY CACHE    CACHE keeps what was fetched; exit 77: the registry cannot be reached
set -euo pipefail
if [ $# != 2 ]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
export directory=$1 cache=$2
mkdir -p "$cache"

# is_whole FILE INTEGRITY: the file is what the lock file pins.
is_whole() {
  [ "sha512-$(openssl dgst -sha512 -binary "$1" | base64 -w0)" = "$2" ]
}

# install PLACE NAME VERSION INTEGRITY: a package is what the lock file's hash says, or nothing.
install() {
  local place=$1 name=$2 version=$3 integrity=$4 file part status=0
  file=$cache/${integrity//\//_}
  if [ ! -e "$file" ] || ! is_whole "$file" "$integrity"; then
    part=$file.$BASHPID
    curl -fsSL --connect-timeout 10 --max-time 120 -o "$part" \
      "https://registry.npmjs.org/$name/-/${name##*/}-$version.tgz" || status=$?
    case $status in
      0) ;;
      5 | 6 | 7 | 28 | 35) exit 255 ;;  # no name, no connection, no answer in time, no TLS: xargs stops
      *) exit 1 ;;
    esac
    if ! is_whole "$part" "$integrity"; then
      rm "$part"
      echo "npm_ci: $name $version is not what package-lock.json pins" >&2
      exit 1
    fi
    mv "$part" "$file"
  fi
  mkdir -p "$directory/$place"
  tar -xzf "$file" --warning=no-unknown-keyword --strip-components=1 --no-same-owner -C "$directory/$place"
}
export -f is_whole install

packages=$(jq -r '.packages | to_entries[] | select(.key != "") |
    [.key, .value.name // (.key | split("node_modules/") | last), .value.version, .value.integrity] | @tsv' \
  "$directory/package-lock.json")
xargs -r -P 8 -L 1 bash -c 'set -euo pipefail; install "$@"' install <<<"$packages" || {
  if [ $? = 124 ]; then exit 77; fi
  exit 1
}
