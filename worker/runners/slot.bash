# A slot process for bash: told batches, it runs each item in a forked copy of itself.
#
# Arguments   folder of the slot process, work folder, namespace|subreaper, keeper of the slot process
# Descriptors 0 a line for each batch   2 control: answers, remarks of bash itself
# Files       function, template   the item's code, as a function and plain
#             batch                index, attempt, text, ... each ended by a NUL; ended by `.` or the
#                                  name of a file that holds the item's stdin, when it is long
#             out, err             FIFOs that items write to; here 1 and 3
#             halt                 while it exists no item is begun

__ff_folder=$1 __ff_work=$2 __ff_enclosure=$3 __ff_children=/proc/$4/task/$4/children
shift 4
BASH_ARGV0=bash
export FANFOLD_ITEM_INDEX FANFOLD_ATTEMPT
exec 1>"$__ff_folder/out" 3>"$__ff_folder/err"

# Nothing of an item may outlive it. The last line of a sweep on the control pipe is kill's complaint
# that nobody was left.
if [[ $__ff_enclosure == namespace ]]; then
  __ff_sweep() { while kill -9 -1; do :; done; }
else
  __ff_sweep() {
    local kin one tries=5000
    while kin= && ((tries--)); do
      read -r kin <"$__ff_children" # and fails, for the line has no end
      [[ -z $kin || $kin == "$PPID" || $kin == "$$" ]] && break
      for one in $kin; do
        [[ $one == "$PPID" || $one == "$$" ]] || kill -9 "$one" 2>/dev/null
      done
    done
    echo >&2
  }
fi

cd "$__ff_folder" || exit
if ! . ./function 2>/dev/null; then
  __ff_item() { . "$__ff_folder/template"; }
fi
cd "$__ff_work" || exit
unset OLDPWD
printf '\036ready\n' >&2

while read -r __ff_line; do
  mapfile -t -d '' __ff_batch <"$__ff_folder/batch"
  for ((__ff_at = 0; __ff_at < ${#__ff_batch[@]}; __ff_at += 4)); do
    [[ -e $__ff_folder/halt ]] && break
    FANFOLD_ITEM_INDEX=${__ff_batch[__ff_at]} FANFOLD_ATTEMPT=${__ff_batch[__ff_at + 1]}
    __ff_began=$EPOCHREALTIME
    if [[ -z ${__ff_batch[__ff_at + 3]} ]]; then
      ( __ff_item "${__ff_batch[__ff_at + 2]}" ) <<<"${__ff_batch[__ff_at + 2]}" \
        >"$__ff_folder/out" 2>"$__ff_folder/err" 3>&-
    else
      ( __ff_item "${__ff_batch[__ff_at + 2]}" ) <"$__ff_folder/${__ff_batch[__ff_at + 3]}" \
        >"$__ff_folder/out" 2>"$__ff_folder/err" 3>&-
    fi
    __ff_status=$?
    __ff_ended=$EPOCHREALTIME
    __ff_sweep
    __ff_mark=${SRANDOM-$RANDOM$RANDOM}.${SRANDOM-$RANDOM$RANDOM}
    printf '\036%s %s %s %s %s\n' \
      "$FANFOLD_ITEM_INDEX" "$__ff_status" "$__ff_mark" "$__ff_began" "$__ff_ended" >&2
    printf %s "$__ff_mark"
    printf %s "$__ff_mark" >&3
  done
  printf '\036end\n' >&2
done
