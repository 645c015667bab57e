# Sourced by xm_cli.sh: shell and serve.

# says WHAT STDOUT INPUT: what `xm shell` prints for its input, stderr left aside.
says() {
  local got; got=$(printf '%s' "$3" | "$xm" shell 2>/dev/null; printf '.%s' $?)
  if [ "$got" = "$2.0" ]; then verdict "$1"; else verdict "$1" "got: ${got// /_}"; fi
}
hello="The Xen Master. Type \"help\" for a list of functions.$nl"
says "xm shell at the end of its input" "${hello}xm> $nl" ""
says "a line, and one with xm in front" "${hello}xm> 3${nl}xm> Domain-0${nl}xm> $nl" "domid vm1${nl}xm domname 0$nl"
says "words in quotes" "${hello}xm> 3${nl}xm> 3${nl}xm> $nl" "'domid' \"vm1\"${nl}dom\\id v''m1$nl"
says "a quotation without an end" "${hello}xm> *** No closing quotation${nl}xm> $nl" "domid 'vm1$nl"
says "an unknown word" "${hello}xm> *** Unknown command: frob${nl}xm> $nl" "frob 1$nl"
says "an empty line, and xm alone" "${hello}xm> xm> xm> $nl" "${nl}xm$nl"
says "it goes on after a failure" "${hello}xm> xm> 3${nl}xm> $nl" "domid nosuch${nl}domid vm1$nl"
says "help" "${hello}xm> $("$xm")${nl}xm> $nl" "help$nl"
says "help for a command" "${hello}xm> $("$xm" domid -h)${nl}xm> $nl" "help domid$nl"
says "prefixes" "${hello}xm> 3${nl}xm> $nl" "domi vm1$nl"
got=$(printf 'domid nosuch\n' | "$xm" shell 2>&1 >/dev/null)
[ "$got" = "Error: Domain 'nosuch' does not exist." ]; verdict "errors in the shell are on stderr" $([ $? = 0 ] || echo "${got// /_}")

# serve: a call as bytes on stdin, the answer as bytes on stdout; XM_SERVER does not count.
request='<methodCall><methodName>xend.domains_with_state</methodName><params><param><value><boolean>0</boolean></value></param><param><value><string>paused</string></value></param><param><value><boolean>0</boolean></value></param></params></methodCall>'
answer=$({ printf 'POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s' ${#request} "$request"; sleep 5; } \
  | XM_SERVER=gopher://x XEND_XMLRPC_SOCKET=$work/sock "$xm" serve | tr -d '\r\n')
[[ $answer == "HTTP/1.1 200 OK"*"<string>held</string>"* ]]; verdict "xm serve relays a call" $([ $? = 0 ] || echo "${answer// /_}")
XEND_XMLRPC_SOCKET=$work/nosock expect 1 "" "Error: Unable to connect to xend: No such file or directory. Is xend running?$nl" serve
expect 1 @usage\ serve "Error: 'xm serve' requires 0 arguments.$nl$nl" serve x
