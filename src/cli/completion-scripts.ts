/**
 * Shell scripts that ask the program itself what may come next: `flux-local __complete --current=WORD -- WORDS…` prints
 * candidates, `value<TAB>description` a line, and as the last line what else is wanted: `:files`, `:directories` or `:nothing`.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# flux-local completion for bash:  source <(flux-local completion bash)
_flux_local() {
  # Words as they were typed: bash itself splits them at ':' and '='.
  local line="\${COMP_LINE:0:COMP_POINT}" cur='' entry wanted=':nothing' kept
  local -a words
  read -ra words <<< "$line"
  if [[ "$line" != *[[:space:]] && \${#words[@]} -gt 1 ]]; then
    cur="\${words[-1]}"
    unset 'words[-1]'
  fi
  kept="\${cur%"\${cur##*[:=]}"}"
  COMPREPLY=()
  while IFS= read -r entry; do
    case "$entry" in
      :files | :directories | :nothing) wanted="$entry" ;;
      *)
        entry="\${entry%%$'\\t'*}"
        COMPREPLY+=("\${entry#"$kept"}")
        ;;
    esac
  done < <("\${words[0]}" __complete "--current=$cur" -- "\${words[@]:1}" 2> /dev/null)
  local value="\${cur#--*=}"
  case "$wanted" in
    :files) compopt -o filenames; while IFS= read -r entry; do COMPREPLY+=("$entry"); done < <(compgen -f -- "$value") ;;
    :directories) compopt -o filenames; while IFS= read -r entry; do COMPREPLY+=("$entry"); done < <(compgen -d -- "$value") ;;
  esac
  # More is to be typed behind \`NAME=\` and \`--flag=\`.
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]] && compopt -o nospace
  return 0
}
complete -F _flux_local flux-local
`,
  zsh: `#compdef flux-local
# flux-local completion for zsh:  source <(flux-local completion zsh)
_flux_local() {
  local line wanted=':nothing'
  local -a entries
  for line in "\${(@f)$("\${words[1]}" __complete "--current=$PREFIX" -- "\${(@)words[2,CURRENT-1]}" 2> /dev/null)}"; do
    case "$line" in
      :files | :directories | :nothing) wanted="$line" ;;
      ?*) entries+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( \${#entries} )) && _describe -V flux-local entries
  [[ "$PREFIX" == --*=* ]] && compset -P '*='
  case "$wanted" in
    :files) _files ;;
    :directories) _files -/ ;;
  esac
}
if [[ "\${funcstack[1]}" == _flux_local ]]; then
  _flux_local "$@"
else
  compdef _flux_local flux-local
fi
`,
  fish: `# flux-local completion for fish:  flux-local completion fish | source
function __flux_local_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] __complete "--current=$current" -- $words[2..-1] 2> /dev/null)
    switch $line
      case ':files'
        __fish_complete_path "$current"
      case ':directories'
        __fish_complete_directories "$current"
      case ':nothing'
      case '*'
        echo $line
    end
  end
end
complete -c flux-local -f -a '(__flux_local_complete)'
`,
  powershell: `# flux-local completion for PowerShell:  flux-local completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'flux-local' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
  $rest = @($words | Select-Object -Skip 1)
  & 'flux-local' __complete "--current=$wordToComplete" -- @rest 2> $null | ForEach-Object {
    if ($_ -in ':files', ':directories') {
      Get-ChildItem -Path "$wordToComplete*" -Directory:($_ -eq ':directories') | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new((Resolve-Path -Relative $_.FullName))
      }
    } elseif ($_ -ne ':nothing') {
      $value, $description = $_ -split "\`t", 2
      $shown = if ($description) { $description } else { $value }
      [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $shown)
    }
  }
}
`,
};
