package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromqlScriptTest {
  private static final Path OWN = Path.of("src/test/resources/promql");

  @TempDir
  Path dir;

  private final List<String> printed = new ArrayList<>();

  private ScriptRunner.Report run(Path path) {
    return new ScriptRunner(QueryConfig.DEFAULT, Clock.system()).run(path, ScriptRunner.TIERS, printed::add);
  }

  private ScriptRunner.Report run(String script) throws IOException {
    return run(Files.writeString(dir.resolve("case.test"), script));
  }

  @Test
  void answersEveryCaseOfOurOwn() {
    ScriptRunner.Report report = run(OWN);
    assertEquals(List.of(), report.failures(), () -> String.join("\n", printed));
    assertTrue(report.passes().size() >= 100, () -> "only " + report.passes().size() + " cases were found");
  }

  @Test
  void tellsEachMissAndTheTotals() throws IOException {
    run("""
        load 1m
          x{a="1"} 1+1x3
        eval instant at 1m x
          x{a="1"} 3

        #: case elsewhere:7 tier=ext needs=-
        eval instant at 1m x
          x{a="1"} 2

        eval range from 0 to 2m step 1m x
          x{a="1"} 1 2 _

        eval instant at 1m x + y
          {a="1"} 1

        eval instant at 1m time()
          61
        eval instant at 1m x offset
          {} 1
        """.replaceFirst("eval", "\neval"));
    assertEquals(List.of(
        "case:4 x: expected 3.0 for x{a=\"1\"}, got 2.0",
        "case:11 x: expected nothing for x{a=\"1\"} at 120000 ms, got 3.0",
        "case:14 x + y: expected {a=\"1\"}, got nothing for it",
        "case:17 time(): expected scalar 61.0, got 60.0",
        "case:19 x offset: expected an answer, got error: 1:9: parse error: unexpected end of input in offset, "
            + "expected number, duration, step(), or range()",
        "core: 0 passed, 5 failed", "ext: 1 passed, 0 failed", "1 passed, 5 failed"), printed);
  }

  @Test
  void seesMissingOrderAnnotationsAndFailures() throws IOException {
    run("""
        load 1m
          x{a="1"} 1
          x{a="2"} 2

        eval instant at 0 sort(x)
          expect ordered
          x{a="2"} 2
          x{a="1"} 1

        eval instant at 0 sum(x)
          expect warn
          {} 3

        eval instant at 0 x
          expect fail

        eval_fail instant at 0 x + on () x
        expected_fail_message something else
        """);
    assertEquals(4, printed.stream().filter(line -> line.startsWith("case:")).count(), () -> String.join("\n", printed));
    assertTrue(printed.getFirst().contains("at place 1"), printed.getFirst());
    assertTrue(printed.get(1).contains("expected some warning, got none"), printed.get(1));
    assertTrue(printed.get(2).contains("expected a failure, got"), printed.get(2));
    assertTrue(printed.get(3).contains("expected error \"something else\", got"), printed.get(3));
  }

  @Test
  void seesEveryDifferenceOfAHistogram() throws IOException {
    run("""
        load 1m
          x {{schema:1 count:3 sum:4 z_bucket:1 z_bucket_w:0.5 buckets:[0 2 0] counter_reset_hint:gauge}}
          y 1

        eval instant at 0 x
          x {{schema:1 count:3 sum:4 z_bucket:1 z_bucket_w:0.5 buckets:[2] offset:1}}

        eval instant at 0 x
          x {{schema:1 count:3 sum:4 z_bucket:1 z_bucket_w:0.5 buckets:[2] offset:1 counter_reset_hint:unknown}}

        eval instant at 0 x
          x {{schema:1 count:3 sum:4 z_bucket:1 z_bucket_w:0.5 buckets:[2]}}

        eval instant at 0 x
          x {{schema:1 count:3 sum:4 z_bucket:1 z_bucket_w:0.25 buckets:[2] offset:1}}

        eval instant at 0 x
          x 0

        eval range from 0 to 1m step 1m y
          y {{}} 1
        """);
    assertEquals(List.of("case:8 x", "case:11 x", "case:14 x", "case:17 x", "case:20 y"),
        printed.stream().filter(line -> line.startsWith("case:")).map(line -> line.substring(0, line.indexOf(": "))).toList());
    assertTrue(printed.getFirst().contains("counter_reset_hint:UNKNOWN}} for x, got {{schema:1 count:3.0"), printed.getFirst());
    assertTrue(printed.get(3).contains("expected 0.0 for x, got {{"), printed.get(3));
  }

  @Test
  void refusesClassicHistogramsThatDoNotAddUp() {
    assertTrue(assertThrows(TidemarkException.class, () -> run("""
        load_with_nhcb 1m
          x_bucket{le="1"} 3
          x_bucket{le="2"} 2
        """)).getMessage().contains("fall from 3.0 to 2.0 at le=2.0"));
    assertTrue(assertThrows(TidemarkException.class, () -> run("""
        load_with_nhcb 1m
          x_bucket{le="+Inf"} 3
          x_count             4
        """)).getMessage().contains("counts 4.0, but its buckets hold 3.0"));
  }

  @Test
  void refusesStartTimesThatDoNotMatchTheirSamples() {
    assertTrue(assertThrows(TidemarkException.class, () -> run("load 1m\n  x@st -1m\n  x 1 2\n")).getMessage()
        .contains("x has 2 samples, but 1 start times"));
  }

  @Test
  void namesTheLineThatIsNoScript() {
    assertEquals("case.test:2: \"nonsense here\" begins no command; known are clear, load and eval",
        assertThrows(TidemarkException.class, () -> run("clear\nnonsense here\n")).getMessage());
    assertEquals("case.test:2: \"1y2\" does not begin with a value such as 1, 1+2x3, _x4 or stale",
        assertThrows(TidemarkException.class, () -> run("load 1m\n  x 1y2\n")).getMessage());
  }
}
