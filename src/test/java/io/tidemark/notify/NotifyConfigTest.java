package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.receiver.PagerdutyConfig;
import io.tidemark.notify.receiver.SlackConfig;
import io.tidemark.notify.receiver.WebhookConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class NotifyConfigTest {
  private static final Path FILES = Path.of("src/test/resources/alerting/routing");

  private static Stream<DynamicTest> each(String suffix, Check check) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(FILES)) {
      files = list.filter(path -> path.toString().endsWith(suffix)).sorted().toList();
    }
    assertFalse(files.isEmpty());
    return files.stream().map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> check.run(path)));
  }

  private interface Check {
    void run(Path path) throws IOException;
  }

  private static NotifyConfig parse(Path path) throws IOException {
    return NotifyConfig.parse(Files.readString(path), String.valueOf(path.getFileName()), FILES);
  }

  /// What is wrong with `x.bad.yml` stands in `x.messages`, a line each.
  @Test
  void takesMatchersInTheClassicSyntax() {
    Route root = NotifyConfig.parse("""
        route: {receiver: team, routes: [{matchers: ['ip=~"10\\.0\\..*"']}]}
        receivers: [{name: team}]
        """, "test.yml", Path.of(".")).root();
    assertTrue(root.routes().getFirst().matchers().matches(LabelSet.of("ip", "10.0.0.1")));
    assertFalse(root.routes().getFirst().matchers().matches(LabelSet.of("ip", "10x0.0.1")));
  }

  @Test
  void formsAlertmanagersGroupKeys() {
    Route root = NotifyConfig.parse("""
        route:
          receiver: team
          routes:
            - matchers: ['"dot.ted"="v w"', 'größe=~"\\\\d \\"x\\""', '"spa ced"="a\\tb"']
        receivers: [{name: team}]
        """, "test.yml", Path.of(".")).root();
    assertEquals("{}/{dot.ted=\"v w\",größe=~\"\\\\d \\\"x\\\"\",\"spa ced\"=\"a\\tb\"}:{__name__=\"m\", dot.ted=\"v\\tw\", z=\"1\"}",
        root.routes().getFirst().groupKey(LabelSet.of("__name__", "m", "dot.ted", "v\tw", "z", "1")));
  }

  @TestFactory
  Stream<DynamicTest> saysAllThatIsWrongAndWhere() throws IOException {
    return each(".bad.yml", path -> {
      String found = assertThrows(TidemarkException.class, () -> parse(path)).getMessage();
      Path messages = Path.of(path.toString().replace(".bad.yml", ".messages"));
      if (Boolean.getBoolean("golden.update")) {
        Files.writeString(messages, found + "\n");
      }
      assertEquals(Files.readString(messages).strip(), found);
      assertFalse(found.contains("topsecret"), found);
    });
  }

  @TestFactory
  Stream<DynamicTest> readsGoodFiles() throws IOException {
    return each(".good.yml", NotifyConfigTest::parse);
  }

  @Test
  void fillsInWhatRoutesInherit() throws IOException {
    Route root = parse(FILES.resolve("all-keys.good.yml")).root();
    Route everything = root.routes().get(0);
    assertEquals("{}", root.key());
    assertEquals("{}/{dotted.name!~\"x.*\",env!=\"dev\",severity=\"critical\",team=~\"a|b\"}", everything.key());
    assertTrue(everything.groupByAll());
    Route critical = root.routes().get(1);
    assertEquals("default", critical.receiver());
    assertEquals(0, critical.groupWaitMillis());
    assertEquals(300_000, critical.groupIntervalMillis());
    assertEquals(4 * 3_600_000, critical.repeatIntervalMillis());
    Route below = critical.routes().getFirst();
    assertEquals(0, below.groupWaitMillis());
    assertEquals(List.of(), below.activeTimeIntervals());
    assertEquals("{}/{region=~\"eu-.*\",severity=\"critical\"}/{a=\"b\",c!=\"d\"}", below.key());
  }

  @Test
  void goesOnToSiblingsOnlyWhenToldTo() throws IOException {
    Route root = parse(FILES.resolve("all-keys.good.yml")).root();
    LabelSet both = LabelSet.of("severity", "critical", "team", "a", "env", "prod", "region", "eu-1", "a", "b");
    assertEquals(List.of("{}/0", "{}/1/0"), root.match(both).stream().map(Route::id).toList());
    assertEquals(List.of("{}"), root.match(LabelSet.of("severity", "info")).stream().map(Route::id).toList());
  }

  @Test
  void knowsTheDefaultsOfEachKindOfReceiver() throws IOException {
    NotifyConfig config = parse(FILES.resolve("all-keys.good.yml"));
    var integrations = config.receivers().get("everything").integrations();
    assertEquals(List.of("webhook", "slack", "pagerduty", "pagerduty", "email"), integrations.stream().map(i -> i.kind()).toList());
    assertEquals(List.of(false, false, true, true, false), integrations.stream().map(i -> i.sendResolved()).toList());
    assertEquals(3_000, ((WebhookConfig) integrations.getFirst()).timeoutMillis());
    assertEquals(PagerdutyConfig.Version.V2, ((PagerdutyConfig) integrations.get(2)).version());
    assertEquals(PagerdutyConfig.Version.V1, ((PagerdutyConfig) integrations.get(3)).version());
    assertEquals(600_000, config.resolveTimeoutMillis());
  }

  @Test
  void neverPrintsASecret() throws IOException {
    String printed = parse(FILES.resolve("all-keys.good.yml")).toString();
    for (String secret : List.of("token", "hook.test", "key=key", "password=secret", "slack.test")) {
      assertFalse(printed.contains(secret), () -> secret + " in " + printed);
    }
  }

  @Test
  void readsSecretsAndTemplatesFromFiles(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("url"), "http://slack.test/token\n");
    Files.writeString(directory.resolve("own.tmpl"), "{{ define \"slack.default.title\" }}mine{{ end }}");
    NotifyConfig config = NotifyConfig.parse("""
        templates: ['*.tmpl']
        route: {receiver: team}
        receivers:
          - name: team
            slack_configs: [{api_url_file: url}]
        """, "alertmanager.yml", directory);
    assertEquals(1, config.templates().size());
    assertEquals("<secret>", ((SlackConfig) config.receivers().get("team").integrations().getFirst()).endpoint().toString());
  }

  @Test
  void saysWhichTemplateFileIsBroken(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("own.tmpl"), "{{ define \"a\" }}\n{{ if }}{{ end }}");
    String message = assertThrows(TidemarkException.class, () -> NotifyConfig.parse("""
        route: {receiver: team}
        receivers: [{name: team}]
        templates: [own.tmpl, none.tmpl]
        """, "alertmanager.yml", directory)).getMessage();
    assertTrue(message.startsWith("alertmanager.yml:3:13: templates: template own.tmpl:2:"), message);
    assertTrue(message.contains("alertmanager.yml:3:23: templates: cannot read none.tmpl"), message);
  }

  @Test
  void sharesAFileWithOtherHouses() {
    var problems = new Problems("tidemark.yml");
    var root = Yaml.parse("global: {scrape_interval: 15s, resolve_timeout: 1m}\nstorage: {}\n", problems);
    assertTrue(NotifyConfig.read(root, Path.of(".")).isEmpty());
    root.sectionOrEmpty("global").durationMillis("scrape_interval", 0);
    root.section("storage");
    root.sectionOrEmpty("global").done();
    root.done();
    assertEquals(List.of(), problems.texts());
  }
}
