# zkubectl completion for fish: zkubectl completion fish | source

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
            printf '%s\n' $answer
    end
end

complete -c zkubectl -f -a '(__zkubectl_complete)'
