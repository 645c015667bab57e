#!/bin/bash
# xm_cli.sh BUILD: runs the built xm against a fake xend and compares both streams and the exit status, byte for byte.
set -u
here=$(cd "$(dirname "$0")/xm" && pwd)
work=$(mktemp -d)
xm=$work/bin/xm
mkdir "$work/bin" && cp "$1"/xm-cli/{xm,xm-image} "$work/bin" || exit 1
xend=
cleanup() { [ -z "$xend" ] || kill "$xend" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
cd "$work" || exit 1
export XM_SERVER=httpu://$work/sock HOME=/root TZ=UTC
export XM_GUEST_FILE_RUNNER=$here/../../../xm/guest_config/run_guest_file.py
unset DISPLAY XAUTHORITY POSIXLY_CORRECT
passed=0 failed=0

start_xend() {  # anew, when one runs already
  [ -z "$xend" ] || { kill "$xend"; wait "$xend"; } 2>/dev/null
  rm -f "$work/sock"
  python3 "$here/fake_xend.py" "$work/sock" "$work/log" &
  xend=$!
  for _ in $(seq 600); do [ -S "$work/sock" ] && return; sleep 0.05; done
  echo "the fake xend does not start"; exit 1
}

verdict() {  # WHAT PROBLEM...: passed when there are no problems
  local what=$1; shift
  if [ $# -eq 0 ]; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "FAILED: $what"; printf '  %s\n' "$@"
  fi
}

# expect STATUS STDOUT STDERR WORD...: runs xm WORD... and compares. @usage CMD in STDOUT stands for that usage block, @short
# and @long for the help screens, @any for anything.
expect() {
  local status=$1 out=$2 err=$3 problems=(); shift 3
  "$xm" "$@" >out 2>err </dev/null
  local got=$?
  [ "$got" = "$status" ] || problems+=("exit status $got, not $status")
  case $out in
    @any) ;;
    @short) "$xm" >expected; cmp -s out expected || problems+=("no short help: $(head -c 300 out)") ;;
    @long) "$xm" help >expected; cmp -s out expected || problems+=("no long help: $(head -c 300 out)") ;;
    @usage*) "$xm" "${out#@usage }" --help >expected; cmp -s out expected || problems+=("no usage: $(head -c 300 out)") ;;
    @optionerror*) "$xm" "${out#@optionerror }" --help >expected
       head -c "$(stat -c %s expected)" out | cmp -s - expected || problems+=("no usage: $(head -c 300 out)")
       [ "$(stat -c %s out)" -gt "$(stat -c %s expected)" ] || problems+=("nothing after the usage block") ;;
    *) printf '%s' "$out" | cmp -s - out || problems+=("stdout: $(cat out)" "expect: $out") ;;
  esac
  [ "$err" = @any ] || printf '%s' "$err" | cmp -s - err || problems+=("stderr: $(cat err)" "expect: $err")
  verdict "xm $*" "${problems[@]}"
}

# called LINE...: the last calls that xend got were these.
called() {
  local got; got=$(tail -n $# log)
  if [ "$got" = "$(printf '%s\n' "$@")" ]; then verdict calls; else verdict "calls: $*" "got: $got"; fi
}

nl=$'\n' tab=$'\t'

. "$here/cli_words.sh"
. "$here/cli_without_xend.sh"
. "$here/cli_images.sh"
start_xend
. "$here/cli_devices.sh"
. "$here/cli_domains.sh"
. "$here/cli_create.sh"
. "$here/cli_host.sh"
. "$here/cli_managed.sh"
start_xend  # of the domains some have been ended
. "$here/cli_migrate.sh"
. "$here/cli_obsolete.sh"
. "$here/cli_pools.sh"
. "$here/cli_shell.sh"
. "$here/cli_ssh.sh"
export FAKE_SCHEDULER=credit FAKE_FLASK=yes
start_xend
. "$here/cli_credit_flask.sh"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
