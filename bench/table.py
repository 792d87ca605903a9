#!/usr/bin/env python3
"""Prints the figures of a run as a table and writes them as JSON: table.py FIGURES RESULTS.JSON
Ends with 1 when a bar is missed."""

import datetime
import json
import os
import sys

rows = []
for line in open(sys.argv[1], encoding="utf-8"):
    name, what, value, unit, bar = line.rstrip("\n").split("\t")
    row = {"name": name, "what": what, "value": float(value), "unit": unit}
    if bar:
        least = bar.startswith(">")
        row["bar"] = float(bar.lstrip(">"))
        row["pass"] = row["value"] >= row["bar"] if least else row["value"] <= row["bar"]
    rows.append(row)

for row in rows:
    bar = f"{'pass' if row['pass'] else 'MISS'} (bar {row['bar']:g} {row['unit']})" if "bar" in row else ""
    print(f"{row['name']:<6} {row['what']:<46} {row['value']:>10.4g} {row['unit']:<4} {bar}".rstrip())
with open(sys.argv[2], "w", encoding="utf-8") as f:
    when = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    json.dump({"when": when, "cpus": os.cpu_count(), "load": os.getloadavg()[0], "rows": rows}, f, indent=2)
sys.exit(any(not row.get("pass", True) for row in rows))
