#!/usr/bin/env python3
"""Runs a command and writes what it cost: getrusage of the child and its own children, and the wall clock.

usage: measure.py REPORT COMMAND...

REPORT gets {"wall", "user", "system"} in seconds and "peak" in KiB. The command's exit code is passed on.
"""
import json
import resource
import subprocess
import sys
import time

report, command = sys.argv[1], sys.argv[2:]
start = time.perf_counter()
code = subprocess.run(command, check=False).returncode
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
# macOS counts bytes, Linux KiB.
peak = used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss
with open(report, "w") as file:
    json.dump({"wall": wall, "user": used.ru_utime, "system": used.ru_stime, "peak": peak}, file)
sys.exit(code if code >= 0 else 128 - code)
