#!/bin/bash
# helper_programs.sh BUILD: xc_build, xc_save, xc_restore and xc_dump as they are built, on a machine without Xen: what they refuse,
# what they can do without a domain, and which rights they keep. What needs a domain is tested in the lab.
set -u
bin=$(realpath "$1")/helpers
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0; failed=0

check() { # NAME WANTED GOT: GOT matches the pattern WANTED
  if [[ $3 == $2 ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)); printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
  fi
}

# say REQUEST PROGRAM ARGUMENT...: what the program answers to a request; descriptor 3 is $image
say() {
  local request=$1; shift
  printf '%s\n(ok)\n' "$request" | "$bin/$1" "${@:2}" 3<"$image" 2>"$dir/stderr"
}

# ---- reading images ----
image=$dir/whole
python3 - "$image" <<'END'
import struct, sys
record = lambda kind, body: struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)
stream = b"\xff" * 8 + b"XENF" + struct.pack(">IHHI", 3, 0, 0, 0) + struct.pack("<IHHII", 2, 12, 0, 4, 17)
stream += record(9, b"s" * 4100) + record(0, b"")
open(sys.argv[1], "wb").write(stream + b"what follows")
END
check "a bare image" "(verified (format libxc) (bytes 4160))" "$(say '(verify (type pv) (head 0) (converter ""))' xc_restore 3 verify)"
head -c 3000 "$dir/whole" >"$dir/cut"; image=$dir/cut
check "a cut image" "(error 'the image is cut short: it ends at byte 3000')" "$(say '(verify (type pv) (head 0) (converter ""))' xc_restore 3 verify)"
printf 'XENDIMG3\0\0\0\0\0\0\0\0%024d' 0 >"$dir/frame"; image=$dir/frame
check "a frame of nonsense" "(error 'the image is damaged: frame 0 at byte 16: it claims 808464432 bytes*" \
  "$(say '(verify (type pv) (head 0) (converter ""))' xc_restore 3 verify)"
echo 'no image at all' >"$dir/other"; image=$dir/other
check "something else" "(error \"the image is damaged, or of a kind that this xend does not know: at byte 0,*" \
  "$(say '(verify (type pv) (head 0) (converter ""))' xc_restore 3 verify)"
check "restoring something else" "(error \"the image is damaged, or of a kind that this xend does not know*" "$(say '(restore (type pvh) (head 0) (converter ""))' xc_restore 3 5 1 2 1 1 1 0 1)"

# ---- images of Xen 4.5 or older, with a program in the place of Xen's converter ----
chmod 755 "$dir"
head -c 8 /dev/zero | cat <(printf '\0\0\1\0\0\0\0\0') - >"$dir/legacy"; image=$dir/legacy
verify="(verify (type pv) (head 0) (converter $dir/converter))"
check "no converter" "(error \"Xen 4.5 or older wrote this image*Debian's package xen-utils-4.17 has it\")" \
  "$(say '(verify (type pv) (head 0) (converter ""))' xc_restore 3 verify)"
check "an HVM guest" "(error \"Xen 4.5 or older wrote this image of an HVM guest:*" \
  "$(say "(restore (type hvm) (head 0) (converter $dir/converter) (device_state x))" xc_restore 3 5 1 2 1 1 1 0 1)"
printf '#!/bin/bash\ncat <&3 >/dev/null; head -c 4160 <%q >&4\n' "$dir/whole" >"$dir/converter"
chmod 755 "$dir/converter"; chmod 644 "$dir/whole"
check "a converted image" "(verified (format legacy) (bytes 16))" "$(say "$verify" xc_restore 3 verify)"
# An old xend that sends its guest here keeps the connection open.
printf '#!/bin/bash\nhead -c 8 <&3 >/dev/null; head -c 4160 <%q >&4\n' "$dir/whole" >"$dir/converter"
check "an image from a connection" "(verified (format legacy) (bytes 16))" "$(python3 - "$bin/xc_restore" "$verify" "$dir/legacy" <<'END'
import fcntl, os, socket, subprocess, sys
program, request, image = sys.argv[1:]
ours, theirs = (socket.socket(fileno=fcntl.fcntl(end.detach(), fcntl.F_DUPFD, 10)) for end in socket.socketpair())
os.dup2(theirs.fileno(), 3)
ours.sendall(open(image, "rb").read())
restore = subprocess.run([program, "3", "verify"], input=f"{request}\n(ok)\n", pass_fds=[3], capture_output=True, text=True, timeout=60)
print(restore.stdout, end="")
END
)"
printf '#!/bin/bash\ncat <&3 >/dev/null; head -c 4159 <%q >&4; echo Error: too old >&2; exit 1\n' "$dir/whole" >"$dir/converter"
check "a conversion that fails" "(error *$dir/converter did not convert it to its end, ended with status 1: Error: too old*" \
  "$(say "$verify" xc_restore 3 verify)"
check "what the converter says is logged" "Error: too old" "$(cat "$dir/stderr")"

# ---- requests ----
image=/dev/null
check "no request" "(error 'there is no request on stdin: this program is started by xend')" \
  "$("$bin/xc_save" 3 5 0 0 0 3</dev/null </dev/null)"
check "another request" "(error 'the request on stdin is not (save ...)')" "$(say '(load)' xc_save 3 5 0 0 0)"
check "no descriptor" "(error (errno 9) 'descriptor 77: Bad file descriptor')" "$(say '(save)' xc_save 77 5 0 0 0)"
check "a dump of no number" "(error \"argument 2 is 'five', which is no number\")" "$(say '(dump)' xc_dump 3 five)"
check "a dump of another request" "(error 'the request on stdin is not (dump ...)')" "$(say '(save)' xc_dump 3 5)"
check "no number" "(error \"argument 2 is 'five', which is no number\")" "$(say '(save)' xc_save 3 five 0 0 0)"
build='(build (type pvh) (kernel /no/such) (ramdisk "") (cmdline "") (features "") (temporary_kernel 1) (memory 64)'
build+=' (maximum 64) (vcpus 1) (store_port 1) (console_port 2) (firmware "") (apic 1) (online_vcpus 1))'
check "no kernel" "(error (errno 2) 'the kernel /no/such cannot be opened: No such file or directory')" \
  "$(say "$build" xc_build 5)"

# ---- the functions that take the place of the C library's: found before anything is opened ----
if [ ! -e /dev/xen/privcmd ]; then
  check "xc_save up to the hypervisor" "(error *xc_interface_open*)" \
    "$(say '(save (framed 1) (head 0) (rate_mbit 0) (device_model 0) (pages 0) (max_downtime 0) (max_rounds 0) (timeout 0))' xc_save 3 5 0 0 0)"
  image=$dir/whole
  check "xc_restore up to the hypervisor" "(error *xc_interface_open*)" \
    "$(say '(restore (type pvh) (head 0) (converter ""))' xc_restore 3 5 1 2 1 1 1 0 1)"
  check "xc_dump up to the hypervisor" "(error *xc_interface_open*)" "$(say '(dump)' xc_dump 3 5)"
fi

# ---- rights ----
for program in xc_build xc_save xc_restore xc_dump; do
  coproc HELPER { exec "$bin/$program" 2 2 2 2 2 2 5</dev/null 3</dev/null; }
  until [ "$(readlink "/proc/$HELPER_PID/exe" 2>/dev/null)" = "$bin/$program" ] &&
    grep -q 'NoNewPrivs:.*1' "/proc/$HELPER_PID/status" && [ ! -e "/proc/$HELPER_PID/fd/5" ]; do
    kill -0 "$HELPER_PID" 2>/dev/null || break
  done
  check "$program: no new privileges" $'NoNewPrivs:\t1' "$(grep NoNewPrivs "/proc/$HELPER_PID/status")"
  check "$program: no core file" "Max core file size *0 *0 *bytes*" "$(grep core "/proc/$HELPER_PID/limits")"
  check "$program: nothing else open" "0 1 2 3" "$(cd "/proc/$HELPER_PID/fd" && echo *)"
  exec {HELPER[1]}>&-
  wait "$HELPER_PID" 2>/dev/null
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
