" Vim syntax file
" Language: qpsmtpd rules
" Printed by docs/editors/generate.py; do not edit.

if exists("b:current_syntax")
  finish
endif

syn case match
syn sync minlines=200

syn keyword qpsmtpdControl elif else if match shadow unknown unless
syn keyword qpsmtpdControl case nextgroup=qpsmtpdValue skipwhite
syn keyword qpsmtpdTop let var define policy apply nextgroup=qpsmtpdDeclared skipwhite
syn keyword qpsmtpdTop on nextgroup=qpsmtpdHook skipwhite
syn keyword qpsmtpdOperator in matches not or
syn keyword qpsmtpdOperator and nextgroup=qpsmtpdDisconnect skipwhite
syn keyword qpsmtpdInside as by expect fails fired given per
syn keyword qpsmtpdInside at before nextgroup=qpsmtpdHook,qpsmtpdPlace skipwhite
syn keyword qpsmtpdConstant false none true

syn match qpsmtpdSign ;->\|[-+=!<>]=\|??\|[-+=<>];
syn match qpsmtpdVerdict ;\<\%(quarantine\|discard\|enforce\|accept\|defer\|reply\|deny\|pass\|skip\)\>;
syn match qpsmtpdName ;\<\%(authenticated\|connections\|server_port\|recipients\|mechanism\|recipient\|server_ip\|argument\|listener\|command\|message\|pending\|symbols\|trusted\|verdict\|domain\|header\|params\|queued\|sender\|esmtp\|karma\|login\|relay\|score\|helo\|port\|rdns\|user\|now\|tls\|ip\)\>;
syn match qpsmtpdCall ;\<\h\w*\ze\s*(;
syn match qpsmtpdFunction ;\<\%(repeated_headers\|missing_headers\|postfix_queue\|remove_header\|rename_header\|smtp_forward\|spamassassin\|add_headers\|earlytalker\|greylisting\|has_headers\|add_header\|local_user\|set_header\|addresses\|clamdscan\|rcpthosts\|networks\|domains\|maildir\|all_in\|any_in\|dnsbl\|exact\|lower\|rate\|rdns\|all\|len\|log\)\ze\s*(;
syn match qpsmtpdParameter ;[(,]\s*\zs\h\w*\ze\s*==\@!;
syn match qpsmtpdStep ;^\s\+\zs\%(client\|auth\|data\|ehlo\|helo\|help\|mail\|noop\|quit\|rcpt\|rset\|vrfy\|wait\|say\|tls\)\>\%(\s*\%([.(]\|[-+]\==\)\)\@!;
syn match qpsmtpdSetting ;^\s\+\zs\%(max_commands_without_mail\|max_connections_per_ip\|data_post_budget\|max_connections\|session_timeout\|command_budget\|connect_budget\|max_recipients\|size_threshold\|drain_timeout\|min_data_rate\|data_timeout\|log_nosplit\|config_dir\|max_errors\|quarantine\|log_level\|spool_dir\|state_dir\|hostname\|max_line\|max_size\|prefetch\|protocol\|received\|resolver\|metrics\|replies\|timeout\|workers\|limits\|proxy\|state\|auth\|bind\|user\|log\|tls\)\ze\s*==\@!;
syn match qpsmtpdType ;:\s*\zs\%(duration\|address\|network\|pattern\|domain\|number\|bool\|list\|rate\|size\|text\|time\|verb\|map\|ip\)\>\%(\[[a-z\[\]?]*\]\)\=?\=;
syn match qpsmtpdTop ;^\s*\zs\%(require\|server\|test\|end\|use\)\>;
syn match qpsmtpdTop ;^listener\s\@=; nextgroup=qpsmtpdPlace skipwhite
syn match qpsmtpdMember ;[[:alnum:]_)\]]\@1<=\.\h\w*;
syn match qpsmtpdLabel ;@\s*\w\+;
syn match qpsmtpdDeclared ;\<\h\w*\>; contained
syn match qpsmtpdDisconnect ;\<disconnect\>; contained
syn match qpsmtpdValue ;\<\h\w*\>; contained nextgroup=qpsmtpdValueComma skipwhite
syn match qpsmtpdValueComma ;,; contained nextgroup=qpsmtpdValue skipwhite
syn match qpsmtpdPlace ;\<\h\w*\>; contained nextgroup=qpsmtpdPlaceComma skipwhite
syn match qpsmtpdPlaceComma ;,; contained nextgroup=qpsmtpdPlace skipwhite
syn match qpsmtpdHook ;\<\%(unrecognized_command\|data_post_headers\|reset_transaction\|data_headers_end\|pre_connection\|disconnect\|queue_post\|data_post\|queue_pre\|accepted\|connect\|denied\|queue\|auth\|data\|helo\|help\|mail\|noop\|quit\|rcpt\|vrfy\)\>; contained nextgroup=qpsmtpdHookComma skipwhite
syn match qpsmtpdHookComma ;,; contained nextgroup=qpsmtpdHook skipwhite

syn match qpsmtpdWrong ;\<\d[[:alnum:]_.]*;
syn match qpsmtpdNumber ;\<\d\+\%(\.\d\+\)\=\>\%(\.\d\)\@!;
syn match qpsmtpdNumber ;\<\d\+\%(\.\d\+\)\=\%(GiB\|KiB\|MiB\|GB\|KB\|MB\|B\)\>;
syn match qpsmtpdNumber ;\<\%(\d\+\%(ms\|d\|h\|m\|s\|w\)\)\+\>;
syn match qpsmtpdNumber ;\<\d\+/\%(\%(\d\+\%(ms\|d\|h\|m\|s\|w\)\)\+\|\%(ms\|d\|h\|m\|s\|w\)\)\>;
syn match qpsmtpdNumber ;\<[245]\.\d\{1,3}\.\d\{1,3}\>;
syn match qpsmtpdAddress ;\<\d\+\.\d\+\.\d\+\.\d\+;
syn match qpsmtpdAddress ;\%(\w\|[.:]\)\@1<!\%(\x*:\x*:\)\@=\x*:[[:xdigit:].:]*;
syn match qpsmtpdTime ;\<\d\{4}-\d\d-\d\dT[0-9:.]\+Z;
syn match qpsmtpdConstant ;<>;
syn region qpsmtpdPattern start=;[[:alnum:]_)\]"]\@1<!/[^/]\@=; skip=;\\.; end=;/\w*; oneline

syn match qpsmtpdComment ;#.*$; contains=@Spell
syn region qpsmtpdText start=;"; skip=;\\.; end=;"\|$; contains=qpsmtpdEscape,qpsmtpdBadEscape,qpsmtpdHole,@Spell
syn region qpsmtpdText start=;"""; skip=;\\.; end=;"""; contains=qpsmtpdEscape,qpsmtpdBadEscape,qpsmtpdLongHole,@Spell
syn match qpsmtpdBadEscape ;\\.; contained
syn match qpsmtpdEscape ;\\\%(u{\x\{1,6}}\|["\\nt]\); contained
syn region qpsmtpdHole matchgroup=qpsmtpdHoleMark start=;{{; end=;}}\|"\@=; contained contains=qpsmtpdFilter,qpsmtpdHoleText,qpsmtpdHoleName,qpsmtpdMember,qpsmtpdEscape oneline
syn region qpsmtpdLongHole matchgroup=qpsmtpdHoleMark start=;{{; end=;}}; contained contains=qpsmtpdFilter,qpsmtpdHoleText,qpsmtpdHoleName,qpsmtpdMember,qpsmtpdEscape,qpsmtpdHoleLongText
syn match qpsmtpdHoleText ;'[^']*'; contained
syn match qpsmtpdHoleLongText ;"[^"]*"; contained
syn match qpsmtpdHoleName ;\<\%(authenticated\|connections\|server_port\|recipients\|mechanism\|recipient\|server_ip\|argument\|listener\|command\|message\|pending\|symbols\|trusted\|verdict\|domain\|header\|params\|queued\|sender\|esmtp\|karma\|login\|relay\|score\|helo\|port\|rdns\|user\|now\|tls\|ip\)\>; contained
syn match qpsmtpdFilter ;|\s*\zs\%(truncate\|default\|length\|lower\|upper\|join\)\>; contained

hi def link qpsmtpdComment Comment
hi def link qpsmtpdText String
hi def link qpsmtpdEscape SpecialChar
hi def link qpsmtpdBadEscape Error
hi def link qpsmtpdHole Identifier
hi def link qpsmtpdHoleMark Delimiter
hi def link qpsmtpdLongHole Identifier
hi def link qpsmtpdHoleText String
hi def link qpsmtpdHoleLongText String
hi def link qpsmtpdHoleName Special
hi def link qpsmtpdFilter Function
hi def link qpsmtpdAddress Constant
hi def link qpsmtpdTime Constant
hi def link qpsmtpdNumber Number
hi def link qpsmtpdWrong Error
hi def link qpsmtpdPattern String
hi def link qpsmtpdTop Statement
hi def link qpsmtpdControl Conditional
hi def link qpsmtpdOperator Operator
hi def link qpsmtpdInside Statement
hi def link qpsmtpdVerdict Keyword
hi def link qpsmtpdDisconnect Keyword
hi def link qpsmtpdValue Constant
hi def link qpsmtpdConstant Constant
hi def link qpsmtpdHook Label
hi def link qpsmtpdPlace Identifier
hi def link qpsmtpdDeclared Identifier
hi def link qpsmtpdType Type
hi def link qpsmtpdSetting PreProc
hi def link qpsmtpdStep Statement
hi def link qpsmtpdFunction Function
hi def link qpsmtpdCall Function
hi def link qpsmtpdName Special
hi def link qpsmtpdMember Normal
hi def link qpsmtpdParameter Normal
hi def link qpsmtpdLabel Tag
hi def link qpsmtpdSign Operator

let b:current_syntax = "qpsmtpd"
