// Two data sets unlike the hosts of Bench.java; one plain Java 25 file that uses Bench.java. `bench.py --phases sets` starts it.
//
//   java -cp CLASSES Sets --set kubernetes|statsd --out PREFIX --start-ms T --hours N --size N ...
//
// kubernetes: pods of deployments, daemons and scheduled jobs that come and go, as cAdvisor, kube-state-metrics and the pods themselves
// show them. statsd: daemons that flush each 10 s only what got something since. Files are those of `Bench gen`, so that `Bench push`
// sends them. Everything follows from the seed.

import java.io.*;
import java.nio.file.*;
import java.util.*;

public class Sets {

    public static void main(String[] args) throws Exception {
        Map<String, String> o = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) o.put(args[i].substring(2), args[i + 1]);
        long t0 = System.nanoTime();
        int hours = Bench.num(o, "hours", 24), size = Bench.num(o, "size", 5);
        long seed = Bench.lnum(o, "seed", 42), start = Bench.lnum(o, "start-ms", 0);
        String set = o.get("set");
        try (Feed feed = new Feed(o.get("out"), Bench.num(o, "shards", 4), Bench.num(o, "samples-per-request", 10000))) {
            int interval = switch (set) {
                case "kubernetes" -> { new Cluster(feed, seed, start, size).run(hours); yield Cluster.INTERVAL; }
                case "statsd" -> { Daemon.run(feed, seed, start, size, hours, Bench.num(o, "unit-ms", 1000)); yield Daemon.INTERVAL; }
                default -> throw new IllegalArgumentException("unknown set " + set);
            };
            int[] lengths = feed.lengths();
            StringJoiner counts = new StringJoiner(",", "{", "}");
            feed.counts.forEach((name, n) -> counts.add("\"" + name + "\":" + n));
            String json = String.format(Locale.ROOT, "{\"set\":\"%s\",\"size\":%d,\"hours\":%d,\"interval_ms\":%d,\"start_ms\":%d,\"seed\":%d,\"series\":%d,\"median_samples\":%d,\"samples\":%d,\"stale\":%d,"
                    + "\"requests\":%d,\"raw_bytes\":%d,\"packed_bytes\":%d,\"counts\":%s,\"gen_s\":%.2f}", set, size, hours, interval, start, seed, lengths.length, lengths[lengths.length / 2], feed.samples, feed.stale,
                    feed.requests, feed.raw, feed.packed, counts, (System.nanoTime() - t0) / 1e9);
            Files.writeString(Path.of(o.get("out") + ".json"), json);
            System.out.println(json);
        }
    }

    static final class Rng {
        private long state;

        Rng(long seed) { state = Bench.mix(seed * 0x9e3779b97f4a7c15L + 1); }

        long next() { return Bench.mix(state += 0x9e3779b97f4a7c15L); }
        double u() { return (next() >>> 11) * 0x1.0p-53; }
        /** Roughly standard normal. */
        double g() { return (u() + u() + u() + u() - 2) * 1.7320508; }
        int below(int n) { return (int) (u() * n); }
        /** Evenly spread over the orders of magnitude between both. */
        double log(double low, double high) { return low * Math.pow(high / low, u()); }
        double exponential(double mean) { return -mean * Math.log(1 - u()); }

        int poisson(double mean) {
            if (mean > 30) return (int) Math.max(0, Math.round(mean + Math.sqrt(mean) * g()));
            int n = 0;
            for (double p = u(), end = Math.exp(-mean); p > end; p *= u()) n++;
            return n;
        }

        String text(String letters, int length) {
            StringBuilder b = new StringBuilder();
            while (b.length() < length) b.append(letters.charAt(below(letters.length())));
            return b.toString();
        }
    }

    /** One series and its samples that are not yet written. */
    static final class Series {
        final String name;
        final byte[] labels;
        long[] times = new long[24];
        double[] values = new double[24];
        int count, all;
        boolean ended;

        Series(String name, byte[] labels) { this.name = name; this.labels = labels; }

        void add(long t, double v) {
            if (count == times.length) { times = Arrays.copyOf(times, count * 2); values = Arrays.copyOf(values, count * 2); }
            times[count] = t;
            values[count++] = v;
            all++;
        }
    }

    /** The shard files; a series always travels in one of them, in time order, its samples of one window together. */
    static final class Feed implements AutoCloseable {
        final DataOutputStream[] out;
        final List<List<Series>> open = new ArrayList<>();
        final List<Series> every = new ArrayList<>();
        final TreeMap<String, Long> counts = new TreeMap<>();       // by name, without staleness markers
        final int samplesPerRequest;
        final short[] table = new short[1 << 14];
        byte[] body = new byte[1 << 22], comp = new byte[0];
        long samples, stale, requests, raw, packed;

        Feed(String prefix, int shards, int samplesPerRequest) throws IOException {
            this.samplesPerRequest = samplesPerRequest;
            out = new DataOutputStream[shards];
            for (int s = 0; s < shards; s++) {
                out[s] = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(prefix + ".shard" + s), 1 << 20));
                open.add(new ArrayList<>());
            }
        }

        /** A new series; its labels are those of `base` and `more`, names and values in turn. */
        Series series(int shard, String name, SortedMap<String, String> base, String... more) {
            TreeMap<String, String> m = new TreeMap<>(base);
            m.put("__name__", name);
            for (int i = 0; i < more.length; i += 2) m.put(more[i], more[i + 1]);
            Series s = new Series(name, Bench.labels(m));
            open.get(shard % out.length).add(s);
            every.add(s);
            return s;
        }

        /** How many samples each series has that has any, ascending. */
        int[] lengths() { return every.stream().mapToInt(s -> s.all).filter(n -> n > 0).sorted().toArray(); }

        void window(int w) throws IOException {
            for (int shard = 0; shard < out.length; shard++) {
                int p = 0, n = 0;
                for (Series s : open.get(shard)) {
                    if (s.count == 0) continue;
                    if (body.length - p < s.labels.length + 24 * s.count + 64) body = Arrays.copyOf(body, body.length * 2);
                    double[][] rows = new double[s.count][1];
                    for (int i = 0; i < s.count; i++) {
                        rows[i][0] = s.values[i];
                        if (s.values[i] != s.values[i]) stale++;
                        else counts.merge(s.name, 1L, Long::sum);
                    }
                    p = Bench.putSeries(body, p, s.labels, s.times, rows, 0, s.count);
                    n += s.count;
                    s.count = 0;
                    if (n >= samplesPerRequest) { request(shard, w, p, n); p = n = 0; }
                }
                if (n > 0) request(shard, w, p, n);
                open.get(shard).removeIf(s -> s.ended);
            }
        }

        private void request(int shard, int w, int length, int n) throws IOException {
            if (comp.length < 32 + length + length / 6) comp = new byte[32 + length + length / 6];
            int c = Bench.snappy(body, length, comp, table);
            out[shard].writeInt(c);
            out[shard].writeInt(n);
            out[shard].writeInt(w);
            out[shard].write(comp, 0, c);
            samples += n;
            requests++;
            raw += length;
            packed += c;
        }

        @Override public void close() throws IOException { for (DataOutputStream o : out) o.close(); }
    }

    static TreeMap<String, String> map(String... pairs) {
        TreeMap<String, String> m = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) m.put(pairs[i], pairs[i + 1]);
        return m;
    }

    static double page(double bytes) { return ((long) Math.max(0, bytes)) & ~4095L; }
    static double round(double x, double unit) { return Math.round(x * unit) / unit; }

    // ------------------------------------------------------------------ kubernetes

    static final double STALE = Double.longBitsToDouble(0x7ff0000000000002L);
    static final String HEX = "0123456789abcdef", SAFE = "bcdfghjklmnpqrstvwxz2456789";

    /** Series that one scrape of one target shows together; when they are gone, the next scrape marks each as stale. */
    static final class Group {
        final List<Series> series = new ArrayList<>();

        void show(long t, double... values) {
            if (values.length != series.size()) throw new IllegalStateException(values.length + " values of " + series.size() + " series");
            for (int i = 0; i < values.length; i++) series.get(i).add(t, values[i]);
        }

        void end(long t) {
            for (Series s : series) { s.add(t, STALE); s.ended = true; }
        }
    }

    static final class Cluster {
        static final int INTERVAL = 30000, WINDOW_SCRAPES = 20, JOBS_KEPT = 3;
        final Feed feed;
        final long seed, start;
        final Rng rng;
        final List<Node> nodes = new ArrayList<>();
        final List<Workload> workloads = new ArrayList<>();
        final List<Pod> pods = new ArrayList<>();
        final List<Group> goneOfState = new ArrayList<>();
        final TreeMap<String, String> stateTarget = map("job", "kube-state-metrics", "instance", "10.4.0.17:8080", "cluster", "prod-1");
        int targets = 1;

        /** A machine; its kubelet's cAdvisor is one target. */
        final class Node {
            final int target = targets++;
            final String name = "ip-10-4-" + (16 + target) + "-" + (20 + target * 7) + ".ec2.internal";
            final TreeMap<String, String> base = map("job", "kubelet", "metrics_path", "/metrics/cadvisor", "instance", "10.4." + (16 + target) + "." + (20 + target * 7) + ":10250",
                    "node", name, "cluster", "prod-1");
            final Group own = new Group();
            final List<Group> gone = new ArrayList<>();

            Node() {
                for (String s : new String[] {"up", "scrape_duration_seconds", "scrape_samples_scraped"}) own.series.add(feed.series(target, s, base));
            }

            void scrape(long t) {
                int shown = 0;
                for (Group g : gone) g.end(t);
                gone.clear();
                for (Pod p : pods)
                    if (p.node == this && p.runs(t)) shown += p.showUsage(t);
                own.show(t, 1, round(0.04 + shown * 2e-5 + 0.01 * rng.u(), 1e9), shown);
            }
        }

        enum Kind { DEPLOYMENT, DAEMON, JOB }

        /** What keeps pods alive: so many replicas of one template, replaced at each rollout; or a pod now and then that ends by itself. */
        final class Workload {
            final Kind kind;
            final String name, namespace, image;
            final boolean instrumented, leaks;
            final int replicas;
            final double cores, memory, phase, requestRate, rolloutMs;
            final long everyMs;
            String revision, digest;
            int generation = 1;
            long nextRollout, nextReplace = Long.MAX_VALUE, nextRun;
            final Group state = new Group();

            Workload(Kind kind, String name, String namespace, int replicas, long everyMs) {
                this.kind = kind;
                this.name = name;
                this.namespace = namespace;
                this.replicas = replicas;
                this.everyMs = everyMs;
                instrumented = kind == Kind.DEPLOYMENT && rng.u() < 0.7;
                leaks = kind == Kind.DEPLOYMENT && rng.u() < 0.15;
                cores = rng.log(0.002, 1.5);
                memory = rng.log(2e7, 2e9);
                phase = rng.u() * 2 * Math.PI;
                requestRate = rng.log(0.05, 200);
                rolloutMs = rng.log(1.5, 60) * 3600e3;
                image = "registry.example.net/" + namespace + "/" + name;
                revise();
                nextRollout = kind == Kind.DEPLOYMENT ? start + (long) rng.exponential(rolloutMs) : Long.MAX_VALUE;
                nextRun = kind == Kind.JOB ? start + (long) (rng.u() * everyMs) : Long.MAX_VALUE;
                if (kind == Kind.DEPLOYMENT) {
                    var m = new TreeMap<>(stateTarget);
                    m.putAll(map("namespace", namespace, "deployment", name));
                    for (String s : new String[] {"spec_replicas", "status_replicas", "status_replicas_available", "status_replicas_updated", "status_observed_generation", "created"})
                        state.series.add(feed.series(0, "kube_deployment_" + s, m));
                }
                if (kind != Kind.JOB)
                    for (int i = 0; i < replicas; i++) new Pod(this, start - (long) (rng.u() * rolloutMs), kind == Kind.DAEMON ? nodes.get(i) : null);
            }

            void revise() {
                revision = rng.text(SAFE, 10);
                digest = rng.text(HEX, 64);
                generation++;
            }

            double load(long t) { return 0.6 + 0.4 * Math.sin(t * (2 * Math.PI / 86400e3) + phase); }

            /** Starts and ends pods up to a time. */
            void control(long t) {
                if (t >= nextRollout) {
                    revise();
                    nextRollout = t + (long) rng.exponential(rolloutMs);
                    nextReplace = t;
                }
                if (t >= nextReplace) {
                    Pod old = pods.stream().filter(p -> p.of == this && !p.revision.equals(revision) && p.endMs == Long.MAX_VALUE).findFirst().orElse(null);
                    nextReplace = old == null ? Long.MAX_VALUE : t + 30000 + (long) (60000 * rng.u());
                    if (old != null) {
                        Pod fresh = new Pod(this, t, null);
                        old.endMs = fresh.readyMs + 5000;
                    }
                }
                if (t >= nextRun) {
                    nextRun += everyMs;
                    Pod p = new Pod(this, t, null);
                    p.endMs = p.startedMs + 20000 + (long) rng.exponential(150e3);
                    List<Pod> mine = pods.stream().filter(x -> x.of == this && x.endMs <= t).toList();
                    for (int i = 0; i < mine.size() - JOBS_KEPT; i++) mine.get(i).forgetMs = t;
                }
            }

            void showState(long t) {
                if (kind != Kind.DEPLOYMENT) return;
                int updated = 0, ready = 0, all = 0;
                for (Pod p : pods) {
                    if (p.of != this) continue;
                    all++;
                    updated += p.revision.equals(revision) ? 1 : 0;
                    ready += p.readyMs <= t ? 1 : 0;
                }
                state.show(t, replicas, all, ready, updated, generation, start / 1000 - 864000);
            }
        }

        /** A pod of one container. */
        final class Pod {
            final Workload of;
            final Node node;
            final int target = targets++;
            final String revision, name, uid = uuid(), ip = "10.4." + (64 + rng.below(64)) + "." + rng.below(256);
            final long createdMs, startedMs, readyMs;
            long endMs = Long.MAX_VALUE, forgetMs = Long.MAX_VALUE;
            long containerMs;
            String containerId;
            boolean wasGone;
            final Rng own = new Rng(seed ^ Bench.mix(target * 31L + 5));
            final Group network = new Group(), state = new Group(), app = new Group();
            Group usage = new Group(), containerInfo = new Group();
            // cAdvisor's counters: microseconds, pages, packets
            final double factor = 0.6 + 0.8 * own.u(), limit;
            long user, system, periods, throttled, throttledMicros, faults, majorFaults, reads, writes, writeOps, threads;
            double rss, cache, inactive;
            long received, sent, receivedPackets, sentPackets;
            long lastUsage;
            int restarts;
            // the pod's own page
            double goHeap, durationSum;
            long processCpu, goroutines;
            final long[] requests = new long[4], buckets = new long[8];
            static final double[] EDGES = {0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

            Pod(Workload of, long createdMs, Node node) {
                this.of = of;
                this.createdMs = createdMs / 1000 * 1000;
                this.node = node != null ? node : nodes.get(rng.below(nodes.size()));
                revision = of.revision;
                name = of.name + "-" + (of.kind == Kind.DAEMON ? "" : of.kind == Kind.JOB ? createdMs / 60000 + "-" : revision + "-") + rng.text(SAFE, 5);
                startedMs = this.createdMs + 2000 + (long) rng.exponential(4000);
                readyMs = startedMs + 5000 + (long) rng.exponential(15000);
                limit = Math.ceil(of.memory * 2.5 / 67108864) * 67108864;
                String app = "app_kubernetes_io_name";
                TreeMap<String, String> m = new TreeMap<>(this.node.base);
                m.putAll(map("namespace", of.namespace, "pod", name, "id", "/kubepods.slice/kubepods-pod" + uid.replace('-', '_') + ".slice", "image", "registry.k8s.io/pause:3.9",
                        "name", rng.text(HEX, 64), "interface", "eth0"));
                for (String s : new String[] {"receive_bytes", "transmit_bytes", "receive_packets", "transmit_packets", "receive_errors", "transmit_errors", "receive_packets_dropped",
                        "transmit_packets_dropped"})
                    network.series.add(feed.series(this.node.target, "container_network_" + s + "_total", m));
                m = new TreeMap<>(stateTarget);
                m.putAll(map("namespace", of.namespace, "pod", name, "uid", uid));
                add(state, m, "kube_pod_info", "node", this.node.name, "pod_ip", ip, "host_ip", this.node.base.get("instance").split(":")[0], "created_by_kind", owner(),
                        "created_by_name", ownerName(), "host_network", "false", "priority_class", "");
                add(state, m, "kube_pod_owner", "owner_kind", owner(), "owner_name", ownerName(), "owner_is_controller", "true");
                add(state, m, "kube_pod_created");
                add(state, m, "kube_pod_start_time");
                add(state, m, "kube_pod_labels", "label_" + app, of.name, "label_pod_template_hash", revision);
                for (String s : new String[] {"Pending", "Running", "Succeeded", "Failed", "Unknown"}) add(state, m, "kube_pod_status_phase", "phase", s);
                for (String s : new String[] {"true", "false", "unknown"}) add(state, m, "kube_pod_status_ready", "condition", s);
                m.put("container", of.name);
                for (String s : new String[] {"running", "waiting", "terminated", "ready", "restarts_total"}) add(state, m, "kube_pod_container_status_" + s);
                for (String s : new String[] {"requests", "limits"}) {
                    add(state, m, "kube_pod_container_resource_" + s, "resource", "cpu", "unit", "core", "node", this.node.name);
                    add(state, m, "kube_pod_container_resource_" + s, "resource", "memory", "unit", "byte", "node", this.node.name);
                }
                if (of.instrumented) {
                    m = map("job", of.namespace + "/" + of.name, "namespace", of.namespace, "pod", name, "container", of.name, "instance", ip + ":8080", "endpoint", "http", "cluster", "prod-1");
                    for (String s : new String[] {"up", "scrape_duration_seconds", "scrape_samples_scraped", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                            "process_start_time_seconds", "go_goroutines", "go_memstats_heap_alloc_bytes"})
                        add(this.app, m, s);
                    String[] codes = {"200", "404", "500", "503"};
                    for (String code : codes) add(this.app, m, "http_requests_total", "code", code, "method", code.equals("404") ? "GET" : "POST");
                    for (int b = 0; b < 8; b++) add(this.app, m, "http_request_duration_seconds_bucket", "le", b == 7 ? "+Inf" : "" + EDGES[b]);
                    add(this.app, m, "http_request_duration_seconds_sum");
                    add(this.app, m, "http_request_duration_seconds_count");
                }
                lastUsage = startedMs;
                container(startedMs);
                if (createdMs < start) grow((start - createdMs) / 1000.0, start);
                pods.add(this);
            }

            private void add(Group g, SortedMap<String, String> base, String name, String... more) {
                g.series.add(feed.series(g == app ? target : 0, name, base, more));
            }

            private String uuid() { return rng.text(HEX, 8) + "-" + rng.text(HEX, 4) + "-4" + rng.text(HEX, 3) + "-a" + rng.text(HEX, 3) + "-" + rng.text(HEX, 12); }
            private String owner() { return of.kind == Kind.DEPLOYMENT ? "ReplicaSet" : of.kind == Kind.DAEMON ? "DaemonSet" : "Job"; }
            private String ownerName() { return of.kind == Kind.DEPLOYMENT ? of.name + "-" + revision : of.kind == Kind.DAEMON ? of.name : name.substring(0, name.lastIndexOf('-')); }

            boolean runs(long t) { return t >= startedMs && t < endMs; }

            /** A new container: the first one, or one after a crash. */
            void container(long t) {
                containerMs = t;
                containerId = rng.text(HEX, 64);
                user = system = periods = throttled = throttledMicros = faults = majorFaults = reads = writes = writeOps = 0;
                rss = page(of.memory * 0.3);
                cache = page(of.memory * 0.05);
                inactive = page(cache * 0.5);
                threads = 4 + own.below(24);
                goHeap = rss * 0.4;
                durationSum = 0;
                processCpu = 0;
                goroutines = 12;
                Arrays.fill(requests, 0);
                Arrays.fill(buckets, 0);
                TreeMap<String, String> m = new TreeMap<>(node.base);
                m.putAll(map("namespace", of.namespace, "pod", name, "container", of.name, "image", of.image + "@sha256:" + of.digest, "name", containerId,
                        "id", "/kubepods.slice/kubepods-pod" + uid.replace('-', '_') + ".slice/cri-containerd-" + containerId + ".scope"));
                usage = new Group();
                for (String s : new String[] {"cpu_usage_seconds_total", "cpu_user_seconds_total", "cpu_system_seconds_total", "cpu_cfs_periods_total", "cpu_cfs_throttled_periods_total",
                        "cpu_cfs_throttled_seconds_total", "memory_working_set_bytes", "memory_rss", "memory_cache", "memory_usage_bytes"})
                    usage.series.add(feed.series(node.target, "container_" + s, m, s.equals("cpu_usage_seconds_total") ? new String[] {"cpu", "total"} : new String[0]));
                for (String s : new String[] {"pgfault", "pgmajfault"})
                    usage.series.add(feed.series(node.target, "container_memory_failures_total", m, "failure_type", s, "scope", "container"));
                for (String s : new String[] {"reads_bytes_total", "writes_bytes_total", "writes_total"})
                    usage.series.add(feed.series(node.target, "container_fs_" + s, m, "device", "/dev/nvme0n1"));
                for (String s : new String[] {"threads", "sockets", "file_descriptors", "spec_memory_limit_bytes", "spec_cpu_quota", "spec_cpu_shares", "start_time_seconds", "last_seen", "oom_events_total"})
                    usage.series.add(feed.series(node.target, "container_" + s, m));
                m = new TreeMap<>(stateTarget);
                m.putAll(map("namespace", of.namespace, "pod", name, "uid", uid, "container", of.name, "image", of.image + ":" + of.generation, "image_id", of.image + "@sha256:" + of.digest,
                        "container_id", "containerd://" + containerId));
                containerInfo = new Group();
                containerInfo.series.add(feed.series(0, "kube_pod_container_info", m));
            }

            /** What the container used in so many seconds. */
            void grow(double seconds, long t) {
                double load = of.load(t) * factor, micros = of.cores * load * seconds * 1e6 * Math.exp(0.25 * own.g());
                user += (long) (micros * 0.75);
                system += (long) (micros * 0.25 * (0.8 + 0.4 * own.u()));
                long p = Math.round(seconds * 10 * Math.min(1, of.cores * 8));
                periods += p;
                if (of.cores * load > 0.5 && own.u() < 0.5) {
                    long k = (long) (p * 0.1 * own.u());
                    throttled += k;
                    throttledMicros += (long) (k * 40000 * own.u());
                }
                rss = page(of.leaks ? rss + seconds * of.memory / 30000 * own.u() : Math.max(4e6, rss + (of.memory * (0.5 + 0.3 * load) - rss) * Math.min(1, seconds / 1800) + of.memory * 0.003 * own.g()));
                if (own.u() < 0.3) cache = page(Math.min(of.memory * 0.5, cache + of.memory * 0.002 * own.u()));
                if (own.u() < 0.1) inactive = page(cache * (0.3 + 0.4 * own.u()));
                faults += (long) (seconds * 40 * load * own.u() * 2);
                if (own.u() < 0.01) majorFaults += own.below(5);
                if (own.u() < 0.02) reads += 4096L * own.below(200);
                if (own.u() < 0.4) { long w = own.below(60); writes += 4096 * w; writeOps += (w + 2) / 3; }
                if (own.u() < 0.05) threads = Math.max(2, threads + own.below(3) - 1);
                double traffic = of.requestRate * load * seconds;
                long in = own.poisson(Math.min(1e6, traffic * 3)), out = own.poisson(Math.min(1e6, traffic * 2));
                receivedPackets += in;
                sentPackets += out;
                received += (long) (in * (300 + 200 * own.u()));
                sent += (long) (out * (500 + 900 * own.u()));
                if (!of.instrumented) return;
                long n = own.poisson(Math.min(1e6, traffic));
                long slow = 0;
                double middle = 0.02 * of.phase;
                for (int b = 0; b < 7; b++) buckets[b] += slow = Math.max(slow, Math.round(n / (1 + Math.exp(-1.9 * Math.log(EDGES[b] / middle)) * (0.9 + 0.2 * own.u()))));
                buckets[7] += n;
                durationSum += n * middle * (1 + 0.1 * own.g()) * 1.2;
                long failed = own.u() < 0.05 ? Math.min(n, own.below(3)) : 0;
                requests[2] += failed;
                requests[1] += own.u() < 0.2 ? own.below(4) : 0;
                if (own.u() < 0.005) requests[3] += own.below(6);
                requests[0] += n - failed;
                processCpu = (user + system) / 10000;
                goroutines = Math.max(8, goroutines + Math.round((10 + traffic / 20 - goroutines) * 0.2 + 2 * own.g()));
                goHeap = own.u() < 0.3 ? rss * (0.3 + 0.1 * own.u()) : goHeap + rss * 0.05 * own.u();
            }

            /** Samples of the node's cAdvisor. */
            int showUsage(long t) {
                long seen = t - 1000 - own.below(9000);                 // cAdvisor looks by itself every ten seconds or so
                if (seen > lastUsage) { grow((seen - lastUsage) / 1000.0, t); lastUsage = seen; }
                double all = rss + cache;
                if (all > limit || !of.leaks && own.u() < 2e-5) {       // killed
                    node.gone.add(usage);
                    goneOfState.add(containerInfo);
                    container(t);
                    restarts++;
                    return 0;
                }
                usage.show(t, (user + system) / 1e6, user / 1e6, system / 1e6, periods, throttled, throttledMicros / 1e6, all - inactive, rss, cache, all, faults, majorFaults, reads, writes, writeOps,
                        threads, 3 + threads / 2, 12 + threads, limit, 100000 * Math.ceil(of.cores * 2), 1024 * Math.ceil(of.cores), containerMs / 1000, seen / 1000, 0);
                network.show(t, received, sent, receivedPackets, sentPackets, 0, 0, 0, 0);
                return usage.series.size() + network.series.size();
            }

            void showState(long t) {
                boolean started = t >= startedMs, over = t >= endMs, ready = t >= readyMs && !over && of.kind != Kind.JOB;
                state.show(t, 1, 1, createdMs / 1000, createdMs / 1000, 1, started ? 0 : 1, started && !over ? 1 : 0, over ? 1 : 0, 0, 0, ready ? 1 : 0, ready ? 0 : 1, 0,
                        started && !over ? 1 : 0, started ? 0 : 1, over ? 1 : 0, ready ? 1 : 0, restarts, Math.max(0.01, round(of.cores, 100)), limit / 2, Math.ceil(of.cores * 2), limit);
                containerInfo.show(t, 1);
            }

            void showApp(long t) {
                app.show(t, 1, round(0.002 + 0.004 * own.u() * own.u(), 1e9), app.series.size() - 3, processCpu / 100.0, rss, 9 + goroutines / 3, containerMs / 1000.0 + 0.17, goroutines, Math.floor(goHeap),
                        requests[0], requests[1], requests[2], requests[3], buckets[0], buckets[1], buckets[2], buckets[3], buckets[4], buckets[5], buckets[6], buckets[7], durationSum, buckets[7]);
            }
        }

        Cluster(Feed feed, long seed, long start, int size) {
            this.feed = feed;
            this.seed = seed;
            this.start = start;
            rng = new Rng(seed);
            for (int i = 0; i < size; i++) nodes.add(new Node());
            String[] namespaces = {"checkout", "search", "identity", "media", "batch", "platform"};
            String[] words = {"api", "worker", "gateway", "indexer", "cache", "mailer", "router", "ledger", "profile", "thumbs", "session", "audit", "pricing", "stock", "feed", "export"};
            for (String s : new String[] {"kube-proxy", "cni-agent"}) workloads.add(new Workload(Kind.DAEMON, s, "kube-system", size, 0));
            for (int i = 0; i < size * 3; i++)
                workloads.add(new Workload(Kind.DEPLOYMENT, words[i % 16] + (i < 16 ? "" : "-" + i / 16), namespaces[i % 6], 1 + rng.below(3), 0));
            int[] minutes = {5, 10, 15, 30, 60};
            for (int i = 0; i < size; i++) workloads.add(new Workload(Kind.JOB, words[(i * 5 + 3) % 16] + "-sweep" + (i < 16 ? "" : "-" + i / 16), namespaces[i % 6], 0, minutes[i % 5] * 60000L));
        }

        long time(int target, int k) { return Bench.scrapeTime(seed, target, start, INTERVAL, k, 30, 5); }

        void run(int hours) throws IOException {
            int scrapes = hours * 120;
            for (int k = 0; k < scrapes; k++) {
                long begin = start + (long) k * INTERVAL;
                for (Workload w : workloads) w.control(begin);
                for (Node n : nodes) n.scrape(time(n.target, k));
                long t = time(0, k);
                for (Group g : goneOfState) g.end(t);
                goneOfState.clear();
                for (Workload w : workloads) w.showState(t);
                for (Iterator<Pod> i = pods.iterator(); i.hasNext(); ) {
                    Pod p = i.next();
                    long own = time(p.target, k);
                    if (!p.wasGone && begin + INTERVAL >= p.endMs) {         // its next scrape finds nothing
                        p.wasGone = true;
                        p.node.gone.add(p.usage);
                        p.node.gone.add(p.network);
                        if (!p.app.series.isEmpty()) p.app.end(own);
                        if (p.of.kind != Kind.JOB) p.forgetMs = p.endMs;
                    } else if (p.of.instrumented && !p.wasGone && own >= p.readyMs) {
                        p.showApp(own);
                    }
                    if (begin >= p.forgetMs) {
                        goneOfState.add(p.state);
                        goneOfState.add(p.containerInfo);
                        i.remove();
                    } else {
                        p.showState(t);
                    }
                }
                if ((k + 1) % WINDOW_SCRAPES == 0 || k == scrapes - 1) feed.window(k / WINDOW_SCRAPES);
            }
        }
    }

    // ------------------------------------------------------------------ statsd

    /** One daemon. It stamps each flush in a unit, whole seconds as line formats have, and its timer runs a little slow. */
    static final class Daemon {
        static final int INTERVAL = 10000, WINDOW_FLUSHES = 60;
        static final String[] SERVICES = {"cart", "catalog", "login", "mail", "media", "orders", "payment", "quotes", "search", "stock", "tracking", "users"};
        static final String[] VERBS = {"get", "list", "put", "delete", "post", "sync", "poll"};
        final Feed feed;
        final Rng rng;
        final List<Meter> meters = new ArrayList<>();
        double timer;

        /** What applications sent to the daemon under one name. Most say something now and then, some nearly always. */
        abstract class Meter {
            final double mean = rng.log(1e-4, 2), phase = rng.u() * 2 * Math.PI;
            boolean bursting;

            /** How many values came within one interval. */
            int arrivals(long t) {
                if (rng.u() < (bursting ? 0.05 : 0.001)) bursting = !bursting;
                return rng.poisson(mean * (0.7 + 0.3 * Math.sin(t * (2 * Math.PI / 86400e3) + phase)) * (bursting ? 12 : 0.8));
            }

            abstract void flush(long t);
        }

        /** Durations in milliseconds of three decimals; mean and deviation with six. */
        final class Timer extends Meter {
            static final String[] STATS = {"count", "lower", "upper", "sum", "mean", "stddev", "median", "p90", "p99"};
            final Series[] series = new Series[STATS.length];
            final double middle = rng.log(300, 300000), spread = 0.2 + 0.8 * rng.u();      // microseconds

            Timer(int shard, SortedMap<String, String> labels) {
                for (int i = 0; i < STATS.length; i++) series[i] = feed.series(shard, "request_duration_ms_" + STATS[i], labels);
            }

            @Override void flush(long t) {
                int n = arrivals(t);
                if (n == 0) return;
                long[] micros = new long[n];
                long sum = 0;
                for (int i = 0; i < n; i++) sum += micros[i] = Math.max(20, Math.round(middle * Math.exp(spread * rng.g())));
                Arrays.sort(micros);
                double mean = (double) sum / n, squares = 0;
                for (long x : micros) squares += (x - mean) * (x - mean);
                double[] stats = {n, micros[0] / 1e3, micros[n - 1] / 1e3, sum / 1e3, round(mean / 1e3, 1e6), round(Math.sqrt(squares / n) / 1e3, 1e6),
                        at(micros, 0.5), at(micros, 0.9), at(micros, 0.99)};
                for (int i = 0; i < stats.length; i++) series[i].add(t, stats[i]);
            }

            static double at(long[] sorted, double q) { return sorted[Math.max(0, (int) Math.ceil(q * sorted.length) - 1)] / 1e3; }
        }

        /** The sum of what was counted in the interval. */
        final class Counter extends Meter {
            final Series series;
            final int batch = rng.u() < 0.6 ? 1 : 1 + (int) rng.log(1, 500);

            Counter(int shard, String name, SortedMap<String, String> labels) { series = feed.series(shard, name, labels); }

            @Override void flush(long t) {
                long sum = 0;
                for (int n = arrivals(t); n > 0; n--) sum += batch == 1 ? 1 : 1 + rng.below(batch);
                if (sum > 0) series.add(t, sum);
            }
        }

        /** The newest of the values that were set: a level that wanders, of 0 to 3 decimals. */
        final class Gauge extends Meter {
            final Series series;
            final double unit = new double[] {1, 1, 1, 10, 100, 1000}[rng.below(6)], step = rng.log(0.5, 40);
            double level = rng.log(1, 5000);

            Gauge(int shard, String name, SortedMap<String, String> labels) { series = feed.series(shard, name, labels); }

            @Override void flush(long t) {
                int n = arrivals(t);
                if (n == 0) return;
                level = Math.max(0, level + step * rng.g());
                series.add(t, round(level, unit));
            }
        }

        Daemon(Feed feed, long seed, int number) {
            this.feed = feed;
            rng = new Rng(seed ^ Bench.mix(number + 77));
            timer = rng.u() * INTERVAL;
            for (int s = 0; s < 3; s++) {
                String service = SERVICES[(number + s * 5) % SERVICES.length];
                var m = map("host", "app-" + (100 + number) + ".eu-west-1.example.net", "service", service, "env", "production", "job", "statsd");
                for (int e = 0; e < 7; e++) {
                    m.put("endpoint", "/v1/" + service + "/" + VERBS[e]);
                    meters.add(new Timer(number, m));
                    for (String kind : new String[] {"timeout", "rejected"}) { m.put("kind", kind); meters.add(new Counter(number, "request_errors", m)); m.remove("kind"); }
                }
                m.remove("endpoint");
                for (String c : new String[] {"cache_hits", "cache_misses", "retries", "messages_sent", "bytes_uploaded", "unique_users"}) meters.add(new Counter(number, c, m));
                for (String g : new String[] {"queue_depth", "queue_oldest_seconds", "pool_in_use", "pool_waiting", "lag_seconds", "ratio_percent", "temperature", "free_slots"}) {
                    for (String part : new String[] {"a", "b"}) { m.put("part", part); meters.add(new Gauge(number, g, m)); m.remove("part"); }
                }
            }
        }

        static void run(Feed feed, long seed, long start, int size, int hours, int unitMs) throws IOException {
            List<Daemon> daemons = new ArrayList<>();
            for (int i = 0; i < size; i++) daemons.add(new Daemon(feed, seed, i));
            int flushes = hours * 360;
            for (int k = 0; k < flushes; k++) {
                for (Daemon d : daemons) {
                    long t = (start + (long) d.timer) / unitMs * unitMs;
                    d.timer += INTERVAL + 3 * d.rng.u();
                    if (t < start + hours * 3600000L)
                        for (Meter m : d.meters) m.flush(t);
                }
                if ((k + 1) % WINDOW_FLUSHES == 0 || k == flushes - 1) feed.window(k / WINDOW_FLUSHES);
            }
        }
    }
}
