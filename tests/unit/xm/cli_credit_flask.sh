# Sourced by xm_cli.sh: a host that runs the credit scheduler and has FLASK.

expect 0 "Name                                ID Weight  Cap
Domain-0                             0    256   50
held                                 7    256   50
stopped                                    -1   -1
vm1                                  3    256   50
" "" sched-credit
expect 0 "Name                                ID Weight  Cap${nl}vm1                                  3    256   50$nl" "" sched-credit -d vm1
expect 0 "" "" sched-credit -d vm1 -w 512
called "xend.domain.sched_credit_set 'vm1' 512 None"
expect 0 "" "" sched-credit -d 3 --cap=100 ignored -w nothing
called "xend.domain.sched_credit_set '3' None 100"
expect 0 "" "Error: 22$nl" sched-credit -d vm1 -w 22
expect 1 @usage\ sched-credit "Error: Cpu weight out of range, valid values are within range from 1 to 65535$nl" sched-credit -d vm1 -w 70000
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" sched-credit -d nosuch -w 5
expect 1 @usage\ sched-credit "Error: Domain 'nosuch' does not exist.$nl" sched-credit -d nosuch
expect 1 @usage\ sched-credit "Error: No domain given.$nl" sched-credit -c 5
expect 1 @usage\ sched-credit "Error: Invalid argument.$nl" sched-credit -d vm1 -c 5%
expect 1 "" "Error: Xen is running with the credit scheduler$nl" sched-credit2
expect 1 "" "Error: Xen is running with the credit scheduler$nl" sched-sedf

expect 0 "Enforcing$nl" "" getenforce
expect 0 "" "" setenforce PERMISSIVE
called "xend.security.on" "xend.security.setenforce 0"
expect 0 "Permissive$nl" "" getenforce
expect 0 "" "" setenforce 1
expect 0 "Successfully set the new policy.$nl" "" setpolicy FLASK pool1
[ "$(tail -n 1 log)" = "xend.security.set_policy 2 '$(base64 -w 0 pool1)' 3 1" ]; verdict "the policy travels as base64" $([ $? = 0 ] || tail -n 1 log | tr ' ' _)
expect 1 @optionerror\ setpolicy "Error: Unsupported policy type$nl" setpolicy ACM a.b
printf "kernel = 'boot/vmlinuz-guest'\naccess_control = ['policy=,label=system_u:system_r:domU_t']\n" >labeled
expect 0 "Using config file \"./labeled\".${nl}Checking domain:$nl   labeled: PERMITTED${nl}Checking resources:${nl}Dry Run: PASSED$nl" "" dry-run labeled
expect 0 "Name                                        ID   Mem VCPUs      State   Time(s) Label     
held                                         7    64     1     --p---      0.0           
stopped                                          256     4                 0.0           
Domain-0                                     0  1024     2     r-----   1234.6 system_u:system_r:dom0_t
vm1                                          3   512     1     -b----     12.3 system_u:system_r:domU_t
" "" list --label
