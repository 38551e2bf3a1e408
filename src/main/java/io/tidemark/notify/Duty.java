package io.tidemark.notify;

import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.cluster.LeaseTenure;
import io.tidemark.telemetry.Counter;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which alert groups this node tells about. Every notifier holds all groups; a group is flushed by the node that has its slot.
///
/// Between gaining a slot and its first flush this node catches up with the alert events, so that it does not tell what its predecessor
/// knew to be over, and reads what its predecessor told whom. Belongs to one loop.
final class Duty implements LeaseKeeper.Tenant {
  static final int SLOTS = 16;
  /// How long the alert events are waited for: an event log that is away must not keep pages from going out.
  private static final long CATCH_UP_MILLIS = 5_000;
  private static final long READ_MILLIS = 10_000;
  private static final long READ_AGAIN_MILLIS = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(Duty.class);

  private final NotifyPorts ports;
  private final NotificationLog log;
  private final IntConsumer gained;
  private final IntFunction<Future<Void>> lost;
  private final LeaseKeeper leases;
  private final Counter readFailures;
  private final List<Optional<LeaseTenure>> tenures =
      new ArrayList<>(IntStream.range(0, SLOTS).mapToObj(_ -> Optional.<LeaseTenure>empty()).toList());
  /// Slots whose entries were read since another node may have written them.
  private final Set<Integer> read = new HashSet<>();
  private Supplier<Future<Void>> caughtUp = Future::succeededFuture;

  /// @param gained told the number of a slot whose groups may be flushed from now on
  /// @param lost   told that of one whose deliveries have to end; completes when none is under way
  Duty(NotifyPorts ports, NotificationLog log, IntConsumer gained, IntFunction<Future<Void>> lost) {
    this.ports = ports;
    this.log = log;
    this.gained = gained;
    this.lost = lost;
    leases = new LeaseKeeper("notify", SLOTS, ports.leases(), ports.state(), this, ports.loop(), ports.clock(), ports.metrics());
    readFailures = ports.metrics().counter("tidemark_notification_log_read_failures_total",
        "Times that entries of the notification log could not be read; the groups of their slot wait and it is tried again.");
  }

  /// @param caughtUp completes when every alert event has been received that was durable when it was called
  Future<Void> start(Supplier<Future<Void>> caughtUp) {
    this.caughtUp = caughtUp;
    return leases.start();
  }

  List<LeaseKeeper.Held> held() {
    return leases.held();
  }

  int slotOf(String groupKey) {
    return leases.slotOf(groupKey);
  }

  /// The right to tell about the groups of a slot, if this node has it.
  Optional<LeaseTenure> of(int slot) {
    return tenures.get(slot).filter(LeaseTenure::holds);
  }

  List<LeaseTenure> all() {
    return tenures.stream().flatMap(Optional::stream).filter(LeaseTenure::holds).toList();
  }

  @Override
  public Future<Void> gained(LeaseTenure tenure, boolean continues) {
    return OnLoop.within(ports.loop(), CATCH_UP_MILLIS, caughtUp.get()).transform(result -> {
      if (result.failed()) {
        LOG.warn("flushing on without the latest alert events slot={} reason=\"{}\"", tenure.slot(), result.cause().getMessage());
      }
      if (continues && read.contains(tenure.slot())) {
        log.distrust(tenure.slot());
        log.saveAgain(tenure).onFailure(e -> LOG.warn("notification log not saved anew, tried again later reason=\"{}\"", e.getMessage()));
        begin(tenure);
        return Future.succeededFuture();
      }
      read.remove(tenure.slot());
      return read(tenure);
    });
  }

  private Future<Void> read(LeaseTenure tenure) {
    Future<Void> loaded = OnLoop.within(ports.loop(), READ_MILLIS, log.load(tenure, ports.clock().millis()));
    return loaded.transform(result -> {
      if (result.succeeded()) {
        read.add(tenure.slot());
      } else {
        readFailures.increment();
        LOG.warn("notification log not read slot={} reason=\"{}\"", tenure.slot(), result.cause().getMessage());
      }
      if (result.succeeded() || tenure.isAlone()) {
        // Alone, and nobody can tell what was told: a page twice is better than none.
        begin(tenure);
      } else if (tenure.holds()) {
        ports.loop().after(READ_AGAIN_MILLIS, () -> read(tenure));
      }
      return Future.succeededFuture();
    });
  }

  private void begin(LeaseTenure tenure) {
    if (tenure.holds()) {
      tenures.set(tenure.slot(), Optional.of(tenure));
      gained.accept(tenure.slot());
    }
  }

  @Override
  public Future<Void> lost(LeaseTenure tenure) {
    tenures.set(tenure.slot(), Optional.empty());
    return lost.apply(tenure.slot());
  }

  /// Hands everything over.
  Future<Void> close() {
    return leases.close();
  }
}
