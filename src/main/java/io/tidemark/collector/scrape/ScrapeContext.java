package io.tidemark.collector.scrape;

import io.tidemark.collector.Gate;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.Batcher;
import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.collector.admit.Tally;
import io.tidemark.collector.admit.TallyMetrics;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;

/// What the targets of one loop share. Owned by that loop.
public final class ScrapeContext {
  private final Loop loop;
  private final Clock clock;
  private final Fetcher fetcher;
  private final Gate gate;
  private final Admission admission;
  private final ScrapeDecoder decoder;
  private final TallyMetrics tallies;
  private final Histogram seconds;
  private final Counter succeeded;
  private final Counter failed;
  private final Counter missed;

  public ScrapeContext(Batcher batcher, SampleLimits limits, Gate gate, SeriesBudgets budgets, Loop loop, Fetcher fetcher, Clock clock,
      Metrics metrics) {
    this.loop = loop;
    this.clock = clock;
    this.fetcher = fetcher;
    this.gate = gate;
    admission = new Admission(batcher, limits, budgets, clock);
    decoder = new ScrapeDecoder(limits);
    tallies = new TallyMetrics("scrape", metrics);
    seconds = metrics.histogram("tidemark_scrape_seconds", "From the request of a scrape until its samples are in the batch.",
        Histogram.SECONDS);
    succeeded = metrics.counter("tidemark_scrapes_total", "Scrapes by outcome.", "outcome", "up");
    failed = metrics.counter("tidemark_scrapes_total", "Scrapes by outcome.", "outcome", "down");
    missed = metrics.counter("tidemark_scrapes_missed_total", "Scrapes left out because the one before was not over.");
  }

  Loop loop() {
    return loop;
  }

  Clock clock() {
    return clock;
  }

  Fetcher fetcher() {
    return fetcher;
  }

  Gate gate() {
    return gate;
  }

  Admission admission() {
    return admission;
  }

  ScrapeDecoder decoder() {
    return decoder;
  }

  void onLoop(Runnable work) {
    if (loop.isCurrent()) {
      work.run();
    } else {
      loop.execute(work);
    }
  }

  void missed(long scrapes) {
    missed.add(scrapes);
  }

  /// Counts a scrape, and its samples once the log has answered.
  void scraped(Tally tally, boolean up, long startNanos, long endNanos, Future<Void> durable) {
    (up ? succeeded : failed).increment();
    seconds.observeNanos(startNanos, endNanos);
    ended(tally, durable);
  }

  void ended(Tally tally, Future<Void> durable) {
    durable.onComplete(result -> tallies.count(tally, result.succeeded()));
  }
}
