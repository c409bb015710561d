# zkubectl completion for bash: source <(zkubectl completion bash)

_zkubectl() {
  local IFS=$'\n' answer
  COMPREPLY=()
  # The output contains no glob characters, so it is safe to split it unquoted.
  answer=($(command zkubectl __completeFor bash "${COLUMNS:-80}" "${COMP_TYPE:-9}" "$COMP_CWORD" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null))
  case "${answer[0]-}" in
    files) type compopt >/dev/null 2>&1 && compopt -o default ;;
    folders) type compopt >/dev/null 2>&1 && compopt -o dirnames ;;
    nospace*) type compopt >/dev/null 2>&1 && compopt -o nospace ;;
  esac
  COMPREPLY=("${answer[@]:1}")
}

complete -F _zkubectl zkubectl
