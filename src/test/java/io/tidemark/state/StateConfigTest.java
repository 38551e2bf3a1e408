package io.tidemark.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.model.TidemarkException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateConfigTest {
  private static StateConfig read(String yaml) {
    var problems = new Problems("test.yml");
    StateConfig config = StateConfig.read(Yaml.parse(yaml, problems).sectionOrEmpty("state"));
    problems.throwIfAny();
    return config;
  }

  @Test
  void isAJournalUnlessSaidOtherwise() {
    assertEquals(JournalStateConfig.DEFAULT, read(""));
    assertEquals(new JournalStateConfig(1024, 8L << 20, 512L << 20), read("state: {queue_size: 1KiB}"));
  }

  @Test
  void readsRedisWithTheDefaultsOfTheRequirements() {
    var config = assertInstanceOf(RedisStateConfig.class, read("state: {backend: redis}"));
    assertEquals(RedisStateConfig.DEFAULT, config);
    assertEquals(30, config.connections());
    assertEquals(2_000, config.connectMillis());
    assertEquals(3_000, config.guard().timeoutMillis());
    assertEquals(10, config.forCache().guard().timeoutMillis());
    assertEquals(List.of(), config.forCache().guard().retryMillis());
  }

  @Test
  void readsEveryKeyOfRedis() {
    var config = assertInstanceOf(RedisStateConfig.class, read("""
        state:
          backend: redis
          redis: {host: r1, port: 7000, database: 3, username: u, password: canary, tls: true, tls_ca: ca.pem, prefix: "p:",
            connections: 5, connect_timeout: 1s, timeout: 500ms, circuit_failures: 9, circuit_pause: 4s}
        """));
    assertEquals("r1:7000/3", config.address());
    assertEquals("canary", config.password().reveal());
    assertTrue(config.tls());
    assertEquals("p:", config.prefix());
    assertEquals(500, config.guard().timeoutMillis());
    assertEquals(9, config.guard().failuresToOpen());
    assertEquals(4_000, config.guard().openMillis());
    assertFalse(config.toString().contains("canary"), config::toString);
  }

  @Test
  void namesWhatIsWrong() {
    assertTrue(refusal("state: {backend: reddis}").contains("journal, redis"));
    assertTrue(refusal("state: {redis: {prefix: ''}}").contains("state.redis.prefix"));
    assertTrue(refusal("state: {redis: {hots: r1}}").contains("nearest is \"host\""));
  }

  private static String refusal(String yaml) {
    return assertThrows(TidemarkException.class, () -> read(yaml)).getMessage();
  }

  @Test
  void masksThePasswordInTheConfigurationShown() {
    var problems = new Problems("test.yml");
    Section root = Yaml.parse("state: {backend: redis, redis: {password: canary}}", problems);
    StateConfig.read(root.sectionOrEmpty("state"));
    assertFalse(Yaml.print(root).contains("canary"));
  }
}
