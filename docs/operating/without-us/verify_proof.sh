#!/usr/bin/env bash
# Verifies a .tlog-proof with openssl alone, and prints the event: verify_proof.sh FILE VKEY >event
set -euo pipefail
no() { echo "false: $1" >&2; exit 1; }
open() { echo "no verdict: $1" >&2; exit 2; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
bytes() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }
sha256() { openssl dgst -sha256 -binary; }
work=$(mktemp -d); trap 'rm -r "$work"' EXIT
# The key: its id is a hash of it, and openssl wants it as DER.
IFS=+ read -r origin id key <<<"$2"
key=$(base64 -d <<<"$key" | hex)
case $key in
  01*) of_key=$({ printf '%s\n' "$origin"; bytes "$key"; } | sha256 | hex) der=302a300506032b6570032100${key:2} ;;
  02*) of_key=$(bytes "${key:2}" | sha256 | hex) der=${key:2} ;;
  *) open "this is no vkey" ;;
esac
[ "$id" = "${of_key:0:8}" ] || open "this is no vkey"
bytes "$der" | openssl pkey -pubin -inform DER -out "$work/key"
# The file: the proof, the signed text and the signatures, with an empty line between each.
awk -v RS= -v to="$work/" '{ print >(to NR) }' "$1"
mapfile -t proof <"$work/1"; mapfile -t text <"$work/2"
number='(0|[1-9][0-9]{0,17})'
[[ "${proof[0]}" = c2sp.org/tlog-proof@v1 && "${proof[1]}" = "extra "* && "${proof[2]}" =~ ^"index "$number$ &&
  "${#text[@]}" = 3 && "${text[1]}" =~ ^$number$ ]] || no "this is no proof of a record"
# The signature: of the log, over the text.
[ "${text[0]}" = "$origin" ] || open "it is of another log"
signature=
while read -r _ name line; do
  line=$(base64 -d <<<"$line" | hex)
  if [ "$name" = "$origin" ] && [ "${line:0:8}" = "$id" ]; then signature=$line; fi
done <"$work/3"
[ "$signature" ] || open "another key signed it"
bytes "${signature:8}" >"$work/signature"
case $key in
  01*) verify=(pkeyutl -verify -rawin -pubin -inkey "$work/key" -sigfile "$work/signature" -in) ;;
  02*) verify=(dgst -sha256 -verify "$work/key" -signature "$work/signature") ;;
esac
openssl "${verify[@]}" "$work/2" >"$work/said" || no "the signature does not verify"
# The proof, RFC 9162 section 2.1.3.2: from the record's hash to the root that was signed.
base64 -d <<<"${proof[1]#extra }" >"$work/record"
hash=$({ printf '\0'; cat "$work/record"; } | sha256 | hex)
fn=${proof[2]#index } sn=$((text[1] - 1))
((fn <= sn)) || no "the tree is smaller"
for sibling in "${proof[@]:3}"; do
  sibling=$(base64 -d <<<"$sibling" | hex)
  ((sn > 0)) || no "the proof is too long"
  if ((fn % 2 == 1 || fn == sn)); then
    pair=01$sibling$hash
    while ((fn % 2 == 0 && fn > 0)); do fn=$((fn / 2)) sn=$((sn / 2)); done
  else
    pair=01$hash$sibling
  fi
  hash=$(bytes "$pair" | sha256 | hex) fn=$((fn / 2)) sn=$((sn / 2))
done
[ "$sn" = 0 ] && [ "$hash" = "$(base64 -d <<<"${text[2]}" | hex)" ] || no "the record is not in the tree"
# The event: behind the media type, whose length is byte 42 of the record.
tail -c +$((48 + $(od -An -tu1 -j42 -N1 "$work/record"))) "$work/record"
echo "true: record ${proof[2]#index } of $origin, in its tree of ${text[1]} records" >&2
