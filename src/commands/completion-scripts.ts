/** What a shell loads so that it completes our commands; all that it knows it asks `mayfly complete` for. */

export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

// Bash parts words at colons and equals signs too, and replaces only what is behind the last one of them.
const BASH = `# Completion of mayfly for bash. As in: source <(mayfly completion bash)
_mayfly() {
  local line word head= files= values=()
  word=\${COMP_LINE:0:COMP_POINT}
  word=\${word##*[[:space:]]}
  case $COMP_WORDBREAKS in *:*) head=\${word%"\${word##*:}"} ;; esac
  case $COMP_WORDBREAKS in *=*) case \${word#"$head"} in *=*) head=\${word%"\${word##*=}"} ;; esac ;; esac
  while IFS= read -r line; do
    case $line in
      :files) files=-f ;;
      :folders) files=-d ;;
      *) line=\${line%%$'\\t'*}; values+=("\${line#"$head"}") ;;
    esac
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" complete bash -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do values+=("$line"); done < <(compgen "$files" -- "\${word#"$head"}")
  fi
  COMPREPLY=("\${values[@]}")
}
complete -F _mayfly mayfly
`;

const ZSH = `#compdef mayfly
# Completion of mayfly for zsh. As in: source <(mayfly completion zsh)
_mayfly() {
  local line files
  local -a values shown
  while IFS= read -r line; do
    case $line in
      (:files) files=1 ;;
      (:folders) files=-/ ;;
      (*) values+=("\${line%%$'\\t'*}"); shown+=("\${line/$'\\t'/  -- }") ;;
    esac
  done < <("\${(Q)~words[1]}" complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( \${#values} )) && compadd -l -d shown -a values
  case $files in
    (1) _files ;;
    (-/) _files -/ ;;
  esac
}
if [ "\${funcstack[1]}" = _mayfly ]; then _mayfly "$@"; else compdef _mayfly mayfly; fi
`;

const FISH = `# Completion of mayfly for fish. As in: mayfly completion fish | source
function __mayfly_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (command $words[1] complete fish -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':folders'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c mayfly -f -a '(__mayfly_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
