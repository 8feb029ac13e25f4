" Vim indentation for rules files of qpsmtpd: a line that ends in a colon opens a block

if exists("b:did_indent")
  finish
endif
let b:did_indent = 1

setlocal indentexpr=QpsmtpdIndent(v:lnum)
setlocal indentkeys=!^F,o,O,0=elif,0=else,0=case
let b:undo_indent = "setlocal indentexpr< indentkeys<"

if exists("*QpsmtpdIndent")
  finish
endif

" The line without its comment: a # in a text is none
function s:Code(line)
  return substitute(a:line, '^\(\%([^#"]\|"\%([^"\\]\|\\.\)*"\)*\)#.*$', '\1', '')
endfunction

function QpsmtpdIndent(number)
  let above = prevnonblank(a:number - 1)
  if above == 0
    return 0
  endif
  let width = indent(above)
  if s:Code(getline(above)) =~ ':\s*$'
    return width + shiftwidth()
  endif
  " a branch stands below the nearest line that opens one, unless it has been placed already
  let opens = {'elif': '\%(if\|unless\|elif\)', 'else': '\%(if\|unless\|elif\|case\)', 'case': 'case'}
  let word = matchstr(getline(a:number), '^\s*\zs\%(elif\|else\|case\)\>')
  if word != '' && indent(a:number) >= width
    for number in range(above, 1, -1)
      if indent(number) < width && getline(number) =~ '^\s*\%(@\w\+\s\+\)\=' . opens[word] . '\>.*:'
        return indent(number)
      endif
    endfor
  endif
  return indent(a:number) > 0 && word != '' ? indent(a:number) : width
endfunction
