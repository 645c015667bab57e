# Sourced by xm_cli.sh: commands about domains, against the fake xend.

list_head="Name                                        ID   Mem VCPUs      State   Time(s)$nl"
row0="Domain-0                                     0  1024     2     r-----   1234.6$nl"
row_held="held                                         7    64     1     --p---      0.0$nl"
row_stopped="stopped                                          256     4                 0.0$nl"
row_vm1="vm1                                          3   512     1     -b----     12.3$nl"

expect 0 "$list_head$row0$row_held$row_stopped$row_vm1" "" list
expect 0 "$list_head$row_vm1$row0" "" li vm1 0
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" list vm1 nosuch
expect 3 "" "Error: Domain '6666' does not exist.$nl" list 6666
expect 0 "$list_head$row_held" "" list --state=PAUSED
expect 0 "$list_head" "" list --state=confused
expect 0 "$list_head$row_stopped" "" list --pool other
expect 0 "$list_head" "" list --pool nosuch
expect 1 @optionerror\ list "Error: You may specify either a state or a particular VM, but not both$nl" list --state=paused vm1
expect 1 @optionerror\ list "Error: You may specify either a pool or a particular VM, but not both$nl" list --pool=x vm1
expect 0 "Name                                        ID   Mem VCPUs      State   Time(s) Label     ${nl}vm1                                          3   512     1     -b----     12.3           $nl" "" list --label vm1
expect 0 "(domain
    (domid 3)
    (uuid 00000000-0000-0000-0000-000000000003)
    (name vm1)
    (memory 512)
    (vcpus 2)
    (online_vcpus 1)
    (state -b----)
    (cpu_time 12.345)
    (start_time 1000.0)
    (pool_name Pool-0)
    (device (vbd (uname phy:/dev/guests/vm1) (dev xvda1) (mode w)))
)
" "" list -l vm1
called "xend.domain 'vm1' True"

vcpu_head="Name                                ID  VCPU   CPU State   Time(s) CPU Affinity$nl"
vcpu_vm1="vm1                                  3     0     2   -b-       1.2 0-1,3${nl}vm1                                  3     1     -   --p       0.0 any cpu$nl"
expect 0 "$vcpu_head$vcpu_vm1" "" vcpu-list vm1
expect 0 "$vcpu_head$vcpu_vm1" "xm list -v is deprecated.  Please use xm vcpu-list.$nl" list -v vm1
expect 0 "${vcpu_head}stopped                                    1                   0.0 any cpu$nl" "" vcpu-list stopped

expect 0 "3$nl" "" domid vm1
expect 0 "None$nl" "" domid stopped
expect 0 "Domain-0$nl" "" domname 0
expect 3 "" "Error: Domain '1492' does not exist.$nl" domname 1492
expect 0 "idle$nl" "" domstate vm1
expect 0 "running$nl" "" domstate 0
expect 0 "paused by admin$nl" "" domstate held
expect 0 "shutoff$nl" "" domstate stopped
"$xm" uptime vm1 >out; grep -Eq '^vm1                                  3 [0-9]+ days, [ 0-9][0-9]:[0-9]{2}:[0-9]{2}$' out
verdict "uptime" $([ $? = 0 ] || tail -n 1 out | tr ' ' _)
head -n 1 out | grep -qx 'Name                                ID Uptime '; verdict "head of uptime" $([ $? = 0 ] || echo no)
"$xm" uptime -s vm1 >out; grep -Eq '^ [0-9:]{8} up [0-9]+ days, [ 0-9][0-9]:[0-9]{2}, vm1 \(3\)$' out
verdict "uptime -s" $([ $? = 0 ] || tr ' ' _ <out)

expect 0 "" "" pause vm1
called "xend.domain.pause 'vm1'" "xend.domain.setpauseflag 'vm1' True"
expect 0 "" "" unpause 3
called "xend.domain.unpause '3'" "xend.domain.setpauseflag '3' False"
expect 3 "" "Error: Domain '-x' does not exist.$nl" destroy -x
expect 0 "" "" des vm1
called "xend.domain.destroy 'vm1'"
expect 0 "" "" rename vm1 vm2
called "xend.domain.setName 'vm1' 'vm2'"
expect 0 "" "" sysrq vm1 s
called "xend.domain.send_sysrq 'vm1' 's'"
expect 0 "" "" trigger vm1 nmi 1
called "xend.domain.send_trigger 'vm1' 'nmi' 1"
expect 1 @usage\ trigger "Error: Invalid argument.$nl" trigger vm1 nmi x
expect 0 "Dumping core of domain: vm1 ...$nl" "" dump-core -L vm1 core
called "xend.domain.dump 'vm1' '$work/core' True False False"
expect 0 "Dumping core of domain: vm1 ...$nl" "" dump-core vm1
called "xend.domain.dump 'vm1' None False False False"
expect 0 "" "" mem-set vm1 1G
called "xend.domain.setMemoryTarget 'vm1' 1024"
expect 0 "" "" mem-max vm1 65536k
called "xend.domain.maxmem_set 'vm1' 64"
expect 0 "" "" vcpu-set vm1 2
called "xend.domain.setVCpuCount 'vm1' 2"
expect 0 "" "" vcpu-pin vm1 0 0-3,^1
called "xend.domain.pincpu 'vm1' 0 '0,2,3'"
expect 0 "" "" vcpu-pin vm1 all all
called "xend.node.info False" "xend.domain.pincpu 'vm1' 'all' '0,1,2,3'"
expect 1 @usage\ vcpu-pin "Error: Invalid argument.$nl" vcpu-pin vm1 0 a-b

expect 0 "" "" save vm1 image
called "xend.domain.save 'vm1' '$work/image' False"
expect 0 "" "" save -c vm1 ./sub/../image
called "xend.domain.save 'vm1' '$work/image' True"
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" save nosuch image
expect 1 @usage\ save "Error: /usr/libexec/xend/xc_save 46 82 0 0 0 failed$nl" sav stuck image
: >image
expect 0 "" "" restore image
called "xend.domain.restore '$work/image' False"
expect 0 "" "" restore image -p
called "xend.domain.restore '$work/image' True"

expect 0 "" "" migrate vm1 other
called "xend.domain.migrate 'vm1' 'other' False 0 -1 None False"
expect 0 "" "" migrate --live vm1 other
called "xend.domain.migrate 'vm1' 'other' True 0 -1 None False"
expect 0 "" "" migrate vm1 other -l -p 8003 -n 1 -s -c
called "xend.domain.migrate 'vm1' 'other' True 8003 1 True True"
expect 0 "" "" migrate vm1 -r 300 other --live
called "xend.domain.migrate 'vm1' 'other' True 0 -1 None False 300"
expect 0 "" "" migrate --resource=0 vm1 other
called "xend.domain.migrate 'vm1' 'other' False 0 -1 None False 0"

expect 1 @usage\ console "Error: Domain 'stopped' is not started$nl" console stopped
expect 1 "" "" console -q stopped
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" console nosuch
expect 1 "" "" console --quiet nosuch
expect 1 "" "Error: Can't specify halt and reboot$nl" shutdown -HR vm1
expect 1 @usage\ shutdown "Error: Domain 0 cannot be shutdown$nl" shutdown 0
expect 0 "Domain vm1 rebooted${nl}All domains rebooted$nl" "" reboot -w vm1
called "xend.domains_with_state True 'all' 'table'" "xend.domain.getRestartCount 'vm1'"
expect 0 "Domain vm1 terminated${nl}All domains terminated$nl" "" shutdown 3 --wait
expect 0 "All domains terminated$nl" "" shutdown -aw
expect 3 "" "Error: Domain '9999' does not exist.$nl" shutdown 9999
