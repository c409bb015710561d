#!/bin/sh
# Installs zkubectl: the executable for this machine, checked against SHA256SUMS, whole or not at all.
usage() {
  cat <<'EOF'
Installs zkubectl: the executable for this machine, checked against SHA256SUMS, whole or not at all.
  sh install.sh [--prefix DIR] [--from DIR|URL]
--prefix  it becomes DIR/bin/zkubectl; default: /usr/local where that may be written, else ~/.local
--from    where the executables and SHA256SUMS are: a folder or an https URL; default: the folder of this script, where it runs from a file
EOF
}
set -eu

fail() {
  printf 'install.sh: error: %s\n' "$1" >&2
  exit 1
}

prefix=
from=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --from)
      [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value"
      if [ "$1" = --prefix ]; then prefix=$2; else from=$2; fi
      shift 2
      ;;
    --prefix=*) prefix=${1#*=}; shift ;;
    --from=*) from=${1#*=}; shift ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown argument: $1 (--help shows the known ones)" ;;
  esac
done

if [ -z "$prefix" ]; then
  if [ -w /usr/local/bin ]; then
    prefix=/usr/local
  else
    [ -n "${HOME:-}" ] || fail 'there is no HOME: say where with --prefix DIR'
    prefix=$HOME/.local
  fi
fi
if [ -z "$from" ]; then
  # A script that comes through a pipe has no folder: whatever lies in the current one is not ours.
  case $0 in
    install.sh | */install.sh) [ -f "$0" ] || fail 'say where from: --from DIR|URL' ;;
    *) fail 'this script does not run from its file: say where from, --from DIR|URL' ;;
  esac
  from=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
fi
case $from in
  *://*@*) fail 'a URL must not have a user in it' ;;
  https://*) remote=yes protocol='=https' ;;
  http://127.0.0.1[:/]* | http://localhost[:/]*) remote=yes protocol='=http' ;;
  *://*) fail "not an https URL: $from" ;;
  *) remote=no ;;
esac

case $(uname -s) in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  MINGW* | MSYS* | CYGWIN*) os=windows ;;
  *) fail "there is no executable for $(uname -s); the npm package runs wherever Node.js does" ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no executable for $(uname -m); the npm package runs wherever Node.js does" ;;
esac
libc=
if [ "$os" = linux ] && { ldd --version 2>&1 || :; } | grep -qi musl; then libc=-musl; fi
suffix=
if [ "$os" = windows ]; then suffix=.exe; fi
name=zkubectl-$os-$arch$libc$suffix

if command -v sha256sum >/dev/null 2>&1; then
  digest() { sha256sum "$1"; }
elif command -v shasum >/dev/null 2>&1; then
  digest() { shasum -a 256 "$1"; }
else
  fail 'there is neither sha256sum nor shasum, and nothing is installed unchecked'
fi

work=$(mktemp -d)
staged=
cleanup() {
  rm -rf "$work"
  [ -z "$staged" ] || rm -f "$staged"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fetch() {
  if [ "$remote" = no ]; then
    [ -f "$from/$1" ] || fail "there is no $from/$1"
    cp "$from/$1" "$work/$1"
  elif command -v curl >/dev/null 2>&1; then
    # A redirect leads to https alone, and from loopback nowhere.
    curl -fsSL --proto "$protocol" --proto-redir '=https' -o "$work/$1" "${from%/}/$1" || fail "cannot download ${from%/}/$1"
  elif command -v wget >/dev/null 2>&1; then
    # wget follows a redirect to http: it follows none.
    wget -q --max-redirect=0 -O "$work/$1" "${from%/}/$1" || fail "cannot download ${from%/}/$1 (without redirects; curl follows them to https)"
  else
    fail 'there is neither curl nor wget'
  fi
}

fetch SHA256SUMS
expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$work/SHA256SUMS")
[ -n "$expected" ] || fail "SHA256SUMS does not name $name"
fetch "$name"
actual=$(digest "$work/$name" | awk '{ print $1 }')
[ "$actual" = "$expected" ] || fail "$name is not what SHA256SUMS says ($actual, expected $expected): nothing was installed"

[ ! -d "$prefix/bin/zkubectl$suffix" ] || fail "$prefix/bin/zkubectl$suffix is a folder"
mkdir -p "$prefix/bin" || fail "cannot make $prefix/bin: say another place with --prefix DIR"
target=$prefix/bin/zkubectl$suffix
staged=$prefix/bin/.zkubectl.$$
cp "$work/$name" "$staged" || fail "cannot write to $prefix/bin: say another place with --prefix DIR"
chmod 755 "$staged"
if ! "$staged" --version >/dev/null 2>"$work/why"; then
  sed 's/^/  /' "$work/why" | head -n 3 >&2
  [ -z "$libc" ] || printf '  the executables for musl need libstdc++: apk add libstdc++\n' >&2
  fail "$name does not run on this machine: nothing was installed"
fi
mv -f "$staged" "$target"
staged=
printf 'installed %s\n' "$target"
case :${PATH:-}: in
  *:"$prefix/bin":*) ;;
  *) printf 'add it to your PATH: export PATH="%s/bin:$PATH"\n' "$prefix" ;;
esac
