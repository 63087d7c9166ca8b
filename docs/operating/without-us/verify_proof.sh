#!/usr/bin/env bash
# Verifies a .tlog-proof with openssl alone, and prints the event: verify_proof.sh FILE VKEY >event
set -euo pipefail
export LC_ALL=C
no() { echo "false: $1" >&2; exit 1; }
open() { echo "no verdict: $1" >&2; exit 2; }
trap 'no "line $LINENO of this script went wrong"' ERR
hex() { od -An -v -tx1 | tr -d ' \n'; }
bytes() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }
sha256() { openssl dgst -sha256 -binary; }
# Base64 into a file, in its one spelling.
decode() {
  base64 -d <<<"$1" >"$2" 2>/dev/null && [ "$(base64 -w0 "$2")" = "$1" ] || no "it has something that is not base64"
}
hash_form='^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$'  # 32 bytes in base64
# A number that the shell can count to, in its one spelling.
is_number() { [[ "$1" =~ ^(0|[1-9][0-9]*)$ && "$(($1))" = "$1" ]]; }
[ $# = 2 ] || no "give a file and a vkey"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
# The key: its id is a hash of it, and openssl wants it as DER.
[[ "$2" = *+*+* ]] || open "this is no vkey"
origin=${2%%+*} rest=${2#*+}
id=${rest%%+*}
decode "${rest#*+}" "$work/vkey"
key=$(hex <"$work/vkey")
case $key in
  01*) of_key=$({ printf '%s\n' "$origin"; bytes "$key"; } | sha256 | hex) der=302a300506032b6570032100${key:2} ;;
  02*) of_key=$(bytes "${key:2}" | sha256 | hex) der=${key:2} ;;
  *) open "the vkey is of another kind" ;;
esac
[ "$id" = "${of_key:0:8}" ] || open "this is no vkey"
bytes "$der" | openssl pkey -pubin -inform DER -out "$work/key" 2>/dev/null || open "the vkey has no key"
# The file: the proof, the signed text and the signatures, with an empty line between each, and nothing else.
[ -r "$1" ] || no "the file cannot be read"
mapfile -t line <"$1" 2>/dev/null
printf '%s\n' "${line[@]}" | cmp -s - "$1" || no "the file is not lines of text"
[[ "${line[0]}" = c2sp.org/tlog-proof@v1 && "${line[1]-}" = "extra "* && "${line[2]-}" = "index "* ]] ||
  no "this is no proof of a record"
at=3
while [ "${line[at]-}" ]; do at=$((at + 1)); done
proof=("${line[@]:3:at-3}") text=("${line[@]:at+1:3}") signatures=("${line[@]:at+5}")
[[ "${#text[@]}" = 3 && -z "${line[at+4]-x}" && "${#signatures[@]}" -gt 0 ]] || no "this is no proof of a record"
index=${line[2]#index } size=${text[1]}
is_number "$index" && is_number "$size" || no "it has a number that is none"
# The signature: of the log, over the text. No other one by its key may be false.
[ "${text[0]}" = "$origin" ] || open "it is of another log"
printf '%s\n' "${text[@]}" >"$work/text"
case $key in
  01*) verify=(pkeyutl -verify -rawin -pubin -inkey "$work/key" -sigfile "$work/signature" -in "$work/text") ;;
  02*) verify=(dgst -sha256 -verify "$work/key" -signature "$work/signature" "$work/text") ;;
esac
signed=
for signature in "${signatures[@]}"; do
  [[ "$signature" =~ ^"— "([^ +]+)" "([^ ]+)$ ]] || no "it has a line that is no signature"
  name=${BASH_REMATCH[1]}
  decode "${BASH_REMATCH[2]}" "$work/line"
  [[ "$name" = "$origin" && "$(head -c 4 "$work/line" | hex)" = "$id" ]] || continue
  tail -c +5 "$work/line" >"$work/signature"
  openssl "${verify[@]}" >/dev/null 2>&1 || no "the signature does not verify"
  signed=yes
done
[ "$signed" ] || open "another key signed it"
# The proof, RFC 9162 section 2.1.3.2: from the record's hash to the root that was signed.
decode "${line[1]#extra }" "$work/record"
hash=$({ printf '\0'; cat "$work/record"; } | sha256 | hex)
fn=$index sn=$((size - 1))
((fn <= sn)) || no "the tree is smaller"
for sibling in "${proof[@]}"; do
  [[ "$sibling" =~ $hash_form ]] || no "it has a hash that is none"
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
[[ "${text[2]}" =~ $hash_form ]] || no "it has a root that is none"
[ "$sn" = 0 ] && [ "$hash" = "$(base64 -d <<<"${text[2]}" | hex)" ] || no "the record is not in the tree"
# The record: of version 1, an event, with a payload as long as it says, behind the media type. docs/format/record.md
record=$(hex <"$work/record")
media=$((16#0${record:84:2}))
payload=$((47 + media))
[[ "${record:0:4}" = 0101 && "${#record}" -ge $((2 * payload)) && $media -gt 0 &&
  $((16#0${record:2*payload-8:8})) = $((${#record} / 2 - payload)) ]] || no "the record is no event of version 1"
tail -c +$((payload + 1)) "$work/record"
echo "true: record $index of $origin, in its tree of $size records" >&2
