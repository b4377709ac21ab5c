#!/usr/bin/env bash
# count.sh [BENCH...]: what is steady enough to be a gate. Instructions of each operation by callgrind, as tab-separated
# `bench operation instructions`; after them, as lines that begin with `#`, where and how, and the goals. Blocks and
# bytes follow. Fails if a goal is missed.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $# -eq 0 ]]; then
    set -- read run poll capture restore bind resource emit channel allocations memory
fi
args=()
for bench in "$@"; do args+=(--bench "$bench"); done
# All of them run, also after one has failed.
cargo bench --quiet -p throughline-benches --no-fail-fast "${args[@]}" -- --count
