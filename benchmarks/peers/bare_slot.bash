# A bare slot: one persistent bash that forks for each item of a file, captures both outputs, tells the status.
# Arguments: file of items, folder for out, err and status.
f() { :; }
mapfile -t items <"$1"
exec >"$2/out" 2>"$2/err" 3>"$2/status"
for ((at = 0; at < ${#items[@]}; at++)); do
  ( f "${items[at]}" ) </dev/null
  printf '%s %s\n' "$at" "$?" >&3
done
