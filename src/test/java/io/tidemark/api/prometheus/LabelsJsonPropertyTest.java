package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.api.Piece;
import io.tidemark.model.LabelSet;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What is copied from the label set before reads as if each was written alone.
class LabelsJsonPropertyTest {
  @Test
  void beginsWithNoLabelsToo() {
    var out = new Piece(16);
    new LabelsJson().add(out, LabelSet.EMPTY);
    assertEquals("{}", out.text());
  }

  @Test
  void writesEachSetAsIfItWereAlone() {
    String[] values = {"", "a", "b\"\\", "\n<&>", "é€", "\ud83d\ude00", "long enough to be worth copying"};
    var random = new Random(3);
    var json = new LabelsJson();
    var one = new Piece(16);
    var other = new Piece(16);
    var labels = new TreeMap<String, String>();
    for (int round = 0; round < 20_000; round++) {
      if (random.nextInt(50) == 0) {
        labels.clear();
      }
      for (int changes = random.nextInt(3); changes > 0; changes--) {
        labels.put((random.nextInt(8) == 0 ? "ö" : "l") + random.nextInt(random.nextInt(100) == 0 ? 60 : 8),
            new String(values[random.nextInt(values.length)]));
      }
      LabelSet set = LabelSet.of(new TreeMap<>(labels));
      one.clear();
      other.clear();
      json.add(one, set);
      JsonPiece.labels(other, set);
      assertEquals(other.text(), one.text());
    }
  }
}
