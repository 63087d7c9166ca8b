#!/bin/sh
# Runs fuzz targets under libFuzzer with address and undefined-behaviour sanitizers.
#   fuzz/run.sh SECONDS [TARGET...]      each target (or the named ones) for so many seconds
# New inputs stay in build-fuzz/corpus; a crash leaves its input there and ends with an error.
set -eu
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
seconds=$1
shift
cd "$(dirname "$0")/.."
cmake -G Ninja -S . -B build-fuzz -DVARVE_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++-14 \
  -DCMAKE_C_COMPILER=clang-14 > /dev/null
ninja -C build-fuzz fuzz_targets
[ $# -ge 1 ] || set -- $(cd build-fuzz/fuzz && ls -d fuzz_* | sed 's/^fuzz_//')
for target in "$@"; do
  found=build-fuzz/corpus/$target
  build-fuzz/fuzz/replay_"$target" --write "$found"
  mkdir -p fuzz/corpus/"$target"
  echo "fuzzing $target for $seconds s"
  build-fuzz/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$found"/ "$found" fuzz/corpus/"$target" > "$found.log" 2>&1 \
    || { tail -40 "$found.log"; echo "$target failed; its input is in $found"; exit 1; }
  grep -E 'stat::number_of_executed_units|cov:' "$found.log" | tail -2
done
