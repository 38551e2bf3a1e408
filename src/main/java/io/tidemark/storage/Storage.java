package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.log.Log;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.head.HeadView;
import io.tidemark.storage.head.Window;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// All shards of this process: follows the log, answers reads, keeps the files.
///
/// Reads never wait for writes. Any thread, but reads other than {@link #caughtUp} may block on disk and belong on a worker.
public final class Storage implements SeriesReader {
  private final Log log;
  private final List<Shard> shards;

  private Storage(Log log, List<Shard> shards, Metrics metrics) {
    this.log = log;
    this.shards = List.copyOf(shards);
    metrics.gauge("tidemark_compactions_running", "Merges of blocks that run or wait to run.",
        () -> shards.stream().mapToInt(Shard::compactionsRunning).sum());
    metrics.gauge("tidemark_bytes_per_sample", "Bytes a sample in the blocks on the local disk, index included.", () -> {
      long samples = shards.stream().mapToLong(shard -> shard.blocks().samples()).sum();
      return samples == 0 ? 0 : (double) shards.stream().mapToLong(shard -> shard.blocks().bytes()).sum() / samples;
    });
  }

  /// Reads what is on the disk on `workers`, then follows the log. Completes when all is loaded; the tail of the log may still be on
  /// its way, see {@link #caughtUp}.
  ///
  /// @param directory where the shards' directories are, made if need be
  /// @param loops     one for each partition of the log, in order; several may be the same
  /// @param workers   for work that blocks: files, sealing, compaction
  public static Future<Storage> open(StorageConfig config, Path directory, Disk disk, Log log, List<Loop> loops, Executor workers,
      Clock clock, Metrics metrics) {
    if (loops.size() != log.partitions()) {
      throw new IllegalArgumentException(loops.size() + " loops for " + log.partitions() + " partitions");
    }
    var loading = new ArrayList<Future<Shard>>();
    for (int i = 0; i < loops.size(); i++) {
      int partition = i;
      var offload = new Offload(loops.get(i), workers);
      loading.add(offload.run(() -> Shard.load(partition, config, directory.resolve(String.format("shard-%04d", partition)), disk, log,
          offload, clock, metrics)));
    }
    return Future.all(loading).map(_ -> {
      var storage = new Storage(log, loading.stream().map(Future::result).toList(), metrics);
      storage.shards.forEach(Shard::start);
      return storage;
    });
  }

  @Override
  public Future<Void> caughtUp() {
    return log.ends().compose(ends -> {
      var reached = new ArrayList<Future<Void>>(shards.size());
      for (int i = 0; i < shards.size(); i++) {
        reached.add(shards.get(i).reached(ends[i]));
      }
      return Future.all(reached).mapEmpty();
    });
  }

  /// By shard, the log position after the last applied record.
  public Map<Integer, Long> applied() {
    var applied = new TreeMap<Integer, Long>();
    for (int i = 0; i < shards.size(); i++) {
      applied.put(i, shards.get(i).applied());
    }
    return applied;
  }

  private List<SeriesPart> parts(TimeRange range) {
    var parts = new ArrayList<SeriesPart>();
    for (Shard shard : shards) {
      for (SeriesPart part : shard.parts()) {
        if (part.overlaps(range.startMillis(), range.endMillis())) {
          parts.add(part);
        }
      }
    }
    return parts;
  }

  @Override
  public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
    return SeriesMerge.of(parts(range), Matching.compile(matchers), range, seriesMax);
  }

  @Override
  public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
    var names = new TreeSet<String>();
    if (matchers.isEmpty()) {
      parts(range).forEach(part -> names.addAll(part.index().names()));
    } else {
      forEachMatch(matchers, range, labels -> {
        for (int i = 0; i < labels.count(); i++) {
          names.add(labels.name(i));
        }
      });
    }
    return List.copyOf(names);
  }

  @Override
  public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
    var values = new TreeSet<String>();
    if (matchers.isEmpty()) {
      for (SeriesPart part : parts(range)) {
        part.index().forEachValue(name, (value, _) -> values.add(value));
      }
    } else {
      forEachMatch(matchers, range, labels -> {
        String value = labels.value(name);
        if (!value.isEmpty()) {
          values.add(value);
        }
      });
    }
    return List.copyOf(values);
  }

  private void forEachMatch(List<Matcher> matchers, TimeRange range, Consumer<LabelSet> visitor) {
    Matching matching = Matching.compile(matchers);
    for (SeriesPart part : parts(range)) {
      Postings refs = matching.select(part.index());
      for (int i = 0; i < refs.count(); i++) {
        if (part.has(refs.refs()[i], range.startMillis(), range.endMillis())) {
          visitor.accept(part.labels(refs.refs()[i]));
        }
      }
    }
  }

  @Override
  public Map<String, List<Metadata>> metadata() {
    var all = new TreeMap<String, Collection<Metadata>>();
    for (Shard shard : shards) {
      shard.head().metadata().forEach((metric, texts) -> all.computeIfAbsent(metric, _ -> new LinkedHashSet<>()).addAll(texts));
    }
    var result = new TreeMap<String, List<Metadata>>();
    all.forEach((metric, texts) -> result.put(metric, List.copyOf(texts)));
    return result;
  }

  /// What the heads and blocks hold, with lists of at most `limit` rows. Looks at every label pair.
  public StorageStats stats(int limit) {
    List<HeadView> heads = shards.stream().map(Shard::headView).toList();
    Cardinality cardinality = Cardinality.of(heads.stream().map(HeadView::index).toList());
    List<Window> windows = heads.stream().flatMap(head -> head.windows().stream()).toList();
    return new StorageStats(heads.stream().mapToLong(head -> head.index().refsEnd()).sum(),
        heads.stream().mapToLong(head -> head.index().pairCount()).sum(),
        windows.size(), windows.stream().mapToLong(Window::samples).sum(),
        windows.stream().mapToLong(window -> window.startMillis).min().orElse(Long.MAX_VALUE),
        shards.stream().mapToLong(shard -> shard.head().newestMillis()).max().orElse(Long.MIN_VALUE),
        shards.stream().mapToLong(shard -> shard.blocks().list().size()).sum(),
        shards.stream().mapToLong(shard -> shard.blocks().bytes()).sum(),
        shards.stream().mapToLong(shard -> shard.blocks().samples()).sum(),
        cardinality.seriesByMetric(limit), cardinality.valuesByLabel(limit), cardinality.bytesByLabel(limit),
        cardinality.seriesByPair(limit));
  }

  /// Turns everything that the log holds now into blocks; for tests, benchmarks and backups. Completes when they are durable.
  public Future<Void> seal() {
    return caughtUp().compose(_ -> Future.all(shards.stream().map(Shard::seal).toList())).mapEmpty();
  }

  /// Merges blocks as far as it goes. Completes when there is nothing left to merge.
  public Future<Void> compact() {
    return Future.all(shards.stream().map(Shard::compact).toList()).mapEmpty();
  }

  /// Writes a last checkpoint of each shard and stops following the log. Reads go on until the process ends.
  public Future<Void> close() {
    return Future.all(shards.stream().map(Shard::close).toList()).mapEmpty();
  }
}
