package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlertEventsTest {
  @Test
  void readsBackWhatItWrote() {
    var alerts = List.of(new Alert(LabelSet.of("alertname", "A", "x", "ü\"\n"), LabelSet.of("summary", "s"), 1, Long.MAX_VALUE, "http://x"),
        new Alert(LabelSet.of("alertname", "B"), LabelSet.EMPTY, 5, 6, ""));
    assertEquals(alerts, AlertEvents.decode(AlertEvents.encode(alerts)));
  }

  @Test
  void refusesAnythingElse() {
    for (String text : List.of("", "[]", "{}", "{\"version\":2}", "{\"version\":1}", "{\"version\":1,\"alerts\":[3]}",
        "{\"version\":1,\"alerts\":[{\"labels\":{\"a\":1}}]}")) {
      var failure = assertThrows(TidemarkException.class, () -> AlertEvents.decode(text.getBytes(StandardCharsets.UTF_8)), text);
      assertEquals(ErrorCode.CORRUPT, failure.code());
    }
  }
}
