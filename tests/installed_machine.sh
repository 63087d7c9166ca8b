#!/usr/bin/env bash
# On a minimal Debian 12: every command of docs/operating/install.md, in the order of the page, under a systemd that
# runs. The machine is booted twice. It begins with an earlier version: the same programs under a lower number.
#   tests/installed_machine.sh ROOT PACKAGES     in ROOT, which can reach the machine's package sources
set -euo pipefail
cd "$(dirname "$0")"
. ./page_blocks.sh

page=../docs/operating/install.md
root=$1
packages=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
script=$work/script

# make_earlier DIRECTORY: the packages, as a version before would have them.
make_earlier() {
  local package
  mkdir -p "$1"
  for package in "$packages"/*.deb; do
    dpkg-deb --raw-extract "$package" "$work/package"
    sed -i -e 's/^Version: .*/Version: 0.0.1-1/' -e '/^Depends:/s/varve-tools (= [^)]*)/varve-tools (= 0.0.1-1)/' \
      "$work/package/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/package" "$1" >/dev/null
    rm -r "$work/package"
  done
}

make_earlier "$root/root/build/packages"
cat >"$root/etc/apt/apt.conf.d/test" <<'CONF'
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
CONF
echo "== install"
blocks $page Install | env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive \
  chroot "$root" /bin/bash -euc "cd; apt-get update; . /dev/stdin" >"$root/installed.log" 2>&1 ||
  { tail -20 "$root/installed.log"; exit 1; }

cat >"$script" <<'END'
cd /root
systemd-analyze verify --man=no varved.service varve-witness.service varve-{collect,mirror,verify,drill}@x.service \
  varve-{mirror,verify,drill}@x.timer
END
for section in "First start" PIN Collector Mirror "Restore drill"; do blocks $page "$section"; done >>"$script"
cat >>"$script" <<'END'
rm /var/lib/varve/main/pin
grep '^varve_backup_exit_code{command="mirror".* 0$' /var/lib/varve-metrics/main-mirror.prom
grep '^varve_backup_exit_code{command="drill".* 0$' /var/lib/varve-metrics/main-drill.prom
grep '^varve_backup_exit_code{command="check".* 0$' /var/lib/varve-metrics/main-verify.prom
grep '^varve_collect_receipt_seconds{.*source="clinic-a/ehr"' /var/lib/varve-collect-metrics/ehr.prom
ls /usr/share/varve/alerts.yml /usr/share/varve/dashboard.json
[ -z "$(systemctl list-units --failed --no-legend)" ]
END
echo "== first boot"
./booted_machine.sh "$root" "$script"

# What began at the boot goes on: a line that is added reaches the log, after the boot and after each change of version.
mv "$root/root/build/packages" "$root/root/build/packages-before"
cp -r "$packages" "$root/root/build/packages"
cat >"$script" <<'END'
cd /root
gone() { ! "$@"; }
arrives() {  # in an auditor's copy of the log, within a minute
  set +x
  echo "{\"action\":\"read\",\"after\":\"$1\"}" >>/var/log/ehr-audit/today.ndjson
  for _ in $(seq 300); do
    varve-audit fetch seen --config /var/lib/varve/main/varved.toml >/dev/null 2>&1 || true
    if grep -rqs "$1" seen; then set -x; return 0; fi
    sleep 0.2
  done
  return 1
}
kept() {  # users, configuration, what starts at a boot
  getent passwd varve varve-witness varve-collect varve-audit
  find /etc/varve* /etc/systemd/system -printf '%p %M %u %g %l\n' | sort
  find /etc/varve* /etc/systemd/system -type f -exec sha256sum {} + | sort
}
process() { systemctl show --property MainPID --value "$1"; }
versions() { dpkg-query --show --showformat '${Version}\n' varve-server varve-tools | sort -u; }
refuses() {  # UNIT WORDS: it has ended with 22 and is not started again
  set +x
  for _ in $(seq 300); do
    [ "$(systemctl show --property ActiveState --value "$1")" != failed ] || break
    sleep 0.2
  done
  set -x
  [ "$(systemctl show --property ActiveState,ExecMainStatus,NRestarts --value "$1" | sort | xargs)" = "0 22 failed" ]
  journalctl --unit "$1" --lines 5 --output cat | grep "$2"
}
put_sum() { printf "$(sha256sum <later | cut -c1-64 | sed 's/../\\x&/g')" >>later; }
later_mark() {  # a high-water mark of a format that nobody knows yet: both slots
  : >all
  for at in 1 4097; do
    tail -c +$at "$1" | head -c 4096 >slot
    { head -c 7 slot; printf L; tail -c +9 slot | head -c 80; } >later
    put_sum
    tail -c +121 slot | cat later - >>all
  done
  cat all >"$1"
}
later_state() {  # the same of a collector's state
  head -c -32 "$1" | LC_ALL=C sed '1s/[0-9]*$/9/' >later
  put_sum
  cat later >"$1"
}

arrives "the boot"
before=$(kept)
main=$(process varved)
collector=$(process varve-collect@ehr)
END
blocks $page Upgrade >>"$script"
cat >>"$script" <<'END'
gone [ "$(versions)" = 0.0.1-1 ]
gone [ "$(process varved)" = "$main" ]
gone [ "$(process varve-collect@ehr)" = "$collector" ]
[ "$(kept)" = "$before" ]
arrives "the upgrade"
END
blocks $page Downgrade >>"$script"
cat >>"$script" <<'END'
[ "$(versions)" = 0.0.1-1 ]
[ "$(kept)" = "$before" ]
arrives "the downgrade"
[ -z "$(systemctl list-units --failed --no-legend)" ]

# A version that wrote what the earlier one does not know. The state is put back for the way up: no program reads it.
systemctl stop varved varve-collect@ehr
mark=/var/lib/varve/main/marks/main.mark
state=/var/lib/varve-collect/ehr/state
cp -a "$mark" "$state" .
later_mark "$mark"
later_state "$state"
gone systemctl start varved
refuses varved "main.mark is of format .*, which is newer than this program"
systemctl start varve-collect@ehr
refuses varve-collect@ehr "'state' is of format 9, which is newer than this program"
cat main.mark >"$mark"
cat state >"$state"
END
blocks $page Upgrade | grep -v "is-active" >>"$script"
blocks $page Downgrade | grep -A1 "^ *systemctl start" >>"$script"
cat >>"$script" <<'END'
gone [ "$(versions)" = 0.0.1-1 ]
arrives "the way back"
varve-audit check --config /var/lib/varve/main/varved.toml
[ -z "$(systemctl list-units --failed --no-legend)" ]
END
blocks $page Remove >>"$script"
cat >>"$script" <<'END'
gone systemctl is-active varved varve-collect@ehr varve-mirror@main.timer varve-drill@main.timer
dpkg --purge varve-server varve-tools
ls -d /etc/varve/varved.toml /var/lib/varve/main/data/main /var/lib/varve-audit/main
gone ls /usr/sbin/varved
gone ls /usr/bin/varve-audit
END
echo "== second boot"
./booted_machine.sh "$root" "$script"
