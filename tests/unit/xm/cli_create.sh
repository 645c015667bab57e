# Sourced by xm_cli.sh: xm create, from the guest file to the calls.

# The worked examples, with files that exist here in place of theirs.
for example in "$here"/guest_files/*.cfg; do
  places="s|/srv/boot|$work/boot|; s|/usr/lib/xen/boot|$work/boot|; s|/usr/bin|$work/bin|"
  mkdir -p boot bin; : >boot/vmlinuz-guest; : >boot/initrd-guest.img; : >boot/hvmloader; : >bin/pygrub
  sed "$places" "$example" >example.cfg
  # The paths have another length, which may break lines elsewhere: compare without the layout.
  flat() { tr -s ' \n' '  ' <"$1" | sed 's/ )/)/g'; }
  sed "$places" "${example%.cfg}.sxp" >expected
  "$xm" create -q -n example.cfg >out 2>err
  if [ -s err ] || [ "$(flat out)" != "$(flat expected)" ]; then verdict "$example" "$(diff expected out; cat err)"; else
    verdict "$example"; fi
done

cat >fresh <<'F'
memory = 64
kernel = 'boot/vmlinuz-guest'
vif = ['']
F
using="Using config file \"./fresh\".$nl"
expect 0 "${using}Started domain fresh (id=12)$nl" "" create fresh
called "xend.domain.create ['vm', ['name', 'fresh'], ['memory', 64], ['on_xend_start', 'ignore'], ['on_xend_stop', 'ignore'], ['vcpus', 1], ['oos', 1], ['image', ['linux', ['kernel', 'boot/vmlinuz-guest'], ['videoram', 4], ['tsc_mode', 0], ['nomigrate', 0]]], ['s3_integrity', 1], ['device', ['vif']]]" \
  "xend.domain.waitForDevices 'fresh'" "xend.domain.unpause 'fresh'"
expect 0 "" "" create -q fresh
expect 0 "${using}Started domain fresh (id=12)$nl" "" cr -p fresh
called "xend.domain.waitForDevices 'fresh'"
expect 0 "" "" create --quiet --defconfig fresh vif=
expect 1 "$using" "Error: VM name 'vm1' already exists as domain 3$nl" create fresh name=vm1
expect 1 "$using" "Error: the domain 'gone' does not exist.$nl" create fresh name=gone
expect 1 "$using" "Error: Device 51713 (vbd) could not be connected. Hotplug scripts not working.$nl" create fresh name=nodisk
called "xend.domain.waitForDevices 'nodisk'" "xend.domain.destroy 'nodisk'"
expect 1 "$using" "Error: Failed to unpause domain asleep$nl" create fresh name=asleep
called "xend.domain.unpause 'asleep'" "xend.domain.destroy 'asleep'"
expect 1 "$using" "Error: VM name 'vm1' already exists as domain 3$nl" create -c fresh name=vm1
expect 0 "" "" new -q fresh

# In a merged capture the error comes first.
got=$("$xm" create fresh name=vm1 2>&1)
[ "$got" = "Error: VM name 'vm1' already exists as domain 3${nl}Using config file \"./fresh\"." ]
verdict "the order of the streams" $([ $? = 0 ] || echo "${got// /_}")

expect 1 @optionerror\ create "Error: Unable to open config file: xmdefconfig$nl" create
expect 1 @optionerror\ create "Error: Unable to open config file: xmdefconfig$nl" create -x
expect 1 @optionerror\ create "Error: Unable to open config file: nofile$nl" create fresh nofile
expect 1 @optionerror\ create "Error: Cannot read file nofile: No such file or directory$nl" create -F nofile
expect 1 "" "Error: Invalid value: much$nl" create fresh memory=much
expect 1 "" "Error: Invalid value:1$nl" create fresh localtime=1
expect 1 "$using" "Error: Cannot find kernel \"/boot/none\"$nl" create fresh kernel=/boot/none
expect 1 "$using" "Error: Invalid disk specifier: phy:a$nl" create fresh disk=phy:a
expect 1 "$using" "Error: Invalid vif option: mtu$nl" create fresh vif=mtu=9000
expect 1 "$using" "Error: mac should be a pair, separated by an equals sign.$nl" create fresh vif=mac
expect 1 "$using" "Error: configuration option key unknown to vfbs$nl" create fresh vfb=type=vnc,key=de
expect 0 "$using" "" create -x fresh

printf 'memory = 64\nname = web\n' >unquoted
expect 1 "Using config file \"./unquoted\".$nl" "Error: name 'web' is not defined$nl" create unquoted
printf 'memory = 64\ndisk = [ "a,b,c"\n\tmemory = 1\n' >broken
expect 1 "Using config file \"./broken\".$nl" "Error: Errors were found at line 3 while processing ./broken:$nl$tab${tab}memory = 1$nl" create broken

# Files that are programs: run with Python; what they print stays between xm's own lines.
cat >program <<'F'
import os
def positive(name, value):
    value = int(value)
    if value < 1: raise ValueError
    return value
xm_vars.var('vmid', use="number of the guest", check=positive)
xm_vars.check()
print "guest", vmid, 5 / 2
kernel = os.path.join('boot', 'vmlinuz-guest')
memory = 64 * vmid
name = 'fresh%d' % vmid
F
expect 1 "Using config file \"./program\".$nl" "Error: vmid - $nl" create program vmid=0
expect 1 "Using config file \"./program\".$nl" @any create program
"$xm" create -q -n program vmid=2 >out 2>err
[ "$(head -n 3 out | tr '\n' ' ')" = 'guest 2 2 (vm     (name fresh2) ' ] && [ ! -s err ]
verdict "what a file prints comes before the configuration" $([ $? = 0 ] || cat out err | tr ' ' _)
"$xm" create -q -n program vmid=2 | grep -qx '    (memory 128)'; verdict "memory = 64 * vmid" $([ $? = 0 ] || echo no)
printf 'import sys\nprint "no"\nsys.exit(7)\n' >leaving
expect 7 "Using config file \"./leaving\".${nl}no$nl" "" create leaving
printf 'raise Exception, "no device model"\n' >raising
expect 1 "Using config file \"./raising\".${nl}Unexpected error: <type 'exceptions.Exception'>$nl${nl}Please report it to whoever wrote ./raising.$nl" @any create raising
printf 'x = 1\nfor i in a b:\n\tpass\n' >broken
expect 1 "Using config file \"./broken\".$nl" "Error: Errors were found at line 2 while processing ./broken:$nl${tab}for i in a b:$nl" create broken
printf 'while True:\n\tpass\n' >endless
start=$SECONDS
expect 1 "Using config file \"./endless\".$nl" "Error: ./endless was still running after 10 seconds and has been ended: it has a loop without an end, or waits for something.$nl" create endless
verdict "an endless file ends in time" $([ $((SECONDS - start)) -lt 20 ] || echo no)

# Values that have never counted: nothing changes but that it is said.
printf 'memory = 64,\nlocaltime = True\nname = "fresh"\nkernel = "boot/vmlinuz-guest"\n' >dropped
expect 0 "" "Warning: ./dropped: what localtime is set to does not count: it is a truth value. Write localtime = 1.${nl}Warning: ./dropped: what memory is set to does not count: it ends with a comma, which makes it a tuple. Write memory = ... without it.$nl" create -q dropped
called "xend.domain.create ['vm', ['name', 'fresh'], ['memory', 128], ['on_xend_start', 'ignore'], ['on_xend_stop', 'ignore'], ['vcpus', 1], ['oos', 1], ['image', ['linux', ['kernel', 'boot/vmlinuz-guest'], ['videoram', 4], ['tsc_mode', 0], ['nomigrate', 0]]], ['s3_integrity', 1]]" \
  "xend.domain.waitForDevices 'fresh'" "xend.domain.unpause 'fresh'"
expect 0 "" "" create -q /dev/null name=fresh kernel=boot/vmlinuz-guest

printf '<?xml version="1.0"?>\n' >xml
expect 0 "Using config file \"./xml\".$nl" "" create xml
head -c 10000000 /dev/zero | tr '\0' '#' >huge
expect 1 "" "Error: ./huge is larger than 1 MiB: not a guest file$nl" create huge
{ printf 'x = '; head -c 10000 /dev/zero | tr '\0' '['; } >deep
expect 1 "Using config file \"./deep\".$nl" "Error: ./deep, line 1: brackets are nested more than 100 deep$nl" create deep

mkdir -p etc/fresh other; cp fresh other/elsewhere
expect 0 "Using config file \"./other/elsewhere\".${nl}Started domain fresh (id=12)$nl" "" create --path other elsewhere name=fresh
expect 0 "" "" create -q /dev/null kernel=boot/vmlinuz-guest name=fresh
expect 1 "" "Error: [Errno 21] Is a directory: './etc'$nl" create etc

"$xm" create -q -n fresh >ready.sxp
expect 0 "Started domain fresh (id=12)$nl" "" create -F ready.sxp
expect 1 "" "Error: [Errno 21] Is a directory: 'etc'$nl" create -F etc
expect 1 "" "Error: huge is larger than 1 MiB: not a guest file$nl" create -F huge
printf '(vm (name x)' >cut
expect 1 "" @any create -F cut
"$xm" create -q -n fresh name=odd+name | grep -qx "    (name 'odd+name')"
verdict "the name is alone on its line" $([ $? = 0 ] || echo no)

for type in pvh pv hvm; do
  printf 'type = "%s"\nkernel = "boot/vmlinuz-guest"\ncmdline = "quiet"\n' $type >xl-$type
  "$xm" create -q -n xl-$type | tr -s ' \n' ' ' >out
  case $type in
    pvh) grep -q "(image ( *linux .*(args quiet) (tsc_mode 0) (nomigrate 0) (type pvh)" out || grep -q "(linux .*(args quiet) (tsc_mode 0) (nomigrate 0) (type pvh) )" out ;;
    pv) grep -q "(linux (kernel boot/vmlinuz-guest) (videoram 4) (args quiet) (tsc_mode 0) (nomigrate 0)" out ;;
    hvm) grep -q "(hvm (kernel boot/vmlinuz-guest)" out ;;
  esac
  verdict "type = $type" $([ $? = 0 ] || cat out | tr ' ' _)
done
"$xm" create --help_config | head -n 1 | grep -qx "Values:"; verdict "--help_config" $([ $? = 0 ] || echo no)

# dry-run: the file must be a good one; no policy forbids anything.
cat >plain <<'F'
kernel = 'boot/vmlinuz-guest'
disk = ['phy:/dev/guests/plain-root,xvda1,w', 'tap:aio:/srv/x,xvdb,w']
F
plain="Using config file \"./plain\".$nl"
checked="Checking domain:$nl   plain: PERMITTED${nl}Checking resources:$nl   phy:/dev/guests/plain-root: PERMITTED${nl}Dry Run: PASSED$nl"
expect 0 "$plain$checked" "" dry-run plain
expect 1 @optionerror\ dry-run "Error: Invalid number of arguments$nl" dry-run
expect 1 @optionerror\ dry-run "Error: Invalid number of arguments$nl" dry-run plain name=a
expect 1 @optionerror\ dry-run "Error: Invalid number of arguments$nl" dry-run -q plain
expect 1 @optionerror\ dry-run "Error: Unable to open config file: nofile$nl" dry-run nofile
printf "access_control = ['policy=,label=system_u:system_r:domU_t']\n" | cat plain - >labeled
expect 255 "Using config file \"./labeled\".${nl}Checking domain:$nl   labeled: DENIED$nl   --> Security off, but domain labeled
Checking resources: (skipped)${nl}Dry Run: FAILED$nl" "" dry-run labeled
expect 0 "${plain}Started domain fresh (id=12)$nl" "" create plain name=fresh cpuid=1:eax=0x1 cpuid_check=1:eax=0x1
[[ $(grep xend.domain.create log | tail -n 1) == *"['cpuid', \"{'1': {'eax': '0x1'}}\"]"* ]]
verdict "xend is told of cpuid" $([ $? = 0 ] || grep xend.domain.create log | tail -n 1 | tr ' ' _)
expect 0 "" "" new -q plain cpuid=1:eax=0x1

# vncconsole: a viewer beside xm, when there is something to show it on.
missing="Warning: no viewer is opened for held, as vncconsole asks: "
expect 0 "" "${missing}DISPLAY names no X display.$nl" create -q plain name=held vncconsole=yes
mkdir viewers without; for tool in cmp cat head stat; do ln -s "$(command -v $tool)" without; done
DISPLAY=:7 PATH=$work/without expect 0 "" "${missing}there is no vncviewer in the path.$nl" create -q plain name=held vncconsole=yes
printf '#!/bin/sh\nexec >"%s/viewed.new"; echo "viewer $*"; cat; mv "%s/viewed.new" "%s/viewed"\n' "$work" "$work" "$work" >viewers/vncviewer
chmod +x viewers/vncviewer
for autopass in "" --vncviewer-autopass; do
  rm -f viewed
  DISPLAY=:7 PATH=$work/viewers:$PATH expect 0 "" "" create -q $autopass plain name=held vncconsole=yes
  for _ in $(seq 200); do [ -e viewed ] && break; sleep 0.05; done
  case $autopass in "") want="viewer 127.0.0.1:3" ;; *) want="viewer -autopass 127.0.0.1:3${nl}secret" ;; esac
  [ "$(cat viewed)" = "$want" ]; verdict "the viewer of vncconsole $autopass" $([ $? = 0 ] || tr ' ' _ <viewed)
done

# A wrong value of whatever kind: the words of the original, and no call to xend.
before=$(cat log)
while IFS='|' read -r setting text; do
  expect 1 @any "Error: $text$nl" create -q plain "$setting"
  expect 1 @any "Error: $text$nl" new -q plain "$setting"
done <<'F'
memory=0x40|Invalid value: 0x40
maxmem=|Invalid value: 
vcpus=two|Invalid value: two
vcpu_avail=1.5|Invalid value: 1.5
usb=true|Invalid value:true
vncunused=1|Invalid value:1
kernel=/nonexistent|Cannot find kernel "/nonexistent"
ramdisk=/nonexistent|Cannot find ramdisk "/nonexistent"
loader=/nonexistent|Cannot find loader "/nonexistent"
nfs_root=/x|Must set nfs root and nfs server
disk=phy:a,b|Invalid disk specifier: phy:a,b
vif=speed=1|Invalid vif option: speed
vif=mac|mac should be a pair, separated by an equals sign.
vif2=mac=1|Invalid vif2 option: mac
vfb=type=curses|configuration option curses unknown to vfbs
vfb=vnc|vnc should be a pair, separated by an equals sign.
pci=x|Failed to parse pci device: x
pci=00:00.8|Invalid function: 8
pci=00:00.0,a=b|Invalid pci option a=b: 
vscsi=x|vscsi syntax error "x"
vscsi=nosuch,0:0:0:0|Cannot find device "nosuch"
vusb=usbver=3|Invalid vusb option: usbver
vusb=numports=0|Invalid vusb option: numports
ioports=x|Invalid i/o port range specifier: x
access_control=x|Invalid access_control specifier: x
access_control=policy=a,label=b|Security policy (a) incompatible with enforced policy (none).
cpuid=1:x=1|cpuid's syntax is (eax|ebx|ecx|edx)=value
F
[ "$before" = "$(cat log)" ]; verdict "nothing was created" $([ $? = 0 ] || echo no)

# What xm understands by itself means the same to Python, which one more line makes it be asked.
for seed in 1 2 3; do
  python3 -X utf8 "$here/random_values.py" $seed >own
  { cat own; echo 'unused = len("")'; } >pythons
  "$xm" create -q -n own name=n >own.out 2>&1; "$xm" create -q -n pythons name=n >pythons.out 2>&1
  [ "$(wc -l <own.out)" -gt 300 ] && cmp own.out pythons.out
  verdict "random values $seed" $([ $? = 0 ] || head -n 1 own.out pythons.out | tr ' ' _)
done
