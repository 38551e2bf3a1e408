package io.tidemark.server;

import io.tidemark.cluster.LeaseConfig;
import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.cluster.LeaseTenure;
import io.tidemark.collector.Scraper;
import io.tidemark.state.State;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/// Which scrape targets are this process's own, of several that have the same scrape jobs: a target is scraped by one of them.
/// Belongs to its loop.
final class ScrapeSlots {
  private final LeaseKeeper leases;

  /// @param changed told of the slots of this process at each change; an immutable test
  ScrapeSlots(LeaseConfig config, State state, Consumer<IntPredicate> changed, Loop loop, Clock clock, Metrics metrics) {
    leases = new LeaseKeeper("scrape", Scraper.SLOTS, config, state, new LeaseKeeper.Tenant() {
      private final Set<Integer> slots = new HashSet<>();

      @Override
      public Future<Void> gained(LeaseTenure tenure, boolean continues) {
        slots.add(tenure.slot());
        return tell();
      }

      @Override
      public Future<Void> lost(LeaseTenure tenure) {
        slots.remove(tenure.slot());
        return tell();
      }

      private Future<Void> tell() {
        Set<Integer> now = Set.copyOf(slots);
        changed.accept(now::contains);
        return Future.succeededFuture();
      }
    }, loop, clock, metrics);
  }

  Future<Void> start() {
    return leases.start();
  }

  List<LeaseKeeper.Held> held() {
    return leases.held();
  }

  Future<Void> close() {
    return leases.close();
  }
}
