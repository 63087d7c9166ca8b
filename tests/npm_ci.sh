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

# install PLACE NAME VERSION INTEGRITY: a package is what the lock file's hash says, or nothing.
install() {
  local place=$1 name=$2 version=$3 integrity=$4 file part
  file=$cache/${integrity//\//_}
  if [ ! -e "$file" ]; then
    part=$file.$BASHPID
    curl -fsSL --retry 3 -o "$part" "https://registry.npmjs.org/$name/-/${name##*/}-$version.tgz" || {
      case $? in 5 | 6 | 7 | 28 | 35) exit 77 ;; *) exit 1 ;; esac
    }
    if [ "sha512-$(openssl dgst -sha512 -binary "$part" | base64 -w0)" != "$integrity" ]; then
      rm "$part"
      echo "npm_ci: $name $version is not what package-lock.json pins" >&2
      exit 1
    fi
    mv "$part" "$file"
  fi
  mkdir -p "$directory/$place"
  tar -xzf "$file" --warning=no-unknown-keyword --strip-components=1 --no-same-owner -C "$directory/$place"
}
export -f install

jq -r '.packages | to_entries[] | select(.key != "") |
    [.key, .value.name // (.key | split("node_modules/") | last), .value.version, .value.integrity] | @tsv' \
  "$directory/package-lock.json" |
  xargs -r -P 8 -L 1 bash -c 'install "$@"' install || {
  # xargs says 123 for any failure of a command: the registry that is away is told from all else.
  curl -sS -o /dev/null https://registry.npmjs.org/ 2>/dev/null || exit 77
  exit 1
}
