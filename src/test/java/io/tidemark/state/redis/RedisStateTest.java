package io.tidemark.state.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.cli.servers.RedisServer;
import io.tidemark.cli.servers.TestCertificate;
import io.tidemark.config.Secret;
import io.tidemark.guard.GuardConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.RedisStateConfig;
import io.tidemark.state.State;
import io.tidemark.state.State.Lease;
import io.tidemark.state.StateContract;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisStateTest extends StateContract {
  private static final Secret PASSWORD = new Secret("canary-6b1f");
  private static final long WAIT_SECONDS = 60;
  private static Vertx vertx;
  private static RedisServer server;
  private static Redis raw;
  private static int states;

  private final Metrics metrics = new Metrics();
  private final List<State> opened = new ArrayList<>();
  private final String prefix = "test" + states++ + ":";

  @BeforeAll
  static void startServer(@TempDir Path folder) {
    vertx = Vertx.vertx();
    server = RedisServer.start(folder, 0, PASSWORD);
    raw = Redis.createClient(vertx, new RedisOptions().setConnectionString("redis://" + server.host() + ":" + server.port())
        .setPassword(PASSWORD.reveal()));
  }

  @AfterAll
  static void stopServer() {
    server.close();
    vertx.close().await();
  }

  private RedisStateConfig config() {
    return config(server.port(), PASSWORD, new GuardConfig("redis", 5_000, List.of(10L), 3, 100));
  }

  private RedisStateConfig config(int port, Secret password, GuardConfig guard) {
    return new RedisStateConfig(server.host(), port, 0, "", password, false, "", prefix, 8, 2_000, guard);
  }

  private State open(RedisStateConfig config) {
    State state = await(State.open(config, Path.of("unused"), null, null, vertx, Entropy.system(), Clock.system(), metrics));
    opened.add(state);
    return state;
  }

  /// As {@link #open(RedisStateConfig)}, for a deadline so short that a busy machine may miss it.
  private State openImpatiently(int port, int failuresToOpen, long openMillis) {
    RedisStateConfig config = config(port, PASSWORD, new GuardConfig("redis", 300, List.of(), failuresToOpen, openMillis));
    State state = eventually(() -> State.open(config, Path.of("unused"), null, null, vertx, Entropy.system(), Clock.system(), metrics));
    opened.add(state);
    return state;
  }

  @Override
  protected State open() {
    return open(config());
  }

  @Override
  protected State openAnother(State first) {
    return open();
  }

  @Override
  protected <T> void settle(Future<T> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      assertTrue(future.failed());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer within " + WAIT_SECONDS + " s", e);
    }
  }

  @Override
  protected void pass(long millis) {
    await(vertx.timer(millis));
  }

  @Override
  protected long shortLifeMillis() {
    return 1_500;
  }

  @AfterEach
  void closeAll() {
    server.start();
    opened.forEach(state -> await(state.close()));
  }

  private String ask(Command command, String... arguments) {
    Request request = Request.cmd(command);
    List.of(arguments).forEach(request::arg);
    return String.valueOf(await(raw.send(request)));
  }

  private boolean counted(String line) {
    return metrics.print().lines().anyMatch(line::equals);
  }

  /// Asks again and again until the answer is as wanted.
  private <T> T eventually(Supplier<Future<T>> call) {
    for (int i = 0; i < WAIT_SECONDS * 20; i++) {
      Future<T> answer = call.get();
      settle(answer);
      if (answer.succeeded()) {
        return answer.result();
      }
      pass(50);
    }
    throw new AssertionError("no success within " + WAIT_SECONDS + " s");
  }

  @Test
  void statesWithDifferentPrefixesDoNotMeet() {
    State state = open();
    State cache = open(config().forCache());
    await(state.put("a", bytes("1")));
    eventually(() -> cache.put("a", bytes("2")));
    assertEquals(Optional.of("1"), value(state, "a"));
    assertEquals(1, await(state.scan("")).size());
  }

  @Test
  void failsQuicklyWhileRedisIsAwayAndWorksAgainAfterwards() {
    State state = open();
    Lease lease = await(state.lease("group", "node-1", 600_000)).orElseThrow();
    long version = await(state.putUnder(lease, "a", bytes("1")));
    server.stop();
    for (int i = 0; i < 4; i++) {
      assertEquals(ErrorCode.UNAVAILABLE, failure(state.put("a", bytes("2"))));
    }
    assertEquals(ErrorCode.UNAVAILABLE, failure(state.get("a")));
    assertTrue(counted("tidemark_guard_state{system=\"redis\"} 2"), metrics::print);
    server.start();
    assertEquals(version, eventually(() -> state.get("a")).orElseThrow().version());
    assertTrue(counted("tidemark_guard_state{system=\"redis\"} 0"), metrics::print);
    assertEquals(lease, await(state.lease("group", "node-1", 600_000)).orElseThrow(), "the lease outlives the restart");
    assertTrue(await(state.putUnder(lease, "a", bytes("3"))) > version, "the scripts are sent again");
  }

  @Test
  void versionsAndTokensAscendOverAnEmptiedServer() {
    State state = open();
    Lease lease = await(state.lease("group", "node-1", 600_000)).orElseThrow();
    long version = await(state.put("a", bytes("1")));
    ask(Command.FLUSHALL);
    ask(Command.SCRIPT, "FLUSH");
    assertEquals(Optional.empty(), value(state, "a"));
    assertEquals(ErrorCode.CONFLICT, failure(state.putUnder(lease, "a", bytes("2"))));
    State other = open();
    assertTrue(await(other.lease("group", "node-2", 600_000)).orElseThrow().token() > lease.token());
    assertTrue(await(other.put("a", bytes("2"))) > version);
  }

  @Test
  void versionsAscendWhenTheClockOfRedisIsBehind() {
    State state = open();
    await(state.put("a", bytes("1")));
    long ahead = 3_000_000_000_000_000L;
    ask(Command.SET, prefix + "version", Long.toString(ahead));
    assertEquals(ahead + 1, await(state.put("a", bytes("2"))));
    ask(Command.DEL, prefix + "version");
    assertEquals(ahead + 2, await(state.put("a", bytes("3"))), "what this process saw counts too");
    assertEquals(ahead + 3, await(state.lease("x", "node-1", 1_000)).orElseThrow().token());
  }

  @Test
  void passingKeysDoNotPileUpInTheIndex() {
    State state = open();
    // More at once than one write clears away.
    List<Future<Long>> writes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      writes.add(state.putFor("passed/" + i, bytes("x"), shortLifeMillis()));
    }
    writes.forEach(this::await);
    assertEquals("60", ask(Command.ZCARD, prefix + "keys"));
    pass(2 * shortLifeMillis());
    for (int i = 0; i < 4; i++) {
      await(state.putFor("later/" + i, bytes("x"), 600_000));
    }
    assertEquals("4", ask(Command.ZCARD, prefix + "keys"));
    assertEquals("4", ask(Command.ZCARD, prefix + "passing"));
  }

  @Test
  void aRedisThatStandsStillCostsABoundedWait() throws Exception {
    State state = openImpatiently(server.port(), 2, 3_000);
    eventually(() -> state.put("a", bytes("0")));
    signal("STOP");
    try {
      assertEquals(ErrorCode.TIMEOUT, failure(state.put("a", bytes("1"))));
      assertEquals(ErrorCode.TIMEOUT, failure(state.put("a", bytes("2"))));
      assertEquals(ErrorCode.UNAVAILABLE, failure(state.put("a", bytes("3"))));
    } finally {
      signal("CONT");
    }
    eventually(() -> state.put("b", bytes("4")));
    // The writes that were given up are made all the same, the last one last.
    eventually(() -> state.get("a").map(found -> {
      assertEquals("2", new String(found.orElseThrow().value(), StandardCharsets.UTF_8));
      return found;
    }));
    assertEquals(Optional.of("2"), value(state, "a"));
  }

  private static void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(server.pid())).inheritIO().start();
    assertTrue(kill.waitFor(WAIT_SECONDS, TimeUnit.SECONDS) && kill.exitValue() == 0);
  }

  @Test
  void aWriteThatComesTwiceIsMadeOnce() {
    var link = new RedisLink(config(), vertx, Clock.system(), metrics);
    List<String> keys = List.of(prefix + "entry:a", prefix + "version", prefix + "keys", prefix + "passing", prefix + "lease:");
    List<byte[]> first = put("1", "0", 5);
    String version = await(link.run(Script.PUT, keys, first)).get(1).toString();
    assertEquals(version, await(link.run(Script.PUT, keys, first)).get(1).toString(), "done already, though its condition no longer holds");
    await(link.run(Script.PUT, keys, put("2", "", 7)));
    await(link.run(Script.PUT, keys, put("late", "", 6)));
    await(link.run(Script.REMOVE, keys, put("", "", 6)));
    assertEquals(Optional.of("2"), value(open(), "a"));
    await(link.run(Script.REMOVE, keys, put("", "", 8)));
    await(link.run(Script.PUT, keys, put("late", "", 7)));
    assertEquals(Optional.empty(), value(open(), "a"));
    await(link.close());
  }

  private List<byte[]> put(String value, String expected, int turn) {
    return List.of(bytes("a"), bytes(value), bytes(expected), bytes("0"), bytes("0"), bytes("w"), bytes("" + turn), bytes(""), bytes(""),
        bytes(prefix + "entry:"));
  }

  @Test
  void connectionsThatVanishedWithoutAWordAreReplaced() {
    var frozen = new boolean[1];
    var target = vertx.createNetClient();
    var proxy = await(vertx.createNetServer().connectHandler(client -> {
      boolean mute = frozen[0];
      client.pause();
      target.connect(server.port(), server.host()).onSuccess(backend -> {
        client.handler(data -> {
          if (!frozen[0] || mute) {
            backend.write(data);
          }
        });
        backend.handler((Buffer data) -> client.write(data));
        client.resume();
      });
    }).listen(0, "127.0.0.1"));
    State state = openImpatiently(proxy.actualPort(), 2, 100);
    eventually(() -> state.put("a", bytes("1")));
    frozen[0] = true;
    assertEquals(ErrorCode.TIMEOUT, failure(state.get("a")));
    assertEquals(Optional.of("1"), eventually(() -> state.get("a"))
        .map(entry -> new String(entry.value(), StandardCharsets.UTF_8)));
    await(proxy.close());
  }

  @Test
  void speaksTlsToAServerWhoseCertificateItTrusts(@TempDir Path folder) throws Exception {
    TestCertificate certificate = TestCertificate.make(folder);
    var target = vertx.createNetClient();
    var pem = new PemKeyCertOptions().addCertPath(certificate.certificate().toString()).addKeyPath(certificate.key().toString());
    var options = new NetServerOptions().setSsl(true).setKeyCertOptions(pem);
    var proxy = await(vertx.createNetServer(options).connectHandler(client -> {
      client.pause();
      target.connect(server.port(), server.host()).onSuccess(backend -> {
        client.handler(backend::write);
        backend.handler(client::write);
        client.resume();
      });
    }).listen(0, "127.0.0.1"));
    State state = open(encrypted(proxy.actualPort(), certificate.certificate().toString()));
    await(state.put("a", bytes("1")));
    assertEquals(Optional.of("1"), value(state, "a"));
    TidemarkException refused = assertThrows(TidemarkException.class, () -> open(encrypted(proxy.actualPort(), "")));
    assertEquals(ErrorCode.UNAVAILABLE, refused.code(), "nobody the Java runtime knows vouches for it");
    await(proxy.close());
  }

  private RedisStateConfig encrypted(int port, String ca) {
    return new RedisStateConfig(server.host(), port, 0, "", PASSWORD, true, ca, prefix, 8, 2_000, config().guard());
  }

  @Test
  void saysWhyRedisRefuses() {
    TidemarkException wrong = assertThrows(TidemarkException.class, () -> open(config(server.port(), new Secret("canary-wrong"),
        config().guard())));
    assertEquals(ErrorCode.UNAVAILABLE, wrong.code());
    assertTrue(wrong.getMessage().contains("state.redis.password"), wrong::getMessage);
    State state = open();
    ask(Command.CONFIG, "SET", "maxmemory", "1");
    try {
      assertEquals(ErrorCode.TOO_LARGE, failure(state.put("a", bytes("1"))));
      assertEquals(Optional.empty(), value(state, "a"));
      await(state.remove("a"));
    } finally {
      ask(Command.CONFIG, "SET", "maxmemory", "0");
    }
    ask(Command.SET, prefix + "entry:text", "not ours");
    assertEquals(ErrorCode.CORRUPT, failure(state.get("text")));
    assertEquals(ErrorCode.CORRUPT, failure(state.put("text", bytes("1"))));
  }

  @Test
  void refusesToOpenWhereNobodyListens() {
    TidemarkException refused = assertThrows(TidemarkException.class, () -> open(config(1, PASSWORD, config().guard())));
    assertEquals(ErrorCode.UNAVAILABLE, refused.code());
    assertTrue(refused.getMessage().contains("127.0.0.1:1/0"), refused::getMessage);
  }

  @Test
  void noMessageHoldsThePassword() {
    var texts = new ArrayList<String>(List.of(config().toString(), metrics.print()));
    for (Secret password : List.of(PASSWORD, new Secret("canary-wrong"))) {
      for (int port : List.of(1, server.port())) {
        try {
          texts.add(open(config(port, password, config().guard())).toString());
        } catch (TidemarkException e) {
          for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            texts.add(cause.toString());
          }
        }
      }
    }
    texts.forEach(text -> assertFalse(text.contains("canary"), text));
  }
}
