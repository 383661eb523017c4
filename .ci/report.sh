# Parts of a run, their sum, and the last line. Sourced.

passed=0
failed=0
skipped=()

finish() {
  echo
  [ "${#skipped[@]}" -eq 0 ] || printf 'SKIPPED, for the reason above: %s\n' "${skipped[@]}"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

# part NAME COMMAND…: 77 says that the part cannot run on this machine, and why.
part() {
  local name=$1 begin=$SECONDS
  shift
  echo "── $name"
  "$@"
  case $? in
    0)
      passed=$((passed + 1))
      echo "── $name: $((SECONDS - begin)) s"
      ;;
    77) skipped+=("$name") ;; # and has said why
    *)
      failed=$((failed + 1))
      echo "FAILED: $name"
      finish
      ;;
  esac
}
