package io.tidemark.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.Catalog.AuditEntry;
import io.tidemark.catalog.Catalog.Document;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What every catalog keeps to.
public abstract class CatalogContract {
  /// Opens the catalog, again and again the same one within a test.
  protected abstract Catalog open();

  /// Another node's door to the same catalog; the same one where only one process has it.
  protected Catalog openAnother(Catalog first) {
    return first;
  }

  /// Lets the catalog work until `future` is complete.
  protected abstract <T> void settle(Future<T> future);

  protected final <T> T await(Future<T> future) {
    settle(future);
    if (future.failed()) {
      if (future.cause() instanceof TidemarkException e) {
        throw e;
      }
      throw new AssertionError(future.cause());
    }
    return future.result();
  }

  protected final ErrorCode failure(Future<?> future) {
    return assertThrows(TidemarkException.class, () -> await(future)).code();
  }

  @Test
  void keepsDocumentsExactlyAsPut() {
    Catalog catalog = open();
    String json = "{ \"b\" : 1,\n\t\"a\":\"ü'\\\"; DROP TABLE documents\" }";
    Document created = await(catalog.create("rule", "CPU hot ✓", json, "ann"));
    assertEquals(1, created.version());
    assertEquals(Optional.of(created), await(catalog.get("rule", "CPU hot ✓")));
    await(catalog.close());
    assertEquals(json, await(open().get("rule", "CPU hot ✓")).orElseThrow().json());
  }

  @Test
  void versionsGrowByOneAndOldOnesConflict() {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "1", "ann"));
    assertEquals(2, await(catalog.replace("rule", "a", "2", 1, "bob")).version());
    assertEquals(ErrorCode.CONFLICT, failure(catalog.replace("rule", "a", "3", 1, "ann")));
    assertEquals(ErrorCode.CONFLICT, failure(catalog.remove("rule", "a", 1, "ann")));
    assertEquals("2", await(catalog.get("rule", "a")).orElseThrow().json());
    await(catalog.remove("rule", "a", 2, "ann"));
    assertEquals(Optional.empty(), await(catalog.get("rule", "a")));
  }

  @Test
  void refusesTakenAndMissingIds() {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "1", "ann"));
    assertEquals(ErrorCode.CONFLICT, failure(catalog.create("rule", "a", "2", "ann")));
    assertEquals(ErrorCode.NOT_FOUND, failure(catalog.replace("rule", "b", "2", 1, "ann")));
    assertEquals(ErrorCode.NOT_FOUND, failure(catalog.remove("dashboard", "a", 1, "ann")));
  }

  @Test
  void listsOneKindSortedById() {
    Catalog catalog = open();
    for (String id : List.of("c", "a", "b")) {
      await(catalog.create("rule", id, id, "ann"));
    }
    await(catalog.create("dashboard", "x", "x", "ann"));
    assertEquals(List.of("a", "b", "c"), await(catalog.list("rule")).stream().map(Document::id).toList());
    assertEquals(List.of(), await(catalog.list("nothing")));
  }

  @Test
  void everyChangeAndOnlyAChangeIsAudited() {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "1", "ann"));
    failure(catalog.create("rule", "a", "1", "eve"));
    await(catalog.replace("rule", "a", "2", 1, "bob"));
    failure(catalog.replace("rule", "a", "3", 1, "eve"));
    await(catalog.remove("rule", "a", 2, "cyd"));
    List<AuditEntry> entries = await(catalog.audit(10));
    assertEquals(List.of("remove cyd", "replace bob", "create ann"), entries.stream().map(e -> e.action() + " " + e.actor()).toList());
    assertTrue(entries.getFirst().id() > entries.getLast().id());
    assertTrue(entries.get(1).detailJson().contains("\"before\":\"1\""), entries.get(1).detailJson());
    assertEquals(1, await(catalog.audit(1)).size());
    await(catalog.close());
    catalog = open();
    await(catalog.create("rule", "b", "1", "ann"));
    assertTrue(await(catalog.audit(1)).getFirst().id() > entries.getFirst().id(), "ids go on after reopening");
  }

  @Test
  void oneOfManyThatReplaceAtOnceWins() {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "0", "ann"));
    List<Future<Document>> all = List.of("1", "2", "3", "4").stream().map(json -> catalog.replace("rule", "a", json, 1, "ann")).toList();
    all.forEach(this::settle);
    assertEquals(1, all.stream().filter(Future::succeeded).count());
    assertEquals(2, await(catalog.audit(10)).size());
  }

  @Test
  void refusesCallsAfterClose() {
    Catalog catalog = open();
    await(catalog.close());
    assertEquals(ErrorCode.UNAVAILABLE, failure(catalog.get("rule", "a")));
  }

  @Test
  void sortsIdsByTheirBytes() {
    Catalog catalog = open();
    for (String id : List.of("b", "B", "a b", "a", "ä", "a-b", "Z")) {
      await(catalog.create("rule", id, id, "ann"));
    }
    assertEquals(List.of("B", "Z", "a", "a b", "a-b", "b", "ä"), await(catalog.list("rule")).stream().map(Document::id).toList());
  }

  @Test
  void ofTwoNodesThatChangeADocumentOneWins() {
    Catalog one = open();
    Catalog other = openAnother(one);
    await(one.create("rule", "a", "0", "ann"));
    assertEquals(ErrorCode.CONFLICT, failure(other.create("rule", "a", "0", "bob")));
    for (int version = 1; version <= 20; version++) {
      Future<Document> first = one.replace("rule", "a", "one", version, "ann");
      Future<Document> second = other.replace("rule", "a", "other", version, "bob");
      settle(first);
      settle(second);
      assertTrue(first.succeeded() != second.succeeded(), "exactly one");
      assertEquals(ErrorCode.CONFLICT, failure(first.succeeded() ? second : first));
      Document stored = await(other.get("rule", "a")).orElseThrow();
      assertEquals(version + 1, stored.version());
      assertEquals(first.succeeded() ? "one" : "other", stored.json());
    }
    assertEquals(21, await(one.audit(100)).size());
    Future<Document> made = one.create("rule", "b", "0", "ann");
    Future<Document> alsoMade = other.create("rule", "b", "0", "bob");
    settle(made);
    settle(alsoMade);
    assertTrue(made.succeeded() != alsoMade.succeeded(), "exactly one");
    Future<Void> removed = one.remove("rule", "a", 21, "ann");
    Future<Void> alsoRemoved = other.remove("rule", "a", 21, "bob");
    settle(removed);
    settle(alsoRemoved);
    assertEquals(ErrorCode.NOT_FOUND, failure(removed.succeeded() ? alsoRemoved : removed));
  }
}
