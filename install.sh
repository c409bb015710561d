#!/bin/sh
# Installs zkubectl for this machine from the archive of a release. Verifies it against SHA256SUMS; on any error the installed file stays unchanged.
usage() {
  cat <<'EOF'
Installs zkubectl for this machine from the archive of a release, with its manual pages and completions.
Verifies the archive against SHA256SUMS; on any error the installed file stays unchanged.
  sh install.sh [--prefix DIR] [--from DIR|URL]
--prefix  install as DIR/bin/zkubectl; default: /usr/local if /usr/local/bin is writable, else ~/.local
--from    folder or https URL of the archives and SHA256SUMS; default: the folder of this script (required when the script is piped into a shell)
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
    *) fail "unknown argument: $1 (see --help)" ;;
  esac
done

if [ -z "$prefix" ]; then
  if [ -w /usr/local/bin ]; then
    prefix=/usr/local
  else
    [ -n "${HOME:-}" ] || fail 'HOME is not set: choose a folder with --prefix DIR'
    prefix=$HOME/.local
  fi
fi
if [ -z "$from" ]; then
  # A script piped into a shell has no folder of its own, and files in the current folder must not be installed.
  case $0 in
    install.sh | */install.sh) [ -f "$0" ] || fail 'say where from: --from DIR|URL' ;;
    *) fail 'this script does not run from a file named install.sh, say where from: --from DIR|URL' ;;
  esac
  from=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
fi
case $from in
  *://*@*) fail 'the URL of --from must not have a user name in it' ;;
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
suffix= kind=tar.gz
if [ "$os" = windows ]; then suffix=.exe kind=zip; fi
name=zkubectl-$os-$arch$libc.$kind

if command -v sha256sum >/dev/null 2>&1; then
  digest() { sha256sum "$1"; }
elif command -v shasum >/dev/null 2>&1; then
  digest() { shasum -a 256 "$1"; }
else
  fail 'cannot verify the checksum: neither sha256sum nor shasum is installed'
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
    # curl follows a redirect only to https, and follows none from a loopback http URL (--proto forbids https there).
    curl -fsSL --proto "$protocol" --proto-redir '=https' -o "$work/$1" "${from%/}/$1" || fail "cannot download ${from%/}/$1"
  elif command -v wget >/dev/null 2>&1; then
    # wget would also follow a redirect to http, so redirects are disabled.
    wget -q --max-redirect=0 -O "$work/$1" "${from%/}/$1" || fail "cannot download ${from%/}/$1 (wget follows no redirects; install curl to follow them)"
  else
    fail 'cannot download: neither curl nor wget is installed'
  fi
}

fetch SHA256SUMS
expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$work/SHA256SUMS")
[ -n "$expected" ] || fail "SHA256SUMS does not name $name"
fetch "$name"
actual=$(digest "$work/$name" | awk '{ print $1 }')
[ "$actual" = "$expected" ] || fail "checksum mismatch for $name ($actual, expected $expected): nothing was installed"

tree=$work/tree
mkdir "$tree"
if [ "$kind" = zip ]; then
  command -v unzip >/dev/null 2>&1 || fail 'cannot unpack the archive: unzip is not installed'
  unzip -q "$work/$name" -d "$tree" || fail "cannot unpack $name: nothing was installed"
else
  tar -xzf "$work/$name" -C "$tree" || fail "cannot unpack $name: nothing was installed"
fi

[ ! -d "$prefix/bin/zkubectl$suffix" ] || fail "cannot install $prefix/bin/zkubectl$suffix: it is a folder"
mkdir -p "$prefix/bin" || fail "cannot create $prefix/bin: choose another folder with --prefix DIR"
target=$prefix/bin/zkubectl$suffix
staged=$prefix/bin/.zkubectl.$$
cp "$tree/bin/zkubectl$suffix" "$staged" || fail "cannot write to $prefix/bin: choose another folder with --prefix DIR"
chmod 755 "$staged"
if ! "$staged" --version >/dev/null 2>"$work/why"; then
  sed 's/^/  /' "$work/why" | head -n 3 >&2
  [ -z "$libc" ] || printf '  the executables for musl need libstdc++: apk add libstdc++\n' >&2
  fail "$name does not run on this machine: nothing was installed"
fi
mv -f "$staged" "$target"
staged=
printf 'installed %s\n' "$target"
# docker runs it by this name. A file of another program stays.
helper=$prefix/bin/docker-credential-zkubectl
if [ "$os" != windows ] && { [ -L "$helper" ] || [ ! -e "$helper" ]; }; then
  ln -sf zkubectl "$helper" || fail "cannot link $helper: zkubectl itself is installed"
fi
# The manual pages and completions; without them, the program is complete.
if [ -d "$tree/share" ]; then
  { mkdir -p "$prefix/share" && cp -R "$tree/share/." "$prefix/share/"; } || fail "cannot write the manual pages and completions to $prefix/share: zkubectl itself is installed"
  printf 'installed the manual pages and completions in %s/share\n' "$prefix"
fi
case :${PATH:-}: in
  *:"$prefix/bin":*) ;;
  *) printf 'add it to your PATH: export PATH="%s/bin:$PATH"\n' "$prefix" ;;
esac
