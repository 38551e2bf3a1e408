import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service that puts a random text into a label, beside services that behave: what the others' pushes take, and what the server's memory does.
 *
 * The neighbours are the hosts of Bench, pushed on a timetable by Mix.Feed, and a few new series of them each tenth of a second. Phases: the
 * neighbours alone; the offender makes as many series as its budget; it repeats these at the same rate, which is the control; it makes all
 * the others; the neighbours alone again.
 */
public class Burst {
    static final int PER_PUSH = 2000, CONNECTIONS = 2;

    final String addr;
    final long budget, total;
    final double rate;
    final AtomicLong made = new AtomicLong(), stored = new AtomicLong(), refused = new AtomicLong(), other = new AtomicLong();
    volatile String firstError = "";

    Burst(String addr, long budget, long total, double rate) {
        this.addr = addr;
        this.budget = budget;
        this.total = total;
        this.rate = rate;
    }

    /** Series number i of the offender: the same random text each time. */
    static byte[] labels(long i) {
        var m = new TreeMap<String, String>();
        m.put("__name__", "checkout_request_duration_seconds");
        m.put("code", i % 7 == 0 ? "500" : "200");
        m.put("handler", "/api/v1/items/" + i % 50);
        m.put("instance", "checkout-" + i % 20 + ".eu-west-1.internal:8080");
        m.put("region", "eu-west-1");
        m.put("request_id", String.format("%016x%016x", Bench.mix(i), Bench.mix(~i)));
        m.put("service", "careless");
        return Bench.labels(m);
    }

    /** Sends the series from..to once each, over the connections, at the rate or as fast as it goes. */
    void send(long from, long to) throws Exception {
        var next = new AtomicLong(from);
        long t0 = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> broken = new ArrayList<>();
        for (int c = 0; c < CONNECTIONS; c++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try (var conn = new Bench.Conn(addr)) {
                    byte[] body = new byte[2 << 20], packed = new byte[3 << 20];
                    short[] table = new short[1 << 14];
                    double[][] one = {{1}};
                    for (long at; (at = next.getAndAdd(PER_PUSH)) < to; ) {
                        int p = 0;
                        long end = Math.min(to, at + PER_PUSH);
                        long[] now = {System.currentTimeMillis()};
                        for (long i = at; i < end; i++) p = Bench.putSeries(body, p, labels(i), now, one, 0, 1);
                        int n = Bench.snappy(body, p, packed, table);
                        if (rate > 0) Mix.sleepUntil(t0 + (long) ((at - from) / rate * 1e9));
                        answer(conn, packed, n, end - at);
                    }
                } catch (IOException | InterruptedException | RuntimeException e) {
                    synchronized (broken) { broken.add(e); }
                }
            }));
        }
        for (Thread t : threads) t.join();
        if (!broken.isEmpty()) throw new IllegalStateException("a connection of the offender has ended", broken.getFirst());
    }

    void answer(Bench.Conn conn, byte[] packed, int n, long series) throws IOException, InterruptedException {
        byte[] head = ("POST /api/v1/write HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
                + "X-Prometheus-Remote-Write-Version: 0.1.0\r\nUser-Agent: tidemark-bench/1\r\nContent-Length: " + n + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        while (true) {
            int code = conn.exchange(ByteBuffer.wrap(head), ByteBuffer.wrap(packed, 0, n));
            made.addAndGet(series);
            if (code / 100 == 2) {
                stored.addAndGet(series);
                return;
            }
            if (code == 400 && conn.err.indexOf("series_budget") > 0) {
                Matcher m = Pattern.compile("(\\d+) samples rejected, (\\d+) stored").matcher(conn.err);
                if (!m.find()) throw new IOException("unreadable answer: " + conn.err);
                refused.addAndGet(Long.parseLong(m.group(1)));
                stored.addAndGet(Long.parseLong(m.group(2)));
                return;
            }
            other.incrementAndGet();
            if (firstError.isEmpty()) firstError = code + ": " + conn.err;
            made.addAndGet(-series);
            Thread.sleep(50);
        }
    }

    /** New series of a neighbour, a few each tenth of a second, until stopped; each must be stored. */
    static final class Newcomers implements AutoCloseable {
        final AtomicLong sent = new AtomicLong(), failed = new AtomicLong();
        final Mix.Times times = new Mix.Times();
        volatile boolean stop;
        final Thread thread;

        Newcomers(String addr) {
            thread = Thread.ofPlatform().start(() -> {
                try (var conn = new Bench.Conn(addr)) {
                    byte[] body = new byte[1 << 16], packed = new byte[1 << 17];
                    short[] table = new short[1 << 14];
                    long begin = System.nanoTime();
                    for (long i = 0; !stop; i++) {
                        int p = 0;
                        for (int k = 0; k < 2; k++) {
                            var m = new TreeMap<>(Map.of("__name__", "jobs_done", "service", "batch", "run", "r" + (i * 2 + k)));
                            p = Bench.putSeries(body, p, Bench.labels(m), new long[] {System.currentTimeMillis()}, new double[][] {{1}}, 0, 1);
                        }
                        int n = Bench.snappy(body, p, packed, table);
                        long due = begin + i * 100_000_000L;
                        Mix.sleepUntil(due);
                        byte[] head = ("POST /api/v1/write HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\nContent-Length: "
                                + n + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
                        int code = conn.exchange(ByteBuffer.wrap(head), ByteBuffer.wrap(packed, 0, n));
                        sent.addAndGet(2);
                        if (code / 100 == 2) times.done(System.nanoTime() - due, n);
                        else { failed.addAndGet(2); times.failed(code + ": " + conn.err); }
                    }
                } catch (IOException | InterruptedException | RuntimeException e) {
                    failed.incrementAndGet();
                    times.failed(e.toString());
                }
            });
        }

        @Override public void close() throws InterruptedException {
            stop = true;
            thread.join();
        }
    }

    /** Resident memory of a process, every 200 ms. */
    static final class Memory implements AutoCloseable {
        final long pid;
        final Thread thread;
        volatile boolean stop;
        double sum, max;
        int n;

        Memory(long pid) {
            this.pid = pid;
            thread = Thread.ofPlatform().start(() -> {
                try {
                    while (!stop) {
                        double mib = Mix.memoryMib(pid, "VmRSS");
                        sum += mib;
                        max = Math.max(max, mib);
                        n++;
                        Thread.sleep(200);
                    }
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        double mean() { return n == 0 ? 0 : sum / n; }

        @Override public void close() throws InterruptedException {
            stop = true;
            thread.join();
        }
    }

    static String get(String addr, String target) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create("http://" + addr + target)).build(), HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    static String find(String text, String pattern) {
        Matcher m = Pattern.compile(pattern).matcher(text);
        return m.find() ? m.group(1) : "?";
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> o = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) o.put(args[i].substring(2), args[i + 1]);
        String addr = o.get("addr");
        long pid = Long.parseLong(o.get("pid")), budget = Bench.lnum(o, "budget", 100_000), total = Bench.lnum(o, "total", 10_000_000);
        double rate = Double.parseDouble(o.getOrDefault("rate", "100000"));
        int hosts = Bench.num(o, "series", 50_000) / Bench.SERIES_PER_HOST, seconds = Bench.num(o, "seconds", 60);
        var feed = new Mix.Feed(addr, hosts, System.currentTimeMillis() - 60_000, 10_000);
        var run = new Mix(feed, pid, 60);
        var burst = new Burst(addr, budget, total, rate);
        run.phase("all series new", p -> feed.load(0, 1, 1));
        List<Thread> threads = new ArrayList<>();
        run.phase("until now", p -> {
            threads.addAll(feed.live(1));
            while (!feed.caughtUp()) { feed.check(); Thread.sleep(100); }
        });
        List<Mix.Phase> phases = new ArrayList<>();
        List<Memory> memories = new ArrayList<>();
        var newcomers = new Newcomers(addr);
        double[] walls = new double[1];
        measured(run, phases, memories, pid, "warm-up, neighbours and offender", p -> repeat(burst, seconds / 2));
        measured(run, phases, memories, pid, "neighbours alone", p -> Thread.sleep(seconds * 1000L));
        measured(run, phases, memories, pid, "the offender repeats its known series", p -> repeat(burst, seconds));
        long before = burst.made.get();
        measured(run, phases, memories, pid, "**the offender makes all its series**", p -> {
            long t0 = System.nanoTime();
            burst.send(budget, total);
            walls[0] = (System.nanoTime() - t0) / 1e9;
        });
        long distinct = burst.made.get() - before + budget;
        String ledger = get(addr, "/api/v1/status/cardinality?service=careless&limit=1");
        measured(run, phases, memories, pid, "neighbours alone again", p -> Thread.sleep(seconds * 1000L));
        newcomers.close();
        feed.stop = true;
        for (Thread t : threads) t.join();
        print(burst, phases, memories, newcomers, ledger, get(addr, "/metrics"), walls[0], distinct);
    }

    /** The offender sends the series of its budget again and again, at its rate. */
    static void repeat(Burst burst, int seconds) throws Exception {
        for (long end = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < end; ) burst.send(0, burst.budget);
    }

    static void measured(Mix run, List<Mix.Phase> phases, List<Memory> memories, long pid, String name, Mix.Work work) throws Exception {
        try (var memory = new Memory(pid)) {
            phases.add(run.phase(name, work));
            memories.add(memory);
        }
    }

    static void print(Burst burst, List<Mix.Phase> phases, List<Memory> memories, Newcomers newcomers, String ledger, String metrics, double wall,
            long distinct) {
        double control = memories.get(2).mean(), seen = memories.get(3).mean();
        double p99Control = Bench.pct(phases.get(2).pushes.sorted(), .99), p99 = Bench.pct(phases.get(3).pushes.sorted(), .99);
        double p99Alone = Bench.pct(phases.get(1).pushes.sorted(), .99);
        String estimate = find(ledger, "\"refusedSeries\":(\\d+)"), active = find(ledger, "\"services\":\\[\\{\"service\":\"careless\",\"active\":(\\d+)");
        long exact = distinct - Long.parseLong(active);
        long failed = phases.stream().mapToLong(p -> p.pushes.errors()).sum() + newcomers.failed.get();
        System.out.printf(Locale.ROOT, "| must show | seen |%n|---|---|%n");
        System.out.printf(Locale.ROOT, "| resident memory rises by less than 5 %% over that of the offender within its budget | mean %.0f → %.0f MiB, **%+.1f %%**; at most %.0f → %.0f MiB, %+.1f %% |%n",
                control, seen, (seen / control - 1) * 100, memories.get(2).max, memories.get(3).max, (memories.get(3).max / memories.get(2).max - 1) * 100);
        System.out.printf(Locale.ROOT, "| others' p99 | %.2f ms alone, %.2f ms beside the same load of known series, **%.2f ms** in the burst |%n", p99Alone, p99Control, p99);
        System.out.printf(Locale.ROOT, "| everything of others acknowledged | %d pushes and %d new series, **%d failed** |%n",
                phases.stream().mapToInt(p -> p.pushes.sorted().length).sum(), newcomers.sent.get(), failed);
        System.out.printf(Locale.ROOT, "| the offender keeps its budget | %s of %d series active; %d samples refused, %d answers of other kinds %s |%n", active, distinct, burst.refused.get(), burst.other.get(), burst.firstError);
        System.out.printf(Locale.ROOT, "| the ledger agrees within 2 %% | refused series: %s by the ledger, %d exactly, **%+.2f %%** |%n",
                estimate, exact, (Double.parseDouble(estimate) / exact - 1) * 100);
        System.out.printf(Locale.ROOT, "%nPushes of the neighbours, from the moment each was due:%n%n| | thousand samples/s | p50 ms | p95 ms | p99 ms | max ms | retries | failed | server cores | generator cores | other cores | resident MiB: mean | most |%n|---|---|---|---|---|---|---|---|---|---|---|---|---|%n");
        for (int i = 0; i < phases.size(); i++) {
            Mix.Phase p = phases.get(i);
            System.out.printf(Locale.ROOT, "| %s | %.1f | %s | %d | %d | %.2f | %.2f | %.2f | %.0f | %.0f |%n", p.name, p.samples.sum() / p.wall / 1e3, Mix.times(p.pushes.sorted()), p.retries.sum(),
                    p.pushes.errors(), p.serverCpu / p.wall, p.clientCpu / p.wall, Math.max(0, p.allCpu - p.serverCpu - p.clientCpu) / p.wall, memories.get(i).mean(), memories.get(i).max);
        }
        System.out.printf(Locale.ROOT, "%nThe burst took %.0f s, %.0f thousand new series a second; server CPU %.2f µs a refused series beyond what it used with the neighbours alone. New series of neighbours: p50, p95, p99, most %s ms.%n",
                wall, (burst.total - burst.budget) / wall / 1e3, (phases.get(3).serverCpu - phases.get(1).serverCpu / phases.get(1).wall * phases.get(3).wall) / exact * 1e6, Mix.times(newcomers.times.sorted()));
        System.out.printf("%nFingerprints: %s bytes for %s active series.%n", find(metrics, "(?m)^tidemark_cardinality_fingerprint_bytes (\\S+)"), find(metrics, "(?m)^tidemark_cardinality_series (\\S+)"));
        for (Mix.Phase p : phases) if (p.pushes.firstError() != null) System.out.println("\nFirst failed push of " + p.name + ": `" + p.pushes.firstError() + "`");
        if (newcomers.times.firstError() != null) System.out.println("\nFirst failed push of new series: `" + newcomers.times.firstError() + "`");
    }
}
