package io.tidemark.state;

import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.state.journal.JournalState;
import io.tidemark.state.redis.RedisState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/// Durable keys with small values, of tens of thousands of keys. Safe on any thread.
public interface State {
  /// Longest key, in UTF-8 bytes.
  int KEY_BYTES_MAX = 1024;
  /// Largest value.
  int VALUE_BYTES_MAX = 1024 * 1024;

  /// One key's value. The bytes belong to the caller. Versions are positive and grow with each write of any key.
  record Entry(String key, byte[] value, long version) {}

  Future<Optional<Entry>> get(String key);

  /// All entries whose key starts with `prefix`, sorted by key. What is written meanwhile may be among them or not.
  Future<List<Entry>> scan(String prefix);

  /// Writes whatever was there before; completes with the new version once durable.
  Future<Long> put(String key, byte[] value);

  /// Writes only if the key's version is `expectedVersion` (0: the key must not exist); fails with `CONFLICT` otherwise.
  Future<Long> compareAndPut(String key, byte[] value, long expectedVersion);

  /// Removes a key; completes once durable, also when it was not there.
  Future<Void> remove(String key);

  /// Writes a key that goes by itself when it was not written again for `lifeMillis`. It need not survive a crash.
  Future<Long> putFor(String key, byte[] value, long lifeMillis);

  /// The right to do something alone, for as long as it is renewed.
  ///
  /// @param token grows with each change of holder of this name, over restarts too: who sees a larger one knows that this is over
  record Lease(String name, String holder, long token) {}

  /// Takes the lease `name` for `holder` if nobody else has it, or renews it if `holder` has it, until `lifeMillis` from now. Gives
  /// the lease with the same token at each renewal, or nothing while another holds it.
  ///
  /// The holder must reckon its time from before it asked. Names and holders are keys as above.
  Future<Optional<Lease>> lease(String name, String holder, long lifeMillis);

  /// Gives a lease back before its time; does nothing when it is over already.
  Future<Void> release(Lease lease);

  /// As {@link #put}, if `lease` is still held: fails with `CONFLICT`, and writes nothing, when it ran out or went to another.
  Future<Long> putUnder(Lease lease, String key, byte[] value);

  /// As {@link #remove}, if `lease` is still held: fails with `CONFLICT` otherwise.
  Future<Void> removeUnder(Lease lease, String key);

  /// Enters the guards of the outside systems that it talks to, for those who show them; an embedded one has none.
  default void enter(Guards guards) {}

  Future<Void> close();

  /// Opens, or makes, the state that `config` describes. Only a journal uses `folder`, `disk` and `io`, only Redis `vertx` and `entropy`.
  ///
  /// Writes fail with `CONFLICT` as said above, `TOO_LARGE` above a limit, `UNAVAILABLE` when too many wait. A journal further fails with
  /// `DISK_FULL` or `DISK_FAILED` when the disk refuses, and opening with `NOT_SUPPORTED` for a newer release's file. Redis fails with
  /// `UNAVAILABLE` or `TIMEOUT` while it is away, and opening with `NOT_SUPPORTED` for a server that it cannot be kept in.
  static Future<State> open(StateConfig config, Path folder, Disk disk, Executor io, Vertx vertx, Entropy entropy, Clock clock,
      Metrics metrics) {
    return switch (config) {
      case JournalStateConfig journal -> open(journal, folder, disk, io, clock, metrics);
      case RedisStateConfig redis -> RedisState.open(redis, vertx, entropy, clock, metrics).map(state -> state);
    };
  }

  /// As above, for a state in one journal in `folder`; all its file work runs on `io`.
  static Future<State> open(JournalStateConfig config, Path folder, Disk disk, Executor io, Clock clock, Metrics metrics) {
    Promise<State> opened = Promise.promise();
    io.execute(() -> {
      try {
        opened.complete(JournalState.open(config, folder, disk, io, clock, metrics));
      } catch (RuntimeException e) {
        opened.fail(e);
      }
    });
    return opened.future();
  }
}
