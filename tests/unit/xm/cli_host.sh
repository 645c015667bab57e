# Sourced by xm_cli.sh: commands about the host.

expect 0 "host                   : testhost
nr_cpus                : 4
virt_caps              : 
xen_caps               : xen-3.0-x86_64 
xen_changeset          : 
cc_compiler            : (none)
xen_scheduler          : credit2
" "" info
called "xend.node.info False"
expect 0 @any "" info -n
called "xend.node.info True"
printf "(xend-port 9000)\n(xen-api-server ((unix)))\n" >config.sxp
XEND_CONFIG=$work/config.sxp "$xm" info -c >out
grep -qx 'xend-port                             : 9000' out; verdict "info -c, of the file" $([ $? = 0 ] || echo no)
grep -qx 'xend_relocation_port_default          : 8002' out; verdict "info -c, built in" $([ $? = 0 ] || echo no)
LC_ALL=C sort -c out; verdict "info -c, by name" $([ $? = 0 ] || echo no)
expect 0 "(XEN) Xen 4.17${nl}(XEN) it's up$nl" "" dmesg
expect 0 @any "" dmesg -c
called "xend.node.dmesg.info" "xend.node.dmesg.clear"
expect 0 "one${nl}two$nl" "" log
expect 1 @usage\ debug-keys "Error: method \"xend.node.send_debug_keys\" is not supported$nl" debug-keys q

# The client's configuration.
printf '<xm><server type="LegacyXMLRPC" uri="httpu://%s/sock"/></xm>' "$work" >xm-config.xml
XM_SERVER=gopher://x XM_CONFIG_FILE=$work/xm-config.xml expect 0 "Domain-0$nl" "" domname 0
printf '<xm><server type="Pigeon" uri="httpu://%s/sock"/></xm>' "$work" >xm-config.xml
XM_CONFIG_FILE=$work/xm-config.xml expect 0 "Domain-0$nl" "Invalid server type Pigeon; using LegacyXMLRPC.$nl" domname 0
printf '<xm><server type="Xen-API" uri="http://localhost:9363/"/></xm>' >xm-config.xml
XM_CONFIG_FILE=$work/xm-config.xml expect 0 "Domain-0$nl" "Invalid server type Xen-API; using LegacyXMLRPC.$nl" domname 0
printf '<xm><!-- <server type="x"/> --></xm>' >xm-config.xml
XM_CONFIG_FILE=$work/xm-config.xml expect 0 "Domain-0$nl" "" domname 0
printf '<xm>' >xm-config.xml
XM_CONFIG_FILE=$work/xm-config.xml expect 0 "Domain-0$nl" "Ignoring invalid configuration file $work/xm-config.xml.$nl" domname 0
