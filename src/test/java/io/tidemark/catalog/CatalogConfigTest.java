package io.tidemark.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.model.TidemarkException;
import org.junit.jupiter.api.Test;

class CatalogConfigTest {
  private static CatalogConfig read(String yaml) {
    var problems = new Problems("test.yml");
    CatalogConfig config = CatalogConfig.read(Yaml.parse(yaml, problems).sectionOrEmpty("catalog"));
    problems.throwIfAny();
    return config;
  }

  @Test
  void isEmbeddedUnlessSaidOtherwise() {
    assertEquals(new EmbeddedCatalogConfig(), read(""));
  }

  @Test
  void readsPostgresWithTheDefaultsOfTheRequirements() {
    var config = assertInstanceOf(PostgresCatalogConfig.class, read("catalog: {backend: postgres}"));
    assertEquals(PostgresCatalogConfig.DEFAULT, config);
    assertEquals(10, config.connections());
    assertEquals(5_000, config.connectMillis());
    assertEquals(Long.MAX_VALUE, config.auditKeepMillis());
  }

  @Test
  void readsEveryKeyOfPostgres() {
    var config = assertInstanceOf(PostgresCatalogConfig.class, read("""
        catalog:
          backend: postgres
          postgres: {host: p1, port: 6000, database: d, username: u, password: canary, tls: verify-full, tls_ca: ca.pem,
            connections: 5, connect_timeout: 1s, audit_keep: 90d, timeout: 500ms, circuit_failures: 9, circuit_pause: 4s}
        """));
    assertEquals("p1:6000/d", config.address());
    assertEquals("canary", config.password().reveal());
    assertEquals("verify-full", config.tls());
    assertEquals(90L * 86_400_000, config.auditKeepMillis());
    assertEquals(500, config.guard().timeoutMillis());
    assertFalse(config.toString().contains("canary"), config::toString);
  }

  @Test
  void namesWhatIsWrong() {
    assertTrue(refusal("catalog: {backend: sqlite}").contains("embedded, postgres"));
    assertTrue(refusal("catalog: {postgres: {tls: maybe}}").contains("verify-full"));
    assertTrue(refusal("catalog: {postgres: {username: ''}}").contains("catalog.postgres.username"));
  }

  private static String refusal(String yaml) {
    return assertThrows(TidemarkException.class, () -> read(yaml)).getMessage();
  }

  @Test
  void masksThePasswordInTheConfigurationShown() {
    var problems = new Problems("test.yml");
    Section root = Yaml.parse("catalog: {backend: postgres, postgres: {password: canary}}", problems);
    CatalogConfig.read(root.sectionOrEmpty("catalog"));
    assertFalse(Yaml.print(root).contains("canary"));
  }
}
