import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A day in minutes: a million series of which some go each hour and others come, their samples sent as fast as the server takes them, and what
 * its memory, its disk and its files do meanwhile.
 *
 * The hosts are those of Bench, pushed by Mix.Feed scrape by scrape. Between two scrapes the hosts that have been there longest make room for new
 * ones with names of their own, so that in each simulated hour the given part of all series ends and as many begin.
 */
public class Day {
    /** What is seen at one time of the simulated day. */
    record Row(double hour, double wallS, double rssMib, double heapMib, double series, double logMib, double blocksMib, double otherMib, int files) {
        double diskMib() { return logMib + blocksMib + otherMib; }
    }

    static final double MIB = 1 << 20;

    final String addr;
    final Path data;
    final long pid;
    final HttpClient client = HttpClient.newHttpClient();
    final List<Row> rows = new ArrayList<>();

    Day(String addr, Path data, long pid) {
        this.addr = addr;
        this.data = data;
        this.pid = pid;
    }

    static double find(String metrics, String name) {
        Matcher m = Pattern.compile("(?m)^" + name + "(?:\\{[^}]*})? (\\S+)").matcher(metrics);
        double sum = 0;
        boolean found = false;
        while (m.find()) {
            sum += Double.parseDouble(m.group(1));
            found = true;
        }
        if (!found) throw new IllegalStateException("no " + name + " among the server's metrics");
        return sum;
    }

    void look(double hour, double wallS) throws Exception {
        String metrics = client.send(HttpRequest.newBuilder(URI.create("http://" + addr + "/metrics")).build(), HttpResponse.BodyHandlers.ofString()).body();
        Map<String, Double> bytes = new HashMap<>();
        int files = 0;
        try (Stream<Path> all = Files.walk(data)) {
            for (Path p : all.toList()) {
                if (!p.toFile().isFile()) continue;             // a folder, or deleted meanwhile
                bytes.merge(data.relativize(p).getName(0).toString(), (double) p.toFile().length(), Double::sum);
                files++;
            }
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof NoSuchFileException)) throw e;
            look(hour, wallS);
            return;
        }
        double log = bytes.getOrDefault("ingest", 0.0), blocks = bytes.getOrDefault("storage", 0.0), sum = bytes.values().stream().mapToDouble(d -> d).sum();
        var row = new Row(hour, wallS, Mix.memoryMib(pid, "VmRSS"), find(metrics, "jvm_memory_used_bytes\\{area=\"heap\"}") / MIB, find(metrics, "tidemark_head_series"), log / MIB, blocks / MIB,
                (sum - log - blocks) / MIB, files);
        rows.add(row);
        System.err.printf(Locale.ROOT, "day: hour %4.1f after %4.0f s: %4.0f MiB resident, %4.0f MiB heap, %,10.0f series in memory, %5.0f MiB on disk in %d files%n", row.hour, row.wallS,
                row.rssMib, row.heapMib, row.series, row.diskMib(), row.files);
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> o = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) o.put(args[i].substring(2), args[i + 1]);
        int hosts = Math.max(1, Bench.num(o, "series", 1_000_000) / Bench.SERIES_PER_HOST), hours = Bench.num(o, "hours", 24), intervalS = Bench.num(o, "interval", 120);
        double churn = Double.parseDouble(o.getOrDefault("churn", "0.05"));
        int scrapes = hours * 3600 / intervalS, scrapesPerLook = Math.max(1, 1800 / intervalS);
        long start = System.currentTimeMillis() - hours * 3_600_000L;
        var feed = new Mix.Feed(o.get("addr"), hosts, start, intervalS * 1000L);
        var day = new Day(o.get("addr"), Path.of(o.get("data")), Long.parseLong(o.get("pid")));
        var run = new Mix(feed, day.pid, 60);
        long t0 = System.nanoTime();
        double[] gone = new double[1];
        int[] next = {0, hosts};                                // the slot whose host has been there longest, and the next new host
        Mix.Phase all = run.phase("the day", phase -> {
            for (int k = 0; k < scrapes; k++) {
                for (gone[0] += churn * hosts * intervalS / 3600; gone[0] >= 1; gone[0]--) {
                    int slot = next[0]++ % hosts, host = next[1]++;
                    feed.sims[slot] = new Bench.HostSim(feed.seed, host, start + k * intervalS * 1000L);
                    for (int q = 0; q < Bench.SERIES_PER_HOST; q++) feed.labels[slot][q] = Bench.labels(host, Bench.DEFS.get(q));
                }
                feed.load(k, k + 1, 1);
                if ((k + 1) % scrapesPerLook == 0) day.look((k + 1) * intervalS / 3600.0, (System.nanoTime() - t0) / 1e9);
            }
        });
        System.out.printf(Locale.ROOT, "%,d samples of %,d series in %.0f s: %,.0f samples/s, server CPU %.2f s a million samples with all merges; %d pushes repeated, %d failed%s.%n%n",
                all.samples.sum(), (long) next[1] * Bench.SERIES_PER_HOST, all.wall, all.samples.sum() / all.wall, all.serverCpu / all.samples.sum() * 1e6, all.retries.sum(), all.pushes.errors(),
                all.pushes.firstError() == null ? "" : " (" + all.pushes.firstError() + ")");
        day.table();
        Files.writeString(Path.of(o.get("plot")), day.plot());
    }

    void table() {
        System.out.println("| simulated hour | wall s | resident MiB | heap MiB | series in memory | log MiB | blocks MiB | other MiB | files |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for (Row r : rows)
            if (r.hour == Math.rint(r.hour)) System.out.printf(Locale.ROOT, "| %.0f | %.0f | %.0f | %.0f | %,.0f | %.0f | %.0f | %.0f | %d |%n", r.hour, r.wallS, r.rssMib, r.heapMib, r.series, r.logMib,
                    r.blocksMib, r.otherMib, r.files);
    }

    /** Four charts above each other, as SVG. */
    String plot() {
        var s = new StringBuilder("<svg xmlns='http://www.w3.org/2000/svg' width='760' height='800' font-family='sans-serif' font-size='12'><rect width='760' height='800' fill='white'/>\n");
        chart(s, 0, "resident memory (dark) and used heap, MiB", Row::rssMib, Row::heapMib);
        chart(s, 1, "on disk, MiB: all (dark) and blocks", Row::diskMib, Row::blocksMib);
        chart(s, 2, "files", Row::files, Row::files);
        chart(s, 3, "series in memory", Row::series, Row::series);
        return s.append("</svg>\n").toString();
    }

    private void chart(StringBuilder s, int place, String title, ToDoubleFunction<Row> dark, ToDoubleFunction<Row> light) {
        double top = 200 * place + 30, height = 130, left = 80, width = 650;
        double most = rows.stream().mapToDouble(r -> Math.max(dark.applyAsDouble(r), light.applyAsDouble(r))).max().orElse(1), hours = rows.getLast().hour;
        s.append(String.format(Locale.ROOT, "<text x='%.0f' y='%.0f' font-weight='bold'>%s</text>%n", left, top - 10, title));
        for (int i = 0; i <= 2; i++) {
            double y = top + height - height * i / 2;
            s.append(String.format(Locale.ROOT, "<path d='M%.0f %.1fh%.0f' stroke='#ddd'/><text x='%.0f' y='%.1f' text-anchor='end'>%,.0f</text>%n", left, y, width, left - 6, y + 4, most * i / 2));
        }
        for (int h = 0; h <= hours; h += 4)
            s.append(String.format(Locale.ROOT, "<text x='%.1f' y='%.0f' text-anchor='middle'>%d h</text>%n", left + width * h / hours, top + height + 16, h));
        line(s, light, "#8fb8de", top, height, left, width, most, hours);
        line(s, dark, "#1f4e79", top, height, left, width, most, hours);
    }

    private void line(StringBuilder s, ToDoubleFunction<Row> of, String color, double top, double height, double left, double width, double most, double hours) {
        s.append("<polyline fill='none' stroke-width='2' stroke='").append(color).append("' points='");
        for (Row r : rows) s.append(String.format(Locale.ROOT, "%.1f,%.1f ", left + width * r.hour / hours, top + height - height * of.applyAsDouble(r) / most));
        s.append("'/>\n");
    }
}
