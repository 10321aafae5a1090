# A slot process for a POSIX shell such as dash: told batches, it runs each item in a forked copy of itself.
#
# Arguments   folder of the slot process, work folder, namespace|subreaper, keeper of the slot process
# Descriptors 0 first a line: task, number of the slot; when it comes the files are there
#               then a line for each batch, then a mark for each item
#             2 control: answers, remarks of the shell
# Files       function, template   the item's code, as a function and plain
#             batch                calls of __ff_run and __ff_run_long, to be read as a script
#             stdin-INDEX          what the stdin of a long item is
#             out, err             FIFOs that items write to; here 1 and 3
#             halt                 while it exists no item is begun

__ff_folder=$1 __ff_work=$2 __ff_enclosure=$3 __ff_children=/proc/$4/task/$4/children
shift 4
export FANFOLD_TASK_ID FANFOLD_SLOT FANFOLD_ITEM_INDEX FANFOLD_ATTEMPT
exec 1>"$__ff_folder/out" 3>"$__ff_folder/err"

# Nothing of an item may outlive it.
if [ "$__ff_enclosure" = namespace ]; then
  __ff_sweep() { while kill -9 -1; do :; done 2>/dev/null; }
else
  __ff_sweep() {
    __ff_tries=5000
    while [ $((__ff_tries -= 1)) -gt 0 ]; do
      read -r __ff_kin <"$__ff_children" # and fails, for the line has no end
      [ "$__ff_kin" = "$PPID" ] || [ "$__ff_kin" = "$$" ] && break
      for __ff_one in $__ff_kin; do
        [ "$__ff_one" = "$PPID" ] || [ "$__ff_one" = "$$" ] || kill -9 "$__ff_one" 2>/dev/null
      done
    done
  }
fi

# index, attempt, text
__ff_run() {
  [ -e "$__ff_folder/halt" ] && read -r __ff_mark && return
  FANFOLD_ITEM_INDEX=$1 FANFOLD_ATTEMPT=$2
  ( __ff_item "$3" ) >"$__ff_folder/out" 2>"$__ff_folder/err" 3>&- <<__ff_end
$3
__ff_end
  __ff_tell $?
}

# The same, for an item whose stdin is in a file.
__ff_run_long() {
  [ -e "$__ff_folder/halt" ] && read -r __ff_mark && return
  FANFOLD_ITEM_INDEX=$1 FANFOLD_ATTEMPT=$2
  ( __ff_item "$3" ) <"$__ff_folder/stdin-$1" >"$__ff_folder/out" 2>"$__ff_folder/err" 3>&-
  __ff_tell $?
}

# The mark is read when the item is dead: it cannot have known it.
__ff_tell() {
  __ff_sweep
  read -r __ff_mark
  printf '\036%s %s %s\n' "$FANFOLD_ITEM_INDEX" "$1" "$__ff_mark" >&2
  printf %s "$__ff_mark"
  printf %s "$__ff_mark" >&3
}

read -r FANFOLD_TASK_ID FANFOLD_SLOT || exit
cd "$__ff_folder" || exit
if ( . ./function ) 2>/dev/null; then
  . ./function
else
  __ff_item() { . "$__ff_folder/template"; }
fi
cd "$__ff_work" || exit
unset OLDPWD
printf '\036ready\n' >&2

while read -r __ff_line; do
  . "$__ff_folder/batch"
  printf '\036end\n' >&2
done
