#!/usr/bin/env bash
# On a minimal Debian 12: every command of docs/operating/install.md, in the order of the page, under a systemd that
# runs. The machine is booted twice.
#   tests/installed_machine.sh ROOT PACKAGES     in ROOT, which can reach the machine's package sources
set -euo pipefail
cd "$(dirname "$0")"

page=../docs/operating/install.md
root=$1
packages=$2

# blocks SECTION: the commands of that section.
blocks() {
  local found
  found=$(awk -v section="$1" '
    /^##/ { name = $0; sub(/^#+ /, "", name) }
    /^```/ { inside = !inside && $0 == "```sh" && name == section; next }
    inside' $page)
  [ -n "$found" ] || { echo "the page has no commands in the section $1" >&2; exit 1; }
  printf '%s\n' "$found"
}

mkdir -p "$root/root/build"
cp -r "$packages" "$root/root/build/packages"
cat >"$root/etc/apt/apt.conf.d/test" <<'CONF'
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
CONF
echo "== install"
blocks Install | env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
  chroot "$root" /bin/bash -euc "cd; apt-get update; . /dev/stdin" >"$root/installed.log" 2>&1 ||
  { tail -20 "$root/installed.log"; exit 1; }

script=$(mktemp)
trap 'rm -f "$script"' EXIT
cat >"$script" <<'END'
cd /root
systemd-analyze verify --man=no varved.service varve-witness.service varve-{collect,mirror,verify,drill}@x.service \
  varve-{mirror,verify,drill}@x.timer
END
for section in "First start" PIN Collector Mirror "Restore drill"; do blocks "$section"; done >>"$script"
cat >>"$script" <<'END'
rm /var/lib/varve/main/pin
grep '^varve_backup_exit_code{command="mirror".* 0$' /var/lib/varve-metrics/main-mirror.prom
grep '^varve_backup_exit_code{command="drill".* 0$' /var/lib/varve-metrics/main-drill.prom
grep '^varve_backup_exit_code{command="check".* 0$' /var/lib/varve-metrics/main-verify.prom
ls /usr/share/varve/alerts.yml /usr/share/varve/dashboard.json
[ -z "$(systemctl list-units --failed --no-legend)" ]
END
echo "== first boot"
./booted_machine.sh "$root" "$script"

# What began at the boot goes on: a line that is added reaches the log.
cat >"$script" <<'END'
cd /root
gone() { ! "$@"; }
arrives() {  # in an auditor's copy of the log, within a minute
  for _ in $(seq 300); do
    varve-audit fetch seen --config /var/lib/varve/main/varved.toml >/dev/null 2>&1 || true
    ! grep -rqs "$1" seen || return 0
    sleep 0.2
  done
  return 1
}
echo '{"action":"read","after":"the boot"}' >>/var/log/ehr-audit/today.ndjson
{ set +x; arrives "the boot"; set -x; } 2>/dev/null
main=$(systemctl show --property MainPID --value varved)
END
blocks Upgrade >>"$script"
cat >>"$script" <<'END'
[ "$(systemctl show --property MainPID --value varved)" != "$main" ]
echo '{"action":"read","after":"the upgrade"}' >>/var/log/ehr-audit/today.ndjson
{ set +x; arrives "the upgrade"; set -x; } 2>/dev/null
[ -z "$(systemctl list-units --failed --no-legend)" ]
END
blocks Remove >>"$script"
cat >>"$script" <<'END'
gone systemctl is-active varved varve-collect@ehr varve-mirror@main.timer varve-drill@main.timer
dpkg --purge varve-server varve-tools
ls -d /etc/varve/varved.toml /var/lib/varve/main/data/main /var/lib/varve-audit/main
gone ls /usr/sbin/varved
gone ls /usr/bin/varve-audit
END
echo "== second boot"
./booted_machine.sh "$root" "$script"
