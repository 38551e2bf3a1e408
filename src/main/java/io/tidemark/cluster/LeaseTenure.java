package io.tidemark.cluster;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// One slot in the hands of this node, from gaining to losing it. Methods may be called from any thread.
///
/// Whoever does something that must not be done twice asks {@link #holds} right before it: a process that stood still for a while must
/// not act on what it knew before. What is written through it is refused by the state once another has the slot.
public final class LeaseTenure {
  private final LeaseKeeper keeper;
  private final State.Lease lease;
  private final int slot;
  private volatile long untilNanos;
  private volatile boolean alone;
  private volatile boolean over;
  /// Who waits for the next word about this tenure. Owned by the keeper's loop.
  private final List<Promise<Void>> waiting = new ArrayList<>();

  LeaseTenure(LeaseKeeper keeper, State.Lease lease, int slot, long untilNanos) {
    this.keeper = keeper;
    this.lease = lease;
    this.slot = slot;
    this.untilNanos = untilNanos;
  }

  public int slot() {
    return slot;
  }

  /// Grows with each change of holder; 0 when this node never had the lease and goes on alone.
  public long token() {
    return lease.token();
  }

  /// Whether the slot is this node's now.
  public boolean holds() {
    return !over && (alone || remainingNanos() > 0);
  }

  /// Whether the state is away and this node goes on without a valid lease.
  public boolean isAlone() {
    return alone;
  }

  /// Writes a key if the lease is still in force. Fails with `CONFLICT` when it is not, and the tenure is over then.
  public Future<Void> put(String key, byte[] value) {
    return fenced(keeper.state().putUnder(lease, key, value).mapEmpty());
  }

  /// Removes a key; fails as {@link #put} does.
  public Future<Void> remove(String key) {
    return fenced(keeper.state().removeUnder(lease, key));
  }

  /// Completes when the state has renewed the lease once more, or this node goes on alone; fails when the tenure is over. For who could
  /// not write and has to know whether the state is away or refuses this one thing. On the keeper's loop.
  public Future<Void> confirmed() {
    if (!holds() || alone) {
      return alone && holds() ? Future.succeededFuture() : Future.failedFuture("slot " + slot + " is no longer this node's");
    }
    Promise<Void> promise = Promise.promise();
    waiting.add(promise);
    return promise.future();
  }

  private void tell(Consumer<Promise<Void>> word) {
    List<Promise<Void>> told = List.copyOf(waiting);
    waiting.clear();
    told.forEach(word);
  }

  private Future<Void> fenced(Future<Void> write) {
    return write.recover(cause -> {
      if (cause instanceof TidemarkException known && known.code() == ErrorCode.CONFLICT) {
        over = true;
        keeper.refused(this);
      }
      return Future.failedFuture(cause);
    });
  }

  State.Lease lease() {
    return lease;
  }

  long remainingNanos() {
    return untilNanos - keeper.clock().nanos();
  }

  void extend(long newUntilNanos) {
    untilNanos = newUntilNanos;
    tell(Promise::complete);
  }

  void goAlone() {
    alone = true;
    tell(Promise::complete);
  }

  void end() {
    over = true;
    tell(promise -> promise.fail("slot " + slot + " is no longer this node's"));
  }
}
