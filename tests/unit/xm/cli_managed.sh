# Sourced by xm_cli.sh: domains that xend keeps while they do not run, and what ends a run; against the fake xend.

expect 1 @optionerror\ start "Error: Expects 1 argument$nl" start
expect 1 @optionerror\ start "Error: Expects 1 argument$nl" start a b
expect 1 @usage\ start "Error: option -x not recognized$nl" start -x stopped
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" start nosuch
expect 1 @usage\ start "Error: Domain is already running$nl" start held
expect 1 @usage\ start "Error: Domain 'stopped' is not started$nl" start -p stopped
called "xend.domain.start 'stopped' True" "xend.domain 'stopped' False"
expect 0 "None$nl" "" domid stopped
expect 0 "" "" start stopped
called "xend.domain.start 'stopped' False" "xend.domain 'stopped' False"
expect 0 "9$nl" "" domid stopped
# Without a display there is no viewer, which is no failure of the start.
expect 0 "" @any start --vncviewer stopped
called "xend.domain.start 'stopped' False" "xend.domain 'stopped' False"
# The process becomes the console; here there is none to become.
expect 1 @usage\ start "Error: Domain is already running$nl" start -c held
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" start --console_autoconnect nosuch

expect 1 @usage\ delete "Error: 'xm delete' requires 1 arguments.$nl$nl" delete
expect 1 @usage\ delete "Error: Domain is not halted.$nl" delete held
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" delete nosuch
expect 0 "" "" delete stopped
called "xend.domain.delete 'stopped'"

expect 1 @usage\ suspend "Error: 'xm suspend' requires 1 arguments.$nl$nl" suspend a b
expect 1 @usage\ suspend "Error: Domain is not running$nl" suspend stopped
expect 1 @usage\ suspend "Error: Domain is not managed by Xend lifecycle support.$nl" suspend held
expect 1 @usage\ suspend "Error: Cannot suspend privileged domain Domain-0$nl" suspend Domain-0
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" suspend nosuch
expect 0 "" "" resume stopped
called "xend.domain.resume 'stopped' False"
expect 0 "" "" resume stopped -p
called "xend.domain.resume 'stopped' True"
expect 1 @usage\ resume "Error: Wrong number of parameters$nl" resume -p
expect 1 @usage\ resume "Error: Wrong number of parameters$nl" resume a b
expect 1 @usage\ resume "Error: Error occurred when resuming: Cannot resume domain that is not suspended.$nl" resume held
expect 1 @usage\ resume "Error: Error occurred when resuming: <Fault 3: 'nosuch'>$nl" resume nosuch

expect 0 "" "" reset held
called "xend.domain.reset 'held'"
expect 1 @usage\ reset "Error: Domain 'stopped' is not started$nl" reset stopped
expect 1 @usage\ reset "Error: Cannot reset privileged domain Domain-0$nl" reset Domain-0
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" reset nosuch
expect 1 @usage\ rename "Error: VM name 'held' already exists as domain 7$nl" rename stopped held
expect 3 "" "Error: Domain 'nosuch' does not exist.$nl" rename nosuch other

expect 1 @optionerror\ dump-core "Error: Expects 1 or 2 argument(s)$nl" dump-core
expect 1 @optionerror\ dump-core "Error: Expects 1 or 2 argument(s)$nl" dump-core a b c
expect 1 @any "Error: Domain 'stopped' is not started$nl" dump-core stopped
[ "$(head -n 1 out)" = "Dumping core of domain: stopped ..." ]; verdict "what is dumped is said first" $([ $? = 0 ] || echo no)
expect 1 @any "Error: Cannot dump core in a directory: /tmp$nl" dump-core -C held /tmp
called "xend.domain.dump 'held' '/tmp' False True False"
expect 1 @any "Error: Cannot dump core in a directory: /tmp$nl" dump-core --live --reset held core
called "xend.domain.dump 'held' '$work/core' True False True"
expect 1 @any "Error: Cannot dump core for privileged domain Domain-0$nl" dump-core Domain-0
expect 3 "Dumping core of domain: nosuch ...$nl" "Error: Domain 'nosuch' does not exist.$nl" dump-core nosuch
