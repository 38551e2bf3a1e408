package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NotifiedAlertTest {
  @Test
  void comesInAlertmanagersOrder() {
    List<LabelSet> expected = List.of(
        LabelSet.of("job", "a", "instance", "2", "x", "1", "y", "1"),
        LabelSet.of("job", "a", "z", "1"),
        LabelSet.of("job", "b", "instance", "1"),
        LabelSet.of("instance", "1"),
        LabelSet.of("z", "2"),
        // The set without the first name of the two comes first.
        LabelSet.of("c", "1", "d", "1"),
        LabelSet.of("b", "1", "z", "1"),
        LabelSet.of("b", "2", "c", "1"),
        LabelSet.of("a", "1", "b", "1", "c", "1"));
    var shuffled = new ArrayList<>(expected);
    Collections.shuffle(shuffled, new Random(1));
    assertEquals(expected, shuffled.stream().map(labels -> NotifiedAlert.at(0, new Alert(labels, LabelSet.EMPTY, 0, 1, "")))
        .sorted(NotifiedAlert.ORDER).map(NotifiedAlert::labels).toList());
  }
}
