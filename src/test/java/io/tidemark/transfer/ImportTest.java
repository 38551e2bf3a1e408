package io.tidemark.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import io.tidemark.time.Clock;
import io.tidemark.transfer.tsdb.TsdbBlock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Imports into a real engine of what a real Prometheus wrote, and the way back.
class ImportTest {
  @TempDir
  private Path folder;
  private Engine engine;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @BeforeEach
  void start() {
    engine = engine("data");
  }

  private record Engine(Node node) implements AutoCloseable {
    String url() {
      return node.url();
    }

    @Override
    public void close() {
      node.close();
    }
  }

  private Engine engine(String name, String... settings) {
    var all = new ArrayList<>(List.of("data_dir=" + folder.resolve(name), "listen=127.0.0.1:0", "diagnostics.console=false",
        "query.warm_up=0", "limits.past_tolerance=unlimited"));
    all.addAll(List.of(settings));
    return new Engine(Node.start(new NodeConfig.Source(Optional.empty(), all)));
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  private Progress progress() {
    return new Progress(new PrintStream(said, true, StandardCharsets.UTF_8), false, Clock.system());
  }

  private ImportReport blocks(Path source, boolean skipsWrong) {
    var options = new PrometheusImport.Options(source, TimeRange.ALL, folder.resolve("state"), skipsWrong);
    try (var server = new Server(engine.url())) {
      return new PrometheusImport(options, server, progress(), Clock.system()).run();
    }
  }

  private ImportReport text(Path source, boolean skipsWrong) {
    var options = new OpenMetricsImport.Options(source, source.toString(), folder.resolve("state"), skipsWrong);
    try (var server = new Server(engine.url())) {
      return new OpenMetricsImport(options, server, progress(), Clock.system()).run();
    }
  }

  private static Map<LabelSet, TreeMap<Long, List<Double>>> dumpedHistograms() throws IOException {
    var all = new TreeMap<LabelSet, TreeMap<Long, List<Double>>>();
    GoldenBlocks.dump().forEach((labels, samples) -> samples.forEach((time, histogram) -> {
      if (histogram.startsWith("{") && !histogram.contains("NaN")) {
        all.computeIfAbsent(labels, _ -> new TreeMap<>()).put(time, GoldenBlocks.numbers(histogram));
      }
    }));
    return all;
  }

  private static void assertHistograms(Answers answers) throws IOException {
    Map<LabelSet, TreeMap<Long, List<Double>>> dump = dumpedHistograms();
    assertEquals(dump.keySet(), answers.histograms().keySet());
    dump.forEach((labels, samples) -> samples.forEach((time, numbers) -> {
      List<Double> found = answers.histograms().get(labels).get(time);
      assertEquals(numbers.size(), found.size(), labels + " at " + time + ": " + numbers + " and " + found);
      for (int i = 0; i < numbers.size(); i++) {
        double expected = numbers.get(i);
        // The test computes bounds in its own way.
        assertTrue(expected == found.get(i) || Math.abs(expected - found.get(i)) <= Math.abs(expected) * 1e-12, numbers + " and " + found);
      }
    }));
  }

  /// The staleness marker of a histogram is that of a float here.
  private static Map<LabelSet, TreeMap<Long, Long>> floats() throws IOException {
    Map<LabelSet, TreeMap<Long, Long>> all = GoldenBlocks.floats();
    all.put(LabelSet.of(LabelSet.NAME, "gold_hist_whole", "job", "h"),
        new TreeMap<>(Map.of(GoldenBlocks.BEGIN + 12 * 3_600_000 + 240 * 15_000, 0x7ff0000000000002L)));
    return all;
  }

  @Test
  void blocksOfPrometheusComeInBitForBit() throws IOException {
    ImportReport first = blocks(GoldenBlocks.FOLDER, false);
    assertEquals(0, first.findings());
    assertFalse(Files.exists(folder.resolve("state")), "an import that has ended leaves no state");
    Answers answers = Answers.of(engine.url());
    assertEquals(floats(), answers.floats());
    assertHistograms(answers);
    assertEquals(first.samples(), answers.floats().values().stream().mapToLong(TreeMap::size).sum()
        + answers.histograms().values().stream().mapToLong(TreeMap::size).sum());
    assertTrue(said.toString(StandardCharsets.UTF_8).contains(" 100.0 %") || said.toString(StandardCharsets.UTF_8).contains(" samples "));

    ImportReport second = blocks(GoldenBlocks.FOLDER, false);
    assertEquals(first, second);
    assertEquals(floats(), Answers.of(engine.url()).floats(), "twice is once");
    engine.close();
    engine = engine("data");
    assertEquals(floats(), Answers.of(engine.url()).floats(), "and after a restart");
  }

  /// A server that has newer samples of the same series already drops old ones, unless they are a backfill.
  @Test
  void comesInBesideNewerSamplesOfTheSameSeries() throws IOException {
    long newer = GoldenBlocks.BEGIN + 14 * 86_400_000L;
    try (var server = new Server(engine.url())) {
      byte[] live = ("gold_plain 1 " + newer + "\n").getBytes(StandardCharsets.UTF_8);
      assertEquals(204, server.post("api/v1/import/prometheus", Map.of(), live).status());
    }
    blocks(GoldenBlocks.FOLDER, false);
    Map<LabelSet, TreeMap<Long, Long>> expected = floats();
    expected.get(LabelSet.of(LabelSet.NAME, "gold_plain")).put(newer, Double.doubleToRawLongBits(1));
    assertEquals(expected, Answers.of(engine.url()).floats());
  }

  @Test
  void timeRangeBoundsWhatComesIn() throws IOException {
    var range = new TimeRange(GoldenBlocks.BEGIN + 3_600_000, GoldenBlocks.BEGIN + 5 * 3_600_000 + 1);
    var options = new PrometheusImport.Options(GoldenBlocks.FOLDER, range, folder.resolve("state"), false);
    try (var server = new Server(engine.url())) {
      new PrometheusImport(options, server, progress(), Clock.system()).run();
    }
    Map<LabelSet, TreeMap<Long, Long>> expected = new TreeMap<>();
    floats().forEach((labels, samples) -> {
      var within = new TreeMap<>(samples.subMap(range.startMillis(), range.endMillis()));
      if (!within.isEmpty()) {
        expected.put(labels, within);
      }
    });
    assertEquals(expected, Answers.of(engine.url()).floats());
  }

  private Process importing(String kind, Path source, String url) throws IOException {
    var command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xmx64m",
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "io.tidemark.cli.Main", "import", kind,
        source.toString(), "--server", url, "--state", folder.resolve("killed").toString());
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("said").toFile()).start();
  }

  /// `kill -9` at each of several places; the same command goes on and ends with the same samples.
  @Test
  void killedImportGoesOnWhereItWas() throws Exception {
    for (String kind : List.of("prometheus", "openmetrics")) {
      Path source = kind.equals("prometheus") ? GoldenBlocks.FOLDER : manyDays();
      try (Engine other = engine("other-" + kind); var gate = Gate.hanging(other.url(), 2)) {
        Process killed = importing(kind, source, gate.url());
        gate.awaitFull();
        killed.destroyForcibly().waitFor();
        assertTrue(Files.exists(folder.resolve("killed")));
        gate.open();
        Process again = importing(kind, source, gate.url());
        assertTrue(again.waitFor(120, TimeUnit.SECONDS));
        assertEquals(0, again.exitValue(), Files.readString(folder.resolve("said")));
        assertFalse(Files.exists(folder.resolve("killed")));
        if (kind.equals("prometheus")) {
          assertEquals(floats(), Answers.of(other.url()).floats());
        } else {
          text(source, false);
          assertEquals(Answers.of(engine.url()), Answers.of(other.url()));
        }
      }
    }
  }

  @Test
  void goesOnAfterTheServerWouldNotTakeMore() throws IOException {
    var options = new PrometheusImport.Options(GoldenBlocks.FOLDER, TimeRange.ALL, folder.resolve("state"), false);
    long all = floats().values().stream().mapToLong(TreeMap::size).sum();
    try (var gate = Gate.refusing(engine.url(), 3); var asked = new Server(gate.url())) {
      TidemarkException ended = assertThrows(TidemarkException.class,
          () -> new PrometheusImport(options, asked, progress(), Clock.system()).run());
      assertEquals(ErrorCode.UNAVAILABLE, ended.code());
      assertTrue(ended.getMessage().contains("answered 404"), ended.getMessage());
      long acknowledged = Long.parseLong(Files.readAllLines(options.state()).get(2));
      assertTrue(acknowledged < all, acknowledged + " of " + all);
      gate.open();
      ImportReport report = new PrometheusImport(options, asked, progress(), Clock.system()).run();
      Answers answers = Answers.of(engine.url());
      assertEquals(floats(), answers.floats());
      assertEquals(all + answers.histograms().values().stream().mapToLong(TreeMap::size).sum(), report.samples());
    }
  }

  @Test
  void stateOfAnotherImportIsRefused() throws IOException {
    Files.writeString(folder.resolve("state"), "prometheus elsewhere into nowhere\n\n0\nend\n");
    TidemarkException other = assertThrows(TidemarkException.class, () -> blocks(GoldenBlocks.FOLDER, false));
    assertEquals(ErrorCode.BAD_DATA, other.code());
    assertTrue(other.getMessage().contains("state of another import"), other.getMessage());
    Files.writeString(folder.resolve("state"), "something\n");
    assertTrue(assertThrows(TidemarkException.class, () -> blocks(GoldenBlocks.FOLDER, false)).getMessage().contains("not a state"));
  }

  @Test
  void damageEndsTheImportOrIsLeftOut() throws IOException {
    Path copy = GoldenBlocks.copy(folder.resolve("copy"));
    Path chunks = TsdbBlock.folders(copy).getFirst().resolve("chunks/000001");
    byte[] bytes = Files.readAllBytes(chunks);
    bytes[100] ^= 1;
    Files.write(chunks, bytes);
    TidemarkException damage = assertThrows(TidemarkException.class, () -> blocks(copy, false));
    assertEquals(ErrorCode.CORRUPT, damage.code());
    assertTrue(damage.getMessage().startsWith(chunks + ": chunk at byte "), damage.getMessage());
    ImportReport report = blocks(copy, true);
    assertEquals(1, report.findings());
    assertTrue(report.examples().getFirst().startsWith(chunks + ": chunk at byte "), report.examples().toString());
    Map<LabelSet, TreeMap<Long, Long>> found = Answers.of(engine.url()).floats();
    long missing = floats().values().stream().mapToLong(TreeMap::size).sum() - found.values().stream().mapToLong(TreeMap::size).sum();
    assertTrue(missing > 0 && missing <= 120, missing + " missing");
  }

  @Test
  void textComesInAndGoesOutAgain() throws IOException {
    ImportReport report = text(GoldenBlocks.TEXT, false);
    Answers answers = Answers.of(engine.url());
    assertEquals(report.samples(), answers.floats().values().stream().mapToLong(TreeMap::size).sum());
    var expected = GoldenBlocks.floats();
    expected.remove(GoldenBlocks.BITS);
    expected.remove(LabelSet.of(LabelSet.NAME, "gold_deleted", "job", "a"));
    Map<LabelSet, TreeMap<Long, Long>> found = new TreeMap<>(answers.floats());
    found.remove(LabelSet.of(LabelSet.NAME, "gold_deleted", "job", "a"));
    assertEquals(expected, found);

    var out = new ByteArrayOutputStream();
    Export.Report exported = export(engine.url(), out);
    assertEquals(new Export.Report(report.samples(), 0, 0), exported);
    assertTrue(out.toString(StandardCharsets.UTF_8).endsWith("\n# EOF\n"));
    try (Engine other = engine("other")) {
      Path file = folder.resolve("exported.gz");
      try (var gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
        gzip.write(out.toByteArray());
      }
      var options = new OpenMetricsImport.Options(file, "exported.gz", folder.resolve("state"), false);
      try (var server = new Server(other.url())) {
        new OpenMetricsImport(options, server, progress(), Clock.system()).run();
      }
      assertEquals(answers, Answers.of(other.url()));
    }
  }

  @Test
  void samplesOlderThanTheServerKeepsAreToldOf() throws IOException {
    long day = 86_400;
    long now = Clock.system().millis() / 1000;
    Path file = Files.writeString(folder.resolve("old.om"), "gold_a 1 " + (now - 20 * day) + "\ngold_a 2 " + (now - day) + "\n# EOF\n");
    try (var server = new Server(engine.url())) {
      byte[] live = ("gold_a 3 " + now * 1000 + "\n").getBytes(StandardCharsets.UTF_8);
      assertEquals(204, server.post("api/v1/import/prometheus", Map.of(), live).status());
    }
    assertEquals(1, text(file, false).older());
    assertTrue(said.toString(StandardCharsets.UTF_8).startsWith("Warning: there are samples older than the server keeps "
        + "(storage.retention is 15d)"), said.toString(StandardCharsets.UTF_8));
    assertEquals(2, Answers.of(engine.url()).floats().get(LabelSet.of(LabelSet.NAME, "gold_a")).size(), "the old one is dropped");

    ImportReport blocks = blocks(GoldenBlocks.FOLDER, false);
    assertEquals(blocks.samples(), blocks.older());

    said.reset();
    engine.close();
    engine = engine("kept", "storage.retention=unlimited");
    assertEquals(0, text(file, false).older());
    assertFalse(said.toString(StandardCharsets.UTF_8).contains("Warning"));
  }

  /// A later exemplar that came in first would shut out the earlier ones of its series.
  @Test
  void requestsWithExemplarsKeepTheirOrder() throws Exception {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 50_000; i++) {
      lines.add("gold_total " + i + " " + (GoldenBlocks.BEGIN / 1000 + i) + (i % 10_000 == 0 ? " # {trace_id=\"t\"} 1" : ""));
    }
    lines.add("# EOF");
    Path file = Files.write(folder.resolve("exemplars.om"), lines);
    var importer = new AtomicReference<Thread>();
    var requests = new AtomicInteger();
    var underWay = new AtomicInteger();
    var underWayMax = new AtomicInteger();
    HttpServer front = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      front.setExecutor(threads);
      front.createContext("/", exchange -> {
        exchange.sendResponseHeaders(404, -1);
        exchange.close();
      });
      front.createContext("/api/v1/import/prometheus", exchange -> {
        requests.incrementAndGet();
        underWayMax.accumulateAndGet(underWay.incrementAndGet(), Math::max);
        exchange.getRequestBody().readAllBytes();
        // What it can send before this is answered has been sent when it waits.
        while (importer.get().getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
        underWay.decrementAndGet();
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
      });
      front.start();
      var options = new OpenMetricsImport.Options(file, file.toString(), folder.resolve("state"), false);
      try (var server = new Server("http://127.0.0.1:" + front.getAddress().getPort())) {
        importer.set(Thread.ofPlatform().start(() -> new OpenMetricsImport(options, server, progress(), Clock.system()).run()));
        importer.get().join();
      }
      front.stop(0);
    }
    assertEquals(List.of(3, 1), List.of(requests.get(), underWayMax.get()));
  }

  @Test
  void aNulInALabelValueComesBackFromAnExport() throws IOException {
    Path file = Files.writeString(folder.resolve("nul.om"), "gold_a{x=\"a\0b\"} 1 1767225600\n# EOF\n");
    text(file, false);
    Answers answers = Answers.of(engine.url());
    assertEquals(Set.of(LabelSet.of(LabelSet.NAME, "gold_a", "x", "a\0b")), answers.floats().keySet());
    var out = new ByteArrayOutputStream();
    export(engine.url(), out);
    engine.close();
    engine = engine("again");
    text(Files.write(file, out.toByteArray()), false);
    assertEquals(answers, Answers.of(engine.url()));
  }

  private Export.Report export(String url, ByteArrayOutputStream out) {
    var range = new TimeRange(GoldenBlocks.BEGIN - 86_400_000L, GoldenBlocks.BEGIN + 86_400_000L);
    try (var server = new Server(url)) {
      return new Export(new Export.Options(List.of(new Matcher(LabelSet.NAME, Matcher.Op.MATCH, "gold.*")), range), server, progress())
          .run(out);
    }
  }

  @Test
  void exportTellsWhatTextHasNoWordsFor() throws IOException {
    blocks(GoldenBlocks.FOLDER, false);
    Answers answers = Answers.of(engine.url());
    long stale = answers.floats().values().stream().flatMap(s -> s.values().stream()).filter(v -> v == 0x7ff0000000000002L).count();
    long histograms = answers.histograms().values().stream().mapToLong(TreeMap::size).sum();
    Export.Report report = export(engine.url(), new ByteArrayOutputStream());
    assertEquals(new Export.Report(answers.floats().values().stream().mapToLong(TreeMap::size).sum() - stale, stale, histograms), report);
  }

  /// Two series over fourteen days, one after the other, as tools write them.
  private Path manyDays() throws IOException {
    var lines = new ArrayList<String>();
    for (String series : List.of("gold_a{x=\"1\"}", "gold_b")) {
      for (int hour = 0; hour < 24 * 14; hour++) {
        lines.add(series + " " + hour + " " + (GoldenBlocks.BEGIN / 1000 + hour * 3600L));
      }
    }
    lines.add("# EOF");
    return Files.write(folder.resolve("days.om"), lines);
  }

  @Test
  void badLineIsNamedBeforeAnythingIsSent() throws IOException {
    Path file = Files.writeString(folder.resolve("bad.om"), "# TYPE gold_a gauge\ngold_a 1 1767225600\ngold_a one 1767225601\n"
        + "gold_a{x=\"1\",x=\"2\"} 1 1767225602\ngold_a 3\ngold_a 4 1767225604.25\n# EOF\n");
    TidemarkException bad = assertThrows(TidemarkException.class, () -> text(file, false));
    assertEquals(ErrorCode.BAD_DATA, bad.code());
    assertEquals(file + ": line 3, column 8: expected a number as value, found \"one\"", bad.getMessage());
    assertEquals(Map.of(), Answers.of(engine.url()).floats());

    ImportReport report = text(file, true);
    assertEquals(2, report.samples());
    assertEquals(3, report.findings());
    assertTrue(report.examples().get(1).startsWith(file + ": line 4"), report.examples().toString());
    assertEquals(file + ": line 5: a sample without a timestamp", report.examples().get(2));
    assertEquals(2, Answers.of(engine.url()).floats().get(LabelSet.of(LabelSet.NAME, "gold_a")).size());
  }

  /// The export of a server with larger limits goes into another one like it.
  @Test
  void limitsOfLabelsAreThoseOfTheServer() throws IOException {
    Path file = Files.writeString(folder.resolve("long.om"), "gold_a{x=\"" + "v".repeat(20_000) + "\"} 1 1767225600\n# EOF\n");
    TidemarkException refused = assertThrows(TidemarkException.class, () -> text(file, false));
    assertTrue(refused.getMessage().contains("label_value_too_long"), refused.getMessage());
    assertEquals(ErrorCode.EXECUTION, refused.code());
    Files.delete(folder.resolve("state"));
    engine.close();
    engine = engine("larger", "limits.label_value_bytes=32768");
    assertEquals(1, text(file, false).samples());
    assertEquals(1, Answers.of(engine.url()).floats().size());
  }

  @Test
  void aLineThatIsTooLongIsLeftOutAlone() throws IOException {
    for (int bytes : new int[] {1_500_000, 2 << 20, 5_000_000}) {
      Path file = Files.writeString(folder.resolve("long.om"), "gold_a{x=\"" + bytes + "\"} 1 1767225600\n# HELP gold_a "
          + "v".repeat(bytes) + "\ngold_a{x=\"" + bytes + "\"} 2 1767225601\ngold_a one 1767225602\n# EOF\n");
      TidemarkException tooLong = assertThrows(TidemarkException.class, () -> text(file, false));
      assertTrue(tooLong.getMessage().startsWith(file + ": line 2") && tooLong.getMessage().contains("at most 1048576 are allowed"),
          tooLong.getMessage());
      ImportReport report = text(file, true);
      assertEquals(List.of(2L, 2L), List.of(report.samples(), report.findings()), bytes + " bytes");
      assertTrue(report.examples().get(1).startsWith(file + ": line 4"), report.examples().toString());
    }
    assertEquals(3, Answers.of(engine.url()).floats().size());
    Path file = Files.writeString(folder.resolve("last.om"), "gold_a 1 1767225600\n#" + "v".repeat(3_000_000));
    List<String> told = text(file, true).examples();
    assertTrue(told.get(1).contains("ends after line 2 without # EOF"), told.toString());
  }

  @Test
  void textThatIsCutOffIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("cut.om"), "gold_a 1 1767225600\ngold_a 2 17672");
    TidemarkException cut = assertThrows(TidemarkException.class, () -> text(file, false));
    assertTrue(cut.getMessage().contains("cut.om: the text ends after line 2 without # EOF"), cut.getMessage());
    Path more = Files.writeString(folder.resolve("more.om"), "gold_a 1 1767225600\n# EOF\ngold_a 2 1767225601\n");
    TidemarkException after = assertThrows(TidemarkException.class, () -> text(more, false));
    assertTrue(after.getMessage().contains("more.om: line 3: something after # EOF"), after.getMessage());
  }

  @Test
  void whatTheServerRefusesEndsTheImportOrIsCounted() throws IOException {
    Path file = Files.writeString(folder.resolve("future.om"), "gold_a 1 1767225600\ngold_a 2 3767225600\n# EOF\n");
    TidemarkException refused = assertThrows(TidemarkException.class, () -> text(file, false));
    assertEquals(ErrorCode.EXECUTION, refused.code());
    assertTrue(refused.getMessage().contains("future.om, lines ") && refused.getMessage().contains("timestamp_too_new"),
        refused.getMessage());
    Files.delete(folder.resolve("state"));
    ImportReport report = text(file, true);
    assertEquals(List.of(1L, 1L, 1L), List.of(report.samples(), report.rejected(), report.findings()));
  }
}
