package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleStoreTest {
  private final World world = new World();
  private final MemoryCatalog catalog = new MemoryCatalog();
  private final RuleStore store = new RuleStore(catalog, new RuleFiles(RuleSettings.DEFAULT, Features.STANDARD), world.engine,
      world.time, Entropy.seeded(1), world.metrics);

  private static JsonObject high() {
    return new JsonObject().put("name", "High").put("expr", "x>10").put("for", "15s").put("interval", "15s")
        .put("labels", new JsonObject().put("severity", "page")).put("annotations", new JsonObject().put("summary", "{{ $value }}"));
  }

  private <T> T done(Future<T> future) {
    world.time.run();
    assertTrue(future.succeeded(), () -> String.valueOf(future.cause()));
    return future.result();
  }

  private TidemarkException failed(Future<?> future) {
    world.time.run();
    assertTrue(future.failed());
    return (TidemarkException) future.cause();
  }

  @Test
  void aCreatedRuleIsEvaluatedWithinOneInterval() {
    world.samples("12x40", LabelSet.NAME, "x");
    var stored = done(store.create(high(), "ann"));
    assertEquals(1, stored.version());
    world.advanceSeconds(15);
    assertEquals(AlertState.PENDING, world.rule("High").state());
    world.advanceSeconds(15);
    assertEquals("12", world.told.getFirst().alerts().getFirst().annotations().value("summary"));
    assertEquals(List.of(stored), done(store.list()));
    assertEquals(stored, done(store.find(stored.id())));
    assertEquals(high(), stored.json());
  }

  @Test
  void aChangeTakesEffectAndNeedsTheVersionSeen() {
    world.samples("12x40", LabelSet.NAME, "x");
    var stored = done(store.create(high(), "ann"));
    var changed = done(store.replace(stored.id(), high().put("expr", "x > 20"), 1, "bob"));
    assertEquals(2, changed.version());
    assertEquals("x > 20", world.rule("High").rule().query());
    assertEquals(ErrorCode.CONFLICT, failed(store.replace(stored.id(), high(), 1, "ann")).code());
    assertEquals(ErrorCode.CONFLICT, failed(store.remove(stored.id(), 1, "ann")).code());
    done(store.remove(stored.id(), 2, "ann"));
    assertEquals(List.of(), world.groups());
    assertEquals(ErrorCode.NOT_FOUND, failed(store.find(stored.id())).code());
  }

  @Test
  void tellsEveryProblemOfADocument() {
    var e = failed(store.create(new JsonObject().put("name", "").put("expr", "sum(").put("for", 5.5).put("severity", "page"), "ann"));
    assertEquals(ErrorCode.BAD_DATA, e.code());
    assertEquals("""
        name: required, but missing
        for: expected a duration such as 15s or 1h30m, found "5.5"
        could not parse expression: 1:5: parse error: unclosed left parenthesis
        unknown key "severity" at the top; nearest is "interval\"""", e.getMessage());
    assertEquals(List.of(), done(catalog.list("rule")));
  }

  @Test
  void rulesOfOneGroupMustAgreeOnTheInterval() {
    done(store.create(high().put("group", "g"), "ann"));
    var e = failed(store.create(high().put("name", "Other").put("group", "g").put("interval", "1m"), "ann"));
    assertEquals("group \"g\" is evaluated every 15000 ms, this rule asks for 60000 ms; use the same interval or another group",
        e.getMessage());
    assertEquals(ErrorCode.BAD_DATA, failed(store.create(high().put("group", "g"), "ann")).code());
    done(store.create(high().put("name", "Other").put("group", "g"), "ann"));
    assertEquals(1, world.groups().size());
  }

  @Test
  void refusesRecordingRulesThatReadEachOther() {
    done(store.create(new JsonObject().put("type", "recording").put("name", "a:b").put("expr", "c:d + 1"), "ann"));
    var e = failed(store.create(new JsonObject().put("type", "recording").put("name", "c:d").put("expr", "a:b"), "ann"));
    assertTrue(e.getMessage().contains("reads what it writes"), e.getMessage());
  }

  @Test
  void oneUnreadableRuleKeepsNoOtherFromRunning() {
    done(catalog.create("rule", "bad", "{\"name\":\"X\",\"expr\":\"future syntax (\"}", "ann"));
    done(catalog.create("rule", "good", high().encode(), "ann"));
    done(store.load());
    assertEquals(List.of("good"), world.groups().stream().map(g -> g.group().name()).toList());
    assertTrue(world.metrics.print().contains("tidemark_rules_unreadable 1"));
  }
}
