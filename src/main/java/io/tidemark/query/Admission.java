package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.QueryConfig.Share;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who runs and who waits. Safe on any thread, never blocks.
///
/// At most `query.concurrency` queries run, and of those of one principal at most `query.principal.concurrency`; the others wait in one
/// bounded queue, and the first whose principal has a place left goes next. What a principal reads within a minute of the clock is
/// added up; once it is more than `query.principal.samples_per_minute`, its queries are refused until the next minute. A query that
/// runs is not stopped by that.
final class Admission {
  /// Principals whose samples are counted apart; all others share one count.
  private static final int PRINCIPALS_MAX = 10_000;
  private static final String OTHERS = "";
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final QueryConfig config;
  private final Clock clock;
  private final Counter refused;

  // Guarded by this.
  private final Map<Long, Job> jobs = new LinkedHashMap<>();
  private final ArrayDeque<Job> queue = new ArrayDeque<>();
  private final Map<String, Integer> runningOf = new HashMap<>();
  private final Map<String, Long> samplesOf = new HashMap<>();
  private long minute;
  private int running;

  Admission(QueryConfig config, Clock clock, Metrics metrics) {
    this.config = config;
    this.clock = clock;
    refused = metrics.counter("tidemark_query_refused_total", "Queries refused because query.queue_max others were waiting, or because "
        + "their principal has had its samples of this minute.");
    metrics.gauge("tidemark_query_queue_length", "Queries waiting for a place among query.concurrency.", this::queueLength);
    metrics.gauge("tidemark_query_running", "Queries being evaluated.", this::runningCount);
  }

  private synchronized double queueLength() {
    return queue.size();
  }

  private synchronized double runningCount() {
    return running;
  }

  /// Takes a query in; returns whether it has a place, otherwise it waits.
  ///
  /// @throws TidemarkException `UNAVAILABLE` when too many wait, `RATE_LIMITED` when its principal has read too much
  synchronized boolean take(Job job) {
    String principal = job.request.principal();
    Share share = config.principal();
    turnMinute();
    long read = samplesOf.getOrDefault(counted(principal), 0L);
    if (share.samplesPerMinute() > 0 && read >= share.samplesPerMinute() && !principal.equals(QueryRequest.RULES)) {
      refused.increment();
      throw new TidemarkException(ErrorCode.RATE_LIMITED, principal + " has read " + read + " samples in this minute; "
          + "query.principal.samples_per_minute allows " + share.samplesPerMinute() + "; try again in "
          + Math.ceilDiv(MINUTE_NANOS - Math.floorMod(clock.nanos(), MINUTE_NANOS), 1_000_000_000L) + " s");
    }
    if (mayRun(principal)) {
      place(job);
      return true;
    }
    if (queue.size() >= config.queueMax()) {
      refused.increment();
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "too many queries: " + running + " run, " + runningOf.getOrDefault(principal, 0)
          + " of them of " + principal + ", and " + queue.size() + " wait (query.concurrency, query.principal.concurrency, "
          + "query.queue_max); try again later");
    }
    jobs.put(job.id, job);
    queue.add(job);
    return false;
  }

  private boolean mayRun(String principal) {
    return running < config.concurrency()
        && (principal.equals(QueryRequest.RULES) || runningOf.getOrDefault(principal, 0) < config.principal().concurrency());
  }

  private void place(Job job) {
    jobs.put(job.id, job);
    running++;
    runningOf.merge(job.request.principal(), 1, Integer::sum);
    job.started = true;
    job.placedNanos = clock.nanos();
  }

  private void turnMinute() {
    long now = Math.floorDiv(clock.nanos(), MINUTE_NANOS);
    if (now != minute) {
      minute = now;
      samplesOf.clear();
    }
  }

  private String counted(String principal) {
    return samplesOf.containsKey(principal) || samplesOf.size() < PRINCIPALS_MAX ? principal : OTHERS;
  }

  /// Whether the query was still in.
  ///
  /// @param next the query that has its place now, if one waited for it
  record End(boolean isFirst, Optional<Job> next) {}

  /// Lets a query go that was answered, failed or canceled; later calls for the same do nothing.
  synchronized End end(Job job) {
    if (jobs.remove(job.id) == null) {
      return new End(false, Optional.empty());
    }
    turnMinute();
    samplesOf.merge(counted(job.request.principal()), job.run.samples(), Long::sum);
    if (!job.started) {
      queue.remove(job);
      return new End(true, Optional.empty());
    }
    running--;
    runningOf.merge(job.request.principal(), -1, (a, b) -> a + b == 0 ? null : a + b);
    for (Iterator<Job> waiting = queue.iterator(); waiting.hasNext();) {
      Job next = waiting.next();
      if (mayRun(next.request.principal())) {
        waiting.remove();
        place(next);
        return new End(true, Optional.of(next));
      }
    }
    return new End(true, Optional.empty());
  }

  /// Takes a query out that waits; returns false when it runs or is gone.
  synchronized boolean withdraw(Job job) {
    return queue.remove(job);
  }

  /// Whether the query waits, or else runs or is gone.
  synchronized boolean waits(Job job) {
    return queue.contains(job);
  }

  /// All that run or wait, oldest first.
  synchronized List<Job> jobs() {
    return new ArrayList<>(jobs.values());
  }
}
