"""Makes the blocks of this folder anew with a real Prometheus; README.md says how."""
import json, os, shutil, struct, subprocess, sys, time, urllib.parse, urllib.request

PROMETHEUS, PROMTOOL, WORK = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
T0 = 1767225600000  # 2026-01-01T00:00:00Z
PORT = 19493
STALE = 0x7FF0000000000002


def text():
    """golden.om: ten hours of what text can say."""
    lines = ["# HELP gold_requests Requests, \\\"all\\\" of them.", "# TYPE gold_requests counter"]

    def series(name, step, hours, value):
        for i in range(hours * 3600000 // step):
            at = T0 + i * step + (i * 7919) % 1000
            lines.append("%s %s %d.%03d" % (name, value(i), at // 1000, at % 1000))

    odd = ["NaN", "+Inf", "-Inf", "-0.0", "5e-324", "1.7976931348623157e+308", "0.1", "123456789012345680"]
    series('gold_requests_total{job="a",path="/x\\\\y\\"z\\"\\n"}', 300000, 10, lambda i: i * 17 % 1000003)
    series("gold_plain", 300000, 10, lambda i: repr((i * 2654435761 % 1000) / 7))
    series('gold_odd{kind="values"}', 300000, 10, lambda i: odd[i % len(odd)])
    series('{"gold.utf8 name","label with blank"="Zürich 雪"}', 300000, 10, lambda i: -i)
    series('gold_fast{job="a"}', 15000, 3, lambda i: repr(20 + i % 97 / 10))
    series('gold_deleted{job="a"}', 300000, 10, lambda i: i)
    lines.append("# EOF")
    return "\n".join(lines) + "\n"


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def part(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def num(field, n):
    return varint(field << 3) + varint(n)


def zig(field, n):
    return num(field, n << 1 ^ n >> 63)


def real(field, bits_or_float):
    return varint(field << 3 | 1) + (struct.pack("<Q", bits_or_float) if isinstance(bits_or_float, int) else struct.pack("<d", bits_or_float))


def spans(field, some):
    return b"".join(part(field, zig(1, off) + num(2, length)) for off, length in some)


def whole(at, count, zero, total, schema, threshold, pos, deltas, neg=(), neg_deltas=(), hint=0, bounds=()):
    return part(4, num(1, count) + real(3, total) + zig(4, schema) + real(5, threshold) + num(6, zero) + spans(8, neg)
                + part(9, b"".join(varint(d << 1 ^ d >> 63) for d in neg_deltas)) + spans(11, pos)
                + part(12, b"".join(varint(d << 1 ^ d >> 63) for d in deltas)) + num(14, hint) + num(15, at)
                + part(16, b"".join(struct.pack("<d", b) for b in bounds)))


def floats(at, count, zero, total, schema, threshold, pos, counts, hint=0):
    return part(4, real(2, count) + real(3, total) + zig(4, schema) + real(5, threshold) + real(7, zero) + spans(11, pos)
                + part(13, b"".join(struct.pack("<d", c) for c in counts)) + num(14, hint) + num(15, at))


def value(at, v):
    return part(2, real(1, v) + num(2, at))


def write_request(series):
    message = b""
    for labels, samples in series:
        message += part(1, b"".join(part(1, part(1, k.encode()) + part(2, v.encode())) for k, v in sorted(labels.items())) + b"".join(samples))
    block = varint(len(message))
    for i in range(0, len(message), 60):
        piece = message[i:i + 60]
        block += bytes([len(piece) - 1 << 2]) + piece
    return block


def pushed():
    """An hour of what text cannot say, from 12:00 on."""
    at = [T0 + 12 * 3600000 + i * 15000 for i in range(240)]
    up = lambda i: i % 100  # begins anew twice
    return [
        ({"__name__": "gold_hist_whole", "job": "h"},
         [whole(t, 6 * up(i) + 3, 3, 1.5 * i, 3, 2.0 ** -128, [(-2, 2), (3, 1)] if i < 150 else [(-2, 2), (3, 2)],
                [up(i), up(i), up(i)] if i < 150 else [up(i), up(i), up(i) - 0, -3 * up(i)], [(1, 1)], [0]) for i, t in enumerate(at)]
         + [whole(at[-1] + 15000, 0, 0, STALE, 3, 0.0, [], [])]),
        ({"__name__": "gold_hist_float", "job": "h"},
         [floats(t, 2.5 * up(i) + 0.25, 0.25, -3.75 * i, -2, 0.001, [(5, 2)], [up(i) * 1.5, up(i) * 1.0]) for i, t in enumerate(at)]),
        ({"__name__": "gold_hist_gauge", "job": "h"},
         [whole(t, 10 + i * 37 % 50, 0, 7.0, 0, 0.0, [(0, 1)], [10 + i * 37 % 50], hint=3) for i, t in enumerate(at)]),
        ({"__name__": "gold_hist_custom", "job": "h"},
         [whole(t, 3 * i, 0, 0.5 * i, -53, 0.0, [(0, 2), (1, 1)], [i, 0, 0], bounds=(0.005, 0.1, 12345.678901)) for i, t in enumerate(at)]),
        ({"__name__": "gold_bits"},
         [value(t, [STALE, 0x7FF8000000000001, 0x7FF8000000000123, 0xFFF8000000000000, -0.0, 1.0, float("inf"), 2.0][i % 8])
          for i, t in enumerate(at)]),
    ]


def post(path, body=b"", headers={}):
    with urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:%d%s" % (PORT, path), data=body, headers=headers)) as answer:
        return answer.read()


shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
with open(os.path.join(HERE, "golden.om"), "w") as out:
    out.write(text())
data = os.path.join(WORK, "data")
subprocess.run([PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", os.path.join(HERE, "golden.om"), data], check=True)
with open(os.path.join(WORK, "prometheus.yml"), "w") as out:
    out.write("{}\n")
server = subprocess.Popen([PROMETHEUS, "--config.file=" + os.path.join(WORK, "prometheus.yml"), "--storage.tsdb.path=" + data,
                           "--storage.tsdb.retention.time=100y", "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
                           "--web.enable-admin-api", "--web.enable-remote-write-receiver", "--enable-feature=native-histograms",
                           "--web.listen-address=127.0.0.1:%d" % PORT, "--log.level=warn"])
try:
    for _ in range(100):
        try:
            urllib.request.urlopen("http://127.0.0.1:%d/-/ready" % PORT).read()
            break
        except OSError:
            time.sleep(0.2)
    post("/api/v1/admin/tsdb/delete_series?" + urllib.parse.urlencode(
        {"match[]": "gold_deleted", "start": T0 // 1000 + 3600, "end": T0 // 1000 + 3 * 3600}))
    post("/api/v1/write", write_request(pushed()), {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
                                                   "X-Prometheus-Remote-Write-Version": "0.1.0"})
    name = json.loads(post("/api/v1/admin/tsdb/snapshot"))["data"]["name"]
finally:
    server.terminate()
    server.wait()
blocks = os.path.join(HERE, "blocks")
shutil.rmtree(blocks, ignore_errors=True)
shutil.copytree(os.path.join(data, "snapshots", name), blocks)
os.makedirs(os.path.join(WORK, "dumped"))
shutil.copytree(blocks, os.path.join(WORK, "dumped", "db"))
os.makedirs(os.path.join(WORK, "dumped", "db", "wal"))
dump = subprocess.run([PROMTOOL, "tsdb", "dump", "--sandbox-dir-root=" + WORK, os.path.join(WORK, "dumped", "db")], check=True,
                      capture_output=True, text=True).stdout
with open(os.path.join(HERE, "golden.dump"), "w") as out:
    out.write("".join(sorted(line + "\n" for line in dump.splitlines())))
