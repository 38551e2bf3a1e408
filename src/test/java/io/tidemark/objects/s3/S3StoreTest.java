package io.tidemark.objects.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.tidemark.cli.servers.S3Server;
import io.tidemark.config.Secret;
import io.tidemark.guard.GuardConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.ObjectStoreConfig;
import io.tidemark.objects.ObjectStoreContract;
import io.tidemark.objects.StoredObject;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.ThreadTimers;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class S3StoreTest extends ObjectStoreContract {
  private static final AtomicInteger BUCKETS = new AtomicInteger();
  private static final ThreadTimers TIMERS = new ThreadTimers();
  private static S3Server server;

  private final String bucket = "bucket-" + BUCKETS.incrementAndGet();
  private final Metrics metrics = new Metrics();
  private ObjectStore store;

  @BeforeAll
  static void startServer() throws IOException {
    server = S3Server.inMemory(0);
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
    TIMERS.close();
  }

  /// A circuit that does not open, so that each test sees the store's own answers.
  private static GuardConfig guard(long timeoutMillis, Long... pauses) {
    return new GuardConfig("s3", timeoutMillis, List.of(pauses), 1_000_000, 1_000);
  }

  private static ObjectStoreConfig.S3 config(URI endpoint, String bucket, String secret, GuardConfig guard) {
    return new ObjectStoreConfig.S3(endpoint.toString(), S3Server.REGION, bucket, "some/prefix/", S3Server.ACCESS_KEY, new Secret(secret),
        true, guard, LIMITS);
  }

  private ObjectStore open(ObjectStoreConfig.S3 config) {
    return await(S3Store.open(config, TIMERS, Clock.system(), metrics));
  }

  @BeforeEach
  void openStore() {
    server.createBucket(bucket);
    store = open(config(server.endpoint(), bucket, S3Server.SECRET_KEY, guard(30_000, 10L, 100L, 500L)));
  }

  @AfterEach
  void close() {
    await(store.close());
  }

  @Override
  protected ObjectStore store() {
    return store;
  }

  @Override
  protected void away() throws IOException {
    server.stop();
  }

  @Override
  protected void back() throws IOException {
    server.start();
  }

  private static String everyWordOf(Throwable failure) {
    var text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  @Test
  void aMissingBucketIsRefusedWithAdvice() {
    var config = config(server.endpoint(), "no-such-bucket", S3Server.SECRET_KEY, guard(30_000));
    TidemarkException refusal = failure(S3Store.open(config, TIMERS, Clock.system(), metrics));
    assertEquals(ErrorCode.NOT_SUPPORTED, refusal.code());
    assertTrue(refusal.getMessage().contains("no-such-bucket") && refusal.getMessage().contains("objects.s3.bucket"), refusal.getMessage());
  }

  @Test
  void aWrongSecretIsRefusedAndNeverShown() {
    var config = config(server.endpoint(), bucket, "canary-7d1f", guard(30_000));
    TidemarkException refusal = failure(S3Store.open(config, TIMERS, Clock.system(), metrics));
    assertTrue(refusal.getMessage().contains("403") && refusal.getMessage().contains("secret_key"), refusal.getMessage());
    assertFalse(everyWordOf(refusal).contains("canary-7d1f"));
    assertFalse(config.toString().contains("canary-7d1f"));
    assertFalse(metrics.print().contains("canary-7d1f"));
  }

  @Test
  void aBucketThatVanishesIsNotAMissingObject() {
    put("x.tmb", random(10));
    var config = config(server.endpoint(), "bucket-x" + bucket, S3Server.SECRET_KEY, guard(30_000));
    ObjectStore other;
    server.createBucket("bucket-x" + bucket);
    other = open(config);
    server.deleteBucket("bucket-x" + bucket);
    assertEquals(ErrorCode.UNAVAILABLE, failure(other.head("x.tmb")).code());
    assertEquals(ErrorCode.UNAVAILABLE, failure(other.read("x.tmb", 0, 1)).code());
    await(other.close());
  }

  @Test
  void opensWhileTheServerIsAway() throws IOException {
    server.stop();
    ObjectStore early;
    try {
      early = open(config(server.endpoint(), bucket, S3Server.SECRET_KEY, guard(30_000)));
      assertEquals(ErrorCode.UNAVAILABLE, failure(early.head("x.tmb")).code());
    } finally {
      server.start();
    }
    assertEquals(List.of(), await(early.listAll("", 10)));
    await(early.close());
  }

  @Test
  void objectsOfOthersAreNotListed() {
    put("a.tmb", random(1));
    ObjectStore outside = open(new ObjectStoreConfig.S3(server.endpoint().toString(), S3Server.REGION, bucket, "", S3Server.ACCESS_KEY,
        new Secret(S3Server.SECRET_KEY), true, guard(30_000), LIMITS));
    assertEquals(List.of(new StoredObject("some/prefix/a.tmb", 1)), await(outside.listAll("", 10)));
    assertEquals(List.of(new StoredObject("a.tmb", 1)), await(store.listAll("", 10)));
    await(outside.close());
  }

  /// A server that answers to each request with the next of some raw answers.
  private interface Answer {
    void send(com.sun.net.httpserver.HttpExchange exchange) throws IOException;
  }

  private static HttpServer scripted(AtomicInteger requests, List<Answer> answers) throws IOException {
    HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newCachedThreadPool(work -> Thread.ofPlatform().daemon().unstarted(work)));
    http.createContext("/", exchange -> {
      int n = requests.getAndIncrement();
      try (exchange) {
        answers.get(Math.min(n, answers.size() - 1)).send(exchange);
      }
    });
    http.start();
    return http;
  }

  private static Answer xml(int status, String code) {
    return exchange -> {
      byte[] body = ("<Error><Code>" + code + "</Code><Message>m</Message></Error>").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/xml");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    };
  }

  private static Answer content(byte[] content, int announced) {
    return exchange -> {
      exchange.sendResponseHeaders(206, announced);
      OutputStream out = exchange.getResponseBody();
      out.write(content);
      out.flush();
    };
  }

  private static final Answer EMPTY_LIST = exchange -> {
    byte[] body = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>".getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/xml");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  };

  private static URI uri(HttpServer http) {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  @Test
  void slowDownsAreTriedAgainByTheGuardAlone() throws IOException {
    var requests = new AtomicInteger();
    HttpServer http = scripted(requests, List.of(EMPTY_LIST, xml(503, "SlowDown"), xml(500, "InternalError"), content(random(10), 10)));
    try {
      ObjectStore slow = open(config(uri(http), bucket, "s", guard(30_000, 1L, 1L)));
      assertArrayEquals(random(10), await(slow.read("x.tmb", 0, 10)));
      assertEquals(4, requests.get());
      await(slow.close());
    } finally {
      http.stop(0);
    }
  }

  @Test
  void givesUpAfterTheConfiguredAttempts() throws IOException {
    var requests = new AtomicInteger();
    HttpServer http = scripted(requests, List.of(EMPTY_LIST, xml(503, "SlowDown")));
    try {
      ObjectStore slow = open(config(uri(http), bucket, "s", guard(30_000, 1L, 1L)));
      TidemarkException refusal = failure(slow.read("x.tmb", 0, 10));
      assertEquals(ErrorCode.RATE_LIMITED, refusal.code());
      assertTrue(refusal.getMessage().contains("SlowDown"), refusal.getMessage());
      assertEquals(4, requests.get());
      assertTrue(metrics.print().contains("tidemark_guard_retries_total{system=\"s3\"} 2"), metrics.print());
      await(slow.close());
    } finally {
      http.stop(0);
    }
  }

  @Test
  void aConnectionThatEndsEarlyIsTriedAgainNotTakenForACutObject() throws IOException {
    var requests = new AtomicInteger();
    HttpServer http = scripted(requests, List.of(EMPTY_LIST, content(random(4), 10), content(random(10), 10)));
    try {
      ObjectStore flaky = open(config(uri(http), bucket, "s", guard(30_000, 1L)));
      assertArrayEquals(random(10), await(flaky.read("x.tmb", 0, 10)));
      await(flaky.close());
    } finally {
      http.stop(0);
    }
  }

  @Test
  void anAnswerThatNeverComesEndsAtTheDeadline() throws IOException {
    var requests = new AtomicInteger();
    var never = new java.util.concurrent.CountDownLatch(1);
    HttpServer http = scripted(requests, List.of(EMPTY_LIST, _ -> {
      try {
        never.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }));
    try {
      ObjectStore silent = open(config(uri(http), bucket, "s", guard(2_000)));
      TidemarkException late = failure(silent.read("x.tmb", 0, 10));
      assertTrue(late.code() == ErrorCode.TIMEOUT || late.code() == ErrorCode.UNAVAILABLE, late.getMessage());
      await(silent.close());
    } finally {
      never.countDown();
      http.stop(0);
    }
  }

  @Test
  void anEndpointThatIgnoresRangesIsRefused() throws IOException {
    var requests = new AtomicInteger();
    HttpServer http = scripted(requests, List.of(EMPTY_LIST, content(random(100), 100)));
    try {
      ObjectStore plain = open(config(uri(http), bucket, "s", guard(30_000)));
      assertEquals(ErrorCode.NOT_SUPPORTED, failure(plain.read("x.tmb", 0, 10)).code());
      await(plain.close());
    } finally {
      http.stop(0);
    }
  }
}
