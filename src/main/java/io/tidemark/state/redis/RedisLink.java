package io.tidemark.state.redis;

import io.tidemark.guard.Guard;
import io.tidemark.guard.Guards;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.RedisStateConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Guarded calls to one Redis. What fails comes back as a `TidemarkException` that names the server and never a password.
final class RedisLink {
  /// A connection without traffic for so long is closed. It is also how connections end whose other side vanished without a word.
  private static final int IDLE_SECONDS = 10;
  /// Calls that may wait for a connection.
  private static final int WAITING_MAX = 4096;

  /// What Redis answers when it will not do something, what that is for the caller, and what to do.
  private record Refusal(Pattern word, ErrorCode code, String advice) {
    Refusal(String words, ErrorCode code, String advice) {
      this(Pattern.compile("\\b(" + words + ")\\b"), code, advice);
    }
  }

  private static final List<Refusal> REFUSALS = List.of(
      new Refusal("NOAUTH|WRONGPASS|NOPERM|invalid password|invalid username", ErrorCode.UNAVAILABLE,
          "check state.redis.username and state.redis.password, and what that user may do (docs/redis.md)"),
      new Refusal("OOM", ErrorCode.TOO_LARGE, "its maxmemory is used up: raise it"),
      new Refusal("WRONGTYPE", ErrorCode.CORRUPT, "somebody else writes under the same prefix: change state.redis.prefix or theirs"),
      new Refusal("MOVED|CROSSSLOT|ASK", ErrorCode.NOT_SUPPORTED, "it is part of a Redis Cluster: use one server, or one with replicas"),
      new Refusal("READONLY", ErrorCode.UNAVAILABLE, "it is a replica: state.redis.host must lead to the master"),
      new Refusal("MISCONF", ErrorCode.UNAVAILABLE, "it cannot save to its disk: look there first"),
      new Refusal("LOADING|MASTERDOWN|CLUSTERDOWN|BUSY|NOREPLICAS|TRYAGAIN", ErrorCode.UNAVAILABLE, "it will answer later"),
      new Refusal("^ERR", ErrorCode.INTERNAL, "this is a defect of Tidemark, or that server is no Redis"));

  private final RedisStateConfig config;
  private final Redis redis;
  private final Guard guard;

  RedisLink(RedisStateConfig config, Vertx vertx, Clock clock, Metrics metrics) {
    this.config = config;
    var net = new NetClientOptions().setConnectTimeout((int) Math.min(config.connectMillis(), Integer.MAX_VALUE)).setTcpKeepAlive(true)
        .setTcpNoDelay(true).setIdleTimeout(IDLE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
    if (config.tls()) {
      net.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
      if (!config.tlsCa().isEmpty()) {
        net.setTrustOptions(new PemTrustOptions().addCertPath(config.tlsCa()));
      }
    }
    String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    var options = new RedisOptions().setNetClientOptions(net).setMaxPoolSize(config.connections()).setMaxPoolWaiting(WAITING_MAX)
        .setConnectionString((config.tls() ? "rediss://" : "redis://") + host + ":" + config.port() + "/" + config.database());
    if (!config.password().isEmpty()) {
      options.setPassword(config.password().reveal());
      if (!config.username().isEmpty()) {
        options.setUser(config.username());
      }
    }
    redis = Redis.createClient(vertx, options);
    Timers timers = (delayMillis, work) -> {
      long id = vertx.setTimer(Math.max(1, delayMillis), _ -> work.run());
      return () -> vertx.cancelTimer(id);
    };
    guard = new Guard(config.guard(), timers, clock, metrics);
  }

  Future<Response> call(Command command, String... arguments) {
    return guard.call(() -> send(request(command, arguments)));
  }

  private static Request request(Command command, String... arguments) {
    Request request = Request.cmd(command);
    for (String argument : arguments) {
      request.arg(argument);
    }
    return request;
  }

  /// Runs a script. Redis knows it by its digest; one that was restarted is told the text again.
  Future<@Nullable Response> run(Script script, List<String> keys, List<byte[]> arguments) {
    return guard.call(() -> send(request(Command.EVALSHA, script.digest, keys, arguments)).recover(e -> isUnknownScript(e)
        ? send(request(Command.EVAL, script.text, keys, arguments)) : Future.failedFuture(e)));
  }

  private static boolean isUnknownScript(Throwable failure) {
    return failure.getCause() != null && String.valueOf(failure.getCause().getMessage()).startsWith("NOSCRIPT");
  }

  private static Request request(Command command, String script, List<String> keys, List<byte[]> arguments) {
    Request request = Request.cmd(command).arg(script).arg(keys.size());
    keys.forEach(request::arg);
    arguments.forEach(request::arg);
    return request;
  }

  private Future<Response> send(Request request) {
    return redis.send(request).recover(e -> Future.failedFuture(failure(e)));
  }

  private TidemarkException failure(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    for (Refusal refusal : REFUSALS) {
      if (refusal.word.matcher(text).find()) {
        return new TidemarkException(refusal.code, "redis at " + config.address() + " refuses: " + text + "; " + refusal.advice, cause);
      }
    }
    return new TidemarkException(ErrorCode.UNAVAILABLE, "redis at " + config.address() + " does not answer: " + text
        + "; calls are tried again by themselves, check that it runs and can be reached", cause);
  }

  Future<Void> close() {
    return redis.close();
  }

  void enter(Guards guards) {
    guards.add("state", "redis", config.host() + ":" + config.port(), guard);
  }
}
