#!/usr/bin/env bash
# The main job of Varve, seen once from end to end: a key in an HSM (here a software token), real
# audit messages appended under it, receipts, an audit by someone who holds only the first public
# key, a key rotation, and then two attempts to alter what is written.
#   tools/quickstart.sh          everything in a temporary directory, removed at the end
#   tools/quickstart.sh --keep   leaves the directory, to look around in it
# Needs no root once the packages are there. VARVE_BUILD names the build directory (build).
set -euo pipefail
cd "$(dirname "$0")/.."

keep=no
case "${1-}" in
  "") ;;
  --keep) keep=yes ;;
  *) sed -n '2,8s/^# \{0,1\}//p' tools/quickstart.sh >&2; exit 2 ;;
esac

build=$(realpath -m "${VARVE_BUILD:-build}")
origin=audit.example.org/quickstart
if [ -d ../shared/samples ]; then samples=../shared/samples; else samples=tests/samples; fi
samples=$(cd "$samples" && pwd)
server=
vkey=

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

# Prints a command and its output; the first key, which appears often, as $FIRST_KEY.
print_command() {
  local text=${*//$work\//}
  [ -z "$vkey" ] || text=${text//$vkey/\$FIRST_KEY}
  printf '   $ %s\n' "$text"
}
show() { print_command "$@"; "$@" 2>&1 | sed 's/^/   /'; }

fail() { echo "quickstart: $*" >&2; exit 1; }

# Sealed segments carry the immutable flag where that is possible; only then chattr is needed.
remove() { chattr -R -i "$1" 2>/dev/null || true; rm -rf "$1"; }

cleanup() {
  stop_server
  if [ $keep = yes ]; then echo "kept: $work"; else remove "$work"; fi
}

build_programs() {
  tools/setup.sh --run
  [ -f "$build/build.ninja" ] || cmake -G Ninja -S . -B "$build" -DBUILD_TESTING=OFF >/dev/null
  cmake --build "$build" --target varved varve-collect varve-audit varve-keys | tail -1
  PATH=$build/tools/varved:$build/tools/collect:$build/tools/audit:$build/tools/keys:$PATH
}

# A token, the log's key, a certificate, bearer tokens and a configuration.
make_installation() {
  local made=(varved init site --origin $origin --listen 127.0.0.1:0)
  print_command "${made[@]}"
  "${made[@]}" | sed '/^1\. /,$d; s/^/   /'  # up to the commands that come next: they are below
  export VARVE_CONFIG=$work/site/varved.toml
  vkey=$(cat site/first.vkey)
  server_url=https://$(sed -n 's/^listen = "\(.*\)"/\1/p' site/varved.toml)
  url=$server_url/logs/main
}

start_server() {
  varved --config site/varved.toml >server.log 2>&1 &
  server=$!
  for _ in $(seq 600); do
    curl -sf --cacert site/ca.pem "$server_url/readyz" >/dev/null && break
    kill -0 $server 2>/dev/null || { cat server.log >&2; fail "varved ended"; }
    sleep 0.1
  done
  curl -sf --cacert site/ca.pem "$server_url/readyz" >/dev/null || fail "varved is not ready"
  echo "   varved serves $url (process $server)"
}

stop_server() {
  [ -n "$server" ] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}

# A file that some record's payload holds, and one byte of it changed where the export keeps it.
alter_export() {
  local bundle at
  bundle=$(find altered/tile/entries -type f | sort | head -1)
  at=$(grep -abo -m1 '"resourceType"\|<AuditMessage\|type=SYSCALL\|AUDIT: ' "$bundle" | head -1 | cut -d: -f1)
  [ -n "$at" ] || fail "the export holds no event that this script knows"
  printf 'X' | dd of="$bundle" bs=1 seek=$((at + 2)) conv=notrunc status=none
  echo "   byte $((at + 2)) of ${bundle#altered/} is now an X"
}

# One bit, in the middle of the first segment: inside a frame.
alter_store() {
  local segment at byte
  segment=altered-data/main/segments/00000000.seg
  chattr -i "$segment" 2>/dev/null || true
  chmod u+w "$segment"
  at=$(($(stat -c %s "$segment") / 2))
  byte=$(od -An -tu1 -j $at -N1 "$segment")
  printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$segment" bs=1 seek=$at conv=notrunc status=none
  echo "   byte $at of segments/00000000.seg has one bit flipped"
}

# must_find COMMAND...: the command has to end with 13, corrupt.
must_find() {
  local ended=0
  print_command "$@"
  "$@" >found 2>&1 || ended=$?
  sed 's/^/   /' found
  [ $ended = 13 ] || fail "that should have been found (exit code 13, not $ended)"
  echo "   found, exit code 13"
}

step "Building (the first time takes about ten minutes on two cores)"
build_programs
work=$(mktemp -d "${TMPDIR:-/tmp}/varve-quickstart-XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT TERM
cd "$work"
umask 077
began=$SECONDS

step "Operator: an installation, with a signing key that cannot leave its token"
make_installation
show varve-keys show --key pkcs11:object=main-1

step "Operator: the server"
start_server

step "Collector: a key of its own, registered by the operator"
show varve-collect init --dir collector --source clinic/quickstart --origin $origin --url "$url" \
  --vkey "$vkey" --bearer-file site/credentials/append --ca site/ca.pem
show varve-collect register --dir collector --bearer-file site/credentials/operate

step "Collector: real audit messages, sealed, appended, receipts kept and checked"
find "$samples" -type f ! -name '*.txt' ! -name '*.md' -print0 |
  sort -z | xargs -0 varve-collect append --dir collector --keep 2>&1 | tail -3 | sed 's/^/   /'
show varve-collect receipts verify --dir collector
receipt=collector/receipts/$(ls collector/receipts | grep json | head -1)
echo "   the first receipt, in part:"
jq '{first_index, count, tree_size, root}' "$receipt" | sed 's/^/   /'

step "Auditor: holds the first public key and nothing else"
mkdir remembered
audit=(--vkey "$vkey" --ca site/ca.pem --bearer-file site/credentials/read)
show varve-audit checkpoint "$url" "${audit[@]}" --state remembered
show varve-audit check "$url" "${audit[@]}"
show varve-audit proof "$url" "$(jq .first_index "$receipt")" "${audit[@]}" --out event.tlog-proof
show varve-audit verify event.tlog-proof --vkey "$vkey"

step "Operator: a new key joins; collectors go on"
show varve-keys rotate --key pkcs11:object=main-1 --label main-2
printf '{"what":"appended after the rotation","number":%d}\n' 1 2 3 >after.ndjson
show varve-collect append --dir collector --keep after.ndjson

step "Auditor: still with the first key only, across the rotation"
show varve-audit keys "$url" "${audit[@]}"
show varve-audit checkpoint "$url" "${audit[@]}" --state remembered
show varve-audit fetch "$url" export "${audit[@]}"
show varve-audit check export --vkey "$vkey"

step "Someone alters one byte of one event in a copy of the export"
cp -r export altered
alter_export
must_find varve-audit check altered --vkey "$vkey"

step "Someone alters one bit of a copy of the encrypted store"
stop_server
cp -r site/data altered-data
alter_store
sed "s|/site/data\"|/altered-data\"|" site/varved.toml >altered.toml
must_find varved audit --config altered.toml
show varved audit --config site/varved.toml

step "Done in $((SECONDS - began)) s after the build"
cat <<END
Everything that was started is stopped, and everything written is removed (--keep leaves it).
How to go on:
  README.md             how each of the three roles uses it
  docs/ARCHITECTURE.md  how it works
  docs/THREATS.md       what it withstands, and what not
  tools/test.sh         the tests
END
