# A reload that works brings new workers. One that does not (a port that somebody else has) is reported in the log only, and
# the old workers go on: so one has to be there that started after the reload began.
master=$(< /run/nginx.pid) || exit 1
began=${CONFIG_TREE_LOADED_AT/./} # in hundredths of a second since the boot
for worker in $(< "/proc/$master/task/$master/children"); do
    stat=$(< "/proc/$worker/stat") || continue
    read -r -a fields <<< "${stat##*) }"
    # The 22nd of all is the start, in hundredths of a second since the boot, too; two went with the name.
    ((fields[19] >= began)) && exit 0
done
exit 1
