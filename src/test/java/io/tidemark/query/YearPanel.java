package io.tidemark.query;

import com.sun.management.OperatingSystemMXBean;
import io.tidemark.disk.Disk;
import io.tidemark.log.Log;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.LabelSet;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.directory.DirectoryStore;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.Storage;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.StorageParts;
import io.tidemark.storage.Tier;
import io.tidemark.storage.TierConfig;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.BlockWriter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/// Measures panels of a year over a directory store, with companions and without. A program, not a test: see
/// `benchmarks/results/2026-11-26-downsampling.md`.
///
/// A year of daily blocks, of so many counters and as many gauges, is written as a shard's own; the tier takes it to the store and makes
/// companions, then every panel is asked for `ROUNDS` times in a row, and as often of a node that was opened for it, which has no page,
/// column or place of a series in memory.
public final class YearPanel {
  private static final long DAY = 86_400_000;
  private static final long END = 1_735_689_600_000L;
  private static final int DAYS = 365;
  private static final int ROUNDS = 20;
  private static final List<String> PANELS = List.of(
      "sum by (job) (rate(x_total[6h]))|6h", "rate(x_total[1h])|6h", "sum by (job) (increase(x_total[1d]))|1d", "max_over_time(g[6h])|6h",
      "avg by (job) (avg_over_time(g[6h]))|6h", "sum by (job) (g)|6h", "max by (job) (max_over_time(g[1h]))|1h", "min_over_time(g[1d])|1d");

  private YearPanel() {}

  /// The series of one day.
  private record Content(int series, long startMillis, long intervalMillis) implements Selection {
    @Override
    public int count() {
      return 2 * series;
    }

    @Override
    public LabelSet labels(int index) {
      return LabelSet.of(LabelSet.NAME, index < series ? "g" : "x_total", "instance", String.format("host-%04d", index % series), "job",
          "job-" + index % series % 10);
    }

    @Override
    public void read(int index, SampleBuffer into) {
      into.clear();
      var random = new Random(index * 31L + startMillis / DAY);
      long shift = random.nextInt((int) intervalMillis);
      double value = index < series ? 100 : (startMillis / DAY - END / DAY + DAYS) * 1e6;
      for (long t = startMillis + shift; t < startMillis + DAY; t += intervalMillis) {
        value = index < series ? Math.round((value + random.nextGaussian()) * 100) / 100.0 : value + random.nextInt(100);
        into.add(t, value);
      }
    }

    @Override
    public void close() {}
  }

  /// @param arguments folder, seconds between samples, series of each kind, and `write` to make the year first
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    long interval = Long.parseLong(arguments[1]) * 1_000;
    int series = Integer.parseInt(arguments[2]);
    Path shard = folder.resolve("storage/shard-0000");
    if (arguments.length > 3) {
      Disk.local().createDirectories(shard);
      long begin = System.nanoTime();
      for (int day = 0; day < DAYS; day++) {
        long start = END - (DAYS - day) * DAY;
        BlockWriter.write(Disk.local(), shard, new BlockName(start, start + DAY, day + 1, 2), List.of(),
            new Content(series, start, interval));
      }
      print("a year of %d series written in %.0f s", 2 * series, (System.nanoTime() - begin) / 1e9);
    }
    measure(folder, Set.of(Resolution.FIVE_MINUTES, Resolution.HOUR), ROUNDS);
    measure(folder, Set.of(), 3);
    System.exit(0);
  }

  /// A node with the year, of which nothing is in memory yet. One thread.
  private static final class Node {
    private final Vertx vertx = Vertx.vertx();
    private final ExecutorService workers = Executors.newFixedThreadPool(4);
    private final Metrics metrics = new Metrics();
    private final Log log;
    private final Tier tier;
    private final Storage storage;
    private final QueryEngine engine;

    Node(Path folder, Set<Resolution> companions) throws Exception {
      Clock clock = Clock.system();
      log = await(Log.open(new SegmentLogConfig("log", 1, 64L << 20, 128L << 20, 4 << 20, 16L << 20),
          folder.resolve("log"), Disk.local(), workers, clock, metrics));
      ObjectStore store = await(DirectoryStore.open(folder.resolve("objects"), ObjectStore.Known.NOTHING, ObjectLimits.DEFAULT,
          Disk.local(), workers, Entropy.system(), clock, metrics));
      tier = Tier.open(new TierConfig(DAY, Long.MAX_VALUE, DAY, 900_000, Long.MAX_VALUE, 256L << 20, companions),
          new Tier.Parts(store, folder.resolve("storage"), Disk.local(), new ContextLoop(vertx), workers, clock, metrics, 1));
      storage = Storage.open(StorageConfig.DEFAULT.withTier(), new StorageParts(folder.resolve("storage"), Disk.local(), log,
          _ -> new ContextLoop(vertx), workers, clock, Entropy.system(), metrics, tier, tier));
      engine = new QueryEngine(storage, QueryConfig.DEFAULT.withCache(new QueryConfig.Cache(false, 60_000, 1 << 20)), workers, clock,
          metrics);
      await(storage.own(Set.of(0)));
      while (metric("tidemark_cold_blocks") < DAYS - 2 || !companions.isEmpty() && metric("tidemark_companions") < DAYS - 2) {
        await(vertx.timer(50, TimeUnit.MILLISECONDS));
      }
    }

    double metric(String name) {
      return metrics.print().lines().filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
    }

    void close() throws Exception {
      await(storage.close());
      await(tier.close());
      await(log.close());
      workers.shutdown();
      workers.awaitTermination(10, TimeUnit.SECONDS);
      await(vertx.close());
    }
  }

  private static void measure(Path folder, Set<Resolution> companions, int rounds) throws Exception {
    long begin = System.nanoTime();
    var node = new Node(folder, companions);
    print("companions %s: cold after %.0f s, %.0f MB of blocks, %.0f MB of companions", companions, (System.nanoTime() - begin) / 1e9,
        node.metric("tidemark_cold_block_bytes") / 1e6, node.metric("tidemark_companion_bytes") / 1e6);
    for (String panel : PANELS) {
      String text = panel.substring(0, panel.indexOf('|'));
      long step = switch (panel.substring(panel.indexOf('|') + 1)) {
        case "1h" -> DAY / 24;
        case "6h" -> DAY / 4;
        default -> DAY;
      };
      var request = QueryRequest.range(text, END - DAYS * DAY, END, step);
      var again = new Asked(rounds);
      for (int i = 0; i < rounds; i++) {
        again.ask(node.engine, request);
      }
      // The compiler has seen the query by now, the new node nothing.
      var cold = new Asked(rounds);
      for (int i = 0; i < rounds; i++) {
        node.close();
        node = new Node(folder, companions);
        cold.ask(node.engine, request);
      }
      QueryResult.SelectorRead read = cold.last.stats().selectors().getFirst();
      print("%-39s cold %s; again %s; at %s: %d told, %d raw, answer %08x", panel, cold, again, read.resolution().text(), read.told(),
          read.raw(), checksum(cold.last.value()));
    }
    node.close();
  }

  /// How long one query took, time after time. One thread.
  private static final class Asked {
    private final double[] millis;
    private int count;
    private long cpuNanos;
    private QueryResult last;

    Asked(int rounds) {
      millis = new double[rounds];
    }

    void ask(QueryEngine engine, QueryRequest request) throws Exception {
      long cpu = cpuNanos();
      long at = System.nanoTime();
      last = await(engine.run(request));
      millis[count++] = (System.nanoTime() - at) / 1e6;
      cpuNanos += cpuNanos() - cpu;
    }

    @Override
    public String toString() {
      double[] sorted = Arrays.copyOf(millis, count);
      Arrays.sort(sorted);
      return String.format(Locale.ROOT, "p50 %5.0f ms, p95 %5.0f ms, cpu %5.0f ms", sorted[count / 2],
          sorted[(int) Math.ceil(count * 0.95) - 1], cpuNanos / 1e6 / count);
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get();
  }

  /// Of labels, times and the bits of all numbers, so that two runs tell whether they answered alike.
  private static long checksum(Value answer) {
    var crc = new CRC32C();
    for (Value.Series series : ((Value.Matrix) answer).series()) {
      crc.update(series.labels().toString().getBytes(StandardCharsets.UTF_8));
      var numbers = ByteBuffer.allocate(2 * Long.BYTES * series.count());
      for (int i = 0; i < series.count(); i++) {
        numbers.putLong(series.timestampsMillis()[i]).putDouble(series.values()[i]);
      }
      crc.update(numbers.flip());
    }
    return crc.getValue();
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
  }
}
