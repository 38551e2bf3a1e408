package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.objects.FaultyObjectStore;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.StoredObject;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A storage with a tier over a store that answers at once, on virtual time.
public final class TierFixture {
  public static final long T0 = 1_704_067_200_000L;
  public static final long HOUR = 3_600_000;
  public final StorageFixture f;
  final TierConfig config;
  public final FaultyObjectStore store;
  Metrics metrics = new Metrics();
  Tier tier;

  /// A storage that merges nothing, so that blocks are easy to count.
  public TierFixture(long seed, int partitions, TierConfig config, ObjectStore store) {
    this(new StorageFixture(seed, partitions,
        new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512)), config, store);
  }

  /// One that merges as usual.
  public static TierFixture merging(long seed, TierConfig config, ObjectStore store) {
    return new TierFixture(new StorageFixture(seed, 1, StorageConfig.DEFAULT.withTier()), config, store);
  }

  TierFixture(StorageFixture f, TierConfig config, ObjectStore store) {
    this.f = f;
    this.config = config;
    this.store = new FaultyObjectStore(store);
  }

  /// A tier that keeps blocks here for `hotHours` and objects for ever.
  public static TierConfig hot(long hotHours, long uploadAfterHours) {
    return new TierConfig(hotHours * HOUR, Long.MAX_VALUE, uploadAfterHours * HOUR, 1_000, Long.MAX_VALUE, 1 << 20);
  }

  public TierFixture open() {
    openTier();
    f.open();
    f.time.run();
    return this;
  }

  void openTier() {
    metrics = new Metrics();
    VirtualTime time = f.time;
    tier = Tier.open(config, new Tier.Parts(store, StorageFixture.DIRECTORY, f.disk, time.loop("tier"), time.executor(), time, metrics,
        f.log.partitions()));
    f.source = tier;
    f.events = tier;
  }

  /// Ends the process and starts it anew.
  public TierFixture restart() {
    f.kill();
    return open();
  }

  static LabelSet series(int i) {
    return LabelSet.of(LabelSet.NAME, "m" + i % 3, "i", "" + i, "job", i % 2 == 0 ? "api" : "db");
  }

  /// `hours` of samples every 15 s of 20 series from `start` on, in the log and read.
  TierFixture load(long start, long hours) {
    for (long t = start; t < start + hours * HOUR; t += 15_000) {
      for (int i = 0; i < 20; i++) {
        f.add(series(i), t, switch (i % 4) {
          case 0 -> 1;
          case 1 -> (t - start) / 1000;
          case 2 -> Math.round(Math.sin(t + i) * 100) / 100.0;
          default -> Math.sin(t + i);
        });
      }
      if (t % 600_000 == 0) {
        f.flush();
      }
    }
    f.settle();
    return this;
  }

  /// Seals everything and lets the tier work for a while.
  public TierFixture seal() {
    f.await(f.storage.seal());
    work();
    return this;
  }

  public void work() {
    f.time.advance(120_000);
  }

  Map<LabelSet, TreeMap<Long, Long>> readAll() {
    return f.readAll();
  }

  static int samples(Map<LabelSet, TreeMap<Long, Long>> all) {
    return all.values().stream().mapToInt(TreeMap::size).sum();
  }

  public List<String> localBlocks() {
    return f.disk.files(StorageFixture.DIRECTORY).stream().map(path -> path.getFileName().toString())
        .filter(name -> name.endsWith(".tmb")).toList();
  }

  List<Path> indexHeaders() {
    return f.disk.files(StorageFixture.DIRECTORY.resolve("cold"));
  }

  /// Keys of the store's objects that end so.
  public List<String> objects(String suffix) {
    return f.await(store.listAll("", 100_000)).stream().map(StoredObject::key).filter(key -> key.endsWith(suffix)).toList();
  }

  public double metric(String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }
}
