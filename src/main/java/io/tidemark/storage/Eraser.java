package io.tidemark.storage;

import io.tidemark.log.DeleteRecord;
import io.tidemark.log.Log;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/// Takes deletes: writes them into every partition of the log, where every replica of every shard finds them at the same place. Any
/// thread.
public final class Eraser {
  /// Deletes that a shard keeps in mind, and that one process takes within the time for which they are kept.
  static final int TOMBSTONES_MAX = 1_000;

  private final Log log;
  private final Clock clock;
  private final IntSupplier tombstones;
  private final Counter accepted;
  private final Counter refused;
  /// When those were taken that still count.
  private final ArrayDeque<Long> takenMillis = new ArrayDeque<>();

  /// @param tombstones the most that a shard here keeps in mind; 0 where there are no shards
  public Eraser(Log log, Clock clock, Metrics metrics, IntSupplier tombstones) {
    this.log = log;
    this.clock = clock;
    this.tombstones = tombstones;
    accepted = metrics.counter("tidemark_erase_requests_total", "Deletes of samples by outcome.", "outcome", "accepted");
    refused = metrics.counter("tidemark_erase_requests_total", "Deletes of samples by outcome.", "outcome", "refused");
  }

  /// Erases all samples with times in `range` of the series that one of the selectors names, as far as they are in the log now.
  /// Completes when the delete is durable: queries that start afterwards do not see them.
  ///
  /// Fails with `UNAVAILABLE` while the log holds records back, since those would come after the delete; with `RATE_LIMITED` when there
  /// are too many deletes already, `TOO_LARGE` when the selectors fit no record; else as {@link Log#append}: some partitions may have
  /// the delete then, and it may be sent again.
  ///
  /// @param selectors 1 or more, each with a matcher that the empty text does not pass
  public Future<Void> erase(List<List<Matcher>> selectors, TimeRange range) {
    byte[] record;
    try {
      record = new DeleteRecord(clock.millis(), range, selectors).encode();
      admit();
    } catch (TidemarkException e) {
      refused.increment();
      return Future.failedFuture(e);
    }
    var appended = new ArrayList<Future<Long>>();
    for (int partition = 0; partition < log.partitions(); partition++) {
      appended.add(log.append(partition, record.clone()));
    }
    return Future.join(appended).compose(_ -> {
      accepted.increment();
      return appended.stream().anyMatch(position -> position.result() == Log.UNPLACED) ? Future.failedFuture(heldBack("the delete waits"))
          : Future.succeededFuture();
    });
  }

  private void admit() {
    if (log.heldBack() > 0) {
      throw heldBack(log.heldBack() + " records wait");
    }
    if (tombstones.getAsInt() >= TOMBSTONES_MAX || !take()) {
      throw new TidemarkException(ErrorCode.RATE_LIMITED, "too many deletes: each is kept in mind for " + Sweep.KEPT_MILLIS / 86_400_000
          + " days and there are " + TOMBSTONES_MAX + " already; put several match[] or a wider range into one, or wait");
    }
  }

  private static TidemarkException heldBack(String what) {
    return new TidemarkException(ErrorCode.UNAVAILABLE, what + " for the ingest log's system to come back; samples that were acknowledged "
        + "before the delete would come after it. Send it again when tidemark_log_spool_records is 0");
  }

  private synchronized boolean take() {
    long now = clock.millis();
    while (!takenMillis.isEmpty() && takenMillis.peekFirst() <= now - Sweep.KEPT_MILLIS) {
      takenMillis.removeFirst();
    }
    if (takenMillis.size() >= TOMBSTONES_MAX) {
      return false;
    }
    takenMillis.addLast(now);
    return true;
  }
}
