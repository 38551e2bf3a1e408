package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.tidemark.model.LabelSet;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  @Test
  void isTheOffsetBasisForNoLabels() {
    assertEquals("cbf29ce484222325", Fingerprint.print(Fingerprint.of(LabelSet.EMPTY)));
  }

  @Test
  void tellsWhereNamesAndValuesEnd() {
    assertNotEquals(Fingerprint.of(LabelSet.of("a", "bc")), Fingerprint.of(LabelSet.of("ab", "c")));
  }
}
