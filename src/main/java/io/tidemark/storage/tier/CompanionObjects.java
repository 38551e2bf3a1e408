package io.tidemark.storage.tier;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.Companion;
import io.tidemark.storage.block.Block;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The companions of one shard's blocks in the store: makes them, opens them, deletes those of blocks that are no more. On the tier's loop.
///
/// A companion is named by the checksum of its block, so that a block that was written anew, because of a delete or of late samples, has
/// none until one is made of it. Whatever is wrong with a companion, the block is read in its place, and another is made.
final class CompanionObjects {
  private static final Logger LOG = LoggerFactory.getLogger(CompanionObjects.class);
  private static final int OBJECTS_MAX = 50_000;
  private static final long RETRY_MILLIS = 600_000;
  private static final long NEVER = Long.MAX_VALUE;

  private record Opened(BlockObject object, Companion companion) {}

  private final int shard;
  private final ShardTier.Context context;
  /// By the key of the block.
  private final Map<String, Opened> opened = new HashMap<>();
  /// Blocks of which none can be made, by key, until when. Bounded by the blocks in the store.
  private final Map<String, Long> unmade = new HashMap<>();
  /// Objects of no use any more: their blocks are gone, or others were made, or they are damaged.
  private final ArrayDeque<BlockObject> useless = new ArrayDeque<>();
  private final Set<BlockObject> damaged = new HashSet<>();

  CompanionObjects(int shard, ShardTier.Context context) {
    this.shard = shard;
    this.context = context;
  }

  private boolean isOff() {
    return context.config().companions().isEmpty();
  }

  int count() {
    return opened.size();
  }

  long bytes() {
    return opened.values().stream().mapToLong(one -> one.object.bytes()).sum();
  }

  Optional<Companion> of(BlockObject block) {
    return Optional.ofNullable(opened.get(block.key())).map(Opened::companion);
  }

  Set<String> keys() {
    var keys = new HashSet<String>();
    opened.values().forEach(one -> keys.add(one.object.key()));
    return keys;
  }

  /// The companions in the store; none when they are turned off, which leaves those that are there alone.
  Future<List<BlockObject>> list() {
    return isOff() ? Future.succeededFuture(List.of())
        : context.tier().here(context.store().listAll(BlockObject.companionPrefix(shard), OBJECTS_MAX))
            .map(objects -> objects.stream().flatMap(object -> BlockObject.parse(object).stream()).toList());
  }

  /// Opens those whose blocks are there, and forgets what is not in the store.
  ///
  /// @param blocks keys of the blocks in the store
  Future<Void> take(List<BlockObject> listed, Set<String> blocks) {
    Set<BlockObject> there = Set.copyOf(listed);
    opened.values().removeIf(one -> !there.contains(one.object));
    unmade.keySet().retainAll(blocks);
    useless.clear();
    Future<Void> done = Future.succeededFuture();
    opened.keySet().retainAll(blocks);
    damaged.retainAll(there);
    for (BlockObject object : listed) {
      Opened known = opened.get(object.blockKey());
      if (!blocks.contains(object.blockKey()) || damaged.contains(object) || known != null && !known.object.equals(object)) {
        useless.add(object);
      } else if (known == null) {
        done = done.compose(_ -> open(object));
      }
    }
    return done;
  }

  private Future<Void> open(BlockObject object) {
    return context.tier().here(context.indexes().openOrFetch(object)).transform(result -> {
      if (result.succeeded()) {
        add(result.result());
        return Future.succeededFuture();
      }
      ErrorCode code = result.cause() instanceof TidemarkException known ? known.code() : ErrorCode.INTERNAL;
      switch (code) {
        case CORRUPT -> spoil(object, result.cause());
        case NOT_SUPPORTED -> unmade.put(object.blockKey(), NEVER);
        case NOT_FOUND -> { }
        default -> {
          return Future.failedFuture(result.cause());
        }
      }
      return Future.succeededFuture();
    });
  }

  void add(Indexes.Opened cold) {
    if (!isOff()) {
      opened.put(cold.object().blockKey(), new Opened(cold.object(), new Companion(cold.block())));
    }
  }

  /// A query met damage, maybe in a companion.
  void damaged(TidemarkException damage) {
    for (Opened one : List.copyOf(opened.values())) {
      if (damage.getMessage().contains(one.object.key())) {
        spoil(one.object, damage);
      }
    }
  }

  private void spoil(BlockObject object, Throwable damage) {
    opened.remove(object.blockKey());
    damaged.add(object);
    useless.add(object);
    context.metrics().damagedObjects.increment();
    LOG.atError().addKeyValue("object", object.key()).addKeyValue("reason", damage.getMessage())
        .log("A companion is damaged; it is made anew, and its block is read meanwhile");
  }

  /// Whether the block has none and one can be made.
  boolean isDue(BlockObject block) {
    return !isOff() && !opened.containsKey(block.key()) && unmade.getOrDefault(block.key(), Long.MIN_VALUE) <= context.nanos();
  }

  private record Made(BlockObject object, Block block) {}

  /// Makes a block's companion and puts it into the store. Never fails: a block must not wait for its companion.
  ///
  /// @param block  local or cold
  /// @param object its object
  Future<Void> make(Block block, BlockObject object) {
    Path folder = context.indexes().folder(shard).resolveSibling("making-" + shard);
    // One piece of work at a time: the folder is this one's alone, and what a crash left in it goes.
    return context.tier().work(() -> emptied(folder)).compose(_ -> block.isCold() ? fetched(object, folder) : Future.succeededFuture(block))
        .compose(here -> context.tier().work(() -> written(here, object, folder))).compose(this::put)
        .eventually(() -> context.tier().work(() -> emptied(folder))).recover(failure -> {
          unmade.put(object.key(), context.nanos() + RETRY_MILLIS * 1_000_000);
          context.metrics().companionFailures.increment();
          LOG.atWarn().addKeyValue("block", object.key()).addKeyValue("reason", failure.getMessage())
              .log("A companion could not be made; it is tried again, and its block is read meanwhile");
          return Future.succeededFuture();
        });
  }

  private Path emptied(Path folder) {
    Disk disk = context.parts().disk();
    disk.createDirectories(folder);
    disk.list(folder).forEach(disk::delete);
    return folder;
  }

  /// A copy of a cold block on the local disk: read page by page it would push out what queries read, and keep a worker waiting for the
  /// store.
  private Future<Block> fetched(BlockObject object, Path folder) {
    Path file = folder.resolve(object.name().fileName());
    return context.tier().fetch(object.key(), object.bytes(), object.checksum(), file)
        .compose(_ -> context.tier().work(() -> Block.open(context.parts().disk(), file, object.name())));
  }

  private Made written(Block block, BlockObject object, Path folder) {
    Path path = Companion.write(context.parts().disk(), folder, block, context.config().companions());
    Block made = Block.open(context.parts().disk(), path, Companion.axis(block.name()));
    return new Made(object.companion(context.tier().checksum(path), made.bytes()), made);
  }

  private Future<Void> put(Made made) {
    BlockObject object = made.object;
    return context.tier().putReadBack(object.key(), made.block.path(), object.bytes(), object.checksum())
        .compose(_ -> context.tier().work(() -> context.indexes().writeReadBack(object, made.block))).map(cold -> {
          add(cold);
          context.metrics().companions.increment();
          context.metrics().companionBytes.add(object.bytes());
          return null;
        });
  }

  /// Deletes the next object of no use.
  Optional<Supplier<Future<Void>>> nextDeletion() {
    return useless.isEmpty() ? Optional.empty() : Optional.of(() -> delete(List.of(useless.poll())));
  }

  /// Deletes what was made of a block, which goes itself.
  Future<Void> delete(BlockObject block) {
    var gone = new ArrayList<BlockObject>();
    Optional.ofNullable(opened.remove(block.key())).ifPresent(one -> gone.add(one.object));
    return delete(gone);
  }

  private Future<Void> delete(List<BlockObject> gone) {
    Future<Void> done = Future.succeededFuture();
    for (BlockObject object : gone) {
      done = done.compose(_ -> context.tier().here(context.store().delete(object.key()))).compose(_ -> context.tier().work(() -> {
        context.indexes().delete(object);
        return null;
      })).map(_ -> {
        damaged.remove(object);
        return null;
      });
    }
    return done;
  }
}
