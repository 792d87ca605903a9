#!/bin/sh
# An image's inventory against decompressing and digesting the same layers, and the memory it takes.
# usage: bench/scan_image.sh OCI-LAYOUT      (folder; its layers gzip)
set -eu
assay=${ASSAY:-$(dirname "$0")/../build/assay}
layout=${1:?usage: bench/scan_image.sh OCI-LAYOUT}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
layers=$(for f in "$layout"/blobs/sha256/*; do
    [ "$(head -c 2 "$f" | od -An -tx1 | tr -d ' ')" = 1f8b ] && printf '%s ' "$f"
done; true)
hyperfine -i --warmup 1 --runs "${RUNS:-3}" --export-json "$out" \
    -n gunzip "for f in $layers; do gunzip -c \$f | sha256sum; done" \
    -n assay "$assay inventory --format json $layout"
python3 - "$out" <<'EOF'
import json, sys
gunzip, assay = (r["median"] for r in json.load(open(sys.argv[1]))["results"])
print(f"gunzip | sha256sum {gunzip:.2f} s, assay {assay:.2f} s: {assay / gunzip:.2f} x (bar: 1.3)")
EOF
python3 - "$assay" "$layout" <<'EOF'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "inventory", "--format", "json", sys.argv[2]], stdout=subprocess.DEVNULL)
print(f"resident at most {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB (bar: 64)")
EOF
