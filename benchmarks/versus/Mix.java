// The fixed mix of queries beside a steady load; one plain Java 25 file that uses Bench.java. `mix` starts it.
//
//   java -cp CLASSES Mix --addr H:P --pid N --queries FILE --series N --rate N ...
//
// Samples are made while they are sent: a host's scrape is pushed at the time that its samples carry. Queries and pushes keep to their
// timetables whatever the server does, and each is timed from the moment it was due, so a stall counts for all that had to wait.
// Writes the tables of the report to standard output and what it is doing to standard error.

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

public class Mix {

    /** One line of the file of queries; group is node, seed or fleet. */
    record Query(String group, String name, boolean range, String text) {
        static List<Query> read(Path file) throws IOException {
            List<Query> all = new ArrayList<>();
            int at = 0;
            for (String line : Files.readAllLines(file)) {
                at++;
                if (line.isBlank() || line.startsWith("#")) continue;
                String[] w = line.trim().split("\\s+", 4);
                if (w.length < 4 || !w[2].equals("range") && !w[2].equals("instant"))
                    throw new IllegalArgumentException(file + ":" + at + ": expected GROUP NAME range|instant EXPRESSION, found: " + line);
                all.add(new Query(w[0], w[1], w[2].equals("range"), w[3]));
            }
            return all;
        }

        String target(int host, long nowS, long spanS, boolean cached) {
            int block = host / 8;                               // as Bench.labels gives regions, jobs and racks to hosts
            String region = Bench.REGIONS[host % 4];
            String e = text.replace("$node", Bench.hostName(host) + "." + region + ".internal:9100").replace("$region", region)
                    .replace("$job", Bench.JOBS[block % 5]).replace("$rack", "r" + block % 20);
            long end = range ? nowS / STEP_S * STEP_S : nowS;
            return "/api/v1/" + (range ? "query_range" : "query") + "?query=" + URLEncoder.encode(e, StandardCharsets.UTF_8)
                    + (range ? "&start=" + (end - spanS / STEP_S * STEP_S) + "&end=" + end + "&step=" + STEP_S : "&time=" + end) + (cached ? "" : "&nocache=1");
        }
    }

    static final int STEP_S = 15, DASHBOARDS = 10, CONNECTIONS = 4, HOSTS_PER_PUSH = 20, IN_FLIGHT = 256;

    /** Times of one kind of request in nanoseconds, and what went wrong. */
    static final class Times {
        private final List<Long> nanos = new ArrayList<>();
        private int errors;
        private String firstError;
        private long bytes;

        synchronized void done(long ns, long body) { nanos.add(ns); bytes += body; }
        synchronized void failed(String why) { errors++; if (firstError == null) firstError = why; }
        synchronized long[] sorted() { return nanos.stream().mapToLong(Long::longValue).sorted().toArray(); }
        synchronized int errors() { return errors; }
        synchronized String firstError() { return firstError; }
        synchronized double kibEach() { return nanos.isEmpty() ? 0 : bytes / 1024.0 / nanos.size(); }
    }

    /** One stretch of the run: what was pushed and asked in it, and what the server used. */
    static final class Phase {
        final String name;
        final Times pushes = new Times();
        final Map<Query, Times> queries = new LinkedHashMap<>();
        final LongAdder samples = new LongAdder(), retries = new LongAdder();
        double wall, serverCpu, clientCpu, allCpu, rssMib;

        Phase(String name) { this.name = name; }
        int asked() { return queries.values().stream().mapToInt(t -> t.sorted().length).sum(); }
    }

    /** All hosts. Group g of them is always pushed by connection g modulo CONNECTIONS, and its samples come due together. */
    static final class Feed {
        final String addr;
        final int hosts, groups, jitterMs;
        final long seed = 42, startMs, intervalMs;
        final Bench.HostSim[] sims;
        final byte[][][] labels;
        volatile Phase phase;
        volatile boolean stop;
        final AtomicLongArray lateNanos = new AtomicLongArray(CONNECTIONS);
        final Queue<Throwable> broken = new ConcurrentLinkedQueue<>();

        Feed(String addr, int hosts, long startMs, long intervalMs) {
            this.addr = addr;
            this.hosts = hosts;
            this.startMs = startMs;
            this.intervalMs = intervalMs;
            jitterMs = 5;
            groups = (hosts + HOSTS_PER_PUSH - 1) / HOSTS_PER_PUSH;
            sims = new Bench.HostSim[hosts];
            labels = new byte[hosts][Bench.SERIES_PER_HOST][];
            for (int h = 0; h < hosts; h++) {
                sims[h] = new Bench.HostSim(seed, h, startMs);
                for (int q = 0; q < Bench.SERIES_PER_HOST; q++) labels[h][q] = Bench.labels(h, Bench.DEFS.get(q));
            }
        }

        long timeMs(int host, long scrape) {
            long r = Bench.mix(seed ^ ((long) host << 32) ^ scrape);
            long jitter = Long.remainderUnsigned(r, 100) < 30 ? Long.remainderUnsigned(r >>> 20, jitterMs + 1) : 0;
            return startMs + scrape * intervalMs + host * intervalMs / hosts - jitter;
        }

        /** Runs one task on each connection and waits for all. */
        void onEach(Sender task) throws Exception {
            try (var pool = Executors.newFixedThreadPool(CONNECTIONS)) {
                List<Callable<Void>> all = new ArrayList<>();
                for (int c = 0; c < CONNECTIONS; c++) {
                    int id = c;
                    all.add(() -> { try (var push = new Push(this)) { task.send(push, id); } return null; });
                }
                for (var f : pool.invokeAll(all)) f.get();
            }
        }

        /** Pushes the scrapes from..to as fast as it goes, `window` of them in one request, of as many hosts as make 2,000 samples. */
        void load(long from, long to, int window) throws Exception {
            int together = Math.max(1, HOSTS_PER_PUSH / window);
            onEach((push, id) -> {
                for (long k = from; k < to; k += window)
                    for (int g = id; g < groups; g += CONNECTIONS)
                        for (int h = g * HOSTS_PER_PUSH, end = Math.min(hosts, h + HOSTS_PER_PUSH); h < end; h += together) {
                            push.encode(h, Math.min(end, h + together), k, (int) Math.min(window, to - k));
                            push.send(System.nanoTime(), phase);
                        }
            });
        }

        /** Keeps up with the clock from this scrape on, in threads of its own, until stop. */
        List<Thread> live(long from) {
            long clock = System.nanoTime() - System.currentTimeMillis() * 1_000_000L;
            List<Thread> threads = new ArrayList<>();
            for (int c = 0; c < CONNECTIONS; c++) {
                int id = c;
                lateNanos.set(id, Long.MAX_VALUE);
                threads.add(Thread.ofPlatform().daemon().start(() -> {
                    try (var push = new Push(this)) {
                        for (long k = from; ; k++)
                            for (int g = id; g < groups; g += CONNECTIONS) {
                                if (stop) return;
                                int end = Math.min(hosts, (g + 1) * HOSTS_PER_PUSH);
                                push.encode(g * HOSTS_PER_PUSH, end, k, 1);
                                long due = clock + (startMs + k * intervalMs + end * intervalMs / hosts) * 1_000_000L;
                                sleepUntil(due);
                                lateNanos.set(id, System.nanoTime() - due);
                                push.send(due, phase);
                            }
                    } catch (IOException | InterruptedException | RuntimeException e) {
                        broken.add(e);
                    }
                }));
            }
            return threads;
        }

        boolean caughtUp() {
            for (int c = 0; c < CONNECTIONS; c++) if (lateNanos.get(c) > 100_000_000L) return false;
            return true;
        }

        void check() {
            if (!broken.isEmpty()) throw new IllegalStateException("a connection that pushes has ended", broken.peek());
        }
    }

    interface Sender { void send(Push push, int id) throws IOException, InterruptedException; }

    /** One connection that pushes, with its buffers. */
    static final class Push implements AutoCloseable {
        private final Feed feed;
        private final Bench.Conn conn;
        private final byte[] body = new byte[2 << 20], packed = new byte[3 << 20];
        private final short[] table = new short[1 << 14];
        private final double[][] values = new double[HOSTS_PER_PUSH][Bench.SERIES_PER_HOST];
        private final long[] times = new long[HOSTS_PER_PUSH];
        private int packedLength, samples;

        Push(Feed feed) { this.feed = feed; conn = new Bench.Conn(feed.addr); }

        void encode(int fromHost, int toHost, long scrape, int count) {
            int p = 0;
            for (int h = fromHost; h < toHost; h++) {
                for (int k = 0; k < count; k++) {
                    times[k] = feed.timeMs(h, scrape + k);
                    feed.sims[h].step(times[k]);
                    System.arraycopy(feed.sims[h].v, 0, values[k], 0, Bench.SERIES_PER_HOST);
                }
                for (int q = 0; q < Bench.SERIES_PER_HOST; q++) p = Bench.putSeries(body, p, feed.labels[h][q], times, values, q, count);
            }
            samples = (toHost - fromHost) * Bench.SERIES_PER_HOST * count;
            packedLength = Bench.snappy(body, p, packed, table);
        }

        /** Sends what is encoded, again while the server is busy; `due` is when it should have gone. */
        void send(long due, Phase phase) throws IOException, InterruptedException {
            byte[] head = ("POST /api/v1/write HTTP/1.1\r\nHost: " + feed.addr + "\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
                    + "X-Prometheus-Remote-Write-Version: 0.1.0\r\nUser-Agent: tidemark-bench/1\r\nContent-Length: " + packedLength + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
            for (int attempt = 0; ; attempt++) {
                int code = conn.exchange(ByteBuffer.wrap(head), ByteBuffer.wrap(packed, 0, packedLength));
                if (code / 100 == 2) {
                    phase.samples.add(samples);
                    phase.pushes.done(System.nanoTime() - due, packedLength);
                    return;
                }
                if (attempt == 20 || code / 100 == 4 && code != 429) {
                    phase.pushes.failed(code + ": " + conn.err);
                    return;
                }
                phase.retries.increment();
                Thread.sleep(50);
            }
        }

        @Override public void close() throws IOException { conn.close(); }
    }

    static void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - System.nanoTime();
        if (left > 0) Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
    }

    /** CPU seconds of a process so far, user and system. */
    static double cpu(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] w = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(w[11]) + Long.parseLong(w[12])) / 100.0;
    }

    /** CPU seconds that the whole machine has spent so far, all but idle and waiting for disks. */
    static double cpuOfAll() throws IOException {
        String[] w = Files.readAllLines(Path.of("/proc/stat")).getFirst().split("\\s+");
        return (Long.parseLong(w[1]) + Long.parseLong(w[2]) + Long.parseLong(w[3]) + Long.parseLong(w[6]) + Long.parseLong(w[7])) / 100.0;
    }

    static double memoryMib(long pid, String what) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status")))
            if (line.startsWith(what)) return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
        throw new IOException("no " + what + " in the status of process " + pid);
    }

    interface Work { void run(Phase phase) throws Exception; }

    private final Feed feed;
    private final long pid, spanS;
    private final Deque<Bench.Conn> idle = new ConcurrentLinkedDeque<>();

    Mix(Feed feed, long pid, long spanS) {
        this.feed = feed;
        this.pid = pid;
        this.spanS = spanS;
    }

    Phase phase(String name, Work work) throws Exception {
        System.err.println("mix: " + name + " ...");
        Phase phase = new Phase(name);
        double server = cpu(pid), client = Bench.processCpu() / 1e9, machine = cpuOfAll();
        long t0 = System.nanoTime();
        feed.phase = phase;
        work.run(phase);
        phase.wall = (System.nanoTime() - t0) / 1e9;
        phase.serverCpu = cpu(pid) - server;
        phase.clientCpu = Bench.processCpu() / 1e9 - client;
        phase.allCpu = cpuOfAll() - machine;
        phase.rssMib = memoryMib(pid, "VmRSS");
        feed.check();
        return phase;
    }

    /** Asks the queries in shuffled rounds, `perSecond` of them, for so long. Each round is for the next of a few hosts, as dashboards left open refresh. */
    void ask(Phase phase, List<Query> queries, double perSecond, double seconds, boolean cached) throws Exception {
        var random = new Random(7);
        int[] open = new Random(11).ints(DASHBOARDS, 0, feed.hosts).toArray();
        List<Query> round = new ArrayList<>(queries);
        for (Query q : queries) phase.queries.put(q, new Times());
        var places = new Semaphore(IN_FLIGHT);
        long t0 = System.nanoTime();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < perSecond * seconds; i++) {
                if (i % round.size() == 0) Collections.shuffle(round, random);
                Query q = round.get(i % round.size());
                Times times = phase.queries.get(q);
                int host = open[i / round.size() % DASHBOARDS];
                long due = t0 + (long) (i / perSecond * 1e9);
                sleepUntil(due);
                if (!places.tryAcquire()) {
                    times.failed("not asked: " + IN_FLIGHT + " queries wait for an answer");
                    continue;
                }
                pool.submit(() -> {
                    try {
                        answer(q.target(host, System.currentTimeMillis() / 1000, spanS, cached), due, times);
                    } finally {
                        places.release();
                    }
                });
            }
        }
    }

    private void answer(String target, long due, Times times) {
        byte[] request = ("GET " + target + " HTTP/1.1\r\nHost: " + feed.addr + "\r\nUser-Agent: tidemark-bench/1\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        Bench.Conn conn = idle.pollFirst();
        boolean used = conn != null;
        if (!used) conn = new Bench.Conn(feed.addr);
        try {
            int code;
            try {
                code = conn.exchange(ByteBuffer.wrap(request));
            } catch (IOException e) {                           // a server may close an idle connection: once more on a new one
                if (!used) throw e;
                conn.close();
                code = conn.exchange(ByteBuffer.wrap(request));
            }
            if (code == 200) times.done(System.nanoTime() - due, conn.bodyBytes);
            else times.failed(code + ": " + conn.err);
            idle.addFirst(conn);
        } catch (IOException e) {
            times.failed(e.toString());
            conn.close();
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> o = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) o.put(args[i].substring(2), args[i + 1]);
        int hosts = Math.max(1, Bench.num(o, "series", 1_000_000) / Bench.SERIES_PER_HOST);
        double rate = Bench.num(o, "rate", 100_000), perSecond = Double.parseDouble(o.getOrDefault("qps", "10"));
        int seconds = Bench.num(o, "seconds", 120), warm = Bench.num(o, "warm", 20), history = Bench.num(o, "history", 900);
        long pid = Long.parseLong(o.get("pid")), intervalMs = Math.round(hosts * Bench.SERIES_PER_HOST / rate * 1000);
        List<Query> all = Query.read(Path.of(o.get("queries")));
        List<Query> mix = all.stream().filter(q -> !q.group().equals("fleet")).toList(), fleet = all.stream().filter(q -> q.group().equals("fleet")).toList();

        var feed = new Feed(o.get("addr"), hosts, System.currentTimeMillis() - history * 1000L, intervalMs);
        var run = new Mix(feed, pid, history);
        long scrapes = Math.max(1, history * 1000L / intervalMs);
        Phase register = run.phase("all series new, unthrottled", p -> feed.load(0, 1, 1));
        Phase past = run.phase("history, unthrottled", p -> feed.load(1, scrapes, HOSTS_PER_PUSH));
        List<Thread> threads = new ArrayList<>();
        run.phase("until now", p -> {
            threads.addAll(feed.live(scrapes));
            for (long end = System.nanoTime() + 600_000_000_000L; !feed.caughtUp(); Thread.sleep(100)) {
                feed.check();
                if (System.nanoTime() > end) throw new IllegalStateException("the server does not take " + rate + " samples a second: not at the present after 10 minutes");
            }
        });
        run.phase("warm-up", p -> run.ask(p, mix, perSecond, warm, false));
        Phase quiet = run.phase("no queries", p -> Thread.sleep(seconds * 1000L));
        Phase cold = run.phase("mix, no cache", p -> run.ask(p, mix, perSecond, seconds, false));
        run.phase("filling the cache", p -> run.ask(p, mix, perSecond, mix.size() * DASHBOARDS / perSecond, true));
        Phase cached = run.phase("mix, cache", p -> run.ask(p, mix, perSecond, seconds, true));
        Phase after = run.phase("no queries again", p -> Thread.sleep(seconds * 1000L));
        Phase wide = run.phase("all hosts, no cache", p -> run.ask(p, fleet, 1, Math.max(10, seconds / 2), false));
        feed.stop = true;
        for (Thread t : threads) t.join();

        List<Phase> pushes = List.of(register, past, quiet, cold, cached, after, wide);
        System.out.print(report(pushes, cold, cached, wide, new Phase[] {quiet, after}, memoryMib(pid, "VmHWM")));
    }

    // ------------------------------------------------------------------ report

    static String times(long[] t) {
        return String.format(Locale.ROOT, "%.1f | %.1f | %.1f | %.1f", Bench.pct(t, .5), Bench.pct(t, .95), Bench.pct(t, .99), Bench.pct(t, 1));
    }

    static long[] join(Collection<Times> some) { return some.stream().flatMapToLong(t -> Arrays.stream(t.sorted())).sorted().toArray(); }

    static String report(List<Phase> pushes, Phase cold, Phase cached, Phase wide, Phase[] quiet, double peakMib) {
        var b = new StringBuilder();
        long[] still = join(Arrays.stream(quiet).map(p -> p.pushes).toList());
        double without = Bench.pct(still, .99), idleCpu = (quiet[0].serverCpu + quiet[1].serverCpu) / (quiet[0].wall + quiet[1].wall);
        b.append("| must show | seen |\n|---|---|\n");
        for (Phase p : List.of(cold, cached)) {
            double with = Bench.pct(p.pushes.sorted(), .99);
            b.append(String.format(Locale.ROOT, "| %s: p95 of queries below 100 ms | **%.1f ms** |%n", p.name, Bench.pct(join(p.queries.values()), .95)));
            b.append(String.format(Locale.ROOT, "| %s: p99 of pushes rises by less than 10 %% | %.2f → %.2f ms, **%+.0f %%** |%n", p.name, without, with, (with / without - 1) * 100));
        }
        b.append("\nPushes, from the moment each was due (unthrottled ones: from when it was sent):\n\n");
        b.append("| | thousand samples/s | p50 ms | p95 ms | p99 ms | max ms | retries | failed | server cores | generator cores | other cores | CPU ms a query | resident MiB |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (Phase p : pushes) {
            int asked = p.asked();
            b.append(String.format(Locale.ROOT, "| %s | %.1f | %s | %d | %d | %.2f | %.2f | %.2f | %s | %.0f |%n", p.name, p.samples.sum() / p.wall / 1e3, times(p.pushes.sorted()), p.retries.sum(), p.pushes.errors(),
                    p.serverCpu / p.wall, p.clientCpu / p.wall, Math.max(0, p.allCpu - p.serverCpu - p.clientCpu) / p.wall, asked == 0 ? "" : String.format(Locale.ROOT, "%.1f", (p.serverCpu - idleCpu * p.wall) / asked * 1000), p.rssMib));
        }
        b.append(String.format(Locale.ROOT, "%nPeak resident %.0f MiB. CPU a query is what the server used beyond the phases without queries; other cores are those that neighbours kept busy.%n", peakMib));
        for (Phase p : List.of(cold, cached, wide)) {
            b.append("\n## Queries: ").append(p.name).append("\n\n| query | n | p50 ms | p95 ms | p99 ms | max ms | KiB each | failed |\n|---|---|---|---|---|---|---|---|\n");
            p.queries.forEach((q, t) -> b.append(String.format(Locale.ROOT, "| %s | %d | %s | %.1f | %d |%n", q.name(), t.sorted().length, times(t.sorted()), t.kibEach(), t.errors())));
            b.append(String.format(Locale.ROOT, "| **all** | %d | %s | | %d |%n", p.asked(), times(join(p.queries.values())), p.queries.values().stream().mapToInt(Times::errors).sum()));
        }
        for (Phase p : pushes) {
            if (p.pushes.firstError() != null) b.append("\nFirst failed push of ").append(p.name).append(": `").append(p.pushes.firstError()).append("`\n");
            p.queries.forEach((q, t) -> { if (t.firstError() != null) b.append("\nFirst failure of ").append(q.name()).append(", ").append(p.name).append(": `").append(t.firstError()).append("`\n"); });
        }
        return b.toString();
    }
}
