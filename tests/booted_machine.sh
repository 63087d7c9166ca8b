#!/usr/bin/env bash
# Boots a machine from a directory that has systemd, in namespaces of its own, and runs a script of bash in it as root.
# Prints what the script prints, ends as it ends, and the machine is off then. No network but its own loopback.
#   tests/booted_machine.sh ROOT SCRIPT     exit 77: a machine cannot be booted here
set -euo pipefail

minutes=10

outside() {
  local root=$1
  cp "$2" "$root/root/script"
  cat >"$root/etc/systemd/system/script.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo begun >/root/ended; bash -eux /root/script >/root/output 2>&1; echo $? >/root/ended'
ExecStopPost=systemctl poweroff
[Install]
WantedBy=multi-user.target
UNIT
  ln -sf ../script.service "$root/etc/systemd/system/multi-user.target.wants/script.service"
  rm -f "$root/root/ended"
  # One at a time: each systemd takes itself for the only one of its tree of control groups.
  exec 9>"${TMPDIR:-/tmp}/varve-boots.lock"
  flock 9
  # It ends by itself; the limit is for a machine that hangs.
  timeout --kill-after=10 "${minutes}m" unshare --mount --propagation private --pid --fork --kill-child \
    --uts --ipc --cgroup --net "$0" inside "$root" >"$root/root/boot.log" 2>&1 9>&- || true
  if [ ! -e "$root/root/ended" ]; then
    tail -5 "$root/root/boot.log"
    echo "skipped: a machine with systemd cannot be booted here"
    exit 77
  fi
  cat "$root/root/output"
  exit "$(sed s/begun/1/ "$root/root/ended")"
}

# The first process of the new machine: mounts what an init expects, and becomes systemd.
inside() {
  local root=$1
  mount --rbind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  cd "$root/dev"
  mknod -m 666 null c 1 3
  mknod -m 666 zero c 1 5
  mknod -m 666 full c 1 7
  mknod -m 666 random c 1 8
  mknod -m 666 urandom c 1 9
  mknod -m 666 tty c 5 0
  mkdir pts shm
  mount -t devpts -o newinstance,ptmxmode=666 devpts pts
  ln -s pts/ptmx ptmx
  mkdir -p "$root/old"
  cd "$root"
  pivot_root . old
  mount --make-rshared /  # as systemd has it where it is no container
  exec env -i container=varve PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c \
    'umount -l /old; exec /lib/systemd/systemd --system --log-target=console --unit=multi-user.target'
}

case "${1-}" in
  inside) inside "$2" ;;
  /*) outside "$1" "$2" ;;
  *) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
