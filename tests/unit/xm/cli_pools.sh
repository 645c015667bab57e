# Sourced by xm_cli.sh: CPU pools, and the credit2 scheduler.

pool_head="Name               CPUs   Sched     Active   Domain count$nl"
row_pool0="Pool-0               2   credit2       y          2$nl"
row_night="night                1    credit       n          0$nl"
expect 0 "$pool_head$row_pool0$row_night" "" cpupool-list
called "xend.cpu_pool.list []"
expect 0 "$pool_head$row_night" "" cpupool-list night
called "xend.cpu_pool.list ['night']"
expect 0 "$pool_head$row_pool0$row_night" "" pool-list
expect 0 "Name             CPU list${nl}Pool-0           0,1${nl}night            -$nl" "" cpupool-list -c
expect 0 "" "Error: Pool 'nosuch' does not exist.$nl" cpupool-list nosuch
expect 1 @usage\ cpupool-list "Error: Only one cpupool name for selection allowed$nl" cpupool-list a b
expect 1 @usage\ cpupool-list "Error: 'xm cpupool-list' requires between 0 and 2 arguments.$nl$nl" cpupool-list a b c
expect 0 "(00000000-0000-0000-0000-0000000000b0
    (uuid 00000000-0000-0000-0000-0000000000b0)
    (name_label night)
    (name_description night)
    (resident_on h)
    (auto_power_on 0)
    (started_VMs)
    (host_CPUs)
    (activated False)
    (sched_policy credit)
    (proposed_CPUs)
    (other_config (owner ops))
    (ncpu 1)
    (host_CPU_numbers)
    (started_VM_names)
)
" "" cpupool-list --long night
"$xm" cpupool-list -l Pool-0 | grep -qx '    (host_CPU_numbers 0 1)'; verdict "the CPUs of a pool, flat" $([ $? = 0 ] || echo no)

for command in start destroy delete; do
  expect 0 "" "" cpupool-$command Pool-0
  called "xend.cpu_pool.$command 'Pool-0'"
  expect 1 @usage\ cpupool-$command "Error: unknown pool nosuch$nl" cpupool-$command nosuch
  expect 1 @usage\ cpupool-$command "Error: 'xm cpupool-$command' requires 1 arguments.$nl$nl" cpupool-$command
done
for command in add remove; do
  expect 0 "" "" cpupool-cpu-$command Pool-0 1
  called "xend.cpu_pool.cpu_$command 'Pool-0' '1'"
  expect 1 @usage\ cpupool-cpu-$command "Error: ['POOL_BAD_STATE', 'deactivated']${nl}CPU pool night is not active.$nl" cpupool-cpu-$command night 1
done
expect 0 "" "" cpupool-migrate vm1 Pool-0
called "xend.cpu_pool.migrate 'vm1' 'Pool-0'"
expect 1 @short "Error: unknown domain nosuch$nl" pool-migrate nosuch Pool-0  # an alias has no usage block of its own
expect 1 @short "Error: unknown pool nosuch$nl" pool-start nosuch

printf 'name = "day"\ncpus = "0-3,^1"\nother_config = ["owner=ops", "note=a=b", "nothing"]\n' >pool1
using_pool="Using config file \"./pool1\".$nl"
expect 0 "${using_pool}(pool
    (name_label day)
    (sched_policy credit)
    (ncpu 3)
    (proposed_CPUs 0 2 3)
    (other_config (owner ops) (note 'a=b'))
)
" "" cpupool-create -n pool1
expect 0 "$using_pool" "" cpupool-create pool1 cpus=2
called "xend.cpu_pool.create ['pool', ['name_label', 'day'], ['sched_policy', 'credit'], ['ncpu', 1], ['proposed_CPUs', 2], ['other_config', ['owner', 'ops'], ['note', 'a=b']]]"
expect 0 "$using_pool" "" pool-new pool1 cpus=#2 sched=credit2 other_config=k=v
called "xend.cpu_pool.new ['pool', ['name_label', 'day'], ['sched_policy', 'credit2'], ['ncpu', 2], ['proposed_CPUs', []], ['other_config', ['k', 'v']]]"
printf 'cpus = 0\n' >empty_pool
expect 0 "Using config file \"./empty_pool\".$nl" "" cpupool-create -f empty_pool
called "xend.cpu_pool.create ['pool', ['name_label', 'empty_pool'], ['sched_policy', 'credit'], ['ncpu', 0], ['proposed_CPUs', []], ['other_config']]"
expect 255 "$using_pool" "Error: cpus = 1,x: invalid literal for int() with base 10: 'x'$nl" cpupool-create pool1 cpus=1,x
expect 255 "$using_pool" "Error: Wrong illegal of parameter \"cpus\"$nl" cpupool-new pool1 cpus=#x
expect 255 "Using config file \"./unquoted\".$nl" "Error: name 'web' is not defined$nl" cpupool-create unquoted
expect 255 "" "Error: local variable 'config' referenced before assignment$nl" cpupool-create -F missing
expect 1 @optionerror\ cpupool-create "Error: Unable to open config file: missing$nl" cpupool-create missing
expect 1 @optionerror\ cpupool-new "Error: Unable to open config file: xmdefconfig$nl" cpupool-new
expect 1 @optionerror\ cpupool-create "Error: option -x not recognized$nl" cpupool-create -x
"$xm" cpupool-create -n pool1 | tail -n +2 >ready.pool
expect 0 "" "" cpupool-create -F ready.pool
"$xm" cpupool-create pool1 name=night >out 2>err; [ $? = 1 ] && [ "$(cat err)" = "Error: ['PARAMETER_ERROR', 'Pool name \"night\" already exists']" ]
verdict "a name that is taken" $([ $? = 0 ] || tr ' ' _ <err)
"$xm" cpupool-create --help_config | head -n 1 | grep -qx "Values:"; verdict "cpupool-create --help_config" $([ $? = 0 ] || echo no)

expect 0 "Name                                ID Weight
Domain-0                             0    512
held                                 7    512
stopped                                    -1
vm1                                  3    512
" "" sched-credit2
expect 0 "Name                                ID Weight${nl}vm1                                  3    512$nl" "" sched-credit2 -d 3
expect 1 @usage\ sched-credit2 "Error: Domain 'nosuch' does not exist.$nl" sched-credit2 -d nosuch
expect 1 @usage\ sched-credit2 "Error: No domain given.$nl" sched-credit2 -w 512
expect 1 @usage\ sched-credit2 "Error: Invalid argument.$nl" sched-credit2 -d vm1 -w much
expect 0 "" "" sched-credit2 --domain=vm1 --weight 300
called "xend.domain.sched_credit2_set 'vm1' 300"
expect 1 @usage\ sched-credit2 "Error: option -c not recognized$nl" sched-credit2 -d vm1 -c 5
expect 1 "" "Error: Xen is running with the credit2 scheduler$nl" sched-credit
expect 1 "" "Error: Xen is running with the credit2 scheduler$nl" sched-credit -d vm1 -w 5
