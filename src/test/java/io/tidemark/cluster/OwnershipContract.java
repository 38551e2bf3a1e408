package io.tidemark.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// What every way to own shards keeps to.
abstract class OwnershipContract {
  private static final long PATIENCE_MILLIS = 120_000;

  /// What one member was told.
  static final class Told implements Ownership.Listener {
    final Set<Integer> shards = new ConcurrentSkipListSet<>();

    @Override
    public void gained(int shard) {
      assertTrue(shards.add(shard), () -> "gained twice: " + shard);
    }

    @Override
    public void lost(int shard) {
      assertTrue(shards.remove(shard), () -> "lost without having it: " + shard);
    }
  }

  /// A member of the one group of this test, over four shards.
  abstract Ownership open(String node);

  static void until(String what, BooleanSupplier reached) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    while (!reached.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  @Test
  void aLoneMemberOwnsEverythingUntilItGoes() throws Exception {
    Ownership ownership = open("alone");
    var told = new Told();
    ownership.start(told);
    until("all shards", () -> told.shards.equals(Set.of(0, 1, 2, 3)));
    ownership.close().toCompletionStage().toCompletableFuture().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    assertEquals(Set.of(), told.shards);
  }
}
