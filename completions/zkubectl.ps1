# zkubectl completion for PowerShell: zkubectl completion powershell | Out-String | Invoke-Expression

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
        $word, $description = $_ -split "`t", 2
        if (-not $description) { $description = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
    }
}
