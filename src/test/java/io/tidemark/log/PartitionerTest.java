package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionerTest {
  private static final Path VECTORS = Path.of("src/test/resources/formats/partitioner-v1.csv");
  private static final List<LabelSet> SERIES = List.of(LabelSet.EMPTY, LabelSet.of(LabelSet.NAME, "up"),
      LabelSet.of(LabelSet.NAME, "up", "job", "node"), LabelSet.of(LabelSet.NAME, "api.latency", "zone", "Küche"),
      LabelSet.of("only", "label"), LabelSet.of(LabelSet.NAME, "http_requests_total", "code", "200", "method", "get"));

  /// Series must never move: a log written by one release is read by the next.
  @Test
  void givesTheSamePartitionForEver() throws IOException {
    var lines = new StringBuilder("series,1 of 2,window 1 of 100,window 10 of 100\n");
    for (LabelSet labels : SERIES) {
      lines.append(labels).append(',').append(new Partitioner(2, 0).partition(labels)).append(',')
          .append(new Partitioner(100, 1).partition(labels)).append(',').append(new Partitioner(100, 10).partition(labels)).append('\n');
    }
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(VECTORS, lines);
    }
    assertEquals(Files.readString(VECTORS), lines.toString());
  }

  @Test
  void windowKeepsAMetricTogether() {
    var one = new Partitioner(100, 1);
    var ten = new Partitioner(100, 10);
    int first = one.first("requests");
    var seen = new boolean[100];
    for (int i = 0; i < 1000; i++) {
      LabelSet labels = LabelSet.of(LabelSet.NAME, "requests", "i", "" + i);
      assertEquals(first, one.partition(labels));
      int partition = ten.partition(labels);
      assertTrue(Math.floorMod(partition - first, 100) < 10);
      seen[partition] = true;
    }
    int used = 0;
    for (boolean b : seen) {
      used += b ? 1 : 0;
    }
    assertEquals(10, used);
  }

  @Test
  void spreadsSeriesAndNamesEvenly() {
    var counts = new int[16];
    for (int i = 0; i < 16_000; i++) {
      counts[new Partitioner(16, 0).partition(LabelSet.of(LabelSet.NAME, "m", "i", "" + i))]++;
      counts[new Partitioner(16, 1).partition(LabelSet.of(LabelSet.NAME, "m" + i))]++;
    }
    assertTrue(Arrays.stream(counts).allMatch(n -> n > 1_800 && n < 2_200), Arrays.toString(counts));
  }
}
