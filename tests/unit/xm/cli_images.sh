# Sourced by xm_cli.sh: checkpoint-verify and checkpoint-info, without xend, and as anybody. web1.checkpt is an image as xend
# writes them; the other kinds are put together here.

export XM_IMAGE_READER=$work/bin/xm-image
image=$here/../xend/checkpoint/web1.checkpt size=$(stat -c %s "$here/../xend/checkpoint/web1.checkpt")
cp "$image" web1
uuid=3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1
touch -d '2026-11-23 10:00:00Z' web1
echo 'no image' >short

# Puts the head of web1 in front of something else, and a 64-bit legacy image's first numbers, or libxc's records.
python3 - <<'F'
import struct
image = open("web1", "rb").read()
head = image[:20 + struct.unpack(">I", image[16:20])[0]]
record = lambda kind, body: struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)
stream = b"\xff" * 8 + b"XENF" + struct.pack(">IHHI", 3, 0, 0, 0) + struct.pack("<IHHII", 1, 12, 0, 4, 17)
open("bare", "wb").write(head + stream + record(9, b"s" * 4104) + record(0, b""))
open("old", "wb").write(head + struct.pack("<QQ", 65536, 0xffffffffffffffff) + bytes(1000))
open("flipped", "wb").write(image[:1000] + bytes([image[1000] ^ 1]) + image[1001:])
open("renamed", "wb").write(image.replace(b"(name web1)", b"(name web2)"))
open("cut", "wb").write(image[:-1])
open("longer", "wb").write(image + b"?")
F

expect 0 "web1 is whole: web1 ($uuid), $size bytes, 1 frame.$nl" "" checkpoint-verify web1
expect 0 "web1 is whole: web1 ($uuid), $size bytes, 1 frame.$nl" "" checkpoint-v web1
expect 0 "longer is whole: web1 ($uuid), $((size + 1)) bytes, 1 frame.${nl}The last 1 bytes of the file are no part of the image.$nl" \
  "" checkpoint-verify longer
"$xm" checkpoint-verify - <web1 >out 2>err; verdict "a file called -" $([ $? = 1 ] || echo no)
"$xm" checkpoint-verify /dev/stdin <web1 >out; verdict "an image on stdin" $([ $? = 0 ] || cat out)
cat web1 | "$xm" checkpoint-verify /dev/stdin >out; verdict "an image in a pipe" $([ $? = 0 ] || cat out)
expect 0 @any "" checkpoint-verify bare
grep -qx "bare is complete: web1 ($uuid), [0-9]* bytes\." out; verdict "a bare stream" $([ $? = 0 ] || cat out)
expect 2 "" @any checkpoint-verify old
grep -qx "Error: old has not been checked: web1 ($uuid), [0-9]* bytes\." err; verdict "a legacy image" $([ $? = 0 ] || cat err)
expect 1 "" "Error: cut: the image is cut short: it ends at byte $((size - 1)), in frame 1 that starts at byte $((size - 40)): 15 of 16 bytes are there$nl" \
  checkpoint-verify cut
expect 1 "" @any checkpoint-verify flipped
grep -q '^Error: flipped: the image is damaged: frame 0 at byte [0-9]*: its checksum is ' err; verdict "a flipped bit" $([ $? = 0 ] || cat err)
expect 1 "" @any checkpoint-verify renamed
grep -q '^Error: renamed: the image is damaged: the domain.s configuration at its start' err; verdict "a changed head" $([ $? = 0 ] || cat err)
expect 1 "" "Error: short: not a valid guest state file: signature read$nl" checkpoint-verify short
expect 1 "" "Error: missing cannot be read: No such file or directory$nl" checkpoint-verify missing
expect 1 "" "Error: $work cannot be read: Is a directory$nl" checkpoint-verify "$work"
expect 1 @usage\ checkpoint-verify "Error: option --json not recognized$nl" checkpoint-verify --json
expect 1 @usage\ checkpoint-info "Error: Wrong number of parameters$nl" checkpoint-info web1 bare
expect 1 @usage\ checkpoint-info "Error: Wrong number of parameters$nl" checkpoint-info --json

expect 0 "name                   : web1
uuid                   : $uuid
type                   : pv
memory                 : 256
maxmem                 : 512
vcpus                  : 2
format                 : framed
version                : 3
compression            : lz4
frames                 : 1
bytes                  : $size
memory_image           : 6200
pages                  : 1
pages_left_out         : 1
xen                    : 4.17
device_state           : none
device                 : vif 00:16:3e:1f:aa:02 xenbr0
device                 : vbd xvda:disk phy:/dev/vg0/web1 w
device                 : vfb vnc 1
device                 : pci 0000:01:02.0
date                   : 2026-11-23 10:00:00
verdict                : whole
" "" checkpoint-info web1
"$xm" checkpoint-info web1 | grep -q secret; verdict "the password of the display is not shown" $([ $? = 1 ] || echo shown)
expect 0 @any "" checkpoint-info --json web1
python3 - <<'F'; verdict "the same as JSON" $([ $? = 0 ] || cat out)
import json
said = json.load(open("out"))
assert said["name"] == "web1" and said["memory"] == 256 and said["device_state"] == 0 and said["verdict"] == "whole", said
assert said["devices"][1] == {"class": "vbd", "detail": "xvda:disk phy:/dev/vg0/web1 w"}, said
F
expect 0 @any "" checkpoint-info old
grep -qx 'format                 : legacy' out; verdict "the format of a legacy image" $([ $? = 0 ] || cat out)
expect 1 @any @any checkpoint-info flipped
grep -qx 'name                   : web1' out && grep -qx 'verdict                : damaged' out; verdict "what is known of a damaged image" $([ $? = 0 ] || cat out)
expect 1 "" "Error: short: not a valid guest state file: signature read$nl" checkpoint-info short
expect 1 @any "Error: cut: the image is cut short: it ends at byte $((size - 1)), in frame 1 that starts at byte $((size - 40)): 15 of 16 bytes are there$nl" \
  checkpoint-info --json cut
grep -q '"verdict": "damaged"' out; verdict "damage as JSON" $([ $? = 0 ] || cat out)

# The reader is a program of its own, which needs no Xen, and has neither rights nor a way to anything else.
ldd "$XM_IMAGE_READER" | grep -q xen; verdict "it is linked without Xen's libraries" $([ $? = 1 ] || echo no)
XM_IMAGE_READER=$work/none expect 1 "" "Error: $work/none, which xm needs for web1, cannot be run: No such file or directory. Is xm installed completely?$nl" \
  checkpoint-verify web1
printf '#!/bin/sh\nkill -SEGV $$\n' >crash; chmod +x crash
XM_IMAGE_READER=$work/crash expect 1 "" "Error: $work/crash, which xm needs for web1, was ended by signal 11$nl" checkpoint-verify web1
printf '#!/bin/sh\necho "(image"\n' >babble; chmod +x babble
XM_IMAGE_READER=$work/babble expect 1 "" @any checkpoint-info web1
grep -q 'gave an answer that cannot be understood' err; verdict "babble is no report" $([ $? = 0 ] || cat err)
mkfifo held
sleep 1000 >held & sleeper=$!
exec 9>&1
"$XM_IMAGE_READER" <held >/dev/null 2>&1 & reader=$!
until grep -q 'NoNewPrivs:.*1' /proc/$reader/status && grep -q 'Max core file size *0' /proc/$reader/limits; do
  kill -0 $reader 2>/dev/null || break
done
exec 9>&-
[ "$(cd /proc/$reader/fd && echo *)" = "0 1 2" ]; verdict "nothing else is open" $([ $? = 0 ] || ls -l /proc/$reader/fd)
if ! nm -D "$XM_IMAGE_READER" | grep -q __asan_init; then
  until grep -q 'Max processes *0' /proc/$reader/limits; do kill -0 $reader 2>/dev/null || break; done
  grep -q 'Max open files *0 ' /proc/$reader/limits; verdict "nothing can be opened" $([ $? = 0 ] || echo no)
  grep -q 'Max address space *268435456 ' /proc/$reader/limits; verdict "memory is limited" $([ $? = 0 ] || echo no)
fi
if [ "$(id -u)" = 0 ]; then
  grep -q 'Uid:.65534.65534.65534' /proc/$reader/status; verdict "it is nobody" $([ $? = 0 ] || grep Uid /proc/$reader/status | tr '\t' _)
fi
kill $sleeper; wait $reader 2>/dev/null
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$work"; chmod 644 web1
  runuser -u nobody -- "$xm" checkpoint-verify web1 >out; verdict "as nobody" $([ $? = 0 ] || echo no)
  chmod 600 web1
  runuser -u nobody -- "$xm" checkpoint-verify web1 2>err; grep -qx 'Error: web1 cannot be read: Permission denied' err; verdict "not mine" $([ $? = 0 ] || cat err)
fi
