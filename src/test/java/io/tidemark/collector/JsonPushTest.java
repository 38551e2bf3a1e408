package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// JSON pushes in the shapes of requirements R8 and R9.
class JsonPushTest {
  private final CollectorFixture fixture = new CollectorFixture();
  private final long now = fixture.time.millis();

  private IngestResult.Stored push(String body) {
    return assertInstanceOf(IngestResult.Stored.class, fixture.json(body));
  }

  /// R8: a dotted name stays as it is.
  @Test
  void takesOneObjectAndKeepsItsDottedName() {
    assertEquals(1, push("{\"name\":\"api.latency\",\"value\":250,\"labels\":{\"service\":\"payment\",\"code\":200}}").samples());
    assertEquals(Map.of("{\"api.latency\", code=\"200\", service=\"payment\"}", 250.0), fixture.values());
    assertEquals(now, fixture.stored().getFirst().timestampMillis());
  }

  @Test
  void takesArraysAndLinesAlike() {
    assertEquals(2, push("[{\"name\":\"a\",\"value\":1},\n{\"name\":\"b\",\"value\":2.5}]").samples());
    assertEquals(2, push("{\"name\":\"c\",\"value\":1}\n{\"name\":\"d\",\"value\":-0.0}\n").samples());
    assertEquals(Map.of("a", 1.0, "b", 2.5, "c", 1.0, "d", -0.0), fixture.values());
    assertEquals(0, push("[]").samples());
  }

  /// R9: the two shapes of event streams.
  @Test
  void takesTheShapesOfEventStreams() {
    push("{\"metricName\":\"lock.acquired\",\"value\":3,\"timestamp\":" + (now - 5) + ",\"tags\":{\"region\":\"eu\"}}");
    push("{\"metric\":\"latency\",\"value\":4,\"timestamp\":" + (now - 6) + "}");
    assertEquals(Map.of("{\"lock.acquired\", region=\"eu\"}", 3.0, "latency", 4.0), fixture.values());
    assertEquals(List.of(now - 6, now - 5), fixture.stored().stream().map(CollectorFixture.Stored::timestampMillis).sorted().toList());
  }

  @Test
  void timestampsMayBeMillisSecondsOrTexts() {
    push("[{\"name\":\"a\",\"value\":1,\"timestamp\":1704067200123},{\"name\":\"b\",\"value\":1,\"timestamp\":1704067200},"
        + "{\"name\":\"c\",\"value\":1,\"timestamp\":1704067200.5},"
        + "{\"name\":\"d\",\"value\":1,\"timestamp\":\"2024-01-01T01:00:00.25+01:00\"},"
        + "{\"name\":\"e\",\"value\":1,\"timestamp\":\"1704067200001\"},{\"name\":\"f\",\"value\":1,\"timestamp\":null}]");
    assertEquals(List.of(1704067200000L, 1704067200000L, 1704067200001L, 1704067200123L, 1704067200250L, 1704067200500L),
        fixture.stored().stream().map(CollectorFixture.Stored::timestampMillis).sorted().toList());
  }

  @Test
  void valuesMayBeTexts() {
    push("[{\"name\":\"a\",\"value\":\"NaN\"},{\"name\":\"b\",\"value\":\"-Inf\"},{\"name\":\"c\",\"value\":\"1e3\"}]");
    assertEquals(Map.of("a", Double.NaN, "b", Double.NEGATIVE_INFINITY, "c", 1000.0), fixture.values());
  }

  @Test
  void keepsGoodSamplesAndNamesEachBadOne() {
    var stored = push("""
        [{"name":"good","value":1,"extra":{"x":[1,2]}},
         {"value":1},
         {"name":"no_value"},
         {"name":"text","value":"abc"},
         {"name":{"x":1},"value":1},
         {"name":"a","value":1,"labels":[]},
         {"name":"a","value":1,"labels":{"l":{"x":1}}},
         {"name":"a","value":1,"labels":{"":"x"}},
         {"name":"a","value":1,"timestamp":"yesterday"},
         {"name":"a","value":1,"timestamp":9223372036854775807},
         17, "text", null,
         {"name":"also_good","value":2}]""");
    assertEquals(Map.of("good", 1.0, "also_good", 2.0), fixture.values());
    assertEquals(2, stored.samples());
    assertEquals(List.of("syntax 8", "label_name_empty 1", "timestamp_too_new 1", "value 2"),
        stored.rejections().stream().map(r -> r.rule() + " " + r.samples()).toList());
    assertEquals("sample 2: no \"name\" (also \"metricName\", \"metric\")", stored.rejections().getFirst().example());
    assertEquals("sample 3: no \"value\"", stored.rejections().getLast().example());
  }

  @Test
  void brokenJsonKeepsWhatCameBefore() {
    var stored = push("{\"name\":\"a\",\"value\":1}\n{\"name\":\"b\",\"value\":}\n{\"name\":\"c\",\"value\":1}\n");
    assertEquals(1, stored.samples());
    assertTrue(stored.rejections().getFirst().example().startsWith("sample 2: not valid JSON at line 2, column 21"), stored.toString());
    for (String bad : List.of("", "{", "[", "}", "\u0000", "{\"name\":\"a\",\"name\":\"b\",\"value\":1}", "[".repeat(100_000),
        "{\"a\":".repeat(100_000), "{\"name\":\"" + "x".repeat(2 << 20) + "\",\"value\":1}",
        "{\"name\":\"a\",\"value\":" + "1".repeat(5000) + "}",
        "{\"name\":\"\\ud800\",\"value\":1}")) {
      assertEquals(1, push(bad).rejected(), bad.length() > 100 ? bad.substring(0, 100) : bad);
    }
  }

  /// Texts and bytes as numbers, one after the other.
  private static byte[] body(Object... parts) {
    var out = new ByteArrayOutputStream();
    for (Object part : parts) {
      if (part instanceof Integer one) {
        out.write(one);
      } else {
        out.writeBytes(part.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toByteArray();
  }

  /// C 7: no byte is replaced, or series of different names would become one.
  @Test
  void bytesThatAreNoUtf8EndTheReadingAndMergeNoSeries() {
    String good = "{\"name\":\"a\",\"value\":1}\n";
    for (byte[] damaged : List.of(body(good, "{\"name\":\"b\",\"value\":1,\"labels\":{\"user\":\"", 0xff, "\"}}\n", good),
        body(good, "{\"name\":\"b", 0xc3, "\",\"value\":1}\n"), body(good, "{\"n", 0xed, 0xa0, 0x80, "\":1,\"name\":\"b\",\"value\":1}\n"),
        body("[{\"name\":\"a\",\"value\":1},", 0xfe, "{\"name\":\"b\",\"value\":1}]"), body(good, 0x80), body(good, good, 0xe2, 0x82))) {
      var stored = assertInstanceOf(IngestResult.Stored.class, fixture.json(damaged));
      assertEquals(List.of("not_utf8 1"), stored.rejections().stream().map(r -> r.rule() + " " + r.samples()).toList());
    }
    assertEquals(Map.of("a", 1.0), fixture.values());
    var stored = assertInstanceOf(IngestResult.Stored.class, fixture.json(body(good, "{\"name\":\"b", 0xff, "\",\"value\":1}")));
    assertEquals(1, stored.samples());
    assertEquals("byte " + (good.length() + 10) + " of the body is not valid UTF-8", stored.rejections().getFirst().example());
  }

  /// RFC 8259 knows no other encoding: by its zero bytes a body must not be taken for UTF-16.
  @Test
  void readsUtf8OnlyAndPassesOverItsByteOrderMark() {
    assertEquals(1, push("\ufeff{\"name\":\"ü\",\"value\":1}").samples());
    var stored = assertInstanceOf(IngestResult.Stored.class,
        fixture.json("{\"name\":\"b\",\"value\":1}".getBytes(StandardCharsets.UTF_16BE)));
    assertEquals("0 syntax", stored.samples() + " " + stored.rejections().getFirst().rule());
    assertEquals(Map.of("{\"ü\"}", 1.0), fixture.values());
  }
}
