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
module=/usr/lib/softhsm/libsofthsm2.so
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
  tools/setup.sh
  [ -f "$build/build.ninja" ] || cmake -G Ninja -S . -B "$build" >/dev/null
  cmake --build "$build" --target varved varve-collect varve-audit varve-keys | tail -1
  PATH=$build/tools/varved:$build/tools/collect:$build/tools/audit:$build/tools/keys:$PATH
}

make_token() {
  mkdir -p softhsm data
  printf '%s\n' "directories.tokendir = $work/softhsm" 'objectstore.backend = file' \
    'log.level = ERROR' 'library.reset_on_fork = true' >softhsm2.conf
  export SOFTHSM2_CONF=$work/softhsm2.conf
  openssl rand -hex 8 >pin
  openssl rand -hex 8 >so-pin
  hsm=(--module $module --token pkcs11:token=quickstart --pin file:pin)
  show varve-keys init-token --module $module --label quickstart --so-pin file:so-pin --pin file:pin
  varve-keys create "${hsm[@]}" --label first --origin $origin >first.vkey
  show varve-keys show "${hsm[@]}" --key pkcs11:object=first --origin $origin
  vkey=$(cat first.vkey)
}

# A certificate authority of our own, and a certificate for this machine's loopback address.
make_certificates() {
  openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.pem -days 2 \
    -subj "/CN=quickstart CA" 2>/dev/null
  openssl req -newkey ed25519 -nodes -keyout tls.key -out tls.csr -subj "/CN=localhost" 2>/dev/null
  openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out tls.pem \
    -extfile <(echo "subjectAltName = IP:127.0.0.1, DNS:localhost") 2>/dev/null
}

# Each of the three roles gets a token; the server's file holds only their hashes.
make_access() {
  local role
  for role in append read operate; do
    varved token "the-$role-role" $role main >made
    sed -n 2p made >$role.token
    tail -1 made >>access
  done
  rm made
}

configure() {  # configure FILE DATA PORT
  cat >"$1" <<END
[server]
listen = "127.0.0.1:$3"
tls_certificate = "$work/tls.pem"
tls_key = "$work/tls.key"
data = "$work/$2"
tokens = "$work/access"

[hsm]
module = "$module"
token = "pkcs11:token=quickstart"
pin = "file:$work/pin"

[[log]]
name = "main"
origin = "$origin"
key = "pkcs11:object=first"
END
}

start_server() {
  configure varved.toml data 0
  varved --config varved.toml >server.log 2>&1 &
  server=$!
  local port=
  for _ in $(seq 600); do
    port=$(jq -r 'select(.event == "listening") | .port' server.log 2>/dev/null) || true
    [ -n "$port" ] && break
    kill -0 $server 2>/dev/null || { cat server.log >&2; fail "varved ended"; }
    sleep 0.1
  done
  [ -n "$port" ] || fail "varved did not start listening"
  url=https://127.0.0.1:$port/logs/main
  curl -sf --retry 60 --retry-delay 1 --cacert ca.pem "https://127.0.0.1:$port/readyz" >/dev/null ||
    fail "varved is not ready"
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

step "Building (the first time takes some minutes)"
build_programs
work=$(mktemp -d "${TMPDIR:-/tmp}/varve-quickstart-XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT TERM
cd "$work"
umask 077
began=$SECONDS

step "Operator: a token, and a signing key that cannot leave it"
make_token
make_certificates
make_access

step "Operator: the server"
start_server

step "Collector: a key of its own, registered by the operator"
show varve-collect init --dir collector --source clinic/quickstart --origin $origin --url "$url" \
  --vkey "$vkey" --bearer-file append.token --ca ca.pem
show varve-collect register --dir collector --bearer-file operate.token

step "Collector: real audit messages, sealed, appended, receipts kept and checked"
find "$samples" -type f ! -name '*.txt' ! -name '*.md' -print0 |
  sort -z | xargs -0 varve-collect append --dir collector --keep 2>&1 | tail -3 | sed 's/^/   /'
show varve-collect receipts verify --dir collector
receipt=collector/receipts/$(ls collector/receipts | grep json | head -1)
echo "   the first receipt, in part:"
jq '{first_index, count, tree_size, root}' "$receipt" | sed 's/^/   /'

step "Auditor: holds the first public key and nothing else"
mkdir remembered
audit=(--vkey "$vkey" --ca ca.pem --bearer-file read.token)
show varve-audit checkpoint "$url" "${audit[@]}" --state remembered
show varve-audit check "$url" "${audit[@]}"
show varve-audit proof "$url" "$(jq .first_index "$receipt")" "${audit[@]}" --out event.tlog-proof
show varve-audit verify event.tlog-proof --vkey "$vkey"

step "Operator: a new key joins; collectors go on"
show varve-keys rotate "${hsm[@]}" --key pkcs11:object=first --label second --origin $origin \
  --server "${url%/logs/main}" --log main --bearer-file operate.token --ca ca.pem
printf '{"what":"appended after the rotation","number":%d}\n' 1 2 3 >after.ndjson
show varve-collect append --dir collector --keep after.ndjson

step "Auditor: still with the first key only, across the rotation"
show varve-audit keys "$url" "${audit[@]}"
show varve-audit checkpoint "$url" "${audit[@]}" --state remembered
show varve-audit fetch "$url" export --vkey "$vkey" --ca ca.pem --bearer-file read.token
show varve-audit check export --vkey "$vkey"

step "Someone alters one byte of one event in a copy of the export"
cp -r export altered
alter_export
must_find varve-audit check altered --vkey "$vkey"

step "Someone alters one bit of a copy of the encrypted store"
stop_server
cp -r data altered-data
alter_store
configure altered.toml altered-data 0
must_find varved audit --config altered.toml
configure varved.toml data 0
show varved audit --config varved.toml

step "Done in $((SECONDS - began)) s after the build"
cat <<END
Everything that was started is stopped, and everything written is removed (--keep leaves it).
How to go on:
  README.md             how each of the three roles uses it
  docs/ARCHITECTURE.md  how it works
  docs/THREATS.md       what it withstands, and what not
  tools/test.sh         the tests
END
