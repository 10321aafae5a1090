# A slot process for bash: told batches, it runs each item in a forked copy of itself.
#
# Arguments   folder of the slot process, work folder, namespace|subreaper, keeper of the slot process
# Descriptors 0 first a line: task, number of the slot; when it comes the files are there
#               then a line for each batch: attempt, and whether its items are short or long
#             2 control: answers, and remarks of bash itself
# Files       function, template   the item's code, as a function and plain
#             batch                index, text, index, text, ... each ended by a NUL
#             stdin-INDEX          what the stdin of a long item is
#             out, err             FIFOs that items write to; here 1 and 3
#             halt                 while it exists no item is begun

__ff_folder=$1 __ff_out=$1/out __ff_err=$1/err
__ff_work=$2 __ff_enclosure=$3 __ff_children=/proc/$4/task/$4/children
shift 4
BASH_ARGV0=bash
export FANFOLD_TASK_ID FANFOLD_SLOT FANFOLD_ITEM_INDEX FANFOLD_ATTEMPT
exec 1>"$__ff_out" 3>"$__ff_err"

# Nothing of an item may outlive it. A sweep ends with one line on the control pipe: it is cheaper to let
# kill complain that nobody was left than to silence it. (Aliases save a call, a test for each item.)
shopt -s expand_aliases
if [[ $__ff_enclosure == namespace ]]; then
  alias __ff_sweep='while kill -9 -1; do :; done'
else
  alias __ff_sweep=__ff_kill_kin
fi
if [[ -v SRANDOM ]]; then
  alias __ff_draw='__ff_mark=$SRANDOM.$SRANDOM'
else
  alias __ff_draw='__ff_mark=$RANDOM$RANDOM.$RANDOM$RANDOM'
fi

__ff_kill_kin() {
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

# What comes before and after an item, short or long. Its time is all that passes until the next may begin,
# its sweep with it. (The assignments leave $? at 0, which an item's bare `exit` gives back.)
alias __ff_begin='[[ -e $__ff_folder/halt ]] && break
  FANFOLD_ITEM_INDEX=${__ff_batch[__ff_at]} __ff_text=${__ff_batch[__ff_at + 1]}'
alias __ff_tell='__ff_status=$?
  __ff_sweep
  __ff_ended=$EPOCHREALTIME
  __ff_draw
  printf "\036%s %s %s %s %s\n" \
    "$FANFOLD_ITEM_INDEX" "$__ff_status" "$__ff_mark" "$__ff_began" "$__ff_ended" >&2
  printf %s "$__ff_mark"
  printf %s "$__ff_mark" >&3
  __ff_began=$__ff_ended'

# Redirections of the forked copy itself are not to be undone, which spares it a dozen system calls.
__ff_serve_short() {
  __ff_began=$EPOCHREALTIME
  for ((__ff_at = 0; __ff_at < ${#__ff_batch[@]}; __ff_at += 2)); do
    __ff_begin
    ( __ff_item "$__ff_text" ) <<<"$__ff_text" >"$__ff_out" 2>"$__ff_err" 3>&-
    __ff_tell
  done
}
__ff_serve_long() {
  __ff_began=$EPOCHREALTIME
  for ((__ff_at = 0; __ff_at < ${#__ff_batch[@]}; __ff_at += 2)); do
    __ff_begin
    ( __ff_item "$__ff_text" ) <"$__ff_folder/stdin-$FANFOLD_ITEM_INDEX" >"$__ff_out" 2>"$__ff_err" 3>&-
    __ff_tell
  done
}
unalias __ff_begin __ff_tell __ff_sweep __ff_draw
shopt -u expand_aliases

read -r FANFOLD_TASK_ID FANFOLD_SLOT || exit
cd "$__ff_folder" || exit
if ! . ./function 2>/dev/null; then
  __ff_item() { . "$__ff_folder/template"; }
fi
cd "$__ff_work" || exit
unset OLDPWD
printf '\036ready\n' >&2

while read -r FANFOLD_ATTEMPT __ff_how; do
  mapfile -t -d '' __ff_batch <"$__ff_folder/batch"
  __ff_serve_$__ff_how
  printf '\036end\n' >&2
done
