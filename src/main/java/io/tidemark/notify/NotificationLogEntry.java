package io.tidemark.notify;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// One entry of the notification log. Bytes, big-endian: version (1 byte, 1), sent at and expires at (8 each, milliseconds), count of
/// firing (4) and their fingerprints (8 each, ascending), the same of resolved. See docs/alerting.md.
///
/// @param firing   fingerprints of the alerts told as firing, ascending
/// @param resolved fingerprints of the alerts told as resolved, ascending
record NotificationLogEntry(long sentAtMillis, long expiresAtMillis, long[] firing, long[] resolved) {
  private static final byte VERSION = 1;
  private static final int FIXED_BYTES = 1 + 8 + 8 + 4 + 4;

  /// Whether the integration should be told about this set of alerts now, given that this entry is the last it was told.
  boolean isOutdatedBy(List<NotifiedAlert> alerts, boolean sendResolved, long repeatIntervalMillis, long nowMillis) {
    boolean anyFiring = alerts.stream().anyMatch(alert -> !alert.isResolved());
    if (alerts.stream().anyMatch(alert -> !alert.isResolved() && !contains(firing, alert))) {
      return true;
    }
    if (!anyFiring) {
      // All over: told once, and only to those who were told that it began.
      return firing.length > 0;
    }
    if (sendResolved && alerts.stream().anyMatch(alert -> alert.isResolved() && !contains(resolved, alert))) {
      return true;
    }
    return sentAtMillis < nowMillis - repeatIntervalMillis;
  }

  private static boolean contains(long[] sorted, NotifiedAlert alert) {
    return Arrays.binarySearch(sorted, alert.fingerprint()) >= 0;
  }

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + 8 * (firing.length + resolved.length));
    out.put(VERSION).putLong(sentAtMillis).putLong(expiresAtMillis);
    putAll(out, firing);
    putAll(out, resolved);
    return out.array();
  }

  private static void putAll(ByteBuffer out, long[] values) {
    out.putInt(values.length);
    for (long value : values) {
      out.putLong(value);
    }
  }

  /// Empty for bytes that are not an entry of a version this class knows.
  static Optional<NotificationLogEntry> decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < FIXED_BYTES || in.get() != VERSION) {
      return Optional.empty();
    }
    long sentAt = in.getLong();
    long expiresAt = in.getLong();
    Optional<long[]> firing = getAll(in);
    Optional<long[]> resolved = firing.isEmpty() ? Optional.empty() : getAll(in);
    return resolved.isEmpty() || in.hasRemaining() ? Optional.empty()
        : Optional.of(new NotificationLogEntry(sentAt, expiresAt, firing.get(), resolved.get()));
  }

  private static Optional<long[]> getAll(ByteBuffer in) {
    int count = in.remaining() < 4 ? -1 : in.getInt();
    if (count < 0 || count > in.remaining() / 8) {
      return Optional.empty();
    }
    var values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = in.getLong();
    }
    return Optional.of(values);
  }
}
