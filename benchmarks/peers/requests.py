#!/usr/bin/env python3
"""Does every client's request get an answer of the same form as from Prometheus?

Starts a Prometheus that scrapes itself every second and sends all to a Tidemark, then sends both each request of requests.txt, once
plain and once accepting gzip, and compares the HTTP status, the content type, whether the body is compressed, the keys of the JSON
answer and the types of its values; where an object's keys are data (metadata), of its first entry. Prints each difference, last
line `N passed, N failed`. Python 3, standard library only.

  benchmarks/peers/requests.py [--requests FILE] [--first-port 9660]
"""
import argparse
import gzip
import json
import os
import sys
import time
import urllib.parse

from servers import HERE, Scene, request

SECONDS = 40
# What newer versions of Prometheus have, or what tells that this is another server.
FREE = ('anchored', 'smoothed', 'rangeExpr', 'application')


def form(value):
    """Keys and types, without the values: `number`, `string`, a list's first form, an object's forms."""
    if isinstance(value, bool):
        return 'boolean'
    if isinstance(value, (int, float)):
        return 'number'
    if isinstance(value, str):
        return 'string'
    if value is None:
        return 'null'
    if isinstance(value, list):
        return ['list'] + ([form(value[0])] if value else [])
    return {k: form(v) for k, v in sorted(value.items()) if k not in FREE}


def differences(a, b, path='', out=None):
    out = [] if out is None else out
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(a.keys() | b.keys()):
            if k not in b:
                out.append('%s.%s is missing' % (path, k))
            elif k not in a:
                out.append('%s.%s is more' % (path, k))
            else:
                differences(a[k], b[k], path + '.' + k, out)
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) > 1 and len(b) > 1:
            differences(a[1], b[1], path + '[]', out)
        elif len(a) != len(b):
            out.append('%s: a list is empty on one side (%s | %s)' % (path, a, b))
    elif a != b:
        out.append('%s: %s | %s' % (path, a, b))
    return out


def ask(port, method, path, parameters, accept):
    headers = {'Accept-Encoding': accept} if accept else {}
    body = None
    if method == 'POST':
        body, headers['Content-Type'] = parameters, 'application/x-www-form-urlencoded'
    elif parameters:
        path += '?' + parameters
    status, got, data = request(port, method, path, body, headers)
    encoding = got.get('Content-Encoding', '')
    if encoding == 'gzip':
        data = gzip.decompress(data)
    kind = got.get('Content-Type', '').split(';')[0]
    try:
        shape = form(json.loads(data)) if kind == 'application/json' else 'text'
        if path.startswith('/api/v1/metadata') and status == 200:
            shape['data'] = list(shape['data'].values())[:1]     # keys are metric names
    except ValueError:
        shape = 'broken JSON'
    return status, kind, encoding, shape, data


def encoded(parameters):
    pairs = [p.split('=', 1) for p in parameters.split('&')]
    return '&'.join(urllib.parse.quote(k) + '=' + urllib.parse.quote(urllib.parse.unquote(v)) for k, v in pairs)


def compare(ports, method, path, parameters, accept):
    left, right = [ask(p, method, path, parameters, accept) for p in ports]
    found = []
    if left[1] != right[1] and left[0] < 400 and method != 'HEAD':
        found.append('content type: %s | %s' % (left[1], right[1]))
    if left[2] == 'gzip' != right[2]:
        found.append('encoding: %s | %s' % (left[2], right[2]))
    if left[0] == right[0] and not (left[0] >= 400 and left[1] != 'application/json'):
        found += differences(left[3], right[3])
        if left[0] == 400 and left[1] == 'application/json':
            x, y = json.loads(left[4]).get('errorType'), json.loads(right[4]).get('errorType')
            found += ['errorType: %s | %s' % (x, y)] if x != y else []
    elif left[0] != right[0]:
        found.append('status: %d | %d' % (left[0], right[0]))
        found.append('%s | %s' % (left[4][:160].decode(errors='replace'), right[4][:160].decode(errors='replace')))
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--requests', default=os.path.join(HERE, 'requests.txt'))
    arguments.add_argument('--first-port', type=int, default=9660)
    a = arguments.parse_args()
    with Scene() as scene:
        ports = scene.pair(a.first_port, 1)
        start = int(time.time())
        time.sleep(SECONDS)
        end = int(time.time()) - 10
        passed = failed = 0
        for line in open(a.requests):
            if not line.strip() or line.startswith('#'):
                continue
            method, path, parameters = line.split(None, 2)
            parameters = parameters.strip().replace('$S', str(start)).replace('$E', str(end))
            parameters = '' if parameters == '-' else encoded(parameters)
            for accept in ('', 'gzip'):
                found = compare(ports, method, path, parameters, accept)
                if found:
                    failed += 1
                    if not accept or 'encoding' in found[-1]:
                        print('DIFFERS %s %s' % (line.strip(), '(gzip)' if accept else ''))
                        for text in found:
                            print('    ' + text)
                else:
                    passed += 1
        print('%d passed, %d failed' % (passed, failed))
        return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
