" Vim settings for rules files of qpsmtpd: blocks of four blanks, no tabs, comments with #

if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal expandtab shiftwidth=4 softtabstop=4
setlocal comments=:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.q

let b:undo_ftplugin = "setlocal expandtab< shiftwidth< softtabstop< comments< commentstring< formatoptions< suffixesadd<"
