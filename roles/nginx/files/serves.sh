# A reload that works brings new workers. One that does not (a port that somebody else has) is reported in the log only, and
# the old workers go on: so one has to be there that started after the reload began. Those of before take connections until
# they hear of it, and then say so in their title. One that hears nothing for 10 s hangs: it keeps no good set from staying.
master=$(< /run/nginx.pid) || exit 1
began=${CONFIG_TREE_LOADED_AT/./} # in hundredths of a second since the boot
now=$(< /proc/uptime)
now=${now%% *}
patient=$((${now/./} - began < 1000))
status=1
for worker in $(< "/proc/$master/task/$master/children"); do
    stat=$(< "/proc/$worker/stat") || continue
    read -r -a fields <<< "${stat##*) }"
    # The 22nd of all is the start, in hundredths of a second since the boot, too; two went with the name.
    if ((fields[19] >= began)); then
        status=0
    elif ((patient)) && read -r -d '' title < "/proc/$worker/cmdline" && [[ $title == "nginx: worker process" ]]; then
        exit 1
    fi
done
exit $status
