import io.tidemark.config.Secret;
import io.tidemark.disk.Disk;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.KafkaLogConfig.Compression;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.kafka.client.producer.KafkaProducer;
import io.vertx.kafka.client.producer.KafkaProducerRecord;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// What acknowledgements and bytes cost on Kafka: batches of one event loop at a steady rate, a batch every 10 ms, brokers in a process
/// of their own. `KafkaAppends BOOTSTRAP BROKERS SECONDS SAMPLES_PER_SECOND PARTITIONS`.
final class KafkaAppends {
  private static final int SERIES = 20_000;
  private static final int TICK_MILLIS = 10;
  private static final int LINGER_MILLIS = Integer.getInteger("linger", KafkaLogConfig.DEFAULT.producing().lingerMillis());

  private final int brokers;
  private final String bootstrap;
  private final int seconds;
  private final int rate;
  private final int partitions;
  private final Clock clock = Clock.system();

  private KafkaAppends(String[] arguments) {
    bootstrap = arguments[0];
    brokers = Integer.parseInt(arguments[1]);
    seconds = Integer.parseInt(arguments[2]);
    rate = Integer.parseInt(arguments[3]);
    partitions = Integer.parseInt(arguments[4]);
  }

  public static void main(String[] arguments) throws Exception {
    var run = new KafkaAppends(arguments);
    System.out.printf("%d brokers, %d partitions, %,d samples/s for %d s, window 1%n", run.brokers, run.partitions, run.rate, run.seconds);
    System.out.println("| log | compression | records/s | bytes/sample sent | bytes/sample stored, one copy | ack p50 ms | p99 ms | max ms | CPU µs/sample |");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    run.measure(Compression.ZSTD, true, false);
    for (int round = 0; round < 2; round++) {
      for (Compression compression : Compression.values()) {
        run.measure(compression, true, true);
      }
      run.measure(Compression.ZSTD, false, true);
    }
    System.exit(0);
  }

  private KafkaLogConfig config(Compression compression) {
    String topic = "bench-" + compression + "-" + Long.toHexString(System.nanoTime());
    return new KafkaLogConfig("bench", bootstrap, new KafkaLogConfig.Topic(topic, partitions, brokers, Math.max(1, brokers - 1), 604_800_000L),
        topic, new KafkaLogConfig.Producing(compression, LINGER_MILLIS, 64L << 20, new GuardConfig("kafka", 30_000, List.of(), 5, 1_000)), 64L << 20, 0,
        new KafkaLogConfig.Security(false, "", Secret.NONE, "PLAIN"));
  }

  private void measure(Compression compression, boolean direct, boolean print) throws Exception {
    KafkaLogConfig config = config(compression);
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    Timers timers = (millis, work) -> {
      long id = vertx.setTimer(Math.max(1, millis), _ -> work.run());
      return () -> vertx.cancelTimer(id);
    };
    Log kafka = await(Log.open(config, Path.of("unused"), Disk.local(), Runnable::run, timers, clock, new Metrics()));
    Log log = direct ? kafka : new WrappedLog(vertx, config);
    var result = new CompletableFuture<Run>();
    Context context = vertx.getOrCreateContext();
    var defined = new CompletableFuture<Run>();
    context.runOnContext(_ -> new Run(vertx, log, result).define(defined));
    Run starting = defined.get(60, TimeUnit.SECONDS);
    long storedBefore = stored(config.topic().name());
    long cpu = cpuNanos();
    context.runOnContext(_ -> starting.start());
    Run run = result.get(10L * seconds + 60, TimeUnit.SECONDS);
    double cpuMicros = (cpuNanos() - cpu) / 1e3 / run.samples;
    if (print) {
      long[] times = run.ackNanos.stream().mapToLong(Long::longValue).sorted().toArray();
      System.out.printf("| %s | %s | %,d | %.1f | %.1f | %.1f | %.1f | %.1f | %.2f |%n", direct ? "KafkaLog" : "vertx-kafka-client",
          compression.name().toLowerCase(), run.records / seconds, (double) run.bytes / run.samples,
          (double) (stored(config.topic().name()) - storedBefore) / brokers / run.samples, times[times.length / 2] / 1e6,
          times[(int) (times.length * 0.99)] / 1e6, times[times.length - 1] / 1e6, cpuMicros);
    }
    await(kafka.close());
    if (!direct) {
      await(log.close());
    }
    await(vertx.close());
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(120, TimeUnit.SECONDS);
  }

  private long stored(String topic) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      List<Integer> ids = new ArrayList<>();
      admin.describeCluster().nodes().get().forEach(node -> ids.add(node.id()));
      long bytes = 0;
      for (var dirs : admin.describeLogDirs(ids).allDescriptions().get().values()) {
        for (var dir : dirs.values()) {
          for (var replica : dir.replicaInfos().entrySet()) {
            bytes += replica.getKey().topic().equals(topic) ? replica.getValue().size() : 0;
          }
        }
      }
      return bytes;
    }
  }

  /// One event loop that writes.
  private final class Run {
    final List<Long> ackNanos = new ArrayList<>();
    long samples;
    long records;
    long bytes;
    private final Vertx vertx;
    private final CompletableFuture<Run> result;
    private final BatchWriter writer;
    private final LabelSet[] labels = new LabelSet[SERIES];
    private final double[] values = new double[SERIES];
    private final Random random = new Random(1);
    private long next;
    private int ticks;
    private int open;

    Run(Vertx vertx, Log log, CompletableFuture<Run> result) {
      this.vertx = vertx;
      this.result = result;
      writer = new BatchWriter(new Counted(log), 7, new BatchLimits(256L << 20, 2_000_000, 3_600_000, 128L << 20, 1), clock, new Metrics());
      for (int i = 0; i < SERIES; i++) {
        labels[i] = LabelSet.of("__name__", "metric_" + i % 200 + "_total", "instance", "host-" + i / 200 + ".example:9100", "job", "node");
      }
    }

    /// Writes each series once, so that from then on records hold no labels.
    void define(CompletableFuture<Run> defined) {
      for (int i = 0; i < SERIES; i++) {
        add();
      }
      writer.flush().onComplete(_ -> vertx.runOnContext(_ -> defined.complete(this)));
    }

    void start() {
      samples = 0;
      records = 0;
      bytes = 0;
      vertx.setPeriodic(TICK_MILLIS, this::tick);
    }

    private void add() {
      int series = (int) (next % SERIES);
      values[series] += switch (series % 3) {
        case 0 -> random.nextInt(50);
        case 1 -> 0;
        default -> random.nextDouble();
      };
      writer.add(writer.define(labels[series]), 1_700_000_000_000L + next / SERIES * 15_000 + series / 200 * 37, values[series]);
      next++;
      samples++;
    }

    private void tick(long timer) {
      if (++ticks > seconds * 1000 / TICK_MILLIS) {
        vertx.cancelTimer(timer);
        vertx.setPeriodic(TICK_MILLIS, _ -> {
          if (open == 0) {
            result.complete(this);
          }
        });
        return;
      }
      for (int i = 0; i < rate * TICK_MILLIS / 1000; i++) {
        add();
      }
      long start = System.nanoTime();
      open++;
      writer.flush().onComplete(done -> vertx.runOnContext(_ -> {
        open--;
        if (done.failed()) {
          result.completeExceptionally(done.cause());
        }
        ackNanos.add(System.nanoTime() - start);
      }));
    }

    /// Counts what goes to a log.
    private final class Counted implements Log {
      private final Log log;

      Counted(Log log) {
        this.log = log;
      }

      @Override
      public Future<Long> append(int partition, byte[] record) {
        records++;
        bytes += record.length;
        return log.append(partition, record);
      }

      @Override
      public int partitions() {
        return partitions;
      }

      @Override
      public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
        return log.read(partition, from, bytesMax);
      }

      @Override
      public long begin(int partition) {
        return log.begin(partition);
      }

      @Override
      public long end(int partition) {
        return log.end(partition);
      }

      @Override
      public void trim(int partition, long upTo) {}

      @Override
      public Future<Void> close() {
        return log.close();
      }
    }
  }

  /// Appends through vertx-kafka-client, with the producer's settings of the log.
  private final class WrappedLog implements Log {
    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;

    WrappedLog(Vertx vertx, KafkaLogConfig config) {
      topic = config.topic().name();
      Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "acks", "all", "enable.idempotence", true,
          "compression.type", config.producing().compression().name().toLowerCase(), "linger.ms", LINGER_MILLIS, "batch.size", 64 * 1024,
          "max.request.size", 33 << 20, "buffer.memory", 256L << 20));
      producer = KafkaProducer.create(vertx,
          new org.apache.kafka.clients.producer.KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    @Override
    public Future<Long> append(int partition, byte[] record) {
      return producer.send(KafkaProducerRecord.create(topic, null, record, partition)).map(sent -> sent.getOffset());
    }

    @Override
    public int partitions() {
      return partitions;
    }

    @Override
    public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
      return Future.failedFuture("write only");
    }

    @Override
    public long begin(int partition) {
      return 0;
    }

    @Override
    public long end(int partition) {
      return 0;
    }

    @Override
    public void trim(int partition, long upTo) {}

    @Override
    public Future<Void> close() {
      return producer.close();
    }
  }
}
