package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.log.DeleteRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.BlockName;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EraseTest {
  private static final long T0 = 1_704_067_200_000L;
  private static final long HOUR = 3_600_000;
  private static final Matcher ANNA = Matcher.equal("user", "anna");

  private static LabelSet of(String user) {
    return LabelSet.of(LabelSet.NAME, "logins", "user", user);
  }

  private static StorageFixture open() {
    return new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
  }

  /// Samples of two users, one a minute for three hours.
  private static StorageFixture filled() {
    StorageFixture f = open();
    for (int i = 0; i < 180; i++) {
      f.add(of("anna"), T0 + i * 60_000L, i);
      f.add(of("bert"), T0 + i * 60_000L, i);
    }
    f.settle();
    return f;
  }

  private static void erase(StorageFixture f, TimeRange range, Matcher... matchers) {
    f.delete(range, matchers);
    f.await(f.storage.caughtUp());
  }

  @Test
  void aSeriesIsGoneFromAnswersAndLookUpsAtOnce() {
    StorageFixture f = filled();
    erase(f, TimeRange.ALL, ANNA);
    assertEquals(Set.of(of("bert")), f.readAll().keySet());
    SeriesView view = f.storage.now();
    assertEquals(List.of("bert"), view.labelValues("user", List.of(), TimeRange.ALL));
    assertEquals(List.of("bert"), view.labelValues("user", List.of(Matcher.equal(LabelSet.NAME, "logins")), TimeRange.ALL));
    try (Selection selection = view.select(List.of(ANNA), TimeRange.ALL, 10)) {
      assertEquals(0, selection.count());
    }
  }

  @Test
  void namesThatOnlyAnErasedSeriesHadAreGone() {
    StorageFixture f = filled();
    f.add(LabelSet.of(LabelSet.NAME, "visits", "passport", "X1"), T0, 1);
    f.settle();
    f.await(f.storage.seal());
    assertTrue(f.storage.now().labelNames(List.of(), TimeRange.ALL).contains("passport"));
    erase(f, TimeRange.ALL, Matcher.equal("passport", "X1"));
    assertEquals(List.of(LabelSet.NAME, "user"), f.storage.now().labelNames(List.of(), TimeRange.ALL));
  }

  @Test
  void aRangeAndOneSampleAreGoneAndTheRestStays() {
    for (boolean isSealed : new boolean[] {false, true}) {
      StorageFixture f = filled();
      if (isSealed) {
        f.await(f.storage.seal());
      }
      erase(f, new TimeRange(T0 + 60_000, T0 + 120_001), ANNA);
      erase(f, new TimeRange(T0 + 600_000, T0 + 600_001), ANNA);
      var left = f.readAll();
      assertEquals(177, left.get(of("anna")).size());
      assertEquals(180, left.get(of("bert")).size());
      assertFalse(left.get(of("anna")).containsKey(T0 + 120_000));
      assertFalse(left.get(of("anna")).containsKey(T0 + 600_000));
      assertTrue(left.get(of("anna")).containsKey(T0 + 180_000));
    }
  }

  @Test
  void whatIsWrittenAfterwardsIsThere() {
    StorageFixture f = filled();
    erase(f, TimeRange.ALL, ANNA);
    f.add(of("anna"), T0 + 179 * 60_000L, 179);
    f.settle();
    assertEquals(1, f.readAll().get(of("anna")).size());
    assertEquals(List.of("anna", "bert"), f.storage.now().labelValues("user", List.of(), TimeRange.ALL));
    f.await(f.storage.compact());
    f.await(f.storage.clean());
    assertEquals(1, f.readAll().get(of("anna")).size());
  }

  @Test
  void whatOverwroteAMergedSampleStaysWhenADeleteCutsItsWindow() {
    var config = new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 24 * HOUR, 60_000, 512);
    var f = new StorageFixture(1, 1, config).open();
    f.add(of("anna"), T0, 1);
    f.settle();
    f.add(of("bert"), T0 + 7 * HOUR / 2, 1);
    f.settle();
    f.add(of("bert"), T0 + 6 * HOUR, 1);
    f.settle();
    // The second sample comes with the record that ends the last window of the eight hours, so these are merged right before the delete.
    f.add(of("anna"), T0, 2);
    f.add(of("bert"), T0 + 19 * HOUR / 2, 1);
    f.settle();
    f.time.advance(60_000);
    assertTrue(names(f).stream().anyMatch(name -> name.level() > 0 && name.position() == f.log.end(0)), names(f).toString());
    erase(f, new TimeRange(T0 + 1, T0 + 2), ANNA);
    assertEquals(Double.doubleToRawLongBits(2), f.readAll().get(of("anna")).get(T0));
    f.await(f.storage.seal());
    assertEquals(Double.doubleToRawLongBits(2), f.readAll().get(of("anna")).get(T0));
    f.await(f.storage.compact());
    assertEquals(Double.doubleToRawLongBits(2), f.readAll().get(of("anna")).get(T0));
  }

  @Test
  void histogramsStartTimesAndExemplarsGoToo() {
    StorageFixture f = filled();
    f.add(of("anna"), T0 + 4 * HOUR, Histograms.latency(1), T0);
    f.add(of("anna"), T0 + 4 * HOUR + 1, Histograms.latency(2), T0);
    f.add(of("anna"), new Exemplar(LabelSet.of("trace_id", "a"), 1, T0 + 4 * HOUR));
    f.add(of("anna"), new Exemplar(LabelSet.of("trace_id", "b"), 1, T0 + 4 * HOUR + 1));
    f.settle();
    erase(f, new TimeRange(T0, T0 + 4 * HOUR + 1), ANNA);
    assertEquals(StorageFixture.text(Histograms.latency(2), T0), f.readTexts(TimeRange.ALL).get(of("anna")).firstEntry().getValue());
    assertEquals(1, f.readTexts(TimeRange.ALL).get(of("anna")).size());
    var exemplars = f.storage.now().exemplars(List.of(ANNA), TimeRange.ALL);
    assertEquals(List.of(LabelSet.of("trace_id", "b")), exemplars.getFirst().exemplars().stream().map(Exemplar::labels).toList());
  }

  @Test
  void aBlockWithNothingErasedStaysAsItIs() {
    StorageFixture f = filled();
    f.await(f.storage.seal());
    List<BlockName> before = names(f);
    erase(f, new TimeRange(T0 + HOUR, T0 + HOUR + 1), ANNA);
    erase(f, new TimeRange(T0 + 100 * HOUR, Long.MAX_VALUE), ANNA);
    erase(f, TimeRange.ALL, Matcher.equal("user", "clara"));
    f.await(f.storage.clean());
    assertEquals(2, before.size());
    assertEquals(List.of(before.get(1)), names(f).stream().filter(before::contains).toList());
    assertEquals(1, f.metric("tidemark_erase_rewritten_blocks_total"));
    assertEquals(1, f.metric("tidemark_erase_samples_total"));
  }

  @Test
  void blocksAreWrittenAnewWithinTheDay() {
    StorageFixture f = filled();
    f.await(f.storage.seal());
    erase(f, TimeRange.ALL, ANNA);
    assertEquals(360, f.storage.stats(10).blockSamples());
    f.time.advance(Sweep.DELAY_MILLIS + 120_000);
    assertEquals(180, f.storage.stats(10).blockSamples());
    assertEquals(180, f.metric("tidemark_erase_samples_total"));
    assertTrue(f.metric("tidemark_erase_reclaimed_bytes_total") > 0);
    assertEquals(Set.of(of("bert")), f.readAll().keySet());
  }

  @Test
  void aRestartAndARebuildOfTheHeadBringNothingBack() {
    StorageFixture f = filled();
    erase(f, TimeRange.ALL, ANNA);
    f.time.advance(60_000);
    f.kill();
    // Only the checkpoint can tell of it.
    f.log.trim(0, f.log.end(0));
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(1, f.storage.tombstones());
    assertEquals(Set.of(of("bert")), f.readAll().keySet());
    assertEquals(List.of("bert"), f.storage.now().labelValues("user", List.of(), TimeRange.ALL));
    for (int i = 0; i < 1_200; i++) {
      f.add(of("short lived " + i), T0 + 3 * HOUR, 1);
    }
    f.settle();
    f.await(f.storage.seal());
    // A day later the series' writer is forgotten, and the head lets go of them.
    for (int i = 0; i < 40; i++) {
      f.time.advance(HOUR);
      f.newWriter();
      f.add(of("bert"), T0 + (80 + i) * HOUR, 1);
      f.settle();
    }
    f.await(f.storage.seal());
    f.time.advance(60_000);
    assertTrue(f.metric("tidemark_head_rebuilds_total") > 0);
    assertEquals(1, f.storage.tombstones());
    assertFalse(f.readAll().containsKey(of("anna")));
  }

  @Test
  void theLowestErasedTimeIsAChange() {
    StorageFixture f = filled();
    Revisions revisions = f.storage.revisions().orElseThrow();
    Revisions.Revision before = revisions.now();
    erase(f, new TimeRange(T0 + HOUR, T0 + 2 * HOUR), ANNA);
    assertEquals(T0 + HOUR, revisions.changedFromMillis(before));
  }

  @Test
  void aDeleteIsToldApartFromWhatCameLate() {
    StorageFixture f = filled();
    Revisions revisions = f.storage.revisions().orElseThrow();
    Revisions.Revision before = revisions.now();
    f.add(of("late"), T0, 1);
    f.settle();
    assertTrue(revisions.changedFromMillis(before) <= T0);
    assertEquals(Long.MAX_VALUE, revisions.erasedFromMillis(before));
    erase(f, new TimeRange(T0 + 2 * HOUR, T0 + 3 * HOUR), ANNA);
    Revisions.Revision between = revisions.now();
    erase(f, new TimeRange(T0 + HOUR, T0 + 2 * HOUR), ANNA);
    assertEquals(T0 + HOUR, revisions.erasedFromMillis(before));
    assertEquals(T0 + HOUR, revisions.erasedFromMillis(between));
    assertEquals(Long.MAX_VALUE, revisions.erasedFromMillis(revisions.now()));
    f.await(f.storage.clean());
    f.time.advance(Sweep.KEPT_MILLIS + 60_000);
    assertEquals(0, f.storage.tombstones());
    assertEquals(Long.MIN_VALUE, revisions.erasedFromMillis(between), "it is forgotten how low the second one went");
    assertEquals(Long.MAX_VALUE, revisions.erasedFromMillis(revisions.now()));
  }

  @Test
  void anEmptyBlockIsAllThatIsLeftOfWhatWasErasedWhole() {
    StorageFixture f = filled();
    f.await(f.storage.seal());
    erase(f, TimeRange.ALL, new Matcher("user", Matcher.Op.MATCH, ".+"));
    f.await(f.storage.clean());
    assertEquals(0, f.storage.stats(10).blockSamples());
    assertTrue(f.readAll().isEmpty());
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertTrue(f.readAll().isEmpty());
  }

  @Test
  void aDamagedDeleteIsCountedAndPassedOver() {
    StorageFixture f = filled();
    byte[] record = new DeleteRecord(0, TimeRange.ALL, List.of(List.of(ANNA))).encode();
    record[20] ^= 1;
    f.log.append(0, record);
    f.await(f.storage.caughtUp());
    assertEquals(2, f.readAll().size());
    assertEquals(1, f.metric("tidemark_storage_damaged_records_total"));
  }

  @Test
  void tooManyDeletesAreRefused() {
    StorageFixture f = open();
    var metrics = new Metrics();
    var eraser = new Eraser(f.log, f.time, metrics, f.storage::tombstones);
    List<List<Matcher>> selectors = List.of(List.of(ANNA));
    for (int i = 0; i < Eraser.TOMBSTONES_MAX; i++) {
      f.await(eraser.erase(selectors, new TimeRange(i, i + 1)));
    }
    f.await(f.storage.caughtUp());
    long end = f.log.end(0);
    // A process that has just begun sees what the shards keep.
    for (Eraser refusing : List.of(eraser, new Eraser(f.log, f.time, metrics, f.storage::tombstones))) {
      var refused = (TidemarkException) refusing.erase(selectors, TimeRange.ALL).cause();
      assertEquals(ErrorCode.RATE_LIMITED, refused.code());
      assertTrue(refused.getMessage().contains("1000 already"), refused.getMessage());
    }
    assertEquals(end, f.log.end(0));
    f.time.advance(Sweep.KEPT_MILLIS + 60_000);
    assertEquals(0, f.storage.tombstones());
    f.await(eraser.erase(selectors, TimeRange.ALL));
  }

  @Test
  void nothingIsTakenWhileTheLogHoldsRecordsBack() {
    StorageFixture f = open();
    f.log.heldBack = 3;
    var eraser = new Eraser(f.log, f.time, new Metrics(), () -> 0);
    var failure = (TidemarkException) eraser.erase(List.of(List.of(ANNA)), TimeRange.ALL).cause();
    assertEquals(ErrorCode.UNAVAILABLE, failure.code());
    assertEquals(0, f.log.end(0));
  }

  @Test
  void aDeleteNeedsASelector() {
    assertThrows(IllegalArgumentException.class, () -> new DeleteRecord(0, TimeRange.ALL, List.of(List.of())));
    assertThrows(IllegalArgumentException.class, () -> new DeleteRecord(0, TimeRange.ALL, List.of()));
  }

  private static List<BlockName> names(StorageFixture f) {
    return Blocks.names(f.disk, StorageFixture.DIRECTORY.resolve("shard-0000")).stream().sorted().toList();
  }
}
