package io.tidemark.notify;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What each integration was last told about each group, kept over restarts: the reason why nobody is paged twice. Belongs to one
/// loop; writes complete elsewhere.
final class NotificationLog {
  static final String PREFIX = "notify/log/";
  /// Entries live at least this long after they were written, and twice the repeat interval.
  private static final long RETENTION_MILLIS = 5 * 24 * 3_600_000L;

  private final State state;
  private final Map<String, NotificationLogEntry> entries = new HashMap<>();

  private NotificationLog(State state) {
    this.state = state;
  }

  /// Reads what is there. Entries that cannot be read and entries out of date are removed: the worst that follows is a second page.
  static Future<NotificationLog> open(State state, long nowMillis) {
    return state.scan(PREFIX).compose(found -> {
      var log = new NotificationLog(state);
      var removals = new ArrayList<Future<Void>>();
      for (State.Entry entry : found) {
        Optional<NotificationLogEntry> read = NotificationLogEntry.decode(entry.value());
        if (read.isPresent() && read.get().expiresAtMillis() > nowMillis) {
          log.entries.put(entry.key(), read.get());
        } else {
          removals.add(state.remove(entry.key()));
        }
      }
      return Future.all(removals).map(log);
    });
  }

  Optional<NotificationLogEntry> find(String groupKey, Channel channel) {
    return Optional.ofNullable(entries.get(key(groupKey, channel)));
  }

  /// Notes that `channel` has been told; completes once that would survive a crash.
  Future<Void> put(String groupKey, Channel channel, long repeatIntervalMillis, long nowMillis, List<NotifiedAlert> alerts) {
    var entry = new NotificationLogEntry(nowMillis, nowMillis + Math.max(RETENTION_MILLIS, 2 * repeatIntervalMillis),
        hashes(alerts, false), hashes(alerts, true));
    String key = key(groupKey, channel);
    entries.put(key, entry);
    return state.put(key, entry.encode()).mapEmpty();
  }

  private static long[] hashes(List<NotifiedAlert> alerts, boolean resolved) {
    return alerts.stream().filter(alert -> alert.isResolved() == resolved).mapToLong(NotifiedAlert::fingerprint).sorted().toArray();
  }

  /// Forgets entries out of date; returns when their removal is durable.
  Future<Void> expire(long nowMillis) {
    var removals = new ArrayList<Future<Void>>();
    entries.entrySet().removeIf(entry -> {
      boolean old = entry.getValue().expiresAtMillis() <= nowMillis;
      if (old) {
        removals.add(state.remove(entry.getKey()));
      }
      return old;
    });
    return Future.all(removals).mapEmpty();
  }

  int size() {
    return entries.size();
  }

  /// Group keys have no bound, keys of the state have: so the key is a hash of everything that names the entry.
  private static String key(String groupKey, Channel channel) {
    String name = channel.receiver + "\0" + channel.name() + "\0" + groupKey;
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return PREFIX + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new TidemarkException(ErrorCode.INTERNAL, "every Java platform has SHA-256", e);
    }
  }
}
