package io.tidemark.storage;

import io.tidemark.cli.servers.S3Server;
import io.tidemark.config.Secret;
import io.tidemark.disk.Disk;
import io.tidemark.guard.GuardConfig;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectPage;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.ObjectStoreConfig;
import io.tidemark.objects.StoredObject;
import io.tidemark.objects.s3.S3Store;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.ThreadTimers;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

class S3TierTest extends TierContract {
  private static final ThreadTimers TIMERS = new ThreadTimers();
  private static S3Server server;
  private static int buckets;
  private final List<ObjectStore> opened = new ArrayList<>();

  @BeforeAll
  static void startServer() throws IOException {
    server = S3Server.inMemory(0);
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
    TIMERS.close();
  }

  @AfterEach
  void close() {
    opened.forEach(ObjectStore::close);
  }

  @Override
  protected ObjectStore emptyStore() {
    String bucket = "tier-" + ++buckets;
    server.createBucket(bucket);
    var config = new ObjectStoreConfig.S3(server.endpoint().toString(), S3Server.REGION, bucket, "", S3Server.ACCESS_KEY,
        new Secret(S3Server.SECRET_KEY), true, new GuardConfig("s3", 30_000, List.of(10L), 1_000_000, 1_000), ObjectLimits.DEFAULT);
    ObjectStore store = new Waiting(done(S3Store.open(config, TIMERS, Clock.system(), new Metrics())).result());
    opened.add(store);
    return store;
  }

  private static <T> Future<T> done(Future<T> future) {
    try {
      future.transform(_ -> Future.succeededFuture()).await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within 60 s", e);
    }
    return future;
  }

  /// Waits for every answer, so that virtual time does not go on meanwhile.
  private record Waiting(ObjectStore store) implements ObjectStore {
    @Override
    public Future<Put> putIfAbsent(String key, Disk disk, Path file) {
      return done(store.putIfAbsent(key, disk, file));
    }

    @Override
    public Future<byte[]> read(String key, long offset, int bytes) {
      return done(store.read(key, offset, bytes));
    }

    @Override
    public Future<StoredObject> head(String key) {
      return done(store.head(key));
    }

    @Override
    public Future<ObjectPage> list(String prefix, String after, int max) {
      return done(store.list(prefix, after, max));
    }

    @Override
    public Future<Void> delete(String key) {
      return done(store.delete(key));
    }

    @Override
    public String name() {
      return store.name();
    }

    @Override
    public Future<Void> close() {
      return store.close();
    }
  }
}
