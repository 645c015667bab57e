# Sourced by xm_cli.sh: XM_SERVER=ssh://..., with an ssh that stays on this host and notes what it was asked.

mkdir -p ssh-bin
cat >ssh-bin/ssh <<'F'
#!/bin/bash
printf '%s|' "$@" >>"$SSH_LOG"
[ -z "${SSH_SAYS:-}" ] || { echo "$SSH_SAYS" >&2; exit 255; }
exec bash -c "${!#}"
F
chmod +x ssh-bin/ssh
ln -sf "$xm" ssh-bin/xm
through_ssh() { PATH=$work/ssh-bin:$PATH SSH_LOG=$work/ssh-log XEND_XMLRPC_SOCKET=$work/sock expect "$@"; }

XM_SERVER=ssh://far through_ssh 0 "Domain-0$nl" "" domname 0
XM_SERVER=ssh://root@far:2222/ through_ssh 0 "3$nl" "" domid vm1
[ "$(cat ssh-log)" = "far|xm serve|-l|root|-p|2222|far|xm serve|" ]; verdict "what ssh is asked" $([ $? = 0 ] || tr ' ' _ <ssh-log)
XM_SERVER=ssh://far through_ssh 3 "" "Error: Domain 'nosuch' does not exist.$nl" domid nosuch
# Several calls, one connection.
: >ssh-log
XM_SERVER=ssh://far through_ssh 0 @any "" list --label
[ "$(cat ssh-log)" = "far|xm serve|" ]; verdict "one ssh for all calls" $([ $? = 0 ] || tr ' ' _ <ssh-log)
XM_SERVER=ssh://far SSH_SAYS="Permission denied." through_ssh 1 "" "Permission denied.
Error: ssh far 'xm serve' has ended with status 255 before xend answered.$nl" list
SSH_SAYS="Permission denied." XM_SERVER=ssh://far through_ssh 1 "" "Permission denied.
Error: ssh far 'xm serve' has ended with status 255 before xend answered.$nl" new -q labeled name=x
mkdir ssh-less
for tool in cmp cat; do ln -s "$(command -v $tool)" ssh-less; done
XM_SERVER=ssh://far PATH=$work/ssh-less expect 1 "" "Error: ssh far 'xm serve', the way to xend, cannot be run: No such file or directory. Is ssh installed?$nl" list
XM_SERVER=ssh://-oProxyCommand=x expect 1 "" @any list
grep -q "no such host name" err; verdict "no options for ssh" $([ $? = 0 ] || echo no)
rm -r ssh-bin ssh-less
