package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.head.HeadView;
import io.tidemark.storage.head.Window;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The shards of this process: follows the log, answers reads, keeps the files.
///
/// It opens without shards; {@link #gain} and {@link #lose} bring them and take them away while it runs. A shard answers what it has
/// from the moment that it is loaded; {@link #applied} tells how far that is. Reads never wait for writes. Any thread, but reads
/// of its views may block on disk and belong on a worker.
public final class Storage implements SeriesReader, ShardReader {
  private static final Logger LOG = LoggerFactory.getLogger(Storage.class);
  /// A view of a storage that is further behind says so.
  private static final int CAUGHT_UP_SECONDS_MAX = 10;
  /// Of the heap, for the series of selectors that come again.
  private static final double KEPT_SHARE = 0.03;

  private final StorageConfig config;
  private final StorageParts parts;
  private final StorageMetrics metrics;
  private final KeptSeries kept;
  private final Map<Integer, ShardSeat> seats = new ConcurrentHashMap<>();
  /// Those that answer.
  private final ConcurrentSkipListMap<Integer, Shard> shards = new ConcurrentSkipListMap<>();

  private Storage(StorageConfig config, StorageParts parts) {
    this.config = config;
    this.parts = parts;
    metrics = new StorageMetrics(parts.metrics(), shards.values());
    kept = new KeptSeries((long) (Runtime.getRuntime().maxMemory() * KEPT_SHARE), parts.metrics());
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
    return own(wanted, shard -> seat(shard).gain());
  }

  /// {@link #own(Set)} of a process whose log may have grown since it was opened.
  ///
  /// @param ends where the log's partitions ended then; what was appended since is no proof that the log is as long as a checkpoint says
  public Future<Void> own(Set<Integer> wanted, long[] ends) {
    return own(wanted, shard -> seat(shard).gain(ends[shard]));
  }

  private Future<Void> own(Set<Integer> wanted, IntFunction<Future<Void>> gain) {
    var changes = new ArrayList<Future<Void>>();
    for (int shard : List.copyOf(seats.keySet())) {
      if (!wanted.contains(shard)) {
        changes.add(lose(shard));
      }
    }
    for (int shard : new TreeSet<>(wanted)) {
      changes.add(gain.apply(shard));
    }
    return Future.join(changes).mapEmpty();
  }

  @Override
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

  /// Completes when everything that the log held durably at the time of the call is visible to reads that start afterwards.
  public Future<Void> caughtUp() {
    return parts.log().ends().compose(ends -> {
      var reached = new ArrayList<Future<Void>>();
      shards.forEach((number, shard) -> reached.add(shard.reached(ends[number])));
      return Future.all(reached).mapEmpty();
    });
  }

  @Override
  public Future<SeriesView> view(ReadPolicy policy) {
    return caughtUp().timeout(CAUGHT_UP_SECONDS_MAX, TimeUnit.SECONDS).transform(caughtUp -> {
      if (caughtUp.succeeded()) {
        return Future.succeededFuture(view(shards.values(), List.of(), policy.watch()));
      }
      String warning = caughtUp.cause() instanceof TimeoutException
          ? "storage is more than " + CAUGHT_UP_SECONDS_MAX + " s behind the ingest log; the newest samples may be missing"
          : "storage could not tell whether it is up to date: " + caughtUp.cause().getMessage();
      return policy.partialAllowed() ? Future.succeededFuture(view(shards.values(), List.of(warning), policy.watch()))
          : Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, warning));
    });
  }

  private SeriesView view(Collection<Shard> read, List<String> lacks, ReadWatch watch) {
    return new ShardsView(read, lacks, new ShardsView.Touched(parts.clock().nanos()), watch, kept);
  }

  @Override
  public Optional<Revisions> revisions() {
    return Optional.of(new ShardRevisions(shards.values()));
  }

  /// All shards as they are, without waiting for what is on its way.
  SeriesView now() {
    return view(shards.values(), List.of(), ReadWatch.NONE);
  }

  @Override
  public Future<SeriesView> view(Map<Integer, Long> positions) {
    var reached = new ArrayList<Future<Void>>();
    positions.forEach((shard, position) -> reached.add(reached(shard, position)));
    return Future.all(reached).compose(_ -> {
      var here = new ArrayList<Shard>();
      for (int shard : positions.keySet()) {
        Shard found = shards.get(shard);
        if (found == null) {
          return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "shard " + shard + " has just left this node"));
        }
        here.add(found);
      }
      return Future.succeededFuture(view(here, List.of(), ReadWatch.NONE));
    });
  }

  /// What the heads and blocks hold, with lists of at most `limit` rows. Looks at every label pair.
  public StorageStats stats(int limit) {
    List<HeadView> heads = shards.values().stream().map(Shard::headView).toList();
    Cardinality cardinality = Cardinality.of(heads.stream().map(HeadView::index).toList());
    List<Window> windows = heads.stream().flatMap(head -> head.windows().stream()).toList();
    return new StorageStats(heads.stream().mapToLong(head -> head.index().refsEnd()).sum(),
        heads.stream().mapToLong(head -> head.index().pairCount()).sum(),
        windows.size(), windows.stream().mapToLong(Window::seriesCount).sum(), windows.stream().mapToLong(Window::samples).sum(),
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

  /// Carries out deletes on the blocks now, without waiting for further ones. Completes when the local ones are durable; cold ones
  /// go on.
  public Future<Void> clean() {
    return caughtUp().compose(_ -> Future.all(shards.values().stream().map(Shard::clean).toList())).mapEmpty();
  }

  /// Reads all local blocks to find damage, beginning now; rounds that are under way go on. Completes when all were read. What was found
  /// {@link #integrity} tells.
  public Future<Void> scrub() {
    return Future.all(shards.values().stream().map(shard -> shard.scrub().now()).toList()).mapEmpty();
  }

  /// What is known of damage.
  public Integrity integrity() {
    return new Integrity(shards.values().stream().map(shard -> shard.scrub().status()).toList(),
        shards.values().stream().flatMap(shard -> shard.quarantined().stream()).toList());
  }

  /// The most deletes that one of the shards here keeps in mind.
  public int tombstones() {
    return shards.values().stream().mapToInt(shard -> shard.head().tombstones().size()).max().orElse(0);
  }

  /// Writes a last checkpoint of each shard and stops following the log. Reads go on until the process ends.
  public Future<Void> close() {
    return Future.join(seats.values().stream().map(ShardSeat::close).toList()).mapEmpty();
  }
}
