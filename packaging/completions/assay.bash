# Completion of assay for bash. Commands and options are read from --help, so that they are those of the program.

_assay_words()
{
    # $1: the help; $2: "commands", "subcommands" or "options"
    case $2 in
    options) sed -nE 's/^ +(-[a-z], )?(--[a-z][a-z-]+).*/\2/p' <<<"$1" ;;
    *) sed -n "/^$2:/,/^\$/s/^  \([a-z]*\) .*/\1/p" <<<"$1" ;;
    esac
}

_assay()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help
    COMPREPLY=()
    case $before in
    -f | --format) mapfile -t COMPREPLY < <(compgen -W 'table json csv sarif cyclonedx spdx credentials' -- "$word") && return ;;
    --fail-on) mapfile -t COMPREPLY < <(compgen -W 'critical high medium low informational untriaged' -- "$word") && return ;;
    --role) mapfile -t COMPREPLY < <(compgen -W 'admin read-only collector' -- "$word") && return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warning notice info debug' -- "$word") && return ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$word") && return ;;
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word") && return ;;
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then
        help=$(assay --help 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$(_assay_words "$help" commands) help --help --version" -- "$word")
        return
    fi
    help=$(assay help "${COMP_WORDS[1]}" 2>/dev/null)
    if [ "${word:0:1}" = - ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_assay_words "$help" options)" -- "$word")
        return
    fi
    if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_assay_words "$help" subcommands)" -- "$word")
        [ ${#COMPREPLY[@]} -eq 0 ] || return
    fi
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -F _assay assay
