# Sourced by xm_cli.sh: help, words, options, and what is said when there is no xend.

expect 1 @short ""
expect 0 @long "" help
expect 0 @long "" help --long
expect 0 @long "" --help
expect 0 @long "" -h list
expect 1 @usage\ list "" list --help
expect 1 @usage\ list "" list vm1 -h
expect 1 @usage\ destroy "" des -h
expect 1 @short "" event-monitor -h
expect 1 @short "" nonsense -h
expect 1 @short "Error: Subcommand nonsense not found!$nl" nonsense
for ambiguous in sh re s dump dom network -x; do
  expect 1 @short "Error: Subcommand $ambiguous not found!$nl" $ambiguous
done
"$xm" | head -n 1 | grep -qx 'Usage: xm <subcommand> \[args\]'; verdict "first line of the help" $([ $? = 0 ] || echo no)
"$xm" help | grep -qx 'xm full list of subcommands:'; verdict "heading of the long help" $([ $? = 0 ] || echo no)
"$xm" | grep -qx "Common 'xm' commands:"; verdict "heading of the short help" $([ $? = 0 ] || echo no)

expect 1 @usage\ destroy "Error: 'xm destroy' requires 1 arguments.$nl$nl" destroy
expect 1 @usage\ destroy "Error: 'xm destroy' requires 1 arguments.$nl$nl" des a b
expect 1 @usage\ save "Error: 'xm save' requires between 2 and 3 arguments.$nl$nl" save a
expect 1 @usage\ top "Error: 'xm top' requires 0 arguments.$nl$nl" top 1
expect 1 @usage\ mem-set "Error: 'xm mem-set' requires 2 arguments.$nl$nl" balloon 1

expect 1 @usage\ list "Error: option -x not recognized$nl" list -x
expect 1 @usage\ list "Error: option --foo not recognized$nl" list --foo
expect 1 @usage\ list "Error: option --state requires argument$nl" list --state
expect 1 @usage\ list "Error: option --long must not have an argument$nl" list --lo=3
expect 1 @usage\ list "Error: option --l not a unique prefix$nl" list --l
expect 1 @optionerror\ create "Error: option -z not recognized$nl" create -z
expect 1 @optionerror\ migrate "Error: option --bogus not recognized$nl" migrate --bogus a b
expect 1 @optionerror\ shutdown "Error: option -x not recognized$nl" shutdown -x 3

expect 1 @usage\ save "Error: Wrong number of parameters$nl" save a b c
expect 1 @usage\ restore "Error: Wrong number of parameters$nl" restore a b
expect 1 "" "Error: xm save: Unable to create file /NOWHERE/y$nl" save x /NOWHERE/y
expect 1 "" "Error: xm restore: Unable to read file $work/missing$nl" restore missing
expect 1 @optionerror\ migrate "Error: Invalid number of arguments$nl" migrate 5
expect 1 "" "Error: Invalid value: fast$nl" migrate -r fast 5 host
expect 1 "" "Error: No domain parameter given$nl" shutdown -w
expect 1 "" "Error: No multiple domain parameters allowed$nl" shutdown a b
expect 1 @usage\ mem-set "Error: Invalid argument.$nl" mem-set 3 64MB
expect 1 @usage\ dmesg "Error: No parameter required$nl" dmesg x
expect 1 @usage\ console "Error: No domain given$nl" console a b
expect 1 @optionerror\ dump-core "Error: You may not specify more than one '-CR' option$nl" dump-core -CR x
expect 0 "" "Error: Event monitoring not supported unless using Xen-API.$nl" event-monitor

expect 1 "" "Error: Unable to connect to xend: No such file or directory. Is xend running?$nl" list
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' stale
XM_SERVER=httpu://$work/stale expect 1 "" "Error: Unable to connect to xend: Connection refused. Is xend running?$nl" list
XM_SERVER=gopher://x expect 1 "" @any list
grep -q gopher err; verdict "a malformed XM_SERVER is named" $([ $? = 0 ] || echo no)


# What answers is no xend.
answers() {  # TEXT STDERR
  rm -f odd ready
  python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind("odd"); s.listen(1); open("ready", "w")
c, _ = s.accept(); c.recv(65536); c.sendall(sys.argv[1].encode()); c.close()' "$1" &
  until [ -e ready ]; do sleep 0.05; done
  XM_SERVER=httpu://$work/odd expect 1 "" "$2$nl" list
  wait $!
}
answers "hello$nl$nl" "Xend has probably crashed!  Invalid or missing HTTP status code."
answers $'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' "Xend has probably crashed!  ProtocolError(404, Not Found)."

if [ "$(id -u)" = 0 ]; then
  chmod 755 "$work"
  got=$(runuser -u nobody -- "$xm" list 2>&1)
  [ "$got" = "Error: Most commands need root access. Please try again as root." ]; verdict "list as nobody" $([ $? = 0 ] || echo "got:${got// /_}")
  runuser -u nobody -- "$xm" help >out; "$xm" help | cmp -s - out; verdict "help as nobody" $([ $? = 0 ] || echo no)
fi
