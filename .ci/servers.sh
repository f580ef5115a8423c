#!/usr/bin/env bash
# The tests that speak to real servers: an OCI registry, git over HTTP and ssh, nginx, an S3 server. Installs by name what is
# not there yet (as root, on Debian), then lets the tests start what they need on free ports of the loopback interface.
set -euo pipefail
cd "$(dirname "$0")/.."

lacking=()
need() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || lacking+=("$2")
}
need docker-registry docker-registry
need nginx nginx
need sshd openssh-server
need ssh openssh-client
need git git
need openssl openssl
need gpg gpg
if [ "${#lacking[@]}" -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends "${lacking[@]}" >&2
fi

export FLUX_LOCAL_SERVERS=${FLUX_LOCAL_SERVERS:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/flux-local-servers}
if [ ! -d "$FLUX_LOCAL_SERVERS/node_modules/s3rver" ]; then
  mkdir -p "$FLUX_LOCAL_SERVERS"
  npm install --prefix "$FLUX_LOCAL_SERVERS" --no-audit --no-fund --silent s3rver@3.7.1 >&2
fi

[ -d node_modules/vitest ] || npm ci --silent >&2
node scripts/test.mjs --config vitest.servers.config.ts "$@"
