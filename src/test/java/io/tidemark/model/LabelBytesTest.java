package io.tidemark.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LabelBytesTest {
  /// Texts whose order as UTF-16 is not that of their bytes are among them.
  private static final List<String> PARTS = List.of("a", "b", "ä", "€", "\ue000", "\uffee", "😀", "𝄞", "_", "ab");

  private static int add(LabelBytes bytes, String name, String value) {
    byte[] names = ("?" + name).getBytes(StandardCharsets.UTF_8);
    byte[] values = ("!!" + value).getBytes(StandardCharsets.UTF_8);
    return bytes.add(names, 1, names.length, values, 2, values.length);
  }

  private static byte[] canonical(LabelBytes bytes) {
    bytes.arrange();
    return Arrays.copyOf(bytes.bytes(), bytes.length());
  }

  private static String text(Random random, int parts) {
    var text = new StringBuilder();
    for (int i = random.nextInt(parts); i >= 0; i--) {
      text.append(PARTS.get(random.nextInt(PARTS.size())));
    }
    return text.toString();
  }

  @Test
  void areThoseOfTheLabelSetInWhateverOrderLabelsCome() {
    var random = new Random(1);
    var bytes = new LabelBytes();
    for (int i = 0; i < 20_000; i++) {
      var labels = new TreeMap<String, String>();
      for (int n = random.nextInt(24); n > 0; n--) {
        labels.put(text(random, 3), random.nextInt(50) == 0 ? "x".repeat(1 + random.nextInt(40_000)) : text(random, 6));
      }
      var names = new ArrayList<>(labels.keySet());
      if (random.nextInt(4) > 0) {
        Collections.shuffle(names, random);
      }
      bytes.clear();
      names.forEach(name -> assertEquals(-1, add(bytes, name, labels.get(name))));
      var set = LabelSet.of(labels);
      assertArrayEquals(set.toCanonicalBytes(), canonical(bytes));
      assertEquals(set, bytes.toLabelSet());
      for (int k = 0; k < set.count(); k++) {
        assertEquals(set.name(k), bytes.name(k));
        assertEquals(set.value(k), bytes.value(k));
        assertEquals(k, bytes.indexOf(set.name(k).getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  @Test
  void tellWhichLabelHasANameAlready() {
    var bytes = new LabelBytes();
    assertEquals(-1, add(bytes, "job", "a"));
    assertEquals(-1, add(bytes, LabelSet.NAME, "up"));
    assertEquals(1, add(bytes, "job", "b"));
    assertEquals(0, bytes.indexOfMetricName());
    assertEquals("up{job=\"a\"}", bytes.toString());
    bytes.set(LabelSet.of("only", "label"));
    assertEquals(-1, bytes.indexOfMetricName());
    assertArrayEquals(LabelSet.of("only", "label").toCanonicalBytes(), canonical(bytes));
  }
}
