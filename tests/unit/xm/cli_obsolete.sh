# Sourced by xm_cli.sh: commands for what Xen or Linux have no more, or never had. Words first, then xend's answer.

fault38="Error: (38, 'Function not implemented')$nl"
nodomain="Error: You must specify -a or --all or a domain id.$nl"
for command in tmem-list tmem-thaw tmem-freeze tmem-destroy tmem-set tmem-shared-auth; do
  expect 1 @usage\ $command "$nodomain" $command
  expect 1 @usage\ $command "Error: Unrecognized domain id: vm1$nl" $command vm1
  expect 1 @usage\ $command "Error: option -x not recognized$nl" $command -x
done
expect 1 @short "$nodomain" tmem-flush
expect 1 @usage\ tmem-list "$fault38" tmem-list -a
called "xend.node.tmem_list -1 False"
expect 1 @usage\ tmem-list "$fault38" tmem-list 3 --long
called "xend.node.tmem_list 3 True"
expect 1 @usage\ tmem-thaw "$fault38" tmem-thaw --all
called "xend.node.tmem_thaw -1"
expect 1 @usage\ tmem-freeze "$fault38" tmem-freeze 3
called "xend.node.tmem_freeze 3"
expect 1 @usage\ tmem-destroy "$fault38" tmem-destroy 3
called "xend.node.tmem_destroy 3"
expect 1 @short "$fault38" tmem-flush -a
called "xend.node.tmem_flush -1 -1"
expect 1 @usage\ tmem-set "$fault38" tmem-set 3 weight=5 cap=2
called "xend.node.tmem_set_weight 3 5"
expect 1 @usage\ tmem-set "$fault38" tmem-set -a compress=1
called "xend.node.tmem_set_compress -1 1"
expect 1 @usage\ tmem-set "Error: weight should be a integer$nl" tmem-set 3 weight=much
expect 1 @usage\ tmem-set "Error: Invalid argument.$nl" tmem-set 3 cap=much
expect 1 @usage\ tmem-set "Error: Unrecognized tmem configuration option: size=1$nl" tmem-set 3 size=1
expect 1 @usage\ tmem-freeable "$fault38" tmem-freeable
called "xend.node.tmem_query_freeable_mb"
expect 1 @usage\ tmem-shared-auth "$fault38" tmem-shared-auth 3 -u abc -A 1
called "xend.node.tmem_shared_auth 3 'abc' '1'"

unknown() { printf 'Error: method "%s" is not supported\n.' "$1"; }
vnets=$(unknown xend_vnets) vnet=$(unknown xend_vnet) make=$(unknown xend_vnet_create) drop=$(unknown xend_vnet_delete)
expect 1 @usage\ vnet-list "${vnets%.}" vnet-list
expect 1 @usage\ vnet-list "${vnet%.}" vnet-list -l net1
called "xend_vnet 'net1'"
expect 1 @usage\ vnet-list "Error: option -z not recognized$nl" vnet-list -z
expect 1 "File not found: missing$nl" "" vnet-create missing
expect 1 @usage\ vnet-create "${make%.}" vnet-create fresh
called "xend_vnet_create 'fresh'"
expect 1 @usage\ vnet-delete "${drop%.}" vnet-delete 1
expect 1 @usage\ vnet-delete "Error: 'xm vnet-delete' requires 1 arguments.$nl$nl" vnet-delete

for command in network-new network-del network-show; do
  expect 1 "" "Error: This function is only supported by Xen-API$nl" $command
  expect 1 "" "Error: This function is only supported by Xen-API$nl" $command a b
done
expect 1 @usage\ network2-attach "Error: Invalid argument: mtu=1$nl" network2-attach vm1 mtu=1
expect 1 @usage\ network2-detach "Error: Device 0 not connected$nl" network2-detach vm1 0
expect 1 @usage\ network2-detach "Error: 'xm network2-detach' requires between 2 and 3 arguments.$nl$nl" network2-detach vm1
expect 1 "No domain parameter given$nl$("$xm" network2-list -h)$nl$nl" "" network2-list

expect 1 "" "Error: Xen is running with the credit2 scheduler$nl" sched-sedf
expect 1 "" "Error: Xen is running with the credit2 scheduler$nl" sched-sedf vm1 -p 20 --extra 1
expect 1 @usage\ sched-sedf "Error: option -q not recognized$nl" sched-sedf -q

# Labels and policies.
expect 0 "" "" labels
called "xend.security.list_labels None None"
expect 0 "ant${nl}zebra$nl" "" labels type=ANY zoo
called "xend.security.list_labels 'zoo' 'any'"
expect 1 @optionerror\ labels "Error: Unrecognised option: kind=dom$nl" labels kind=dom
expect 1 @optionerror\ labels "Error: type is definied twice$nl" labels type=dom type=res
expect 1 @optionerror\ labels "Error: policy is defined twice$nl" labels a b
expect 0 "" "" resources
expect 1 @optionerror\ resources "Error: No arguments required$nl" resources x
expect 0 "" "" dumppolicy
expect 1 @optionerror\ dumppolicy "Error: No arguments expected.$nl" dumppolicy x
expect 0 "Supported security subsystems   : None $nl${nl}No policy is installed.$nl" "" getpolicy
expect 0 @any "" getpolicy --dumpxml
expect 1 "" "Error: 'ACM policy type not supported.'$nl" resetpolicy
expect 1 @optionerror\ resetpolicy "Error: No arguments expected.$nl" resetpolicy x
on=$(unknown xend.security.on) on=${on%.}
expect 1 @usage\ getenforce "$on" getenforce
expect 1 @optionerror\ getenforce "Error: No arguments expected.$nl" getenforce x
expect 1 @usage\ setenforce "$on" setenforce enforcing
expect 1 @optionerror\ setenforce "Error: maybe is an unsupported mode$nl" setenforce maybe
expect 1 @optionerror\ setenforce "Error: Invalid arguments$nl" setenforce
expect 1 @optionerror\ setpolicy "Error: Need at least 3 arguments.$nl" setpolicy FLASK
expect 1 @optionerror\ setpolicy "Error: Unsupported policytype 'SELINUX'.$nl" setpolicy SELINUX x
expect 1 @optionerror\ setpolicy "Error: Could not read policy file: missing$nl" setpolicy FLASK missing
: >policy.24; mkdir -p a; : >a/b-security_policy.xml
expect 1 @usage\ setpolicy "$on" setpolicy FLASK policy.24
expect 1 @usage\ setpolicy "$on" setpolicy acm a.b

for command in getlabel rmlabel; do
  expect 1 @optionerror\ $command "Error: Requires 2 arguments$nl" $command dom
  expect 1 "" "Error: 'Resource not labeled'$nl" $command res phy:sda1
  expect 1 @optionerror\ $command "Error: Configuration file 'nofile' not found.$nl" $command dom nofile
  expect 1 @optionerror\ $command "Error: Bad VIF device index.$nl" $command vif-x vm1
done
expect 1 @optionerror\ getlabel "Error: xm needs to be configure to use the xen-api.$nl" getlabel vif-0 vm1
expect 1 @optionerror\ rmlabel "Error: Need to be configure for using xen-api.$nl" rmlabel vif-0 vm1
expect 1 @optionerror\ getlabel "Error: First subcommand argument must be \"dom\", \"mgt\" or \"res\"$nl" getlabel disk x
expect 1 @optionerror\ rmlabel "Error: Unrecognised type argument: disk$nl" rmlabel disk x
expect 0 "$nl" "" getlabel mgt vm1
expect 0 "$nl" "" getlabel MGT nosuch
expect 1 "" "Error: 'Domain was not labeled.'$nl" rmlabel mgt vm1
printf 'kernel = "k"\nmemory = 64\nname = "lab"\n' >guestfile; cp guestfile unlabeled
expect 1 @optionerror\ addlabel "Error: ACM security is not enabled. You must specify the policy on the command line.$nl" addlabel red dom guestfile
expect 1 @optionerror\ addlabel "Error: Needs either 2 or 3 arguments$nl" addlabel red dom
expect 1 @optionerror\ addlabel "Error: Need to specify either \"dom\", \"mgt\" or \"res\" as object to add label to.$nl" addlabel red disk x p
expect 1 @optionerror\ addlabel "Error: Policy name in wrong format.$nl" addlabel red mgt vm1 p
"$xm" addlabel red dom policy.24 p >out 2>err
[ "$(head -n 1 out)$(cat err)" = "Invalid configuration file.Error: Invalid config file" ]; verdict "addlabel to no guest file" $([ $? = 0 ] || cat out err | tr ' ' _)
expect 1 "" "Error: 'Domain not labeled'$nl" getlabel dom guestfile
expect 1 "" "Error: 'Domain not labeled'$nl" rmlabel dom guestfile
expect 0 "" "" addlabel red dom guestfile p
expect 0 "policytype=ACM,policy=p,label=red$nl" "" getlabel dom guestfile
expect 1 "" "Error: \"Config file '$work/guestfile' is already labeled.\"$nl" addlabel red dom guestfile p
expect 0 "" "" rmlabel dom guestfile
printf "#access_control = ['policy=p,label=red']\n" | cat unlabeled - | cmp -s - guestfile
verdict "rmlabel comments the label out" $([ $? = 0 ] || tr ' ' _ <guestfile)
expect 1 @usage\ addlabel "Error: Command not supported under XSM 'dummy' module.$nl" addlabel red res phy:sda1 p

# What a person is told besides is for terminals: here it is not in any of the outputs above. On one it is there.
script -qec "'$xm' tmem-freeable" /dev/null >out 2>&1 </dev/null
tr -d '\r' <out | sed -n 2p | grep -q '^Xen has no transcendent memory since 4.13\.'
verdict "a person is told what is gone" $([ $? = 0 ] || tr ' ' _ <out)

# SCSI and USB.
expect 0 "" "" scsi-list vm1
called "xend.domain.getDeviceSxprs 'vm1' 'vscsi'"
expect 1 @optionerror\ scsi-attach "Error: Invalid argument: 0:0:0$nl" scsi-attach vm1 1:0:0:0 0:0:0
expect 1 @optionerror\ scsi-attach "Error: Cannot find device '/dev/nosuch'$nl" scsi-attach vm1 /dev/nosuch 0:0:0:0
expect 1 @optionerror\ scsi-attach "Error: Cannot find device '9:9:9:9'$nl" scsi-attach vm1 9:9:9:9 host
expect 1 @optionerror\ scsi-detach "Error: Invalid argument: sda$nl" scsi-detach vm1 sda
expect 0 "" "" scsi-detach vm1 0:0:1:0
called "xend.domain.device_configure 'vm1' ['vscsi', ['feature-host', 0], ['dev', ['state', 5], ['devid', 0], ['p-dev', None], ['p-devname', None], ['v-dev', '0:0:1:0']]]"
expect 1 @usage\ scsi-attach "Error: 'xm scsi-attach' requires between 3 and 4 arguments.$nl$nl" scsi-attach vm1
expect 0 "" "" usb-list vm1
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" usb-list nosuch
expect 0 "Cannot find device '0' in domain 'vm1'$nl" "" usb-attach vm1 0 1 1-2
expect 1 @usage\ usb-hc-create "Error: Invalid argument.$nl" usb-hc-create vm1 two 8
expect 0 "" "" usb-hc-create vm1 2 8
called "xend.domain.device_create 'vm1' ['vusb', ['usb-ver', 2], ['num-ports', 8]]"
expect 0 "" "" usb-hc-destroy vm1 0
called "xend.domain.destroyDevice 'vm1' 'vusb' '0' False True"
expect 0 "" "" usb-detach vm1 0 2
called "xend.domain.device_configure 'vm1' ['vusb', ['port', [2, '']], ['state', 5]] '0'"
expect 0 "" "" usb-add vm1 host:1.4
called "xend.domain.usb_add 'vm1' 'host:1.4'"
expect 1 @usage\ usb-del "Error: Can't del usb to a non-hvm guest$nl" usb-del vm1 host:1.4
expect 0 @any "" usb-list-assignable-devices
