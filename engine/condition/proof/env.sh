# PostgreSQL's grammar is C that takes 80 s to compile, 55 of them for making it fast.
: "${CGO_CFLAGS=-O0}"
export CGO_CFLAGS
