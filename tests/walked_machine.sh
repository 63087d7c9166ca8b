#!/usr/bin/env bash
# On a minimal Debian 12: every command of docs/operating/first-server.md, in the order of the page, by somebody who has
# the sources and nothing else. The machine is booted twice. Says how long each part took.
#   tests/walked_machine.sh ROOT     in ROOT, which has these sources and can reach the machine's package sources
set -euo pipefail
cd "$(dirname "$0")"
. ./page_blocks.sh

page=../docs/operating/first-server.md
root=$1
source=$(cd .. && pwd)
script=$(mktemp)
trap 'rm -f "$script"' EXIT

echo "== quickstart"
began=$SECONDS
blocks $page Programs | env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  chroot "$root" /bin/bash -euc "cd '$source'; . /dev/stdin"
echo "== packages and programs: $((SECONDS - began)) s"
# debootstrap's minimal system has no init, which every machine has; and nobody answers apt here.
echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/test"
chroot "$root" apt-get install --no-install-recommends systemd >"$root/init.log" 2>&1 ||
  { tail -20 "$root/init.log"; exit 1; }

{
  echo "export HOME=/root LANG=C.UTF-8; cd '$source'"
  blocks $page Programs | grep '^export PATH='
  # The server's shell is another one, until Ctrl+C.
  echo 'listens() { until grep -q listening /root/server.log; do sleep 0.1; done; }'
  for section in Server Collector Auditor Keys; do blocks $page $section; done |
    sed '/^varved --config/s|.*|& 2>/root/server.log \& server=$!\nlistens|'
  echo 'kill -INT $server; wait $server'
  # What is written at the boot and after it, until the very end of the machine.
  blocks $page Services | sed '/^systemctl is-active/,$d'
  cat <<'END'
systemd-run --property DefaultDependencies=no bash -c 'n=0
while sleep 0.05; do n=$((n + 1)); echo "{\"action\":\"read\",\"number\":$n}" >>/var/log/ehr-audit/today.ndjson; done'
until grep -q '"number":3' /var/log/ehr-audit/today.ndjson; do sleep 0.1; done
END
} >"$script"
echo "== first boot"
began=$SECONDS
./booted_machine.sh "$root" "$script"
echo "== server, collector, auditor, mirror, services: $((SECONDS - began)) s"
echo '{"action":"read","number":"while it was off"}' >>"$root/var/log/ehr-audit/today.ndjson"

{
  echo "cd '$source'"
  # A person types that once the machine is up.
  echo 'for unit in varved varve-collect@ehr; do until systemctl is-active --quiet $unit; do sleep 0.1; done; done'
  blocks $page Services | sed -n '/^systemctl is-active/,$p'
  cat <<'END'
numbers() { grep -rhao '"number":[^}]*' "$1" | sort; }
echo '{"action":"read","number":"after the boot"}' >>/var/log/ehr-audit/today.ndjson
numbers /var/log/ehr-audit >/root/written
set +x
for _ in $(seq 300); do
  rm -rf /root/seen
  varve-audit fetch /root/seen --config /var/lib/varve/main/varved.toml >/dev/null
  numbers /root/seen >/root/read
  ! cmp -s /root/written /root/read || break
  sleep 0.2
done
set -x
diff /root/written /root/read
[ "$(uniq /root/read | wc -l)" -gt 3 ]
[ -z "$(uniq --repeated /root/read)" ]
varve-audit check --config /var/lib/varve/main/varved.toml
[ -z "$(systemctl list-units --failed --no-legend)" ]
END
} >"$script"
echo "== second boot"
./booted_machine.sh "$root" "$script"
