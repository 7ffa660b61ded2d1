#!/usr/bin/env bash
# Installs moto, AWS's stand-in for the tests of Cloud Map, into target/moto: wheels of the Python package index, nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=5.1.22
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade \
    --target target/moto "moto==$version" flask flask-cors
PYTHONPATH=target/moto python3 -c 'import moto, moto.server; print("moto", moto.__version__)'
