#!/bin/sh
# A root file system's inventory against `find` over the same tree, both warm.
# usage: bench/scan_host.sh ROOT      (a Debian root made with debootstrap, or /)
set -eu
assay=${ASSAY:-$(dirname "$0")/../build/assay}
root=${1:?usage: bench/scan_host.sh ROOT}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
hyperfine -N -i --warmup 3 --min-runs 20 --export-json "$out" \
    -n find "find $root" -n assay "$assay inventory --format json $root"
python3 - "$out" <<'EOF'
import json, sys
find, assay = (r["median"] for r in json.load(open(sys.argv[1]))["results"])
print(f"find {find * 1e3:.1f} ms, assay {assay * 1e3:.1f} ms: {assay / find:.2f} x (bar: 1.5)")
EOF
