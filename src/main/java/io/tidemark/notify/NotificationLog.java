package io.tidemark.notify;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.NotificationLogEntry.Intent;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What each integration was last told about each group, kept over restarts and changes of node: the reason why nobody is paged twice.
/// Belongs to one loop; writes complete elsewhere.
///
/// Entries lie under the slot of their group. Who gains a slot reads its entries anew; they are written under the slot's lease. Before a
/// notification goes out its *intent* is noted: that write is refused to a node that lost the slot without knowing, and it tells a
/// successor that a notification was on its way when its sender died.
final class NotificationLog {
  static final String PREFIX = "notify/log/";
  /// Entries live at least this long after they were written, and twice the repeat interval.
  private static final long RETENTION_MILLIS = 5 * 24 * 3_600_000L;

  private final State state;
  private final Loop loop;
  private final Counter ambiguous;
  private final Map<String, NotificationLogEntry> entries = new HashMap<>();
  /// Entries that are newer here than in the state.
  private final Set<String> unsaved = new HashSet<>();
  /// Entries whose intent an earlier holder left behind.
  private final Set<String> unsettled = new HashSet<>();
  /// What could not be delivered, so that it is known by the same key should it have arrived all the same.
  private final Map<String, Intent> tried = new HashMap<>();

  NotificationLog(State state, Loop loop, Metrics metrics) {
    this.state = state;
    this.loop = loop;
    ambiguous = metrics.counter("tidemark_notifications_ambiguous_total",
        "Notifications that were on their way when their sender died; sent again under the same idempotency key.");
  }

  /// Reads the entries of a slot. Those that cannot be read and those out of date are removed: the worst that follows is a second page.
  Future<Void> load(LeaseTenure tenure, long nowMillis) {
    return OnLoop.await(loop, state.scan(prefix(tenure.slot()))).map(found -> {
      forget(tenure.slot());
      for (State.Entry entry : found) {
        Optional<NotificationLogEntry> read = NotificationLogEntry.decode(entry.value());
        if (read.isPresent() && read.get().expiresAtMillis() > nowMillis) {
          entries.put(entry.key(), read.get());
          if (!read.get().intent().isNone()) {
            unsettled.add(entry.key());
            ambiguous.increment();
          }
        } else {
          // One that stays is removed by who reads it next.
          tenure.remove(entry.key());
        }
      }
      return null;
    });
  }

  private void forget(int slot) {
    entries.keySet().removeIf(key -> key.startsWith(prefix(slot)));
    unsaved.removeIf(key -> key.startsWith(prefix(slot)));
    unsettled.removeIf(key -> key.startsWith(prefix(slot)));
    tried.keySet().removeIf(key -> key.startsWith(prefix(slot)));
  }

  Optional<NotificationLogEntry> find(AlertGroup group, Channel channel) {
    return Optional.ofNullable(entries.get(key(group, channel)));
  }

  /// Whether the last notification may or may not have arrived.
  boolean isUnsettled(AlertGroup group, Channel channel) {
    return unsettled.contains(key(group, channel));
  }

  /// The intent to tell about these alerts: the last one again, if it was about the same and may have arrived.
  Intent intent(AlertGroup group, Channel channel, LeaseTenure tenure, long nowMillis, List<NotifiedAlert> alerts) {
    long[] firing = hashes(alerts, false);
    long[] resolved = hashes(alerts, true);
    String key = key(group, channel);
    Intent noted = tried.getOrDefault(key, find(group, channel).map(NotificationLogEntry::intent).orElse(Intent.NONE));
    return new Intent(noted.tells(firing, resolved) ? noted.atMillis() : nowMillis, tenure.token(), firing, resolved);
  }

  /// Notes that `channel` is about to be told; completes once a successor would find it, fails with `CONFLICT` when another node has the
  /// group.
  Future<Void> begin(AlertGroup group, Channel channel, LeaseTenure tenure, Intent intent, long nowMillis) {
    long expiresAt = expiry(group, nowMillis);
    NotificationLogEntry before = find(group, channel).orElseGet(() -> NotificationLogEntry.nothingTold(expiresAt));
    return write(tenure, key(group, channel), before.with(intent, expiresAt));
  }

  /// Notes that `channel` has not been told after all, as far as is known.
  Future<Void> withdraw(AlertGroup group, Channel channel, LeaseTenure tenure) {
    String key = key(group, channel);
    NotificationLogEntry entry = entries.get(key);
    if (entry == null || unsettled.contains(key)) {
      // What an earlier holder may have told is still not known.
      return Future.succeededFuture();
    }
    tried.put(key, entry.intent());
    return write(tenure, key, entry.with(Intent.NONE, 0));
  }

  /// Notes that `channel` has been told; completes once that would survive a crash.
  Future<Void> put(AlertGroup group, Channel channel, LeaseTenure tenure, long nowMillis, List<NotifiedAlert> alerts) {
    String key = key(group, channel);
    unsettled.remove(key);
    tried.remove(key);
    return write(tenure, key, new NotificationLogEntry(nowMillis, expiry(group, nowMillis), hashes(alerts, false), hashes(alerts, true),
        Intent.NONE));
  }

  private static long expiry(AlertGroup group, long nowMillis) {
    return nowMillis + Math.max(RETENTION_MILLIS, 2 * group.route.repeatIntervalMillis());
  }

  private Future<Void> write(LeaseTenure tenure, String key, NotificationLogEntry entry) {
    entries.put(key, entry);
    unsaved.add(key);
    return save(tenure, key, entry);
  }

  private Future<Void> save(LeaseTenure tenure, String key, NotificationLogEntry entry) {
    return OnLoop.await(loop, tenure.put(key, entry.encode())).onSuccess(_ -> {
      if (entries.get(key) == entry) {
        unsaved.remove(key);
      }
    });
  }

  private static long[] hashes(List<NotifiedAlert> alerts, boolean resolved) {
    return alerts.stream().filter(alert -> alert.isResolved() == resolved).mapToLong(NotifiedAlert::fingerprint).sorted().toArray();
  }

  /// Has everything of a slot saved with the next {@link #saveAgain}: nobody knows what the state still holds.
  void distrust(int slot) {
    entries.keySet().stream().filter(key -> key.startsWith(prefix(slot))).forEach(unsaved::add);
  }

  /// Writes what could not be written before; completes when all of it is durable.
  Future<Void> saveAgain(LeaseTenure tenure) {
    var writes = new ArrayList<Future<Void>>();
    for (String key : List.copyOf(unsaved)) {
      if (key.startsWith(prefix(tenure.slot()))) {
        writes.add(save(tenure, key, entries.get(key)));
      }
    }
    return Future.join(writes).mapEmpty();
  }

  /// Forgets entries of a slot that are out of date; returns when their removal is durable.
  Future<Void> expire(LeaseTenure tenure, long nowMillis) {
    var removals = new ArrayList<Future<Void>>();
    entries.entrySet().removeIf(entry -> {
      boolean old = entry.getValue().expiresAtMillis() <= nowMillis && entry.getKey().startsWith(prefix(tenure.slot()));
      if (old) {
        unsaved.remove(entry.getKey());
        unsettled.remove(entry.getKey());
        tried.remove(entry.getKey());
        removals.add(tenure.remove(entry.getKey()));
      }
      return old;
    });
    return Future.all(removals).mapEmpty();
  }

  int size() {
    return entries.size();
  }

  int unsaved() {
    return unsaved.size();
  }

  private static String prefix(int slot) {
    return PREFIX + String.format("%02d/", slot);
  }

  /// Group keys have no bound, keys of the state have: so the key is a hash of everything that names the entry.
  private static String key(AlertGroup group, Channel channel) {
    return prefix(group.slot) + sha256(channel.receiver + "\0" + channel.name() + "\0" + group.key);
  }

  /// By which a receiver knows a notification that it was sent before: the same for the same intent, whoever sends it.
  static String idempotencyKey(AlertGroup group, Channel channel, Intent intent) {
    var text = new StringBuilder().append(channel.receiver).append('\0').append(channel.name()).append('\0').append(group.key)
        .append('\0').append(intent.atMillis()).append("\0firing");
    for (long fingerprint : intent.firing()) {
      text.append(' ').append(fingerprint);
    }
    text.append("\0resolved");
    for (long fingerprint : intent.resolved()) {
      text.append(' ').append(fingerprint);
    }
    return sha256(text.toString());
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new TidemarkException(ErrorCode.INTERNAL, "every Java platform has SHA-256", e);
    }
  }
}
