package io.tidemark.state;

import io.tidemark.config.Secret;
import io.tidemark.config.Section;
import io.tidemark.guard.GuardConfig;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// How the state is kept in a Redis.
///
/// @param username      empty for Redis' default user
/// @param password      empty when none is asked for
/// @param tls           whether the connection is encrypted and the server's certificate checked, its host name included
/// @param tlsCa         PEM file of the authorities to trust; empty for those of the Java runtime
/// @param prefix        of every key in Redis: states with different prefixes share one database
/// @param connections   most connections at once
/// @param connectMillis longest wait for a new connection
/// @param guard         deadline, retries and circuit of each call
public record RedisStateConfig(String host, int port, int database, String username, Secret password, boolean tls, String tlsCa,
    String prefix, int connections, long connectMillis, GuardConfig guard) implements StateConfig {
  private static final int PREFIX_BYTES_MAX = 128;
  public static final RedisStateConfig DEFAULT = new RedisStateConfig("127.0.0.1", 6379, 0, "", Secret.NONE, false, "", "tidemark:", 30,
      2_000, new GuardConfig("redis", 3_000, List.of(50L), 5, 2_000));

  public RedisStateConfig {
    if (host.isEmpty() || port < 1 || port > 65_535 || database < 0 || connections < 1 || connectMillis < 1) {
      throw new IllegalArgumentException("redis: host, port, database, connections or timeout out of range");
    }
    if (prefix.isEmpty() || prefix.getBytes(StandardCharsets.UTF_8).length > PREFIX_BYTES_MAX) {
      throw new IllegalArgumentException("redis: the prefix must have 1 to " + PREFIX_BYTES_MAX + " bytes");
    }
  }

  /// Reads the section `state.redis`.
  static RedisStateConfig read(Section section) {
    String host = section.text("host", DEFAULT.host);
    String prefix = section.text("prefix", DEFAULT.prefix);
    if (host.isEmpty()) {
      section.problem("host", "state.redis.host: required, but empty");
    }
    if (prefix.isEmpty() || prefix.getBytes(StandardCharsets.UTF_8).length > PREFIX_BYTES_MAX) {
      section.problem("prefix", "state.redis.prefix: expected 1 to " + PREFIX_BYTES_MAX + " bytes, found " + prefix.length()
          + " characters; keys of other users of the same database must not begin with it");
    }
    boolean usable = !host.isEmpty() && !prefix.isEmpty() && prefix.getBytes(StandardCharsets.UTF_8).length <= PREFIX_BYTES_MAX;
    var config = new RedisStateConfig(usable ? host : DEFAULT.host, (int) section.number("port", DEFAULT.port, 1, 65_535),
        (int) section.number("database", DEFAULT.database, 0, 1_000_000), section.text("username", ""), section.secret("password"),
        section.flag("tls", DEFAULT.tls), section.text("tls_ca", DEFAULT.tlsCa), usable ? prefix : DEFAULT.prefix,
        (int) section.number("connections", DEFAULT.connections, 1, 10_000),
        Math.max(1, section.durationMillis("connect_timeout", DEFAULT.connectMillis)), DEFAULT.guard.read(section));
    section.done();
    return config;
  }

  /// The same Redis for look-ups that are not worth waiting for: 10 ms, never a second attempt, a circuit of its own.
  public RedisStateConfig forCache() {
    return new RedisStateConfig(host, port, database, username, password, tls, tlsCa, prefix + "cache:", connections, connectMillis,
        new GuardConfig("redis_cache", 10, List.of(), 20, guard.openMillis()));
  }

  /// For messages and logs.
  public String address() {
    return host + ":" + port + "/" + database;
  }
}
