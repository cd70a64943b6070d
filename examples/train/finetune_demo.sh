#!/usr/bin/env bash
# Fine-tuning shown end to end: 60 pairs of an instrument that the embedded model does not know,
# 20 of them without it, and what the model says before and after of 60 pieces that it has not
# heard, and of 60 more on a soundfont that nothing was trained on.
#
#     examples/train/finetune_demo.sh OUTPUT_FOLDER [bagpipe|steelpan|kalimba] [options of finetune]
set -euo pipefail
out=$1 kind=${2:-bagpipe}
shift; shift || true
train=${CARGO_TARGET_DIR:-target}/dist/musicap-train

$train pairs --kind "$kind" --clips 60 --seed 1 --out "$out/pairs"
$train pairs --kind "$kind" --clips 60 --seed 2 --out "$out/unheard"
$train pairs --kind "$kind" --clips 60 --seed 3 --fonts test --out "$out/unheard-font"
$train finetune --data "$out/pairs/pairs.csv" --output "$out/model" --watch-words "$kind" \
    --test "$out/unheard/pairs.csv" --test "$out/unheard-font/pairs.csv" "$@"
