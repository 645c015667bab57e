#!/bin/bash
# relocation_keys.sh BUILD: the program xend-relocation-keys at a shell, in a folder of its own.
set -u
keys=$(pwd)/xend/relocation/xend-relocation-keys
xend=$(realpath "$1")/xend-daemon/xend
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0; failed=0

# expect STATUS OUTPUT COMMAND...: OUTPUT is a pattern for all that the command prints, stdout and stderr.
expect() {
  local status=$1 pattern=$2 out got; shift 2
  out=$("$@" 2>&1); got=$?
  if [ "$got" -eq "$status" ] && [[ $out == $pattern ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  wanted status %s and: %s\n  got status %s and: %s\n' "$*" "$status" "$pattern" "$got" "$out"
  fi
}

expect 0 'Usage: xend-relocation-keys *' "$keys" -h
expect 2 'Usage: *' "$keys" neither
expect 2 'Usage: *' "$keys" make show
expect 1 '*-d here: xend-config.sxp needs an absolute path.' "$keys" -d here
expect 1 "*There is no directory $dir/none." "$keys" -d "$dir/none"
expect 1 "*$dir/relocation.crt is not there: *" "$keys" -d "$dir" show
expect 1 '*There is no program openssl: *' env PATH=/nonexistent /bin/sh "$keys" -d "$dir"

# What it prints is what openssl prints, and xend takes it.
expect 0 "The fingerprint of this host is*??:??:*(xend-relocation-server-ssl-key-file $dir/relocation.key)*" \
  bash -c "umask 0; '$keys' -d '$dir'"
fingerprint=$(openssl x509 -in "$dir/relocation.crt" -noout -fingerprint -sha256)
expect 0 "*-peers ('${fingerprint#*=}'))" "$keys" -d "$dir" show
expect 0 $'600\n644' bash -c "stat -c %a '$dir/relocation.key' '$dir/relocation.crt'"
"$keys" -d "$dir" show | grep '^(' > "$dir/xend-config.sxp"
echo "(xend-relocation-hosts-allow '^192\\.168\\.7\\.1\$')" >> "$dir/xend-config.sxp"
expect 0 '' "$xend" --check-config "$dir/xend-config.sxp"
expect 0 '' bash -c "[ \$(grep -c '^(' '$dir/xend-config.sxp') = 6 ]"

# Nothing is overwritten, nor half of it made, and nothing is left lying about.
before=$(cat "$dir/relocation.key")
expect 1 "*$dir/relocation.key is there already and is not overwritten.*" "$keys" -d "$dir"
rm "$dir/relocation.key"
ln -s nowhere "$dir/relocation.key"
expect 1 "*$dir/relocation.key is there already*" "$keys" -d "$dir" make
rm "$dir/relocation.key"
expect 1 "*$dir/relocation.crt is there already*" "$keys" -d "$dir" make
expect 0 'relocation.crt
xend-config.sxp' ls -A "$dir"
rm "$dir/relocation.crt"
expect 0 '*' "$keys" -d "$dir"
expect 1 '' bash -c "[ '$before' = \"\$(cat '$dir/relocation.key')\" ]"

# A folder that could be taken for something else.
odd="$dir/a b'; touch ran"
mkdir "$odd"
expect 1 "*only letters, digits and ._/- are taken." "$keys" -d "$odd"
expect 0 '' ls -A "$odd"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
