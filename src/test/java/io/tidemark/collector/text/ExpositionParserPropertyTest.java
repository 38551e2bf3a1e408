package io.tidemark.collector.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Properties of the text parser over generated and over damaged bodies.
class ExpositionParserPropertyTest {
  private static final String[] PIECES = {"a", "Z", "_", "0", "9", ".", "-", " ", "\\", "\"", "\n", "{", "}", ",", "=",
      "#", "ß", "日本", "😀",
      "\t", "\r", "\\n", "le", "+Inf"};

  private final ExpositionParser parser = new ExpositionParser();
  private final LabelAssembler assembler = new LabelAssembler(SampleLimits.DEFAULT);

  private static String text(Random random, int piecesMax) {
    var out = new StringBuilder();
    for (int i = random.nextInt(piecesMax + 1); i > 0; i--) {
      out.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return out.toString();
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"") + "\"";
  }

  private static LabelSet labels(Random random) {
    var labels = new TreeMap<String, String>();
    labels.put(LabelSet.NAME, random.nextBoolean() ? "name_" + random.nextInt(10) : text(random, 5) + "n");
    for (int i = random.nextInt(6); i > 0; i--) {
      labels.put("l" + text(random, 4), text(random, 6) + "v");
    }
    return LabelSet.of(labels);
  }

  private static String print(LabelSet labels, Random random) {
    String metric = labels.metricName();
    boolean plain = LabelSet.isPlainName(metric, true);
    var out = new StringBuilder(plain ? metric : "");
    var items = new StringBuilder(plain ? "" : quoted(metric));
    for (int i = 0; i < labels.count(); i++) {
      if (!labels.name(i).equals(LabelSet.NAME)) {
        boolean bare = LabelSet.isPlainName(labels.name(i), false) && random.nextBoolean();
        items.append(items.isEmpty() ? "" : random.nextBoolean() ? "," : " , ").append(bare ? labels.name(i) : quoted(labels.name(i)))
            .append(random.nextBoolean() ? "=" : " = ").append(quoted(labels.value(i)));
      }
    }
    if (!items.isEmpty() || random.nextBoolean()) {
      out.append('{').append(items).append('}');
    }
    return out.toString();
  }

  @Test
  void parsesBackWhatWasPrinted() {
    for (int seed = 0; seed < 20_000; seed++) {
      var random = new Random(seed);
      LabelSet labels = labels(random);
      double value = switch (random.nextInt(4)) {
        case 0 -> Double.longBitsToDouble(random.nextLong());
        case 1 -> random.nextInt(1000) / 100.0;
        case 2 -> random.nextLong();
        default -> random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20);
      };
      value = Double.isNaN(value) ? Numbers.NAN : value;
      String number = Double.isInfinite(value) ? value > 0 ? "+Inf" : "-Inf" : Double.toString(value);
      String line = print(labels, random) + (random.nextBoolean() ? " " : "\t") + number + " " + seed + "\n";
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      parser.reset(bytes, bytes.length, Dialect.PROMETHEUS);
      assertEquals(ExpositionParser.Event.SAMPLE, parser.next(), () -> line + parser.problem());
      assembler.reset();
      parser.labels(assembler);
      assertTrue(assembler.isComplete(), () -> line + assembler.problem());
      assertEquals(labels, assembler.labels(), line);
      assertEquals(Double.doubleToRawLongBits(value), Double.doubleToRawLongBits(parser.value()), line);
      assertEquals(seed, parser.timestampMillis());
      assertEquals(ExpositionParser.Event.DONE, parser.next());
    }
  }

  /// Whatever the bytes are, each line ends in one event, and a series that was delimited can be read or is named as broken.
  @Test
  void damagedBodiesNeverEscape() {
    String good = "# HELP a b\n# TYPE a counter\na{b=\"c\",d=\"e\\n\"} 1 2\n{\"x.y\",\"z\"=\"1\"} 2.5\n";
    for (int seed = 0; seed < 50_000; seed++) {
      var random = new Random(seed);
      byte[] bytes = good.getBytes(StandardCharsets.UTF_8);
      for (int i = random.nextInt(6); i >= 0; i--) {
        String piece = PIECES[random.nextInt(PIECES.length)];
        bytes[random.nextInt(bytes.length)] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : piece.charAt(0));
      }
      int length = random.nextInt(bytes.length + 1);
      parser.reset(bytes, length, random.nextBoolean() ? Dialect.PROMETHEUS : Dialect.OPENMETRICS);
      int lines = 0;
      for (var event = parser.next(); event != ExpositionParser.Event.DONE; event = parser.next()) {
        assertTrue(++lines <= length + 1);
        if (event == ExpositionParser.Event.SAMPLE) {
          assembler.reset();
          parser.labels(assembler);
          assertTrue(assembler.isComplete() || !assembler.problem().isEmpty());
        }
      }
    }
  }

  @Test
  void numbersAreTheNearestDoubles() {
    var numbers = new Numbers();
    var random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      String text = switch (i % 4) {
        case 0 -> Double.toString(Double.longBitsToDouble(random.nextLong() & 0xffefffffffffffffL));
        case 1 -> Long.toString(random.nextLong());
        case 2 -> random.nextInt(1_000_000) + "." + random.nextInt(1_000_000) + "e" + (random.nextInt(60) - 30);
        default -> "0." + "0".repeat(random.nextInt(20)) + random.nextInt(1000);
      };
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      double read = numbers.decimal(bytes, 0, bytes.length);
      double expected = Double.parseDouble(text);
      assertEquals(!Double.isInfinite(expected), numbers.isValid(), text);
      assertEquals(Double.doubleToRawLongBits(expected), Double.doubleToRawLongBits(read), text);
    }
  }

  @Test
  void wholeNumbersReachBothEnds() {
    var numbers = new Numbers();
    for (String text : new String[] {"0", "-1", "+7", "9223372036854775807", "-9223372036854775808"}) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      assertEquals(Long.parseLong(text), numbers.whole(bytes, 0, bytes.length));
      assertTrue(numbers.isValid(), text);
    }
    for (String text : new String[] {"", "-", "9223372036854775808", "-9223372036854775809", "1.0", "1e3", "99999999999999999999999"}) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      numbers.whole(bytes, 0, bytes.length);
      assertTrue(!numbers.isValid(), text);
    }
  }
}
