package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.head.HeadView;
import io.tidemark.storage.head.Window;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The shards of this process: follows the log, answers reads, keeps the files.
///
/// It opens without shards; {@link #gain} and {@link #lose} bring them and take them away while it runs. A shard answers what it has
/// from the moment that it is loaded; {@link #applied} tells how far that is. Reads never wait for writes. Any thread, but reads other
/// than {@link #caughtUp} may block on disk and belong on a worker.
public final class Storage implements SeriesReader {
  private static final Logger LOG = LoggerFactory.getLogger(Storage.class);

  private final StorageConfig config;
  private final StorageParts parts;
  private final StorageMetrics metrics;
  private final Map<Integer, ShardSeat> seats = new ConcurrentHashMap<>();
  /// Those that answer.
  private final ConcurrentSkipListMap<Integer, Shard> shards = new ConcurrentSkipListMap<>();

  private Storage(StorageConfig config, StorageParts parts) {
    this.config = config;
    this.parts = parts;
    metrics = new StorageMetrics(parts.metrics(), shards.values());
  }

  /// A storage without shards.
  public static Storage open(StorageConfig config, StorageParts parts) {
    var storage = new Storage(config, parts);
    if (parts.source() != ShardSource.NONE) {
      parts.workers().execute(storage::watchDirectories);
    }
    return storage;
  }

  /// Directories of shards that nobody asks for are deleted some day.
  private void watchDirectories() {
    try {
      for (Path path : parts.disk().list(parts.directory())) {
        int partition = ShardSeat.partition(path.getFileName().toString());
        if (partition >= 0 && partition < parts.log().partitions()) {
          seat(partition).watchDirectory();
        }
      }
    } catch (TidemarkException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage())
          .log("Cannot list the directories of shards; those of shards that are elsewhere stay until the next start");
    }
  }

  private ShardSeat seat(int shard) {
    if (shard < 0 || shard >= parts.log().partitions()) {
      throw new IllegalArgumentException("shard " + shard + " of a log with " + parts.log().partitions() + " partitions");
    }
    return seats.computeIfAbsent(shard, _ -> new ShardSeat(shard, config, parts, metrics, shards));
  }

  /// Loads a shard, from its local directory or from the source, and follows its part of the log. Completes when the shard answers;
  /// the log may still be on its way. When it fails it is tried again until {@link #lose}.
  public Future<Void> gain(int shard) {
    return seat(shard).gain();
  }

  /// Takes a shard out of reads, writes its checkpoint and stops following its part of the log. Its files stay for a while. Completes
  /// when nothing of it runs any more, which ends a merge of its blocks first.
  public Future<Void> lose(int shard) {
    return seat(shard).lose();
  }

  /// Gains and loses shards until exactly these are here.
  public Future<Void> own(Set<Integer> wanted) {
    var changes = new ArrayList<Future<Void>>();
    for (int shard : List.copyOf(seats.keySet())) {
      if (!wanted.contains(shard)) {
        changes.add(lose(shard));
      }
    }
    for (int shard : new TreeSet<>(wanted)) {
      changes.add(gain(shard));
    }
    return Future.join(changes).mapEmpty();
  }

  /// The shards that answer, each with the log position up to which (exclusive) it has everything.
  public Map<Integer, Long> applied() {
    var applied = new TreeMap<Integer, Long>();
    shards.forEach((number, shard) -> applied.put(number, shard.applied()));
    return applied;
  }

  /// Completes when a shard has everything before `position` of its part of the log. Fails with `UNAVAILABLE` when the shard is not
  /// here or goes before that.
  public Future<Void> reached(int shard, long position) {
    Shard here = shards.get(shard);
    return here == null ? Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "shard " + shard + " is not on this node"))
        : here.reached(position);
  }

  @Override
  public Future<Void> caughtUp() {
    return parts.log().ends().compose(ends -> {
      var reached = new ArrayList<Future<Void>>();
      shards.forEach((number, shard) -> reached.add(shard.reached(ends[number])));
      return Future.all(reached).mapEmpty();
    });
  }

  private List<SeriesPart> parts(TimeRange range) {
    var parts = new ArrayList<SeriesPart>();
    for (Shard shard : shards.values()) {
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
    for (Shard shard : shards.values()) {
      shard.head().metadata().forEach((metric, texts) -> all.computeIfAbsent(metric, _ -> new LinkedHashSet<>()).addAll(texts));
    }
    var result = new TreeMap<String, List<Metadata>>();
    all.forEach((metric, texts) -> result.put(metric, List.copyOf(texts)));
    return result;
  }

  /// What the heads and blocks hold, with lists of at most `limit` rows. Looks at every label pair.
  public StorageStats stats(int limit) {
    List<HeadView> heads = shards.values().stream().map(Shard::headView).toList();
    Cardinality cardinality = Cardinality.of(heads.stream().map(HeadView::index).toList());
    List<Window> windows = heads.stream().flatMap(head -> head.windows().stream()).toList();
    return new StorageStats(heads.stream().mapToLong(head -> head.index().refsEnd()).sum(),
        heads.stream().mapToLong(head -> head.index().pairCount()).sum(),
        windows.size(), windows.stream().mapToLong(Window::samples).sum(),
        windows.stream().mapToLong(window -> window.startMillis).min().orElse(Long.MAX_VALUE),
        shards.values().stream().mapToLong(shard -> shard.head().newestMillis()).max().orElse(Long.MIN_VALUE),
        shards.values().stream().mapToLong(shard -> shard.blocks().local().size()).sum(),
        shards.values().stream().mapToLong(shard -> shard.blocks().bytes()).sum(),
        shards.values().stream().mapToLong(shard -> shard.blocks().samples()).sum(),
        cardinality.seriesByMetric(limit), cardinality.valuesByLabel(limit), cardinality.bytesByLabel(limit),
        cardinality.seriesByPair(limit));
  }

  /// Turns everything that the log holds now into blocks; for tests, benchmarks and backups. Completes when they are durable.
  public Future<Void> seal() {
    return caughtUp().compose(_ -> Future.all(shards.values().stream().map(Shard::seal).toList())).mapEmpty();
  }

  /// Merges blocks as far as it goes. Completes when there is nothing left to merge.
  public Future<Void> compact() {
    return Future.all(shards.values().stream().map(Shard::compact).toList()).mapEmpty();
  }

  /// Writes a last checkpoint of each shard and stops following the log. Reads go on until the process ends.
  public Future<Void> close() {
    return Future.join(seats.values().stream().map(ShardSeat::close).toList()).mapEmpty();
  }
}
