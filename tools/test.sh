#!/usr/bin/env bash
# Builds everything and runs every test: what a newcomer types, and what CI runs.
#   tools/test.sh          three builds: plain (all tests), ASan with UBSan (unit tests and fuzz
#                          corpora), TSan (what has threads)
#   tools/test.sh --quick  the plain build only
# Goes on after a failure, so that one run tells everything; exits 1 if anything failed.
# The last lines say how each build ended, the plain one last.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

quick=no
case "${1-}" in
  "") ;;
  --quick) quick=yes ;;
  *) sed -n '2,7s/^# \{0,1\}//p' tools/test.sh >&2; exit 2 ;;
esac

jobs=$(nproc)
tests_at_once=$((2 * jobs))  # many wait more than they compute: for a server's end, a token, a deadline
summary=()
failed=no

# A home that cannot be written to must not stop the compiler cache.
if [ -z "${CCACHE_DIR-}" ] && ! mkdir -p "${HOME:-/nonexistent}/.cache/ccache" 2>/dev/null; then
  export CCACHE_DIR=$PWD/.cache/ccache
fi
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp:halt_on_error=1:second_deadlock_stack=1

# build_and_test NAME DIR TARGET CMAKE-ARGUMENT CTEST-ARGUMENT...
build_and_test() {
  local name=$1 dir=$2 target=$3 cmake_argument=$4 started=$SECONDS outcome
  shift 4
  echo "== $name"
  mkdir -p "$dir"
  if cmake -G Ninja -S . -B "$dir" -DBUILD_TESTING=ON "$cmake_argument" >"$dir/configure.log" 2>&1 &&
    cmake --build "$dir" --parallel "$jobs" --target "$target"; then
    if ctest --test-dir "$dir" --parallel "$tests_at_once" --output-on-failure --no-tests=error "$@" |
      tee "$dir/ctest.log"; then
      :
    else
      failed=yes
    fi
    outcome=$(grep 'tests passed' "$dir/ctest.log")
  else
    cat "$dir/configure.log"
    failed=yes
    outcome="DID NOT BUILD"
  fi
  summary=("$name: ${outcome:-NO TEST RAN} ($((SECONDS - started)) s)" "${summary[@]}")
}

tools/setup.sh || exit 1
bare=()
if [ $quick = yes ]; then bare=(--label-exclude bare); fi  # it makes a whole system: minutes
build_and_test "plain build" build all -DVARVE_SANITIZE= "${bare[@]}"
if [ $quick = no ]; then
  build_and_test "address and undefined behaviour sanitizers" build-asan sanitized_tests \
    -DVARVE_SANITIZE=address --label-regex sanitized
  build_and_test "thread sanitizer" build-tsan threaded_tests \
    -DVARVE_SANITIZE=thread --label-regex threaded
fi

echo
printf '%s\n' "${summary[@]}"
if [ $failed = yes ]; then
  echo "FAILED after $SECONDS s"
  exit 1
fi
echo "everything passed in $SECONDS s"
