# Sourced by xm_cli.sh: every command of the table is known, shows its usage, and counts its words before anything else;
# there is no xend yet.

commands=0
while IFS=$'\t' read -r name min max text; do
  case $name in \#*) continue ;; esac
  commands=$((commands + 1))
  case $text in
    -) want="Usage: xm <subcommand> [args]" ;;
    "(nothing)") want="Usage: xm $name " ;;
    *) want="Usage: xm $name $text" ;;
  esac
  got=$("$xm" "$name" --help | head -n 1)
  if [ "$got" = "$want" ]; then verdict usage; else verdict "xm $name --help" "got: $got" "not: $want"; fi
  "$xm" help | grep -q "^ $name " || case $name in
    event-monitor | network-new | network-del | network-show | tmem-flush | tmem-freeable) ;;
    *) verdict "xm help" "$name is not listed" ;;
  esac
  [ "$max" != - ] || continue
  if [ "$min" = "$max" ]; then number=$max; else number="between $min and $max"; fi
  words=(w w w w w w w w w w w w)
  expect 1 @usage\ $name "Error: 'xm $name' requires $number arguments.$nl$nl" $name "${words[@]:0:max + 1}"
  [ "$min" = 0 ] || expect 1 @usage\ $name "Error: 'xm $name' requires $number arguments.$nl$nl" $name "${words[@]:0:min - 1}"
  # "--" is no word.
  [ "$min" = 0 ] || expect 1 @usage\ $name "Error: 'xm $name' requires $number arguments.$nl$nl" $name -- "${words[@]:0:min - 1}"
done <"$here/words.table"
[ "$commands" = 104 ]; verdict "all commands" $([ $? = 0 ] || echo "$commands")

# Aliases are words of their own for people: at a terminal one is told, in a pipe nobody.
for pair in balloon:mem-set set-vcpus:vcpu-set vif-list:network-list vbd-create:block-attach vbd-destroy:block-detach \
  vbd-list:block-list pool-create:cpupool-create pool-new:cpupool-new pool-start:cpupool-start pool-list:cpupool-list \
  pool-destroy:cpupool-destroy pool-delete:cpupool-delete pool-cpu-add:cpupool-cpu-add \
  pool-cpu-remove:cpupool-cpu-remove pool-migrate:cpupool-migrate; do
  alias=${pair%:*} name=${pair#*:}
  script -qec "'$xm' $alias -z a b c d e" /dev/null </dev/null 2>&1 | tr -d '\r' >out
  head -n 1 out | grep -qx "Command $alias is deprecated.  Please use xm $name instead."
  verdict "xm $alias at a terminal" $([ $? = 0 ] || head -n 1 out | tr ' ' _)
  "$xm" $alias -z a b c d e 2>&1 >/dev/null | grep -q deprecated; [ $? = 1 ]; verdict "xm $alias in a pipe" $([ $? = 0 ] || echo told)
done

# The shortest beginnings that people use (spec xm-cli 1.2).
while read -r beginning name; do
  [ "$("$xm" "$beginning" -h | head -n 1 | cut -d ' ' -f 3)" = "$name" ]; verdict "$beginning" $([ $? = 0 ] || echo "not $name")
done <<'F'
cr create
li list
des destroy
shu shutdown
reb reboot
pa pause
un unpause
sa save
rest restore
mi migrate
co console
in info
dm dmesg
lo log
up uptime
to top
st start
su suspend
resu resume
del delete
ren rename
sy sysrq
tr trigger
domi domid
domn domname
mem-s mem-set
mem-m mem-max
vcpu-l vcpu-list
vcpu-p vcpu-pin
vcpu-s vcpu-set
block-l block-list
network-l network-list
dump- dump-core
dump-co dump-core
deb debug-keys
reset reset
pci-list pci-list
usb-list usb-list
sched-credit sched-credit
F
