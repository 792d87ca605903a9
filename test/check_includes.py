#!/usr/bin/env python3
"""Includes point only down: a folder of src/ may use the folders before it in src/meson.build, and itself."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
order = re.findall(r"'([a-z]+)'", (root / "src/meson.build").read_text().split("subdir")[0])
faults = [f"src/{d.name} is not in src/meson.build" for d in (root / "src").iterdir() if d.is_dir() and d.name not in order]
for file in sorted((root / "src").glob("*/*.[ch]")):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        included = re.match(r'#include "([a-z]+)/', line)
        if included and (included[1] not in order or order.index(included[1]) > order.index(file.parent.name)):
            faults.append(f"{file.relative_to(root)}:{number}: {file.parent.name} must not use {included[1]}")
print("\n".join(faults) or f"{len(order)} folders, includes point down")
sys.exit(bool(faults))
