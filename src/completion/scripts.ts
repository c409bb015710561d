/**
 * The completion scripts. Each passes the words of the command line to zkubectl, and the candidates to the shell.
 * Rules: typed words are never evaluated. The scripts neither read from the terminal nor write to it.
 */
import type { CompletionShell } from './candidates.ts';

const BASH = `# zkubectl completion for bash: source <(zkubectl completion bash)

_zkubectl() {
  local IFS=$'\\n' answer
  COMPREPLY=()
  # The output contains no glob characters, so it is safe to split it unquoted.
  answer=($(command zkubectl __completeFor bash "\${COLUMNS:-80}" "\${COMP_TYPE:-9}" "$COMP_CWORD" "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null))
  case "\${answer[0]-}" in
    files) type compopt >/dev/null 2>&1 && compopt -o default ;;
    folders) type compopt >/dev/null 2>&1 && compopt -o dirnames ;;
    nospace*) type compopt >/dev/null 2>&1 && compopt -o nospace ;;
  esac
  COMPREPLY=("\${answer[@]:1}")
}

complete -F _zkubectl zkubectl
`;

const ZSH = `#compdef zkubectl
# zkubectl completion for zsh: source <(zkubectl completion zsh), after compinit; or this file as _zkubectl in a folder of $fpath

_zkubectl() {
  local -a answer candidates displays options
  answer=("\${(@f)$(command zkubectl __completeFor zsh \${COLUMNS:-80} 0 $((CURRENT - 1)) "\${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
  case $answer[1] in
    files) _files; return ;;
    folders) _files -/; return ;;
  esac
  (( $#answer > 1 )) || return 1
  [[ $answer[1] == *nospace* ]] && options+=(-S '')
  [[ $answer[1] == *described* ]] && options+=(-l)
  candidates=("\${(@)answer[2,-1]%%$'\\t'*}")
  displays=("\${(@)answer[2,-1]#*$'\\t'}")
  compadd "\${options[@]}" -d displays -a -- candidates
}

if [[ \${funcstack[1]-} == _zkubectl ]]; then
  _zkubectl "$@"
else
  compdef _zkubectl zkubectl
fi
`;

const FISH = `# zkubectl completion for fish: zkubectl completion fish | source

function __zkubectl_complete
    set -l given (commandline -opc)
    set -l current (commandline -ct)
    set -e given[1]
    set -l count (math (count $given) + 1)
    set -l answer (command zkubectl __completeFor fish 0 0 $count $given "$current" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
        case '*'
            set -e answer[1]
            printf '%s\\n' $answer
    end
end

complete -c zkubectl -f -a '(__zkubectl_complete)'
`;

const POWERSHELL = `# zkubectl completion for PowerShell: zkubectl completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName zkubectl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $given = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    # CommandElements does not contain an empty word under the cursor.
    if ($wordToComplete -eq '') { $given += '' }
    $answer = @(& zkubectl __completeFor powershell 0 0 $given.Count @given 2>$null)
    if ($answer.Count -eq 0) { return }
    if ($answer[0] -eq 'files' -or $answer[0] -eq 'folders') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        return
    }
    $answer | Select-Object -Skip 1 | ForEach-Object {
        $word, $description = $_ -split "\`t", 2
        if (-not $description) { $description = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
    }
}
`;

const SCRIPTS: Readonly<Record<CompletionShell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };

export function completionScript(shell: CompletionShell): string {
  return SCRIPTS[shell];
}

/** The name of the file in `completions/`, as each shell looks for it. */
export const SCRIPT_FILES: Readonly<Record<CompletionShell, string>> = {
  bash: 'zkubectl.bash',
  zsh: '_zkubectl',
  fish: 'zkubectl.fish',
  powershell: 'zkubectl.ps1',
};
