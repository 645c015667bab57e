#!/bin/bash
# xend_process.sh BUILD: the program xend at a shell, on a machine without Xen. What it does once it runs is tested with a
# stand-in for the daemon (xend/process/process_test.cc).
set -u
xend=$(realpath "$1")/xend-daemon/xend
top=$(pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
export XEND_CONFIG=$dir/xend-config.sxp
echo "(logfile $dir/xend.log)" > "$XEND_CONFIG"
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

# ---- for everyone: checking a file ----
cat > "$dir/broken.sxp" <<END
(xend-relocation-server yes)
(xend-relocation-hosts-allow '^localhost\$
END
echo '(xend-relocation-port eight)' > "$dir/bad.sxp"
echo '(xend-relocation-prot 8002)' > "$dir/odd.sxp"
expect 0 '' "$xend" --check-config "$top/configs/xend-config.sxp"
expect 1 "xend \[ERROR\] Reading config file $dir/broken.sxp: line 3, column 1: unexpected EOF*line 2, column 1*" \
  "$xend" --check-config "$dir/broken.sxp"
expect 1 'xend \[ERROR\] invalid xend config xend-relocation-port: expected int: eight' "$xend" --check-config "$dir/bad.sxp"
expect 0 '*/odd.sxp: There is no key xend-relocation-prot: it is ignored.' "$xend" --check-config "$dir/odd.sxp"
echo '(xend-relocation-server yes) (xend-relocation-hosts-allow localhost)' > "$dir/open.sxp"
expect 0 "*/open.sxp: xend-relocation-hosts-allow: 'localhost' also accepts localhost.other.example. Write '^localhost$'." \
  "$xend" --check-config "$dir/open.sxp"
expect 1 'xend \[ERROR\] Config file does not exist: /no/such' "$xend" --check-config /no/such

# ---- not as root ----
stars=$(printf '%070d' 0 | tr 0 '*')
refusal="${stars//\*/\\*}
\*\*\* Xend must be run as root.
${stars//\*/\\*}"
if [ "$(id -u)" -eq 0 ]; then
  cp "$xend" "$dir/xend"
  expect 1 "$refusal" setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/xend" start
else
  expect 1 "$refusal" "$xend" start
  echo "$passed passed, $failed failed"
  exit $((failed > 0))
fi

# ---- as root ----
pid=$dir/xend.pid
expect 1 "usage: $xend {start|stop|reload|restart}" "$xend"
expect 1 'not an option: begin' "$xend" begin
expect 1 "xend: The environment variable XEND_DEBUG must be a number, not 'yes'." env XEND_DEBUG=yes "$xend" status

expect 3 '' "$xend" --pidfile "$pid" status
expect 0 '' "$xend" --pidfile "$pid" stop
expect 0 '' "$xend" --pidfile "$pid" reload
expect 3 'XEND_DEBUG = 0
XEND_DAEMONIZE = 1' env XEND_DEBUG=0 XEND_DAEMONIZE=1 "$xend" --pidfile "$pid" status

echo -n $$ > "$pid"
expect 3 '' "$xend" --pidfile "$pid" status
expect 1 '' test -e "$pid"

# A file that is wrong stops a start, and nothing else.
XEND_CONFIG=$dir/bad.sxp
expect 3 '' "$xend" --pidfile "$pid" status
expect 0 '' "$xend" --pidfile "$pid" stop
XEND_CONFIG=$dir/xend-config.sxp

# Without Xen it does not start, says why, and leaves nothing behind. On a dom0 it would, beside the one that runs.
if ! grep -qs control_d /proc/xen/capabilities; then
  expect 1 'xend did not start: xend cannot reach Xen: *' "$xend" --pidfile "$pid" start
  expect 1 'Exception starting xend: xend cannot reach Xen: *' "$xend" --pidfile "$pid" --foreground
  expect 1 'XEND_DEBUG = 1*\[xend\] INFO (worker:*Xend Daemon started*' env XEND_DEBUG=1 "$xend" --pidfile "$pid" start
  expect 0 '*ERROR (worker:*) Exception starting xend (xend cannot reach Xen: *' cat "$dir/xend.log"
  expect 3 '' "$xend" --pidfile "$pid" status
  expect 1 '' test -e "$pid"
fi

# On a host that runs systemd, with xend.service enabled, starting is systemd's business. Both are made up here, in a mount
# namespace with a /run and a /var/log of its own, where that can be had.
mkdir "$dir/bin"
cat > "$dir/bin/systemctl" <<'END'
#!/bin/sh
case "$*" in *is-enabled*) exit "${ENABLED:-0}";; esac
echo "systemctl $*"
END
chmod +x "$dir/bin/systemctl"
on_systemd() {
  unshare --mount sh -c '
    mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/systemd/system || exit 77
    PATH=$0:$PATH exec "$@"' "$dir/bin" env -u XEND_CONFIG "$@"
}
if on_systemd true 2> "$dir/why" && ! grep -qs control_d /proc/xen/capabilities; then
  expect 0 '*systemctl start xend.service' on_systemd "$xend" start
  expect 0 '*systemctl start xend.service' on_systemd "$xend" restart
  expect 0 '' on_systemd "$xend" stop
  expect 1 '*xend did not start: xend cannot reach Xen: *' on_systemd env XEND_CONFIG="$XEND_CONFIG" "$xend" start
  expect 1 '*xend did not start: xend cannot reach Xen: *' \
    on_systemd env ENABLED=1 "$xend" start
else
  echo "Left out, for want of a mount namespace: what systemd is asked for. $(cat "$dir/why")"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
