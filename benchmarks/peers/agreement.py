#!/usr/bin/env python3
"""Does Tidemark answer as Prometheus does, on live data of a real machine?

Starts node_exporter, a Prometheus that scrapes it and itself every 5 s and sends all samples to a Tidemark by remote write,
lets them run, then asks both the same queries and compares. Python 3, standard library only.

  benchmarks/versus/peers.sh target/peers      fetches Prometheus and node_exporter
  benchmarks/peers/agreement.py [--minutes 10] [--queries FILE] [--first-port 9600] [--native-histograms]

PEERS names another folder of peers, TIDEMARK another launcher.

Comparison: first every stored sample of every series, bit by bit (text of Prometheus' shortest decimal). Then each query as an
instant query at several times and as a range query with several steps, all at least a minute old, when remote write has
delivered. Equal are: HTTP status, result type, label sets, timestamps, and values within 1e-12 relative. The rate of answers
that agree in every digit is told too.

With --native-histograms Prometheus scrapes and sends its own histograms as native ones too, and the queries are those of
native-queries.txt, each for every $H that has native histograms; count, sum and every bucket of a histogram are compared as values are.
"""
import argparse
import collections
import math
import os
import sys
import time

from servers import HERE, Scene, api

SCRAPE_SECONDS = 5
SETTLE_SECONDS = 70
RELATIVE = 1e-12
ORDERED = ('sort', 'topk', 'bottomk')


def key(metric):
    return tuple(sorted(metric.items()))


def points(item):
    """Times with a value's text or a histogram each."""
    if 'value' in item or 'histogram' in item:
        return [item.get('value') or item['histogram']]
    return sorted(item.get('values', []) + item.get('histograms', []), key=lambda p: p[0])


def close(a, b):
    """Two value texts: 2 equal in every digit, 1 within tolerance, 0 different."""
    if a == b:
        return 2
    if isinstance(a, dict) or isinstance(b, dict):
        return close_histograms(a, b)
    try:
        x, y = float(a), float(b)
    except ValueError:
        return 0
    if math.isnan(x) or math.isnan(y):
        return 1 if math.isnan(x) and math.isnan(y) else 0
    return 1 if x == y or abs(x - y) <= RELATIVE * max(abs(x), abs(y)) else 0


def close_histograms(a, b):
    """As close(), for the worst of counts and bounds; buckets must be the same ones."""
    if not isinstance(a, dict) or not isinstance(b, dict):
        return 0
    x, y = [[h['count'], h['sum']] + [text for bucket in h.get('buckets', []) for text in bucket] for h in (a, b)]
    return min(close(str(p), str(q)) for p, q in zip(x, y)) if len(x) == len(y) else 0


def compare_points(a, b):
    if [p[0] for p in a] != [p[0] for p in b]:
        missing = sorted({p[0] for p in a} - {p[0] for p in b})
        more = sorted({p[0] for p in b} - {p[0] for p in a})
        return 0, 'times: Tidemark lacks %s, has besides %s' % (missing[:3], more[:3])
    worst = 2
    for p, q in zip(a, b):
        worst = min(worst, close(p[1], q[1]))
        if worst == 0:
            return 0, 'value at %s: Prometheus %s, Tidemark %s' % (p[0], p[1], q[1])
    return worst, ''


def compare(query, a, b):
    """The answers of Prometheus and Tidemark: (2 | 1 | 0, what differs)."""
    (status, left), (other, right) = a, b
    if status != other:
        return 0, 'HTTP %d and %d: %s | %s' % (status, other, left.get('error', ''), right.get('error', ''))
    if status != 200:
        same = left.get('errorType') == right.get('errorType')
        return (2, '') if same else (0, 'error type %s and %s' % (left.get('errorType'), right.get('errorType')))
    left, right = left['data'], right['data']
    if left['resultType'] != right['resultType']:
        return 0, 'type %s and %s' % (left['resultType'], right['resultType'])
    if left['resultType'] in ('scalar', 'string'):
        return compare_points([left['result']], [right['result']])
    if query.startswith(ORDERED) and left['resultType'] == 'vector' and ' by ' not in query:
        x, y = [key(i['metric']) for i in left['result']], [key(i['metric']) for i in right['result']]
        values = [i['value'][1] for i in left['result']]
        if x != y and len(set(values)) == len(values):
            return 0, 'order'
    x = {key(i['metric']): points(i) for i in left['result']}
    y = {key(i['metric']): points(i) for i in right['result']}
    if x.keys() != y.keys():
        return 0, 'label sets: Tidemark lacks %s, has besides %s (of %d)' % (
            [dict(k) for k in list(x.keys() - y.keys())[:2]], [dict(k) for k in list(y.keys() - x.keys())[:2]], len(x))
    worst = 2
    for k in x:
        grade, why = compare_points(x[k], y[k])
        worst = min(worst, grade)
        if grade == 0:
            return 0, '%s %s' % (dict(k), why)
    return worst, ''


class Totals:
    def __init__(self):
        self.grades = collections.Counter()
        self.refused = self.empty = 0

    def add(self, what, query, a, b):
        grade, why = compare(query, a, b)
        self.grades[grade] += 1
        self.refused += a[0] != 200
        self.empty += a[0] == 200 and a[1]['data']['result'] == []
        if grade == 0:
            print('DIFFERS %s %s\n    %s' % (what, query, why))


def stored_samples(ports, start, end, totals):
    """Every sample of every series between the times, in slices of two minutes."""
    samples = 0
    for at in range(start + 120, end + 120, 120):
        answers = [api(p, '/api/v1/query', query='{__name__=~".+"}[2m]', time=at) for p in ports]
        samples += sum(len(points(i)) for i in answers[0][1]['data']['result'])
        before = totals.grades[2]
        totals.add('stored samples to %d' % at, '{__name__=~".+"}[2m]', *answers)
        if totals.grades[1]:
            raise SystemExit('a stored value differs in its last digits; equal slices so far: %d' % before)
    return samples


def read_queries(path, fixed):
    with open(path) as f:
        lines = [l.strip() for l in f]
    return [l.replace('$T', str(fixed)) for l in lines if l and not l.startswith('#')]


def for_native(ports, queries, at):
    """Each query for every metric that has native histograms at the time."""
    names = api(ports[0], '/api/v1/query', query='count by (__name__) ({__name__=~".+"})', time=at)[1]['data']['result']
    metrics = [i['metric']['__name__'] for i in names]
    native = [m for m in metrics if api(ports[0], '/api/v1/query', query='histogram_count(%s)' % m, time=at)[1]['data']['result']]
    print('native histograms: %s' % ', '.join(native), flush=True)
    return [q.replace('$H', m) for m in native for q in queries]


def ask(ports, queries, start, end, totals):
    instants = [start + 45, start + (end - start) // 2 + 0.123, end - 61, end]
    ranges = [(start, end, 15), (start + 121, end - 13, 7), (end - 180, end, 1), (start - 300, end, 60)]
    for query in queries:
        for at in instants:
            totals.add('instant %s' % at, query, *[api(p, '/api/v1/query', query=query, time=at) for p in ports])
        for first, last, step in ranges:
            totals.add('range %d..%d step %d' % (first, last, step), query,
                       *[api(p, '/api/v1/query_range', query=query, start=first, end=last, step=step) for p in ports])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--minutes', type=float, default=10)
    arguments.add_argument('--queries', help='default: node-queries.txt, with --native-histograms native-queries.txt')
    arguments.add_argument('--first-port', type=int, default=9600)
    arguments.add_argument('--native-histograms', action='store_true')
    arguments.add_argument('--hold', action='store_true', help='after the comparison keep the servers until Enter is pressed')
    a = arguments.parse_args()
    with Scene() as scene:
        native = a.native_histograms
        prometheus, tidemark = scene.pair(a.first_port, SCRAPE_SECONDS, with_node=True, native=native)
        start = int(time.time()) + 1
        print('Prometheus on %d, Tidemark on %d; %g minutes from %d' % (prometheus, tidemark, a.minutes, start), flush=True)
        time.sleep(a.minutes * 60)
        end = int(time.time())
        time.sleep(SETTLE_SECONDS)
        ports, totals, stored = (prometheus, tidemark), Totals(), Totals()
        samples = stored_samples(ports, start, end, stored)
        print('stored: %d slices equal bit by bit, %d not; %d samples' % (stored.grades[2], stored.grades[0], samples), flush=True)
        path = a.queries or os.path.join(HERE, 'native-queries.txt' if native else 'node-queries.txt')
        queries = read_queries(path, start + (end - start) // 2)
        if native:
            queries = for_native(ports, queries, end)
        ask(ports, queries, start, end, totals)
        passed, failed = totals.grades[2] + totals.grades[1], totals.grades[0]
        print('%d queries, %d comparisons: %d equal in every digit, %d within %g; empty in Prometheus %d, refused by it %d' % (
            len(queries), passed + failed, totals.grades[2], totals.grades[1], RELATIVE, totals.empty, totals.refused))
        if a.hold:
            input('servers are kept; Enter stops them ')
        print('%d passed, %d failed' % (passed + stored.grades[2], failed + stored.grades[0]))
        return 1 if failed + stored.grades[0] else 0


if __name__ == '__main__':
    sys.exit(main())
