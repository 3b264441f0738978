# A reload that works brings new workers. One that does not (a port that somebody else has) is reported in the log only, and
# the old workers go on: so one that is younger than ten seconds has to be there.
master=$(< /run/nginx.pid) || exit 1
read -r now _ < /proc/uptime
for worker in $(< "/proc/$master/task/$master/children"); do
    stat=$(< "/proc/$worker/stat") || continue
    read -r -a fields <<< "${stat##*) }"
    # The 22nd of all is the start, in hundredths of a second since the boot; two went with the name.
    ((${now%.*} - fields[19] / 100 < 10)) && exit 0
done
exit 1
