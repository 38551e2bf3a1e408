package io.tidemark.transfer;

import io.tidemark.config.Durations;
import io.tidemark.time.Clock;
import java.util.OptionalLong;

/// Counts the samples of an import that are older than the server keeps: those are acknowledged, and dropped where their series has newer
/// ones, else deleted as soon as newer ones come. One thread.
final class AgeCheck {
  private final long retentionMillis;
  private final long keptFromMillis;
  private long older;

  private AgeCheck(long retentionMillis, long keptFromMillis) {
    this.retentionMillis = retentionMillis;
    this.keptFromMillis = keptFromMillis;
  }

  /// Asks the server how long it keeps samples. Of one that does not say, nothing is too old.
  static AgeCheck ask(Server server, Clock clock) {
    OptionalLong retention = server.retentionMillis();
    return retention.isEmpty() ? new AgeCheck(Long.MAX_VALUE, Long.MIN_VALUE)
        : new AgeCheck(retention.getAsLong(), clock.millis() - retention.getAsLong());
  }

  /// Says so when there will be some.
  ///
  /// @param oldestMillis when the first sample of the source may be
  void warn(long oldestMillis, Progress progress) {
    if (oldestMillis < keptFromMillis) {
      progress.say("Warning: there are samples older than the server keeps (storage.retention is " + Durations.print(retentionMillis)
          + "), it drops or deletes them. To keep them, raise storage.retention, restart the server and import again");
    }
  }

  void saw(long timestampMillis) {
    older += timestampMillis < keptFromMillis ? 1 : 0;
  }

  /// How many of those that were seen are too old.
  long older() {
    return older;
  }
}
