# Sourced by xm_cli.sh: disks, network cards and PCI devices of running domains, against the fake xend.

expect 0 "" "" block-attach vm1 phy:/dev/vg/a xvdb w
called "xend.domain.device_create 'vm1' ['vbd', ['uname', 'phy:/dev/vg/a'], ['dev', 'xvdb'], ['mode', 'w']]"
expect 0 "" "" block-attach vm1 tap2:aio:/a xvdb r 0
called "xend.domain.device_create 'vm1' ['tap2', ['uname', 'tap2:aio:/a'], ['dev', 'xvdb'], ['mode', 'r'], ['backend', '0']]"
expect 0 "" "" vbd-create vm1 tap:aio:/a hda 'w!'
called "xend.domain.device_create 'vm1' ['tap', ['uname', 'tap:aio:/a'], ['dev', 'hda'], ['mode', 'w!']]"
expect 1 @usage\ block-attach "Error: Device xvdq (268439552, vbd) is already connected.$nl" block-attach vm1 file:/a xvdq w
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" block-attach nosuch file:/a xvdb w
expect 1 @usage\ block-attach "Error: 'xm block-attach' requires between 4 and 5 arguments.$nl$nl" block-attach vm1 file:/a xvdb
expect 0 "" "" block-configure vm1 file:/a xvdd:cdrom r
called "xend.domain.device_configure 'vm1' ['vbd', ['uname', 'file:/a'], ['dev', 'xvdd:cdrom'], ['mode', 'r']]"

expect 0 "" "" block-detach vm1 xvdb
called "xend.domain.getBlockDeviceClass 'vm1' 'xvdb'" "xend.domain.destroyDevice 'vm1' 'vbd' 'xvdb' False True"
expect 0 "" "" block-detach vm1 xvdc -f
called "xend.domain.getBlockDeviceClass 'vm1' 'xvdc'" "xend.domain.destroyDevice 'vm1' 'tap' 'xvdc' True True"
expect 0 "Ignoring option quickly$nl" "" block-detach vm1 51712 quickly
called "xend.domain.destroyDevice 'vm1' 'vbd' '51712' False True"

expect 0 "Vdev  BE handle state evt-ch ring-ref BE-path
51712  0    0     4      9      8     /local/domain/0/backend/vbd/3/51712  ${nl}268439552  0    0     -1     -1     -1    /local/domain/0/backend/vbd/3/268439552  $nl" "" block-list vm1
called "xend.domain.getDeviceSxprs 'vm1' 'vbd'"
expect 0 "" "" block-list held
help=$("$xm" block-list --help; echo .) help=${help%.}
expect 1 "No domain parameter given$nl$help" "" block-list
expect 1 "No multiple domain parameters allowed$nl$help" "" block-list vm1 held
expect 1 @usage\ block-list "Error: option -x not recognized$nl" block-list -x vm1
expect 0 "(51712
    ((backend /local/domain/0/backend/vbd/3/51712)
        (backend-id 0)
        (state 4)
        (event-channel 9)
        (ring-ref 8)
        (virtual-device 51712)
    )
)
(268439552
    ((backend /local/domain/0/backend/vbd/3/268439552)
        (backend-id 0)
        (state
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        )
    )
)
" "" block-list vm1 --long

expect 0 "" "" network-attach vm1
called "xend.domain.device_create 'vm1' ['vif']"
expect 0 "" "" network-attach vm1 bridge=xenbr0 mac=00:16:3e:00:00:01 rate=10Mb/s
called "xend.domain.device_create 'vm1' ['vif', ['bridge', 'xenbr0'], ['mac', '00:16:3e:00:00:01'], ['rate', '10Mb/s']]"
for word in colour=red bridge bridge= bridge=a=b; do
  expect 1 @usage\ network-attach "Error: Invalid argument: $word$nl" network-attach vm1 $word
done
expect 0 "" "" network-detach vm1 0 --force
called "xend.domain.destroyDevice 'vm1' 'vif' '0' True True"
expect 0 "" "" network-detach vm1 00:16:3E:00:00:AA
called "xend.domain.getDeviceSxprs 'vm1' 'vif'" "xend.domain.destroyDevice 'vm1' 'vif' '0' False True"
expect 1 @optionerror\ network-detach "Error: Cannot find device '00:16:3e:00:00:bb' in domain 'vm1'$nl" network-detach vm1 00:16:3e:00:00:bb
expect 0 "Idx BE     MAC Addr.     handle state evt-ch tx-/rx-ring-ref BE-path
0   0  00:16:3e:00:00:aa    0     4      -1    -1   /-1      /local/domain/0/backend/vif/3/0  ${nl}1   -1 ??                   0     -1     -1    -1   /-1      ??                              $nl" "" network-list vm1
expect 0 "" "" network-list held

expect 1 @usage\ network2-attach "Error: Invalid argument: mac=1$nl" network2-attach vm1 mac=1
expect 1 @usage\ network2-attach "Error: Device 0 (vif2) could not be connected. Hotplug scripts not working.$nl" network2-attach vm1 trusted=1
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" network2-attach nosuch
expect 0 "" "" network2-list vm1

expect 0 "Error: pciback/pci-stub not loaded?$nl" "" pci-list-assignable-devices
expect 0 "0000:02:00.1${nl}0001:ff:1f.7$nl" "" pci-list-assignable-devices
expect 0 "Vdev Device${nl}04.0 0000:02:00.1${nl}05.0 0000:02:00.0${nl}-    0000:02:01.0${nl}-    0000:04:00.0${nl}-    0000:04:00.1$nl" "" pci-list vm1
expect 0 "" "" pci-list held
expect 0 "" "" pci-attach vm1 03:00.0
called "xend.domain.getDeviceSxprs 'vm1' 'pci'" "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x03'], ['slot', '0x00'], ['func', '0x0'], ['vdevfn', '0x100']], ['state', 'Initialising']]"
expect 0 "" "" pci-attach -o msitranslate=1 vm1 0001,04,1f.7 --options power_mgmt=0 5
called "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0001'], ['bus', '0x04'], ['slot', '0x1f'], ['func', '0x7'], ['vdevfn', '0x28'], ['opts', [['msitranslate', '1'], ['power_mgmt', '0']]]], ['state', 'Initialising']]"
expect 1 @optionerror\ pci-attach "Error: pci: device 0000:02:00.1 has been attached! $nl" pci-attach vm1 02:00.1
expect 1 @optionerror\ pci-attach "Error: Failed to parse pci device: 02:00.9$nl" pci-attach vm1 02:00.9
expect 1 @usage\ pci-attach "Error: Invalid pci attach option: msitranslate$nl" pci-attach vm1 02:00.0 -o msitranslate
expect 1 @usage\ pci-attach "Error: Invalid argument for 'xm pci-attach'$nl" pci-attach vm1
expect 0 "" "" pci-detach vm1 0000:02:01.0
called "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x02'], ['slot', '0x01'], ['func', '0x0'], ['vdevfn', '0x100']], ['state', 'Closing']]"
expect 1 @optionerror\ pci-detach "Error: pci: device 0000:03:00.0 is not attached!$nl" pci-detach vm1 03:00.0

expect 0 "" "" pci-attach vm1 03:00.0-1,3 6
called "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x03'], ['slot', '0x00'], ['func', '0x3'], ['vdevfn', '0x33'], ['key', '03:00.0-1,3@6']], ['state', 'Initialising']]" \
  "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x03'], ['slot', '0x00'], ['func', '0x1'], ['vdevfn', '0x31'], ['key', '03:00.0-1,3@6']], ['state', 'Initialising']]" \
  "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x03'], ['slot', '0x00'], ['func', '0x0'], ['vdevfn', '0x30'], ['key', '03:00.0-1,3@6']], ['state', 'Initialising']]"
expect 1 @optionerror\ pci-attach "Error: Failed to parse pci device: 03:00.0@20$nl" pci-attach vm1 03:00.0 20
expect 1 @optionerror\ pci-attach "Error: pci: device 0000:02:00.1 has been attached! $nl" pci-attach vm1 02:00.0-1
# What was given as one device, or is in one slot of the guest, goes together.
expect 1 @optionerror\ pci-detach "Error: Not all functions in slot 0x100 have had detachment requested.
Requested:
${tab}0000:04:00.1
Present:
${tab}0000:04:00.0 (04:00.*)
${tab}0000:04:00.1 (04:00.*)
$nl" pci-detach vm1 04:00.1
expect 0 "" "" pci-detach vm1 04:00.0,1
called "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x04'], ['slot', '0x00'], ['func', '0x1'], ['vdevfn', '0x100']], ['state', 'Closing']]" \
  "xend.domain.device_configure 'vm1' ['pci', ['dev', ['domain', '0x0000'], ['bus', '0x04'], ['slot', '0x00'], ['func', '0x0'], ['vdevfn', '0x100']], ['state', 'Closing']]"
expect 1 @optionerror\ pci-detach "Error: More than one slot used by specified devices
${tab}0000:02:00.1 is in slot 0x04
${tab}0000:02:00.0 is in slot 0x05
$nl" pci-detach vm1 02:00.0-1
expect 1 @optionerror\ pci-detach "Error: pci: device 0000:04:00.2 is not attached!$nl" pci-detach vm1 04:00.0-2

expect 1 @usage\ vncviewer "Error: No domain given (or several parameters specified)$nl" vncviewer
expect 1 @usage\ vncviewer "Error: Domain 'stopped' is not started$nl" vncviewer stopped
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" vncviewer nosuch
mkdir viewer tools
for tool in cmp cat head stat; do ln -s "$(command -v $tool)" tools; done
PATH=$work/tools expect 255 "invoking  vncviewer 127.0.0.1:3$nl" "Error: external vncviewer missing or not in the path${nl}Exiting$nl" vncviewer held
printf '#!/bin/sh\necho "viewer $*"; cat\n' >viewer/vncviewer && chmod +x viewer/vncviewer
PATH=$work/viewer:$PATH expect 0 "invoking  vncviewer 127.0.0.1:3${nl}viewer 127.0.0.1:3$nl" "" vncviewer held
PATH=$work/viewer:$PATH expect 0 "invoking  vncviewer -autopass 127.0.0.1:3${nl}viewer -autopass 127.0.0.1:3${nl}secret$nl" "" vncviewer --autopass held
