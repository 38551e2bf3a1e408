package io.tidemark.storage.tier;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore;
import io.tidemark.storage.Companion;
import io.tidemark.storage.ShardBlocks;
import io.tidemark.storage.Tier;
import io.tidemark.storage.TierConfig;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One shard's side of the tier: what of it lies in the store, and the next thing to do about it. On the tier's loop.
///
/// The order of work keeps what relies on what: blocks go up before the checkpoint that relies on them; a local block goes after its
/// object was read back; an object goes after the one that supersedes it was read back, its own sources before it, so that what is left
/// after a crash is never taken for something new.
final class ShardTier {
  private static final Logger LOG = LoggerFactory.getLogger(ShardTier.class);
  private static final long RETRY_MILLIS_MIN = 1_000;
  private static final long RETRY_MILLIS_MAX = 300_000;
  /// Other nodes change what is in the store; they are in no hurry.
  private static final long SURVEY_MILLIS = 600_000;
  /// Objects of one shard: ten years of blocks of two hours.
  private static final int OBJECTS_MAX = 50_000;
  private static final int CHECKPOINTS_KEPT = 2;
  /// Index headers that are fetched at once.
  private static final int FETCHES = 4;

  /// What all shards share.
  record Context(TierConfig config, Tier.Parts parts, Indexes indexes, ColdMetrics metrics, ColdTier tier) {
    long nanos() {
      return parts.clock().nanos();
    }

    ObjectStore store() {
      return parts.store();
    }
  }

  private record LocalCheckpoint(long position, Path file) {}

  private final int shard;
  private final Context context;
  private final ColdMetrics metrics;
  private Optional<ShardBlocks> handle = Optional.empty();

  /// What is in the store, as far as is known, by key.
  private Map<String, BlockObject> stored = new LinkedHashMap<>();
  /// Of merged blocks among them, by key.
  private final Map<String, List<BlockName>> sources = new HashMap<>();
  /// Those opened for queries, by key.
  private final Map<String, Block> opened = new HashMap<>();
  /// Objects that this node has put or found, and read back whole, by the name of the block they are copies of.
  private final Map<BlockName, BlockObject> readBack = new HashMap<>();
  private final Set<String> damaged = new HashSet<>();
  /// Objects that are gone although nobody here deleted them, by key, told once. Their index headers stay, so that a later start tells it
  /// again.
  private final Map<String, BlockObject> missing = new HashMap<>();
  /// Made anew after {@link #sources} or {@link #damaged} changed.
  private Optional<Set<BlockName>> superseded = Optional.empty();
  /// Local blocks that turned out damaged when they were to go up.
  private final Set<BlockName> refused = new HashSet<>();
  private Optional<LocalCheckpoint> checkpoint = Optional.empty();
  private long checkpointAtNanos = Long.MIN_VALUE;
  /// The log position of the last checkpoint that this node has put.
  private long checkpointPosition;
  private long surveyAtNanos = Long.MIN_VALUE;

  private final CompanionObjects companions;
  private boolean busy;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long retryAtNanos = Long.MIN_VALUE;

  ShardTier(int shard, Context context) {
    this.shard = shard;
    this.context = context;
    metrics = context.metrics;
    companions = new CompanionObjects(shard, context);
  }

  // ---- gauges

  int coldBlocks() {
    return handle.map(here -> here.cold().size()).orElse(0);
  }

  long coldBytes() {
    return handle.map(here -> here.cold().stream().mapToLong(Block::bytes).sum()).orElse(0L);
  }

  int companions() {
    return companions.count();
  }

  long companionBytes() {
    return companions.bytes();
  }

  int waitingBlocks() {
    return handle.map(here -> (int) here.local().stream().filter(block -> isDue(block, newestMillis(here))).count()).orElse(0);
  }

  // ---- events

  void gained(ShardBlocks blocks) {
    handle = Optional.of(blocks);
    opened.keySet().removeIf(key -> isLocal(stored.getOrDefault(key, missing.get(key))));
    showCompanions(blocks);
    step();
  }

  /// The shard is elsewhere; what still runs ends, and nothing follows it.
  void lost() {
    handle = Optional.empty();
  }

  boolean isGained() {
    return handle.isPresent();
  }

  void checkpointed(long position, Path file) {
    if (context.config.uploadAfterMillis() == 0) {
      checkpoint = Optional.of(new LocalCheckpoint(position, file));
      step();
    }
  }

  /// A query met damage. If it was a local block, its object may serve; if it was the object, nothing serves but another replica.
  ///
  /// @param damage names the local file or the object
  void damaged(TidemarkException damage) {
    for (String key : List.copyOf(opened.keySet())) {
      if (damage.getMessage().contains(key)) {
        opened.remove(key);
        isDamaged(key);
      }
    }
    companions.damaged(damage);
    surveySoon();
  }

  private void isDamaged(String key) {
    damaged.add(key);
    readBack.values().removeIf(object -> object.key().equals(key));
    superseded = Optional.empty();
    metrics.damagedObjects.increment();
  }

  /// A reader found an object gone.
  void missing(BlockObject object) {
    if (stored.containsKey(object.key()) || missing.containsKey(object.key()) || object.isCompanion()) {
      surveySoon();
    }
  }

  private void surveySoon() {
    surveyAtNanos = Long.MIN_VALUE;
    step();
  }

  // ---- questions

  Future<OptionalLong> newestCheckpoint() {
    return checkpoints().map(all -> all.stream().mapToLong(CheckpointObject::position).max())
        .recover(failure -> withoutStore(failure).map(_ -> OptionalLong.empty()));
  }

  /// Ascending by position.
  private Future<List<CheckpointObject>> checkpoints() {
    return context.tier.here(context.store().listAll(CheckpointObject.prefix(shard), OBJECTS_MAX))
        .map(objects -> objects.stream().flatMap(object -> CheckpointObject.parse(object).stream())
            .sorted(Comparator.comparingLong(CheckpointObject::position)).toList());
  }

  /// Whether the shard may begin from its own directory while the store does not answer. One that has nothing here may not: it would
  /// begin with a hole that nobody sees.
  private Future<Void> withoutStore(Throwable failure) {
    Path directory = context.parts.directory().resolve(BlockObject.folder(shard));
    return context.tier.work(() -> context.parts.disk().list(directory).stream()
        .anyMatch(path -> path.getFileName().toString().endsWith(".ckpt"))).compose(isHere -> {
          if (!isHere) {
            return Future.failedFuture(failure);
          }
          LOG.atWarn().addKeyValue("shard", shard).addKeyValue("reason", failure.getMessage())
              .log("The object store does not answer; the shard begins with what is here and known");
          return Future.succeededFuture();
        });
  }

  Future<Void> fetchCheckpoint(long position, Path file) {
    return checkpoints().compose(all -> {
      List<CheckpointObject> found = all.stream().filter(object -> object.position() == position).toList();
      return found.isEmpty()
          ? Future.failedFuture(new TidemarkException(ErrorCode.NOT_FOUND,
              context.store().name() + ": no checkpoint of shard " + shard + " at position " + position))
          : context.tier.fetch(found.getFirst().key(), found.getFirst().bytes(), found.getFirst().checksum(), file);
    });
  }

  /// Copies a block's object to a file; false when there is none. One that is damaged is not asked for again.
  Future<Boolean> fetchBlock(BlockName name, Path file) {
    Optional<BlockObject> object = stored.values().stream()
        .filter(found -> found.name().equals(name) && !damaged.contains(found.key())).findFirst();
    if (object.isEmpty()) {
      return Future.succeededFuture(false);
    }
    BlockObject found = object.get();
    return context.tier.fetch(found.key(), found.bytes(), found.checksum(), file).map(_ -> {
      metrics.restoredBlocks.increment();
      return true;
    }).recover(failure -> {
      if (failure instanceof TidemarkException known && known.code() == ErrorCode.CORRUPT) {
        isDamaged(found.key());
        LOG.atError().addKeyValue("object", found.key()).addKeyValue("reason", known.getMessage())
            .log("The copy of a damaged block is damaged too");
      } else if (failure instanceof TidemarkException known && known.code() == ErrorCode.NOT_FOUND) {
        missing(found);
      }
      return Future.failedFuture(failure);
    });
  }

  Future<List<Block>> blocks() {
    return survey(Set.of()).recover(failure -> withoutStore(failure).compose(_ -> openKnown())).map(_ -> wanted());
  }

  Future<Boolean> holds(List<BlockName> blocks) {
    return list().compose(listed -> {
      Set<BlockName> there = listed.values().stream().map(BlockObject::name).collect(Collectors.toSet());
      if (there.containsAll(blocks)) {
        return Future.succeededFuture(true);
      }
      // What is not there may lie in a merged block, which only its index tells.
      return openMerged(listed).map(_ -> {
        there.addAll(superseded());
        return there.containsAll(blocks);
      });
    });
  }

  // ---- survey

  /// Learns what is in the store and opens what queries need of it.
  ///
  /// @param shown keys of blocks that queries use now: what becomes of those that no list names is for {@link #gone}
  private Future<Void> survey(Set<String> shown) {
    // Companions first: what one was made of is in the store before it, and so in the later list.
    return companions.list().compose(told -> list().compose(listed -> openMerged(listed).compose(_ -> {
      stored = listed;
      missing.keySet().removeAll(listed.keySet());
      forgetGone();
      Set<BlockName> superseded = superseded();
      return openEach(listed.values().stream().filter(object -> !superseded.contains(object.name())).iterator());
    })).compose(_ -> companions.take(told, stored.keySet()))).compose(_ -> tidyIndexes(shown))
        .onSuccess(_ -> surveyAtNanos = context.nanos() + SURVEY_MILLIS * 1_000_000);
  }

  /// The objects of blocks, by key.
  private Future<Map<String, BlockObject>> list() {
    return context.tier.here(context.store().listAll(BlockObject.prefix(shard), OBJECTS_MAX)).map(objects -> {
      var listed = new LinkedHashMap<String, BlockObject>();
      objects.forEach(object -> BlockObject.parse(object).ifPresent(block -> listed.put(block.key(), block)));
      return listed;
    });
  }

  /// Merged blocks come first: they tell which of the others are needed no more.
  private Future<Void> openMerged(Map<String, BlockObject> listed) {
    return openEach(listed.values().stream().filter(object -> object.name().level() > 0).iterator());
  }

  private void forgetGone() {
    sources.keySet().retainAll(stored.keySet());
    opened.keySet().retainAll(stored.keySet());
    readBack.values().removeIf(object -> !stored.containsKey(object.key()));
    damaged.retainAll(stored.keySet());
    superseded = Optional.empty();
  }

  private Future<Void> openEach(Iterator<BlockObject> objects) {
    var all = new ArrayList<Future<Void>>();
    for (int i = 0; i < FETCHES; i++) {
      all.add(openNext(objects));
    }
    return Future.join(all).mapEmpty();
  }

  private Future<Void> openNext(Iterator<BlockObject> objects) {
    while (objects.hasNext()) {
      BlockObject object = objects.next();
      if (!isKnown(object)) {
        return context.tier.here(context.indexes.openOrFetch(object)).transform(result -> {
          if (result.succeeded()) {
            add(result.result());
            return Future.succeededFuture();
          }
          return unopened(object, result.cause());
        }).compose(_ -> openNext(objects));
      }
    }
    return Future.succeededFuture();
  }

  /// Whether the object needs no look into it now.
  private boolean isKnown(BlockObject object) {
    String key = object.key();
    return damaged.contains(key) || opened.containsKey(key) || sources.containsKey(key) && isLocal(object);
  }

  private boolean isLocal(BlockObject object) {
    return handle.isPresent() && handle.get().local().stream().anyMatch(block -> isCopy(block, object));
  }

  private static boolean isCopy(Block block, BlockObject object) {
    return block.name().equals(object.name()) && block.bytes() == object.bytes();
  }

  private void add(Indexes.Opened cold) {
    String key = cold.object().key();
    sources.put(key, cold.block().sources());
    superseded = Optional.empty();
    if (cold.isReadBack()) {
      readBack.put(cold.object().name(), cold.object());
    }
    if (!isLocal(cold.object())) {
      opened.put(key, cold.block());
    }
  }

  private Future<Void> unopened(BlockObject object, Throwable failure) {
    ErrorCode code = failure instanceof TidemarkException known ? known.code() : ErrorCode.INTERNAL;
    switch (code) {
      case CORRUPT, NOT_SUPPORTED -> {
        isDamaged(object.key());
        LOG.atError().addKeyValue("object", object.key()).addKeyValue("reason", failure.getMessage())
            .log("An object cannot be used and is left out; the others stay readable");
      }
      case NOT_FOUND -> LOG.atInfo().addKeyValue("object", object.key()).log("An object was deleted while its index was fetched");
      default -> {
        return Future.failedFuture(failure);
      }
    }
    return Future.succeededFuture();
  }

  /// Deletes index headers of no use. One whose object no list names, and whose samples lie nowhere else, is all that tells of them: the
  /// object is asked for itself.
  private Future<Void> tidyIndexes(Set<String> shown) {
    Set<BlockName> superseded = superseded();
    Set<String> kept = stored.values().stream().filter(object -> !superseded.contains(object.name()) || object.name().level() > 0)
        .map(BlockObject::key).collect(Collectors.toCollection(HashSet::new));
    kept.addAll(companions.keys());
    kept.addAll(shown);
    Set<BlockName> elsewhere = stored.values().stream().map(BlockObject::name).collect(Collectors.toCollection(HashSet::new));
    elsewhere.addAll(superseded);
    OptionalLong newest = handle.map(here -> OptionalLong.of(newestMillis(here))).orElse(OptionalLong.empty());
    return context.tier.work(() -> {
      // The shard may not be here yet, so that its folder tells what is local.
      elsewhere.addAll(localNames());
      long newestMillis = newest.orElseGet(() -> Math.min(context.parts.clock().millis(),
          elsewhere.stream().mapToLong(BlockName::endMillis).max().orElse(Long.MIN_VALUE)));
      var unlisted = new ArrayList<BlockObject>();
      for (BlockObject object : context.indexes.list(shard)) {
        if (kept.contains(object.key())) {
          continue;
        }
        if (object.isCompanion() || elsewhere.contains(object.name())
            || isOlder(object.name(), context.config.coldRetentionMillis(), newestMillis)) {
          context.indexes.delete(object);
        } else {
          unlisted.add(object);
        }
      }
      return unlisted;
    }).compose(unlisted -> {
      Set<String> keys = unlisted.stream().map(BlockObject::key).collect(Collectors.toSet());
      missing.keySet().removeIf(key -> !keys.contains(key) && !shown.contains(key));
      Future<Void> done = Future.succeededFuture();
      for (BlockObject object : unlisted) {
        if (!missing.containsKey(object.key())) {
          done = done.compose(_ -> findUnlisted(object));
        }
      }
      return done;
    });
  }

  private Set<BlockName> localNames() {
    return context.parts.disk().list(context.parts.directory().resolve(BlockObject.folder(shard))).stream()
        .flatMap(path -> BlockName.parse(path.getFileName().toString()).stream()).collect(Collectors.toSet());
  }

  /// Asks for an object of which only the index header tells. One that is gone is told, and shown by that header: the query that needs it
  /// fails by name in place of answering without it.
  private Future<Void> findUnlisted(BlockObject object) {
    String key = object.key();
    return context.tier.here(context.store().head(key)).transform(found -> {
      if (found.succeeded()) {
        BlockObject.parse(found.result()).ifPresent(whole -> stored.put(key, whole));
        return openNext(List.of(stored.get(key)).iterator());
      }
      if (!isNotFound(found.cause())) {
        return Future.failedFuture(found.cause());
      }
      isMissing(object);
      return context.tier.work(() -> context.indexes.open(object)).map(cold -> {
        opened.put(key, cold.block());
        return (Void) null;
      }).recover(failure -> {
        LOG.atWarn().addKeyValue("object", key).addKeyValue("reason", failure.getMessage())
            .log("The index header of an object that is gone is of no use either; no query tells that its samples are missing");
        return Future.succeededFuture();
      });
    });
  }

  private static boolean isNotFound(Throwable failure) {
    return failure instanceof TidemarkException known && known.code() == ErrorCode.NOT_FOUND;
  }

  private void isMissing(BlockObject object) {
    if (missing.put(object.key(), object) == null) {
      metrics.missingObjects.increment();
      LOG.atError().addKeyValue("object", object.key()).addKeyValue("store", context.store().name())
          .addKeyValue("start", Instant.ofEpochMilli(object.name().startMillis()))
          .addKeyValue("end", Instant.ofEpochMilli(object.name().endMillis()))
          .log("An object is gone that nobody here deleted; its samples cannot be read. Put it back from a replica or a backup");
    }
  }

  /// Opens what index headers here tell of, without the store.
  private Future<Void> openKnown() {
    return context.tier.work(() -> {
      var found = new ArrayList<Indexes.Opened>();
      for (BlockObject object : context.indexes.list(shard)) {
        try {
          found.add(context.indexes.open(object));
        } catch (TidemarkException e) {
          if (e.code() != ErrorCode.CORRUPT && e.code() != ErrorCode.NOT_SUPPORTED) {
            throw e;
          }
          LOG.atWarn().addKeyValue("object", object.key()).addKeyValue("reason", e.getMessage())
              .log("An index header is of no use; its block is left out until the object store answers");
        }
      }
      return found;
    }).map(found -> {
      found.forEach(cold -> {
        if (cold.object().isCompanion()) {
          companions.add(cold);
        } else {
          stored.put(cold.object().key(), cold.object());
          add(cold);
        }
      });
      return null;
    });
  }

  /// Blocks whose samples lie in merged ones that are in the store.
  private Set<BlockName> superseded() {
    if (superseded.isEmpty()) {
      superseded = Optional.of(sources.entrySet().stream().filter(entry -> !damaged.contains(entry.getKey()))
          .flatMap(entry -> entry.getValue().stream()).collect(Collectors.toSet()));
    }
    return superseded.get();
  }

  private List<Block> wanted() {
    Set<BlockName> superseded = superseded();
    return opened.values().stream().filter(block -> !superseded.contains(block.name())).toList();
  }

  // ---- work

  /// Begins the next piece of work, if there is one and none runs.
  void step() {
    if (busy || handle.isEmpty() || context.tier.isClosing() || context.nanos() < retryAtNanos) {
      return;
    }
    Optional<Supplier<Future<Void>>> next = next(handle.get());
    if (next.isEmpty()) {
      return;
    }
    busy = true;
    context.tier.inTurn(next.get()).onComplete(result -> {
      busy = false;
      if (result.succeeded()) {
        retryMillis = RETRY_MILLIS_MIN;
        handle.ifPresent(this::showCompanions);
      } else {
        failed(result.cause());
      }
      context.tier.measure();
      context.parts.loop().execute(this::step);
    });
  }

  private void failed(Throwable cause) {
    if (handle.isEmpty()) {
      return;
    }
    metrics.failures.increment();
    retryAtNanos = context.nanos() + retryMillis * 1_000_000;
    var event = LOG.atWarn().addKeyValue("shard", shard).addKeyValue("reason", cause.getMessage()).addKeyValue("again_in_ms", retryMillis);
    boolean isDefect = !(cause instanceof TidemarkException known) || known.code() == ErrorCode.INTERNAL;
    (isDefect ? event.setCause(cause) : event).log("Work on the object store failed; it is tried again and local blocks stay");
    retryMillis = Math.min(RETRY_MILLIS_MAX, retryMillis * 2);
    context.parts.loop().after((retryAtNanos - context.nanos()) / 1_000_000 + 1, this::step);
  }

  private Optional<Supplier<Future<Void>>> next(ShardBlocks here) {
    long newest = newestMillis(here);
    if (context.nanos() >= surveyAtNanos) {
      return Optional.of(() -> surveyAndShow(here));
    }
    for (Block block : here.local()) {
      if (isDue(block, newest)) {
        return Optional.of(() -> upload(here, block));
      }
    }
    // A delete waits for no interval: a node without a disk of its own would show what was erased.
    boolean isCheckpointDue = context.nanos() >= checkpointAtNanos || here.erasedTo() > checkpointPosition;
    if (checkpoint.isPresent() && isCheckpointDue && isCovered(here, checkpoint.get())) {
      LocalCheckpoint due = checkpoint.get();
      return Optional.of(() -> putCheckpoint(due));
    }
    return companions.nextDeletion().or(() -> nextCompanion(here, newest)).or(() -> nextDrop(here, newest))
        .or(() -> nextDeletion(here, newest));
  }

  private long newestMillis(ShardBlocks here) {
    long newest = Long.MIN_VALUE;
    for (Block block : here.local()) {
      newest = Math.max(newest, block.maxMillis());
    }
    for (Block block : here.cold()) {
      newest = Math.max(newest, block.maxMillis());
    }
    return Math.min(newest, context.parts.clock().millis());
  }

  private static boolean isOlder(BlockName name, long ageMillis, long newest) {
    return ageMillis != Long.MAX_VALUE && name.endMillis() <= newest - ageMillis;
  }

  // ---- upload

  /// Whether a local block is to go up now.
  private boolean isDue(Block block, long newest) {
    return (context.config.uploadAfterMillis() == 0 || isOlder(block.name(), context.config.uploadAfterMillis(), newest)
        || isTooMuch(block)) && !refused.contains(block.name()) && objectOf(block).isEmpty() && !superseded().contains(block.name());
  }

  /// The object of a local block, read back by this node.
  private Optional<BlockObject> objectOf(Block block) {
    return Optional.ofNullable(readBack.get(block.name())).filter(object -> isCopy(block, object));
  }

  private Future<Void> upload(ShardBlocks here, Block block) {
    return context.tier.work(() -> {
      block.verify();
      return context.tier.checksum(block.path());
    }).transform(sum -> {
      if (sum.succeeded()) {
        return upload(block, new BlockObject(shard, block.name(), sum.result(), block.bytes()));
      }
      if (sum.cause() instanceof TidemarkException known && known.code() == ErrorCode.CORRUPT) {
        refused.add(block.name());
        LOG.atError().addKeyValue("block", block.name().fileName()).addKeyValue("reason", known.getMessage())
            .log("A local block is damaged and does not go to the object store");
        return Future.succeededFuture();
      }
      return Future.failedFuture(sum.cause());
    }).recover(failure -> here.local().contains(block) ? Future.failedFuture(failure)
        // It was merged into another meanwhile, which goes up in its place.
        : Future.succeededFuture());
  }

  private Future<Void> upload(Block block, BlockObject object) {
    return context.tier.putReadBack(object.key(), block.path(), object.bytes(), object.checksum())
        .compose(_ -> context.tier.work(() -> context.indexes.writeReadBack(object, block)))
        .map(cold -> {
          stored.put(object.key(), object);
          damaged.remove(object.key());
          add(cold);
          metrics.uploads.increment();
          metrics.uploadedBytes.add(object.bytes());
          return null;
        });
  }

  // ---- checkpoint

  /// Whether the store has all blocks that the checkpoint relies on.
  private boolean isCovered(ShardBlocks here, LocalCheckpoint due) {
    Set<BlockName> superseded = superseded();
    return here.local().stream().filter(block -> block.name().position() <= due.position)
        .allMatch(block -> objectOf(block).isPresent() || superseded.contains(block.name()));
  }

  private Future<Void> putCheckpoint(LocalCheckpoint due) {
    return context.tier.work(() -> context.parts.disk().exists(due.file)).compose(exists -> {
      if (!exists) {
        // Two newer ones were written since.
        return Future.succeededFuture();
      }
      return context.tier.work(() -> {
        try (var file = context.parts.disk().openForRead(due.file)) {
          return new CheckpointObject(shard, due.position, context.tier.checksum(due.file), file.bytes());
        }
      }).compose(object -> context.tier.putReadBack(object.key(), due.file, object.bytes(), object.checksum()))
          .compose(_ -> checkpoints()).compose(all -> deleteCheckpoints(all.subList(0, Math.max(0, all.size() - CHECKPOINTS_KEPT))))
          .onSuccess(_ -> {
            checkpointAtNanos = context.nanos() + context.config.checkpointUploadMillis() * 1_000_000;
            checkpointPosition = due.position;
            metrics.checkpoints.increment();
          });
    }).onSuccess(_ -> {
      if (checkpoint.filter(due::equals).isPresent()) {
        checkpoint = Optional.empty();
      }
    });
  }

  private Future<Void> deleteCheckpoints(List<CheckpointObject> old) {
    Future<Void> deleted = Future.succeededFuture();
    for (CheckpointObject object : old) {
      deleted = deleted.compose(_ -> context.tier.here(context.store().delete(object.key())));
    }
    return deleted;
  }

  // ---- local to cold

  /// Whether the local blocks take too much, and this is one of the oldest that make it so.
  private boolean isTooMuch(Block block) {
    if (context.config.localBytesMax() == Long.MAX_VALUE) {
      return false;
    }
    long over = handle.map(here -> here.local().stream().mapToLong(Block::bytes).sum()).orElse(0L)
        - context.config.localBytesMax() / context.parts.shards();
    for (Block older : handle.map(ShardBlocks::local).orElse(List.of()).stream()
        .sorted(Comparator.comparingLong(any -> any.name().endMillis())).toList()) {
      if (over <= 0) {
        return false;
      }
      if (older.name().equals(block.name())) {
        return true;
      }
      over -= older.bytes();
    }
    return false;
  }

  private Optional<Supplier<Future<Void>>> nextDrop(ShardBlocks here, long newest) {
    for (Block block : here.local()) {
      if (isOlder(block.name(), context.config.hotRetentionMillis(), newest) || isTooMuch(block)) {
        Optional<BlockObject> object = objectOf(block).or(() -> shownInPlaceOf(here, block));
        if (object.isPresent()) {
          return Optional.of(() -> drop(here, block, object.get()));
        }
      }
    }
    return Optional.empty();
  }

  /// A cold block that queries see and that holds the samples of a local one: another node has merged it.
  private Optional<BlockObject> shownInPlaceOf(ShardBlocks here, Block block) {
    return opened.entrySet().stream().filter(entry -> stored.containsKey(entry.getKey()) && here.cold().contains(entry.getValue()))
        .filter(entry -> entry.getValue().sources().contains(block.name())).map(entry -> stored.get(entry.getKey())).findFirst();
  }

  private Future<Void> drop(ShardBlocks here, Block local, BlockObject object) {
    String key = object.key();
    Future<Void> whole = object.equals(readBack.get(object.name()))
        ? context.store().head(key).compose(found -> found.bytes() == object.bytes() ? Future.succeededFuture()
            : Future.failedFuture(new TidemarkException(ErrorCode.NOT_FOUND, key + " has " + found.bytes() + " bytes")))
        : context.tier.readBack(key, object.bytes(), object.checksum());
    return context.tier.here(whole).transform(result -> {
      if (result.succeeded()) {
        return context.tier.here(context.indexes.openOrFetch(object)).compose(cold -> {
          Block block = opened.computeIfAbsent(key, _ -> cold.block());
          return context.tier.here(here.replaceLocal(local.name(), block)).onSuccess(_ -> metrics.droppedBlocks.increment());
        });
      }
      if (result.cause() instanceof TidemarkException known
          && (known.code() == ErrorCode.NOT_FOUND || known.code() == ErrorCode.CORRUPT)) {
        metrics.missingObjects.increment();
        LOG.atError().addKeyValue("object", key).addKeyValue("reason", known.getMessage())
            .log("An object is gone; it is put again from the local block");
        stored.remove(key);
        forgetGone();
        return Future.succeededFuture();
      }
      return Future.failedFuture(result.cause());
    });
  }

  // ---- companions

  /// Blocks get companions before they leave the local disk, where they are quick to read; one that has left it without gets it later.
  private Optional<Supplier<Future<Void>>> nextCompanion(ShardBlocks here, long newest) {
    for (Block block : here.local()) {
      if (isOlder(block.name(), context.config.hotRetentionMillis(), newest) || isTooMuch(block)) {
        Optional<BlockObject> object = objectOf(block).filter(companions::isDue);
        if (object.isPresent()) {
          return Optional.of(() -> companions.make(block, object.get()));
        }
      }
    }
    return coldObjects(here).entrySet().stream().filter(cold -> companions.isDue(cold.getValue())).findFirst()
        .map(cold -> () -> companions.make(cold.getKey(), cold.getValue()));
  }

  /// The cold blocks that queries see, with their objects.
  private Map<Block, BlockObject> coldObjects(ShardBlocks here) {
    Set<Block> shown = Set.copyOf(here.cold());
    var objects = new LinkedHashMap<Block, BlockObject>();
    opened.forEach((key, block) -> {
      if (shown.contains(block) && stored.containsKey(key)) {
        objects.put(block, stored.get(key));
      }
    });
    return objects;
  }

  private void showCompanions(ShardBlocks here) {
    Map<Block, BlockObject> objects = coldObjects(here);
    here.local().forEach(block -> objectOf(block).ifPresent(object -> objects.put(block, object)));
    var shown = new HashMap<Block, Companion>();
    objects.forEach((block, object) -> companions.of(object).filter(companion -> companion.fits(block))
        .ifPresent(companion -> shown.put(block, companion)));
    here.companions(shown);
  }

  // ---- deletion

  private Optional<Supplier<Future<Void>>> nextDeletion(ShardBlocks here, long newest) {
    for (BlockObject object : stored.values()) {
      if (isOlder(object.name(), context.config.coldRetentionMillis(), newest) && !isLocal(object)) {
        return Optional.of(() -> delete(here, object).onSuccess(_ -> metrics.expiredObjects.increment()));
      }
      if (isReplaced(object)) {
        return Optional.of(() -> delete(here, object).onSuccess(_ -> metrics.supersededObjects.increment()));
      }
    }
    return Optional.empty();
  }

  /// Whether a merged block that this node has read back holds the object's samples, and nothing in the store is a source of its own.
  private boolean isReplaced(BlockObject object) {
    boolean hasHolder = superseded().contains(object.name()) && readBack.values().stream()
        .anyMatch(holder -> sources.getOrDefault(holder.key(), List.of()).contains(object.name()));
    if (!hasHolder) {
      return false;
    }
    Set<BlockName> own = Set.copyOf(sources.getOrDefault(object.key(), List.of()));
    return stored.values().stream().noneMatch(other -> own.contains(other.name()));
  }

  private Future<Void> delete(ShardBlocks here, BlockObject object) {
    String key = object.key();
    return hide(here, key).compose(_ -> companions.delete(object)).compose(_ -> context.tier.here(context.store().delete(key)))
        .compose(_ -> context.tier.work(() -> {
          context.indexes.delete(object);
          return null;
        })).map(_ -> {
          stored.remove(key);
          forgetGone();
          return null;
        });
  }

  private Future<Void> hide(ShardBlocks here, String key) {
    Block block = opened.remove(key);
    return block == null ? Future.succeededFuture() : context.tier.here(here.hide(List.of(block)));
  }

  // ---- what other nodes did

  private Future<Void> surveyAndShow(ShardBlocks here) {
    Map<String, BlockObject> before = new HashMap<>(stored);
    Map<String, Block> openedBefore = new HashMap<>(opened);
    return survey(openedBefore.keySet()).compose(_ -> {
      Future<Void> done = context.tier.here(here.show(wanted()));
      Set<BlockName> superseded = superseded();
      for (var entry : openedBefore.entrySet()) {
        String key = entry.getKey();
        if (!stored.containsKey(key)) {
          BlockObject object = before.getOrDefault(key, missing.get(key));
          done = done.compose(_ -> gone(here, object, entry.getValue()));
        } else if (superseded.contains(entry.getValue().name()) || damaged.contains(key)) {
          done = done.compose(_ -> context.tier.here(here.hide(List.of(entry.getValue()))));
        }
      }
      return done;
    });
  }

  /// An object that queries use is in no list. Lists may lag behind, so that the object itself is asked for.
  private Future<Void> gone(ShardBlocks here, BlockObject object, Block block) {
    String key = object.key();
    return context.tier.here(context.store().head(key)).transform(found -> {
      if (found.succeeded()) {
        stored.put(key, object);
        sources.put(key, block.sources());
        superseded = Optional.empty();
        opened.put(key, block);
        return Future.succeededFuture();
      }
      if (!isNotFound(found.cause())) {
        return Future.failedFuture(found.cause());
      }
      boolean isExpected = superseded().contains(object.name())
          || isOlder(object.name(), context.config.coldRetentionMillis(), newestMillis(here));
      if (!isExpected) {
        isMissing(object);
      }
      return context.tier.here(here.hide(List.of(block)));
    });
  }
}
