"""Servers that the comparisons start, and small helpers to talk to them. Python 3, standard library only."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
START_SECONDS = 180     # a first start from a checkout builds the jar
STOP_SECONDS = 30


def peer(name, program):
    """The program of a peer that benchmarks/versus/peers.sh unpacked."""
    folder = os.environ.get('PEERS', os.path.join(CHECKOUT, 'target', 'peers'))
    path = os.path.join(folder, name, 'usr', 'bin', program)
    if not os.access(path, os.X_OK):
        raise SystemExit('no %s; fetch the peers with benchmarks/versus/peers.sh %s, or set PEERS' % (path, folder))
    return path


def tidemark():
    return os.environ.get('TIDEMARK', os.path.join(CHECKOUT, 'tidemark'))


def free_port(first, last):
    for port in range(first, last + 1):
        with socket.socket() as s:
            try:
                s.bind(('127.0.0.1', port))
            except OSError:
                continue
            return port
    raise SystemExit('no free port from %d to %d' % (first, last))


CONFIG = """
global:
  scrape_interval: {interval}s
  scrape_timeout: {interval}s
scrape_configs:
{jobs}
remote_write:
  - url: http://127.0.0.1:{tidemark}/api/v1/write
    send_native_histograms: {native}
    queue_config: {{batch_send_deadline: 1s, max_backoff: 1s}}
    metadata_config: {{send_interval: 5s}}
"""
JOB = """  - job_name: {name}
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""
NATIVE_JOB = """    scrape_protocols: [PrometheusProto]
    always_scrape_classic_histograms: true
"""


class Server:
    """One server process with its log file; stops by SIGTERM to its own pid."""

    def __init__(self, name, command, port, ready, folder):
        self.name, self.port, self.ready = name, port, ready
        self.command, self.log = command, os.path.join(folder, name + '.log')
        self.process = None

    def start(self):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if request(self.port, 'GET', self.ready)[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        tail = open(self.log, errors='replace').read()[-2000:]
        self.stop()
        raise SystemExit('%s did not start:\n%s' % (self.name, tail))

    def stop(self):
        """Returns the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Scene:
    """A scratch folder and the servers in it; leaving the scene stops them, newest first, and removes the folder."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='tidemark-peers-')
        self.servers = []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that the scene is left in order
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as f:
            f.write(text)
        return path

    def run(self, name, command, port, ready):
        server = Server(name, command, port, ready, self.folder)
        self.servers.append(server)
        return server.start()

    def tidemark(self, port, *more):
        return self.run('tidemark', [tidemark(), 'serve', '--data-dir', os.path.join(self.folder, 'tidemark'),
                                     '--listen', '127.0.0.1:%d' % port, *more], port, '/-/ready')

    def prometheus(self, port, config, *more):
        return self.run('prometheus', [peer('prometheus', 'prometheus'), '--config.file=' + config,
                                       '--storage.tsdb.path=' + os.path.join(self.folder, 'prometheus'),
                                       '--web.listen-address=127.0.0.1:%d' % port, '--log.level=warn', *more], port, '/-/ready')

    def pair(self, first_port, interval, with_node=False, native=False):
        """Tidemark, and a Prometheus that scrapes itself and perhaps node_exporter and sends all to it; their ports, Prometheus first.
        With native=True it scrapes and sends its own histograms as native ones beside the classic ones."""
        prometheus, tidemark, node = [free_port(p, p + 5) for p in range(first_port, first_port + 18, 6)]
        jobs = JOB.format(name='prometheus', port=prometheus) + (NATIVE_JOB if native else '')
        if with_node:
            self.node_exporter(node)
            jobs += JOB.format(name='node', port=node)
        self.tidemark(tidemark)
        config = self.write('prometheus.yml', CONFIG.format(interval=interval, jobs=jobs, tidemark=tidemark,
                                                             native='true' if native else 'false'))
        self.prometheus(prometheus, config, *(['--enable-feature=native-histograms'] if native else []))
        return prometheus, tidemark

    def node_exporter(self, port):
        return self.run('node_exporter', [peer('prometheus-node-exporter', 'prometheus-node-exporter'),
                                          '--web.listen-address=127.0.0.1:%d' % port], port, '/metrics')


def request(port, method, path, body=None, headers=None, timeout=30):
    """Status, headers, body."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def api(port, path, **parameters):
    """Posts a form to Prometheus' API and returns status and answer."""
    body = urllib.parse.urlencode(parameters, doseq=True)
    status, _, data = request(port, 'POST', path, body, {'Content-Type': 'application/x-www-form-urlencoded'}, timeout=120)
    try:
        return status, json.loads(data)
    except ValueError:
        return status, {'status': 'no JSON', 'error': data[:200].decode(errors='replace')}
