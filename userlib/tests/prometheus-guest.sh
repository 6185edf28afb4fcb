#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What scripts/prometheus-test runs in the VM, beside prometheus and promtool: a monitor of
# three hosts, one of which never answers, and Prometheus, which scrapes it. Prints TAP.
# SILENT is the address that does not answer.

. "$(dirname "$0")/tap.sh"
export PATH="$PWD:$PATH"
seconds=60
silent=${SILENT:-10.77.0.9}
server=http://127.0.0.1:9090

printf 'TAP version 13\n'
if [ -z "${SILENT:-}" ]; then
	ip link set lo up
	ip link add silent type dummy
	ip link set silent up
	ip addr add 10.77.0.1/24 dev silent
	ip neigh add "$silent" lladdr 02:00:00:00:00:09 nud permanent dev silent
fi

printf '127.0.0.1 name=here interval=200ms label=role:"a \\"near\\" one"
127.0.0.2
%s timeout=500ms\n' "$silent" >hosts
icmpecho monitor -q -f hosts --listen 127.0.0.1:9427 --probe-allow 127.0.0.0/8 2>monitor.log &
monitor=$!

cat >prometheus.yml <<END
global:
  scrape_interval: 2s
  scrape_timeout: 2s
scrape_configs:
  - job_name: monitor
    static_configs: [{targets: ['127.0.0.1:9427']}]
  - job_name: probe
    metrics_path: /probe
    static_configs: [{targets: ['127.0.0.3']}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: '127.0.0.1:9427'}
END
prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
	--web.listen-address=127.0.0.1:9090 >prometheus.log 2>&1 &
prometheus=$!

# query EXPRESSION: its value, or nothing
query() {
	promtool query instant "$server" "$1" 2>>promtool.log | sed -n 's/.* => \([^ ]*\) @.*/\1/p'
}

# between LOW HIGH VALUE: whether the value is a number of that range
between() {
	printf '%s %s %s\n' "$1" "$2" "${3:-nothing}" |
		awk '{ exit !($3 ~ /^[0-9.e+-]+$/ && $3 >= $1 && $3 <= $2) }' && return
	printf '# %s is not between %s and %s\n' "${3:-nothing}" "$1" "$2"
	return 1
}

# asks LOW HIGH EXPRESSION NAME: a result
asks() {
	between "$1" "$2" "$(query "$3")"
	report $? "$4"
}

waited=0
until [ "$(query 'up{job="monitor"}')" = 1 ] || [ $waited -ge 120 ]; do
	sleep 1
	waited=$((waited + 1))
done
sleep $seconds

for page in metrics 'probe?target=127.0.0.1'; do
	promtool check metrics <<-END >promtool.said 2>&1 && [ ! -s promtool.said ]
		$(busybox wget -q -O - "http://127.0.0.1:9427/$page")
	END
	report $? "promtool_finds_no_fault_in_${page%%\?*}"
	sed 's/^/# /' promtool.said
done

asks 1 1 'min_over_time(up{job="monitor"}[50s])' every_scrape_of_the_monitor_was_good
asks 1 1 'min_over_time(up{job="probe"}[50s])' every_scrape_of_the_probe_was_good
asks 4 6 'rate(icmpecho_requests_total{target="here",role="a \"near\" one"}[40s])' \
	rate_of_requests_is_that_of_the_interval
asks 0 0 'rate(icmpecho_failures_total{target="here",reason="timed_out"}[40s])' \
	host_that_answers_loses_nothing
asks 0.8 1.2 "rate(icmpecho_failures_total{target=\"$silent\",reason=\"timed_out\"}[40s])" \
	silent_host_loses_all
asks 2 2 'sum(icmpecho_target_up)' two_of_three_hosts_are_up
asks 1 1 "icmpecho_target_state{target=\"$silent\",icmpecho_target_state=\"down\"}" \
	silent_host_is_down
asks 0.000001 1 \
	'histogram_quantile(0.5, rate(icmpecho_rtt_seconds_bucket{target="here"}[40s]))' \
	median_comes_out_of_the_histogram
asks 1 1 'probe_success{instance="127.0.0.3"}' probe_of_an_allowed_target_succeeds
asks 3 3 icmpecho_targets number_of_targets_is_there

kill $prometheus $monitor
wait $monitor
report $? monitor_ends_as_a_service_does
[ ! -s monitor.log ]
report $? monitor_had_nothing_to_complain_about
sed 's/^/# /' monitor.log
[ $status -eq 0 ] || tail -n 5 prometheus.log promtool.log | sed 's/^/# /'
finish
