# bash completion for sallyport(1) and sallyportd(8)

_sallyport_reply() {  # _sallyport_reply -W 'words' | -f | -d
  case $1 in -f | -d) compopt -o filenames 2>/dev/null ;; esac
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

# The command so far: "", "scan", "policy", "policy check" ...
_sallyport_command() {
  local i word
  command=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case "$command $word" in
      " scan" | " extract" | " classify" | " policy" | " ledger" | " fingerprint" | " camera" | " canary" | " selftest" | " status" | " reload" | " rearm") command=$word ;;
      "policy check" | "policy fmt" | "policy diff" | "policy print" | "policy test" | "policy explain" | "policy promote" | "policy replay" | "policy nft" | "policy schema" | "ledger show" | \
        "fingerprint add" | "fingerprint query" | "fingerprint stats" | "camera enrol" | "camera check" | "canary make") command+=" $word" ;;
    esac
  done
}

_sallyport() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command
  local worker='--model-dir --cascade-dir --worker --workers'
  COMPREPLY=()
  # "--format=te" comes as three words.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
  _sallyport_command
  case $prev in
    --front-end) _sallyport_reply -W 'tap nfqueue tproxy pcap'; return ;;
    --format)
      if [[ $command == scan ]]; then _sallyport_reply -W 'text jsonl'
      elif [[ $command == 'policy nft' ]]; then _sallyport_reply -W 'nft iptables ip6tables'
      else _sallyport_reply -W 'text json'; fi
      return ;;
    --policy | --fingerprints | --set | --canary | --socket | --worker | --junit | --transfer-file | --event | --ledger | --against)
      _sallyport_reply -f
      return ;;
    --to | --model-dir | --cascade-dir)
      if [[ $command == selftest ]]; then return; fi
      _sallyport_reply -d
      return ;;
    --fail) _sallyport_reply -W 'open closed'; return ;;
    --fail-on) _sallyport_reply -W 'any stricter looser none'; return ;;
    --action) _sallyport_reply -W 'allow alert block'; return ;;
    --workers | --distance-max | --name | --overlay | --timeout | --run | --min-coverage | --transfer | --since | --until | --sender | --receiver | --rule | --limit | --port | --mark | --table | --interface)
      return ;;
  esac
  if [[ $cur != -* ]]; then
    case $command in
      '') _sallyport_reply -W 'scan extract classify policy ledger fingerprint camera canary selftest status reload rearm' ;;
      policy) _sallyport_reply -W 'check fmt diff print test explain promote replay nft schema' ;;
      ledger) _sallyport_reply -W 'show' ;;
      fingerprint) _sallyport_reply -W 'add query stats' ;;
      camera) _sallyport_reply -W 'enrol check' ;;
      canary) _sallyport_reply -W 'make' ;;
      'policy schema' | 'ledger show' | selftest | status | reload | rearm) ;;
      *) _sallyport_reply -f ;;
    esac
    return
  fi
  case $command in
    '') _sallyport_reply -W '--help --version' ;;
    scan) _sallyport_reply -W "--help --policy --format --ledger $worker" ;;
    extract) _sallyport_reply -W '--help --to --no-unpack --worker' ;;
    classify) _sallyport_reply -W "--help --fingerprints --distance-max $worker" ;;
    'policy check') _sallyport_reply -W '--help --format --front-end --strict' ;;
    'policy fmt') _sallyport_reply -W '--help --check' ;;
    'policy diff') _sallyport_reply -W '--help --json' ;;
    'policy explain') _sallyport_reply -W '--help --transfer --transfer-file --event --row --ledger --json' ;;
    'policy test') _sallyport_reply -W '--help --run --min-coverage --json --junit --verbose' ;;
    'policy nft') _sallyport_reply -W '--help --port --mark --table --interface --format --fail --blocking-only' ;;
    'policy promote') _sallyport_reply -W '--help --ledger --since --until --rule --json' ;;
    'policy replay') _sallyport_reply -W '--help --ledger --against --since --until --fail-on --json' ;;
    'ledger show') _sallyport_reply -W '--help --ledger --since --until --sender --receiver --rule --action --limit --json' ;;
    'fingerprint add') _sallyport_reply -W "--help --set --no-parts --worker" ;;
    'fingerprint query') _sallyport_reply -W "--help --set --distance-max --no-parts --worker" ;;
    'fingerprint stats') _sallyport_reply -W "--help --set" ;;
    'camera enrol') _sallyport_reply -W '--help --worker --name --overlay' ;;
    'camera check') _sallyport_reply -W '--help --worker --policy' ;;
    'canary make') _sallyport_reply -W '--help --worker --set' ;;
    selftest) _sallyport_reply -W '--help --to --canary --timeout --socket' ;;
    status | reload | rearm) _sallyport_reply -W '--help --socket' ;;
    *) _sallyport_reply -W '--help' ;;
  esac
}

_sallyportd() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ $prev == --config ]]; then _sallyport_reply -f; else _sallyport_reply -W '--help --version --config --check'; fi
}

complete -F _sallyport sallyport
complete -F _sallyportd sallyportd
