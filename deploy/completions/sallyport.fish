# fish completion for sallyport(1) and sallyportd(8)
set -l commands scan extract classify policy fingerprint status reload
set -l in __fish_seen_subcommand_from

complete -c sallyport -l help -d 'Show the options'
complete -c sallyport -n "not $in $commands" -f -l version -d 'Show the version'
complete -c sallyport -n "not $in $commands" -f -a scan -d 'Inspect captures as the daemon would'
complete -c sallyport -n "not $in $commands" -f -a extract -d 'Write every object of captures'
complete -c sallyport -n "not $in $commands" -f -a classify -d 'Say what the classifier sees in images and archives'
complete -c sallyport -n "not $in $commands" -f -a policy -d 'Check, test, explain and show policies'
complete -c sallyport -n "not $in $commands" -f -a fingerprint -d 'Registered sets of protected images'
complete -c sallyport -n "not $in $commands" -f -a status -d 'What the running daemon does'
complete -c sallyport -n "not $in $commands" -f -a reload -d 'Load the policy anew'

complete -c sallyport -n "$in policy; and not $in check print test explain" -f -a 'check print test explain'
complete -c sallyport -n "$in fingerprint; and not $in add query" -f -a 'add query'

complete -c sallyport -n "$in scan" -l policy -r -F -d 'Policy to apply'
complete -c sallyport -n "$in scan" -l format -x -a 'text jsonl'
complete -c sallyport -n "$in policy; and $in check" -l format -x -a 'text json'
complete -c sallyport -n "$in policy; and $in test" -l run -x -d 'Only tests whose name fits'
complete -c sallyport -n "$in policy; and $in test" -l min-coverage -x -d 'Percent of rules that must match'
complete -c sallyport -n "$in policy; and $in explain" -l transfer -x -d 'The transfer, as in a test'
complete -c sallyport -n "$in policy; and $in explain" -l transfer-file -r -F -d 'File with a transfer'
complete -c sallyport -n "$in policy; and $in explain" -l event -r -F -d 'File with one event'
complete -c sallyport -n "$in policy; and $in test explain" -l json -d 'Report as JSON'
complete -c sallyport -n "$in policy; and $in test" -l junit -r -F -d 'Report as JUnit XML too'
complete -c sallyport -n "$in policy; and $in test" -s v -l verbose -d 'Tell what the policy said'
complete -c sallyport -n "$in extract" -l to -x -a 'none (__fish_complete_directories)' -d 'Folder for objects and index'
complete -c sallyport -n "$in extract" -l no-unpack -d 'Do not look inside objects'
complete -c sallyport -n "$in classify" -l fingerprints -r -F -d 'Registered set'
complete -c sallyport -n "$in classify; or begin; $in fingerprint; and $in query; end" -l distance-max -x -d 'Bits that may differ'
complete -c sallyport -n "$in fingerprint; and $in add query" -l set -r -F -d 'Registered set'
complete -c sallyport -n "$in status reload" -l socket -r -F -d 'Control socket'

complete -c sallyport -n "$in scan classify fingerprint" -l model-dir -x -a '(__fish_complete_directories)'
complete -c sallyport -n "$in scan classify fingerprint" -l cascade-dir -x -a '(__fish_complete_directories)'
complete -c sallyport -n "$in scan classify fingerprint extract" -l worker -r -F -d 'sallyport-worker to start'
complete -c sallyport -n "$in scan classify fingerprint" -l workers -x -d 'Worker processes'

complete -c sallyportd -f -l help -d 'Show the options'
complete -c sallyportd -f -l version -d 'Show the version'
complete -c sallyportd -f -l check -d 'Only check the configuration'
complete -c sallyportd -l config -r -F -d 'Configuration file'
