#!/usr/bin/env python3
"""Runs a command and prints the seconds it took and the most memory it held, in MiB: peak.py COMMAND..."""

import resource
import subprocess
import sys
import time

started = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
if code not in (0, 4):
    sys.exit(f"peak.py: {sys.argv[1]} ended with {code}")
print(f"{time.monotonic() - started:.2f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.1f}")
