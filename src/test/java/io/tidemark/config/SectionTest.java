package io.tidemark.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SectionTest {
  private static List<String> problemsOf(String yaml) {
    var problems = new Problems("f.yml");
    Section root = Yaml.parse(yaml, problems);
    Section storage = root.sectionOrEmpty("storage");
    storage.durationMillis("retention", 1);
    storage.bytes("size_max", 1);
    storage.number("parts", 1, 1, 8);
    storage.flag("on", false);
    storage.done();
    root.done();
    return problems.texts();
  }

  @Test
  void readsEveryFormOfValue() {
    var problems = new Problems("f.yml");
    Section root = Yaml.parse("""
        storage: {retention: 1h30m, size_max: 2GiB, parts: 3, on: true, share: 0.5}
        list: [a, b]
        one: a
        map: {x: '1', y: two}
        """, problems);
    Section storage = root.sectionOrEmpty("storage");
    assertEquals(5_400_000, storage.durationMillis("retention", 0));
    assertEquals(2L << 30, storage.bytes("size_max", 0));
    assertEquals(3, storage.number("parts", 0, 1, 8));
    assertTrue(storage.flag("on", false));
    assertEquals(0.5, storage.decimal("share", 0, 0, 1));
    assertEquals(List.of("a", "b"), root.texts("list"));
    assertEquals(List.of("a"), root.texts("one"));
    assertEquals("{x=1, y=two}", root.textMap("map").toString());
    assertEquals(7, root.sectionOrEmpty("absent").number("n", 7, 0, 9));
    storage.done();
    root.done();
    assertEquals(List.of(), problems.texts());
  }

  @Test
  void namesUnknownKeysWithPlaceAndNearest() {
    assertEquals(List.of("f.yml:2:3: unknown key \"retenton\" in storage; nearest is \"retention\""),
        problemsOf("storage:\n  retenton: 1h\n"));
    assertEquals(List.of("f.yml:1:1: unknown key \"storrage\" at the top; nearest is \"storage\""), problemsOf("storrage: {}\n"));
  }

  @Test
  void tellsWhatItExpectedAndFound() {
    assertEquals(List.of("f.yml:2:3: storage.retention: expected a duration such as 15s or 1h30m, found \"soon\"",
        "f.yml:3:3: storage.parts: expected a whole number from 1 to 8, found \"9\"",
        "f.yml:4:3: storage.on: expected true or false, found a list"),
        problemsOf("storage:\n  retention: soon\n  parts: 9\n  on: [yes]\n"));
    assertEquals(List.of("f.yml:1:1: storage: expected a mapping of keys, found a text"), problemsOf("storage: 3\n"));
  }

  /// Requirement C 27.
  @Test
  void refusesAliasBombsTabsDuplicatesAndDepth() {
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 30; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [*a").append(i - 1).append(", *a").append(i - 1).append("]\n");
    }
    assertFalse(problemsOf(bomb.toString()).isEmpty());
    assertTrue(problemsOf("storage:\n\tretention: 1h\n").getFirst().startsWith("f.yml:2:1: not valid YAML"));
    assertTrue(problemsOf("storage: {}\nstorage: {}\n").getFirst().contains("f.yml:2:1"));
    assertTrue(problemsOf("storage: " + "[".repeat(100_000)).getFirst().startsWith("f.yml:1:"));
  }

  @Test
  void overridesWinAndCreateWhatIsMissing() {
    var problems = new Problems("f.yml");
    Section root = Yaml.parse("storage: {retention: 1h}\n", problems);
    root.override("storage.retention", "2h");
    root.override("query.cache.enabled", "false");
    assertEquals(7_200_000, root.sectionOrEmpty("storage").durationMillis("retention", 0));
    assertFalse(root.sectionOrEmpty("query").sectionOrEmpty("cache").flag("enabled", true));
    assertEquals(List.of(), problems.texts());
  }

  @Test
  void overridesMayBeLists() {
    Section root = Yaml.parse("quoted: '[a]'\n", new Problems("f.yml"));
    root.override("storage.none", "[]");
    root.override("storage.some", "[5m, 1h,]");
    root.override("storage.one", "5m");
    root.override("storage.text", "[a, b]");
    Section storage = root.sectionOrEmpty("storage");
    assertEquals(List.of(), storage.texts("none"));
    assertEquals(List.of("5m", "1h"), storage.texts("some"));
    assertEquals(List.of("5m"), storage.texts("one"));
    assertEquals("[a, b]", storage.text("text", ""), "no list is wanted");
    assertEquals(List.of("[a]"), root.texts("quoted"), "a file has lists of its own");
    assertEquals("""
        quoted: "[a]"
        storage:
          none: []
          some:
            - 5m
            - 1h
          one: 5m
          text: "[a, b]"
        """, Yaml.print(root));
  }

  @Test
  void secretsDoNotPrint() {
    Section root = Yaml.parse("key: hunter2\n", new Problems("f.yml"));
    Secret secret = root.secret("key");
    assertEquals("<secret>", secret.toString());
    assertEquals("hunter2", secret.reveal());
  }

  @Test
  void durationsReadBackAsTheyPrint() {
    for (String text : List.of("0s", "1ms", "15s", "1m30s", "1h", "2d3h", "1w", "1y", "8d")) {
      assertEquals(text, Durations.print(Durations.parse(text.equals("0s") ? "0" : text).orElseThrow()));
    }
    for (String bad : List.of("", "5", "m", "1s1m", "-1s", "1.5h", "99999999999y")) {
      assertTrue(Durations.parse(bad).isEmpty(), bad);
    }
  }

  @Test
  void printsBackWithSecretsMasked() {
    var problems = new Problems("f.yml");
    Section root = Yaml.parse("""
        receivers:
          - name: 'a b'
            password: "hun\\x74er2"
            empty: {}
            list: [x, 'y: z']
        """, problems);
    root.override("top", "t");
    root.sections("receivers").getFirst().secret("password");
    assertEquals("""
        receivers:
          -
            name: "a b"
            password: <secret>
            empty: {}
            list:
              - x
              - "y: z"
        top: t
        """, Yaml.print(root));
    assertEquals(List.of(), problems.texts());
  }
}
