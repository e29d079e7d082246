#!/usr/bin/env bash
# fetch-buildx.sh DIR - put Docker's buildx into DIR/docker-buildx, from Debian's packages and without installing anything.
#
# Debian has it from release 13 on, and one that today's Compose accepts from release 14 on; that program runs on release 12
# too (it needs glibc 2.34). It is taken from the mirror that this machine's apt uses, with an index of its own, and checked
# by Debian's keys as always.
set -euo pipefail
export LC_ALL=C
folder=$(realpath "${1:?usage: fetch-buildx.sh DIR}")
[ ! -x "$folder/docker-buildx" ] || exit 0
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# shellcheck disable=SC2016 # apt's own placeholder
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
[ -n "$mirror" ] && [ -r "$keys" ] || { echo "fetch-buildx: apt knows no mirror of Debian's" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists,cache/archives}/partial "$folder"
echo "deb [signed-by=$keys] $mirror forky main" >"$work/source.list"
cd "$work"
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/source.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" \
    -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}
apt update
apt download docker-buildx
dpkg-deb --extract docker-buildx_*.deb tree
tree/usr/libexec/docker/cli-plugins/docker-buildx version >/dev/null
mv tree/usr/libexec/docker/cli-plugins/docker-buildx "$folder/"
