#!/usr/bin/env python3
"""Does a restart of Tidemark lose a sample, or stop a sender?

A Prometheus scrapes itself and node_exporter every second and sends all to a Tidemark, which is stopped by SIGTERM and started again
several times. Afterwards every sample of every series must be in both, bit by bit: what was acknowledged was durable, and what was
refused while Tidemark was down is sent again. Python 3, standard library only.

  benchmarks/peers/restart.py [--restarts 5] [--pause 8] [--first-port 9680]
"""
import argparse
import sys
import time

from servers import Scene, api

DRAIN_SECONDS = 45


def samples(port, at, seconds):
    status, answer = api(port, '/api/v1/query', query='{__name__=~".+"}[%ds]' % seconds, time=at)
    if status != 200:
        raise SystemExit('port %d answered %d: %s' % (port, status, answer.get('error')))
    return {tuple(sorted(i['metric'].items())): dict((t, v) for t, v in i['values']) for i in answer['data']['result']}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--restarts', type=int, default=5)
    arguments.add_argument('--pause', type=float, default=8, help='seconds between a start and the next stop')
    arguments.add_argument('--first-port', type=int, default=9680)
    a = arguments.parse_args()
    failed = 0
    with Scene() as scene:
        prometheus, tidemark = scene.pair(a.first_port, 1, with_node=True)
        begin = int(time.time())
        server = scene.servers[-2]
        for number in range(a.restarts):
            time.sleep(a.pause)
            stopping = time.monotonic()
            code = server.stop()
            stopped = time.monotonic()
            server.start()
            print('restart %d: exit code %s after %.1f s, ready again after %.1f s' % (
                number + 1, code, stopped - stopping, time.monotonic() - stopped), flush=True)
            failed += code != 0
        time.sleep(a.pause)
        end = int(time.time())
        time.sleep(DRAIN_SECONDS)
        left, right = [samples(p, end, end - begin) for p in (prometheus, tidemark)]
        count = sum(len(v) for v in left.values())
        missing = sum(1 for k, v in left.items() for t in v if t not in right.get(k, {}))
        other = sum(1 for k, v in left.items() for t in v if t in right.get(k, {}) and right[k][t] != v[t])
        more = sum(1 for k, v in right.items() for t in v if t not in left.get(k, {}))
        print('%d samples in %d series: %d missing, %d with another value, %d more than sent' % (count, len(left), missing, other, more))
        failed += missing + other + more
        print('%d passed, %d failed' % (count - missing - other + a.restarts, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
