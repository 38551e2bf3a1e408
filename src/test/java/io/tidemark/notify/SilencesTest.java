package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class SilencesTest {
  private static final LabelSet DOWN = LabelSet.of("alertname", "Down", "instance", "a");
  private final VirtualTime time = new VirtualTime(1);
  private final MemoryCatalog catalog = new MemoryCatalog();

  private Silences open() {
    return Silences.open(catalog, time, time.entropy(), new Metrics()).result();
  }

  private Silence draft(String matchers, long fromNow, long untilFromNow) {
    return new Silence("", Matchers.parse(matchers), time.millis() + fromNow, time.millis() + untilFromNow, "someone", "planned", 0);
  }

  @Test
  void silencesFromItsStartToItsEnd() {
    Silences silences = open();
    Silence silence = silences.create(draft("alertname=Down", 60_000, 120_000), "someone").result();
    assertEquals(List.of(), silences.silencing(DOWN, time.millis()));
    assertEquals(List.of(silence.id()), silences.silencing(DOWN, time.millis() + 60_000));
    assertEquals(List.of(), silences.silencing(DOWN, time.millis() + 120_000));
    assertEquals(List.of(), silences.silencing(LabelSet.of("alertname", "Up"), time.millis() + 60_000));
  }

  @Test
  void survivesARestart() {
    Silence silence = open().create(draft("alertname=~\"Do.*\",\"a.b\"!=\"\\\"c\"", 0, 60_000), "someone").result();
    assertEquals(List.of(silence), open().list());
  }

  @Test
  void endsAtOnceWhenExpired() {
    Silences silences = open();
    Silence silence = silences.create(draft("alertname=Down", 0, 60_000), "someone").result();
    silences.expire(silence.id(), "someone else").result();
    assertEquals(List.of(), silences.silencing(DOWN, time.millis()));
    assertEquals(time.millis(), silences.find(silence.id()).orElseThrow().endsAtMillis());
    assertEquals("someone else", catalog.audit(1).result().getFirst().actor());
  }

  @Test
  void refusesWhatWouldSilenceEverythingOrNothing() {
    assertThrows(TidemarkException.class, () -> draft("alertname=~\".*\"", 0, 1));
    assertThrows(TidemarkException.class, () -> draft("alertname=Down", 1, 0));
    var past = assertInstanceOf(TidemarkException.class, open().create(draft("alertname=Down", -2, -1), "someone").cause());
    assertEquals(ErrorCode.BAD_DATA, past.code());
    var missing = assertInstanceOf(TidemarkException.class, open().expire("nothing", "someone").cause());
    assertEquals(ErrorCode.NOT_FOUND, missing.code());
  }

  @Test
  void changesItsEndInPlaceAndItsMatchersInANewOne() {
    Silences silences = open();
    Silence first = silences.create(draft("alertname=Down", 0, 60_000), "someone").result();
    Silence longer = silences.replace(first.id(), draft("alertname=Down", 0, 90_000), "someone").result();
    assertEquals(first.id(), longer.id());
    assertEquals(List.of(longer), silences.list());
    Silence other = silences.replace(first.id(), draft("alertname=Up", 0, 90_000), "someone").result();
    assertEquals(List.of(), silences.silencing(DOWN, time.millis()));
    assertEquals(List.of(other.id()), silences.silencing(LabelSet.of("alertname", "Up"), time.millis()));
  }

  @Test
  void leavesOutADocumentThatIsNoSilence() {
    catalog.create("silence", "broken", "{", "someone");
    catalog.create("silence", "empty", "{}", "someone");
    Silence silence = open().create(draft("alertname=Down", 0, 60_000), "someone").result();
    assertEquals(List.of(silence), open().list());
  }

  @Test
  void forgetsSilencesLongOver() {
    open().create(draft("alertname=Down", 0, 60_000), "someone").result();
    time.advance(5 * 24 * 3_600_000L + 60_001);
    assertTrue(open().list().isEmpty());
  }
}
