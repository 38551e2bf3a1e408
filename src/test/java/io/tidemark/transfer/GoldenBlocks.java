package io.tidemark.transfer;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.PromQL;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Blocks that a real Prometheus wrote, and what its tool says is in them. See `src/test/resources/tsdb/README.md`.
public final class GoldenBlocks {
  public static final Path FOLDER = Path.of("src/test/resources/tsdb/blocks");
  public static final Path TEXT = Path.of("src/test/resources/tsdb/golden.om");
  /// What the times begin at, 2026-01-01T00:00:00Z.
  public static final long BEGIN = 1_767_225_600_000L;
  public static final LabelSet BITS = LabelSet.of(LabelSet.NAME, "gold_bits");

  private GoldenBlocks() {}

  /// Samples by series and time as the tool prints them: a number, or a histogram in braces. Deleted ones are not there.
  public static Map<LabelSet, TreeMap<Long, String>> dump() throws IOException {
    var all = new TreeMap<LabelSet, TreeMap<Long, String>>();
    for (String line : Files.readAllLines(Path.of("src/test/resources/tsdb/golden.dump"))) {
      int labelsTo = line.indexOf("} ") + 1;
      int timeFrom = line.lastIndexOf(' ') + 1;
      LabelSet labels = PromQL.parseLabels(line.substring(0, labelsTo));
      all.computeIfAbsent(labels, _ -> new TreeMap<>())
          .put(Long.parseLong(line.substring(timeFrom)), line.substring(labelsTo + 1, timeFrom - 1));
    }
    return all;
  }

  /// The floats of {@link #dump} as bits. What the tool prints as NaN is the NaN of the text, but in {@link #BITS}, whose eight values are
  /// told by the script that made them.
  public static Map<LabelSet, TreeMap<Long, Long>> floats() throws IOException {
    long[] bits = {0x7ff0000000000002L, 0x7ff8000000000001L, 0x7ff8000000000123L, 0xfff8000000000000L, 0x8000000000000000L,
        Double.doubleToRawLongBits(1), Double.doubleToRawLongBits(Double.POSITIVE_INFINITY), Double.doubleToRawLongBits(2)};
    var all = new TreeMap<LabelSet, TreeMap<Long, Long>>();
    dump().forEach((labels, samples) -> samples.forEach((time, text) -> {
      if (text.startsWith("{")) {
        return;
      }
      long value = labels.equals(BITS) ? bits[(int) ((time - BEGIN - 12 * 3_600_000) / 15_000 % 8)]
          : text.equals("NaN") ? 0x7ff8000000000001L
          : Double.doubleToRawLongBits(Double.parseDouble(text.replace("Inf", "Infinity")));
      all.computeIfAbsent(labels, _ -> new TreeMap<>()).put(time, value);
    }));
    return all;
  }

  /// The numbers of a histogram as the tool prints it: count, sum, then bounds and count of each bucket that is not empty.
  public static List<Double> numbers(String histogram) {
    var numbers = new ArrayList<Double>();
    for (String part : histogram.substring(1, histogram.length() - 1).split("[\\[\\](),: ]+")) {
      if (!part.isEmpty() && !part.equals("count") && !part.equals("sum")) {
        numbers.add(Double.parseDouble(part.replace("Inf", "Infinity")));
      }
    }
    return numbers;
  }

  /// A copy that may be damaged.
  public static Path copy(Path into) throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.toList()) {
        Path to = into.resolve(FOLDER.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    return into;
  }
}
