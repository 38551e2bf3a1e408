package io.tidemark.server;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.CatalogConfig;
import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.Topology;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.guard.Guards;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.Log;
import io.tidemark.model.LabelSet;
import io.tidemark.query.ClusterReader;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.rules.GroupView;
import io.tidemark.state.JournalStateConfig;
import io.tidemark.state.State;
import io.tidemark.state.StateConfig;
import io.tidemark.storage.ShardReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// A machine in virtual time that runs the whole engine: its disk, clock and receivers outlive the engine's crashes.
///
/// The catalog is one in memory that no crash can hurt: SQLite does its own file work, past the simulated disk.
final class SimulationMachine {
  private static final int WORK_MILLIS_MAX = 3;
  private static final long PATIENCE_MILLIS = 600_000;

  final VirtualTime time;
  final CrashingDisk disk;
  final SimulationReceiver receiver;
  final Clock clock;
  private NodeConfig config;
  private final MemoryCatalog catalog = new MemoryCatalog();
  /// How far the wall clock is off.
  private long skewMillis;
  /// Templates being expanded. Their queries are evaluated on the spot, as if on another thread.
  private int templates;
  private boolean objectsAtOnce;
  private Metrics metrics = new Metrics();
  private Engine engine;
  private BatchWriter writer;

  SimulationMachine(long seed, NodeConfig config) {
    this.config = config;
    time = new VirtualTime(seed);
    disk = new CrashingDisk(seed);
    clock = new Clock() {
      @Override
      public long millis() {
        return time.millis() + skewMillis;
      }

      @Override
      public long nanos() {
        return time.nanos();
      }
    };
    receiver = new SimulationReceiver(clock);
  }

  private Platform platform() {
    Executor queries = time.executor();
    Executor templating = time.executor();
    return new Platform(clock, time.entropy(), disk, time::loop, time.executor(WORK_MILLIS_MAX),
        work -> (templates > 0 ? (Executor) Runnable::run : queries).execute(work), time.executor(WORK_MILLIS_MAX),
        objectsAtOnce ? Runnable::run : time.executor(WORK_MILLIS_MAX),
        work -> templating.execute(() -> expand(work)), () -> { }, new SimulatedBackends(), new Guards());
  }

  /// Lets calls on the object store be answered where they are made: a query waits for the pages of a cold block on its thread, which here
  /// is the only one. Before the first start.
  void answerObjectsAtOnce() {
    objectsAtOnce = true;
  }

  /// State on the simulated disk, the catalog in memory.
  private final class SimulatedBackends implements Backends {
    @Override
    public Future<State> state(StateConfig config, Path folder, Metrics metrics) {
      return State.open((JournalStateConfig) config, folder, disk, time.executor(WORK_MILLIS_MAX), clock, metrics);
    }

    @Override
    public Future<Catalog> catalog(CatalogConfig config, Path file, Metrics metrics) {
      return Future.succeededFuture(catalog);
    }

    @Override
    public ClusterReader reader(NodeConfig config, Identity identity, Supplier<Topology> topology, ShardReader local, Log log,
        Timers timers, Metrics metrics) {
      throw new IllegalStateException("a simulated engine is alone");
    }
  }

  /// A template waits for its queries on its worker, which here is the only thread there is. So storage first catches up, in a nested
  /// run of all others, and then queries are evaluated where they are asked: nothing is left to wait for.
  private void expand(Runnable work) {
    Future<Void> caughtUp = engine.storage().caughtUp();
    time.runUntil(caughtUp::isComplete, PATIENCE_MILLIS);
    templates++;
    try {
      work.run();
    } finally {
      templates--;
    }
  }

  /// What the next start is configured with.
  void configure(NodeConfig changed) {
    config = changed;
  }

  /// Starts the engine on what the disk holds.
  void start() {
    metrics = new Metrics();
    templates = 0;
    engine = await(Engine.open(config, Identity.alone(clock.millis()), platform(), receiver, metrics));
    writer = new BatchWriter(engine.log(), (int) time.entropy().nextLong(), config.batch(), clock, metrics);
  }

  /// Power cut: all work is gone, and of the disk what was not synced may be. `start` comes next.
  void crash(long seed) {
    time.crash();
    disk.crash(seed);
  }

  /// End of the process in order.
  void stop() {
    await(engine.close());
  }

  Engine engine() {
    return engine;
  }

  /// Moves the wall clock against the time that passes.
  void moveClock(long millis) {
    skewMillis += millis;
  }

  /// Hands over one sample; {@link #flush} makes it durable.
  void add(LabelSet labels, long atMillis, double value) {
    writer.add(writer.define(labels), atMillis, value);
  }

  Future<Void> flush() {
    return writer.flush();
  }

  /// Runs until `future` is complete.
  <T> T await(Future<T> future) {
    time.runUntil(future::isComplete, PATIENCE_MILLIS);
    if (future.failed()) {
      throw new AssertionError("failed at " + time.millis() + ": " + future.cause().getMessage(), future.cause());
    }
    return future.result();
  }

  /// The answer of an instant query now.
  Value ask(String query) {
    return await(engine.queries().run(QueryRequest.instant(query, clock.millis())).map(QueryResult::value));
  }

  List<GroupView> groups() {
    return await(engine.rules().groups());
  }

  /// The sum of one of the engine's own numbers over all its series; 0 when there is none.
  double metric(String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  /// Samples of all series that a selector finds, up to now, as bits by time.
  Map<LabelSet, Map<Long, Long>> samples(String selector, long rangeSeconds) {
    var found = new TreeMap<LabelSet, Map<Long, Long>>();
    if (!(ask(selector + "[" + rangeSeconds + "s]") instanceof Value.Matrix matrix)) {
      throw new AssertionError(selector + " gave no range vector");
    }
    for (Value.Series series : matrix.series()) {
      var samples = new TreeMap<Long, Long>();
      for (int i = 0; i < series.count(); i++) {
        samples.put(series.timestampsMillis()[i], Double.doubleToRawLongBits(series.values()[i]));
      }
      found.put(series.labels(), samples);
    }
    return found;
  }
}
