# Sourced by xm_cli.sh: what has been added to migrate and save, on a terminal and off it.

# on_terminal STATUS PATTERN [--interrupt TEXT]... -- WORD...: xm WORD... on a terminal writes lines that match PATTERN.
on_terminal() {
  local status=$1 pattern=$2 options=() problems=(); shift 2
  while [ "$1" != -- ]; do options+=("$1" "$2"); shift 2; done
  shift
  python3 "$here/on_terminal.py" "${options[@]}" -- "$xm" "$@" >out </dev/null
  local got=$?
  [ "$got" = "$status" ] || problems+=("exit status $got, not $status")
  (tr '\r' '\n' <out; echo) | grep -Eq -- "$pattern" || problems+=("the terminal: $(cat -v out)" "expect: $pattern")
  verdict "xm $* on a terminal" "${problems[@]}"
}

# Limits, and what is not classic is written in full.
expect 0 "" "" migrate vm1 other -l --max-downtime 300 --timeout=60 --max-rounds 9
called "xend.domain.migrate 'vm1' 'other' True 0 -1 None False None {'max_downtime': 300, 'max_rounds': 9, 'timeout': 60}"
expect 0 "" "" migrate --p 8003 --l --c --n 1 --r 5 --s vm1 other
called "xend.domain.migrate 'vm1' 'other' True 8003 1 True True 5"
expect 1 @optionerror\ migrate "Error: option --can not recognized$nl" migrate --can vm1
expect 1 @optionerror\ migrate "Error: option --max-downtime requires argument$nl" migrate vm1 other --max-downtime
expect 1 "" "Error: Invalid value: soon$nl" migrate --timeout soon vm1 other
expect 1 "" "Error: Invalid value: text$nl" migrate --progress=text vm1 other
expect 1 @optionerror\ migrate "Error: Invalid number of arguments$nl" migrate --cancel vm1 other
expect 1 @optionerror\ migrate "Error: Invalid number of arguments$nl" migrate --max-rounds 3 vm1

expect 0 "" "" save -c --live vm1 image
called "xend.domain.save 'vm1' '$work/image' True True"
expect 0 "" "" save --check --live vm1 image
expect 1 @usage\ save "Error: --live is for a domain that runs on afterwards: it needs -c$nl" save vm1 --live image
expect 1 @usage\ save "Error: option --li not recognized$nl" save -c --li vm1
expect 1 @usage\ save "Error: 'xm save' requires between 2 and 3 arguments.$nl$nl" save -c vm1 image more
expect 1 @usage\ save "Error: 'xm save' requires between 2 and 3 arguments.$nl$nl" save --live -c vm1 image more

# The last line is for people; who cannot tell it still moves domains.
on_terminal 0 '^Domain vm1 runs on other as 7; it took 12.3 s, and stood still for 0.41 s.$' -- migrate vm1 other
called "xend.domain.migrate 'vm1' 'other' False 0 -1 None False None {}"
on_terminal 0 '' -- migrate ofold other
verdict "nothing is said" $([ ! -s out ] || tr ' ' _ <out)
called "xend.domain.migrate 'ofold' 'other' False 0 -1 None False None {}" \
  "xend.domain.migrate 'ofold' 'other' False 0 -1 None False"

# ^C cancels, also into a pipe, and while a line is drawn.
on_terminal 130 'Cancelled: slow runs on here.$' --interrupt 'round 2: 25 %, 45.2 MiB/s' -- migrate slow other -l
on_terminal 130 'Cancelled: slow runs on here.$' --interrupt 'round 2' -- save slow image
for words in 'migrate slow other' 'save slow image'; do
  # shellcheck disable=SC2086
  "$xm" $words >out 2>err </dev/null & waiting=$!
  sleep 1; kill -INT $waiting; wait $waiting
  verdict "SIGINT to xm $words" $([ "$?/$(cat out)/$(cat err)" = "130//Cancelled: slow runs on here." ] || tr ' ' _ <err)
done
# What cannot be cancelled any more is waited for, and with a second ^C nothing is.
on_terminal 0 'has been handed over' --interrupt 'round 2' -- migrate handed other
on_terminal 130 'round 2' --interrupt 'round 2' --interrupt ^C -- migrate handed other
verdict "it has not waited for xend" $(! grep -q 'handed over' out || echo it has)

# From another terminal, and for programs.
"$xm" migrate --progress=json slow other >json 2>json-err </dev/null & moving=$!
for _ in $(seq 100); do grep -q round json && break; sleep 0.1; done
expect 1 @usage\ migrate "Error: Nothing goes on with domain vm1 that could be cancelled.$nl" migrate --cancel vm1
expect 0 "" "" migrate --cancel slow
wait $moving
verdict "a cancelled migration fails" $([ $? = 1 ] || echo no)
[ "$(head -n 1 json)" = '{"round":2,"pages_sent":50,"pages_total":200,"pages_dirty":300,"bytes":5000000000,"bytes_per_second":47395635,"dirty_per_second":3072,"estimated_downtime_ms":412,"phase":"copying"}' ]
verdict "progress in JSON" $([ $? = 0 ] || head -n 1 json)
expect 0 '{"phase":"done","name":"vm1","destination":"other","domid":7,"milliseconds":12345,"stopped_milliseconds":412}
' "" migrate vm1 other --progress=json
