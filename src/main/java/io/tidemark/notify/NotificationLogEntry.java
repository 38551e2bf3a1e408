package io.tidemark.notify;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// One entry of the notification log. Bytes, big-endian: version (1 byte, 2), sent at and expires at (8 each, milliseconds), count of
/// firing (4) and their fingerprints (8 each, ascending), the same of resolved; then the intent: at and token (8 each), firing and
/// resolved as before. Version 1 has no intent. See docs/alerting.md.
///
/// @param sentAtMillis 0 when nothing was told yet
/// @param firing       fingerprints of the alerts told as firing, ascending
/// @param resolved     fingerprints of the alerts told as resolved, ascending
/// @param intent       what was about to be told when this was written
record NotificationLogEntry(long sentAtMillis, long expiresAtMillis, long[] firing, long[] resolved, Intent intent) {
  private static final byte VERSION = 2;
  private static final byte VERSION_WITHOUT_INTENT = 1;
  private static final int FIXED_BYTES = 1 + 8 + 8 + 4 + 4;
  private static final int INTENT_BYTES = 8 + 8 + 4 + 4;
  private static final long[] NOBODY = {};

  /// A notification that is on its way: whoever finds it in the log cannot know whether it arrived.
  ///
  /// @param atMillis when it was formed; with the rest it makes the key by which a receiver knows a repetition; 0 for none
  /// @param token    of the lease under which it is sent
  record Intent(long atMillis, long token, long[] firing, long[] resolved) {
    static final Intent NONE = new Intent(0, 0, NOBODY, NOBODY);

    boolean isNone() {
      return atMillis == 0;
    }

    boolean tells(long[] theseFiring, long[] theseResolved) {
      return !isNone() && Arrays.equals(firing, theseFiring) && Arrays.equals(resolved, theseResolved);
    }
  }

  /// The entry of an integration that was told nothing yet.
  static NotificationLogEntry nothingTold(long expiresAtMillis) {
    return new NotificationLogEntry(0, expiresAtMillis, NOBODY, NOBODY, Intent.NONE);
  }

  NotificationLogEntry with(Intent next, long newExpiresAtMillis) {
    return new NotificationLogEntry(sentAtMillis, Math.max(expiresAtMillis, newExpiresAtMillis), firing, resolved, next);
  }

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
    ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + INTENT_BYTES
        + 8 * (firing.length + resolved.length + intent.firing.length + intent.resolved.length));
    out.put(VERSION).putLong(sentAtMillis).putLong(expiresAtMillis);
    putAll(out, firing);
    putAll(out, resolved);
    out.putLong(intent.atMillis).putLong(intent.token);
    putAll(out, intent.firing);
    putAll(out, intent.resolved);
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
    byte version = in.hasRemaining() ? in.get() : 0;
    if (bytes.length < FIXED_BYTES || version != VERSION && version != VERSION_WITHOUT_INTENT) {
      return Optional.empty();
    }
    long sentAt = in.getLong();
    long expiresAt = in.getLong();
    Optional<long[]> firing = getAll(in);
    Optional<long[]> resolved = firing.isEmpty() ? Optional.empty() : getAll(in);
    Optional<Intent> intent = resolved.isEmpty() ? Optional.empty()
        : version == VERSION_WITHOUT_INTENT ? Optional.of(Intent.NONE) : intent(in);
    return intent.isEmpty() || in.hasRemaining() ? Optional.empty()
        : Optional.of(new NotificationLogEntry(sentAt, expiresAt, firing.get(), resolved.get(), intent.get()));
  }

  private static Optional<Intent> intent(ByteBuffer in) {
    if (in.remaining() < INTENT_BYTES) {
      return Optional.empty();
    }
    long at = in.getLong();
    long token = in.getLong();
    Optional<long[]> firing = getAll(in);
    Optional<long[]> resolved = firing.isEmpty() ? Optional.empty() : getAll(in);
    return resolved.map(r -> new Intent(at, token, firing.get(), r));
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
