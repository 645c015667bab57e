#!/bin/bash
# lab_programs.sh BUILD: what the programs of the lab can be wrong about without a host: how transcripts are compared, and what is
# made of measurements.
set -u
cd "$(dirname "$0")/../lab" || exit
said=$(python3 -B -m unittest bed.selftest measure.selftest 2>&1); status=$?
ran=$(sed -n 's/^Ran \([0-9]*\) tests\? in .*/\1/p' <<< "$said")
failed=$(grep -cE '^(FAIL|ERROR): ' <<< "$said")
[ "$status" -eq 0 ] || printf '%s\n' "$said"
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "$((${ran:-$failed} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
