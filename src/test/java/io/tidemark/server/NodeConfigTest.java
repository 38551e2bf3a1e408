package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigTest {
  private static final Path CONFIG = Path.of("config");

  @TempDir
  private Path folder;

  private static NodeConfig load(Path file) {
    return NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of()));
  }

  private String problemsOf(String yaml, String... settings) throws Exception {
    Path file = Files.writeString(folder.resolve("t.yml"), yaml);
    var failure = assertThrows(TidemarkException.class,
        () -> NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of(settings))));
    assertEquals(ErrorCode.BAD_DATA, failure.code());
    return failure.getMessage().replace(file.toString(), "t.yml");
  }

  /// The documented file must not drift from the code.
  @Test
  void documentedDefaultsAreTheDefaults() {
    NodeConfig documented = load(CONFIG.resolve("tidemark.yml"));
    NodeConfig built = NodeConfig.load(new NodeConfig.Source(Optional.empty(), List.of()));
    assertEquals(built.dataDir(), documented.dataDir());
    assertEquals(built.listen(), documented.listen());
    assertEquals(built.externalUrl(), documented.externalUrl());
    assertEquals(built.diagnostics(), documented.diagnostics());
    assertEquals(built.roles(), documented.roles());
    assertEquals(built.backends(), documented.backends());
    assertEquals(built.batch(), documented.batch());
    assertEquals(built.tier(), documented.tier());
    assertEquals(built.storage(), documented.storage());
    assertEquals(built.query(), documented.query());
    assertEquals(built.peer(), documented.peer());
    assertEquals(built.collector(), documented.collector());
    assertEquals(built.rules(), documented.rules());
    assertEquals(built.notifier(), documented.notifier());
  }

  @Test
  void externalUrlLosesItsSlashAtTheEnd() throws Exception {
    NodeConfig config = load(Files.writeString(folder.resolve("url.yml"), "rules: {external_url: 'http://tm.example/x/'}\n"));
    assertEquals("http://tm.example/x", config.externalUrl());
    assertEquals("/x", config.rules().externalUrl().getPath());
  }

  @Test
  void theLivingExampleLoads() {
    NodeConfig example = load(CONFIG.resolve("examples/lock-service/tidemark.yml"));
    assertEquals(4, example.collector().scrapeConfigs().size());
    assertTrue(example.notifier().isPresent());
    assertFalse(example.ruleGroups().isEmpty());
  }

  @Test
  void refusesToListenBeyondThisMachineUnlessToldTo() throws Exception {
    assertTrue(problemsOf("listen: 0.0.0.0:9070\n").contains("t.yml:1:1: listen: 0.0.0.0 is reachable from other machines"));
    Path file = Files.writeString(folder.resolve("open.yml"), "listen: 0.0.0.0:9070\nlisten_without_login: true\n");
    assertEquals("0.0.0.0", load(file).listen().host());
  }

  @Test
  void refusesWhatItDoesNotKnowOrCannotDo() throws Exception {
    assertEquals("t.yml:2:3: unknown key \"retenton\" in storage; nearest is \"retention\"", problemsOf("storage:\n  retenton: 1d\n"));
    String shared = problemsOf("roles: query,api\n");
    assertTrue(shared.contains("a process with the roles query,api works with others, so the log has to be shared: set log.backend: kafka"),
        shared);
    assertTrue(shared.contains("set state.backend: redis") && shared.contains("set catalog.backend: postgres"), shared);
    assertTrue(problemsOf("roles: queri\n").contains("unknown role \"queri\""));
    assertTrue(problemsOf("batch: {epoch_age: 25h}\n").contains("batch.epoch_age: expected more than 0 and at most 24h"));
    assertTrue(problemsOf("listen: nine\n").contains("expected HOST:PORT, found \"nine\""));
    assertTrue(problemsOf("rule_files: [missing.yml]\n").contains("rule_files: cannot read"));
    assertEquals("--set, number 2: expected KEY=VALUE, found a text without =", problemsOf("", "roles=api", "state.redis.password:canary"));
  }

  /// Requirement C 37, as far as the configuration shows: a canary in every secret's place.
  @Test
  void secretsDoNotShow() throws Exception {
    Path file = Files.writeString(folder.resolve("secret.yml"), """
        scrape_configs:
          - job_name: a
            basic_auth: {username: u, password: canary-1}
            static_configs: [{targets: ['127.0.0.1:1']}]
          - job_name: b
            authorization: {credentials: canary-2}
            static_configs: [{targets: ['127.0.0.1:1']}]
        global: {smtp_smarthost: '127.0.0.1:25', smtp_from: a@b, smtp_auth_username: u, smtp_auth_password: canary-3}
        route: {receiver: r}
        receivers:
          - name: r
            webhook_configs: [{url: 'http://127.0.0.1/canary-4'}]
            slack_configs: [{api_url: 'http://127.0.0.1/canary-5', channel: '#c'}]
            pagerduty_configs: [{routing_key: canary-6}, {service_key: canary-7}]
            email_configs: [{to: c@d}]
        """);
    NodeConfig config = load(file);
    assertFalse(config.maskedText().contains("canary"), config.maskedText());
    assertFalse(config.toString().contains("canary"), config.toString());
    assertTrue(config.maskedText().contains("<secret>"));
  }
}
