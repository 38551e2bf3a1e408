#!/usr/bin/env python3
"""How long from a sample's acknowledgement to the page?

Starts Tidemark with one rule without `for`, routed with `group_wait: 0s` to a webhook in this script. Each trial has its own series,
which is its own alert and its own notification group: first a value below the threshold, then, at a random moment of the rule's
interval, one above it through the text push. Measured is the time from the whole HTTP answer of that push (the sample is durable)
to the whole webhook request, both on one clock of one process. Python 3, standard library only.

  benchmarks/peers/page-latency.py [--trials 50] [--slow-trials 10] [--out FILE] [--first-port 9640]

TIDEMARK names another launcher.
"""
import argparse
import http.server
import json
import math
import os
import platform
import random
import sys
import threading
import time

from servers import Scene, free_port, request

WAIT_SECONDS = 60

CONFIG = """
global:
  evaluation_interval: {interval}s
rule_files: [rules.yml]
route:
  receiver: page
  group_by: [trial]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: page
    webhook_configs:
      - url: http://127.0.0.1:{webhook}/
"""

RULES = """
groups:
  - name: latency
    interval: {interval}s
    rules:
      - alert: TooHot
        expr: page_latency_celsius > 90
        for: 0s
        labels: {{severity: critical}}
        annotations: {{summary: "{{{{ $value }}}} degrees"}}
"""


class Webhook:
    """Notes when each trial's page came first, and how often it came."""

    def __init__(self, port):
        self.changed = threading.Condition()
        self.arrived, self.counts = {}, {}
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                webhook.take(body, time.monotonic())
                self.send_response(200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body, now):
        message = json.loads(body)
        if message['status'] != 'firing':
            return
        with self.changed:
            for alert in message['alerts']:
                trial = alert['labels']['trial']
                self.arrived.setdefault(trial, now)
                self.counts[trial] = self.counts.get(trial, 0) + 1
            self.changed.notify_all()

    def wait(self, trial):
        with self.changed:
            if not self.changed.wait_for(lambda: trial in self.arrived, WAIT_SECONDS):
                raise SystemExit('no page for trial %s within %d s' % (trial, WAIT_SECONDS))
            return self.arrived[trial]


def push(port, trial, value):
    """Returns when the whole acknowledgement was read."""
    line = 'page_latency_celsius{trial="%s"} %g\n' % (trial, value)
    status, _, body = request(port, 'POST', '/api/v1/import/prometheus', line.encode(), {'Content-Type': 'text/plain'})
    now = time.monotonic()
    if status // 100 != 2:
        raise SystemExit('push answered %d: %s' % (status, body.decode(errors='replace')))
    return now


def trials(first_port, interval, count, randomness):
    """Seconds of each trial, and how many pages came more than once."""
    with Scene() as scene:
        port = free_port(first_port, first_port + 9)
        hook = free_port(first_port + 10, first_port + 19)
        scene.write('rules.yml', RULES.format(interval=interval))
        config = scene.write('tidemark.yml', CONFIG.format(interval=interval, webhook=hook))
        webhook = Webhook(hook)
        try:
            scene.tidemark(port, '--config', config)
            seconds = []
            for number in range(-3, count):     # three first to warm up
                trial = '%d-%d' % (interval, number)
                push(port, trial, 20)
                time.sleep(interval + randomness.uniform(0, interval))
                acknowledged = push(port, trial, 95)
                latency = webhook.wait(trial) - acknowledged
                if number >= 0:
                    seconds.append(latency)
                print('interval %2d s, trial %s: %.1f ms' % (interval, trial, latency * 1000), flush=True)
            time.sleep(2)
            return seconds, sum(1 for c in webhook.counts.values() if c > 1)
        finally:
            webhook.server.shutdown()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def line(interval, seconds, repeated):
    ms = [s * 1000 for s in seconds]
    return '| %d s | %d | %.0f | %.0f | %.0f | %.0f | %d |' % (
        interval, len(ms), min(ms), percentile(ms, 0.5), percentile(ms, 0.99), max(ms), repeated)


def machine():
    with open('/proc/meminfo') as f:
        kib = int(f.readline().split()[1])
    return '%d cores %s, %.0f GiB' % (os.cpu_count(), platform.machine(), kib / 2 ** 20)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--trials', type=int, default=50, help='at an interval of 1 s')
    arguments.add_argument('--slow-trials', type=int, default=10, help='at an interval of 15 s')
    arguments.add_argument('--out', help='a file that the table is appended to')
    arguments.add_argument('--first-port', type=int, default=9640)
    arguments.add_argument('--seed', type=int, default=1)
    a = arguments.parse_args()
    randomness = random.Random(a.seed)
    rows = []
    for interval, count in ((1, a.trials), (15, a.slow_trials)):
        if count:
            rows.append(line(interval, *trials(a.first_port, interval, count, randomness)))
    table = '\n'.join(['| rule interval | trials | min ms | p50 ms | p99 ms | max ms | paged twice |', '|---|---|---|---|---|---|---|'] + rows)
    print('%s, %s\n%s' % (time.strftime('%Y-%m-%d', time.gmtime()), machine(), table))
    if a.out:
        with open(a.out, 'a') as f:
            f.write(table + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
