" Rules files of qpsmtpd
autocmd BufNewFile,BufRead *.q set filetype=qpsmtpd
