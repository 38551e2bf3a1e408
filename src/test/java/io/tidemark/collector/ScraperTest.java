package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.collector.scrape.ScriptedFetcher;
import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.model.Stale;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Scraping under virtual time. Numbers in the Javadoc are rows of the project's list of bad inputs.
class ScraperTest {
  private static final String URL = "http://node:9100/metrics";

  private final CollectorFixture fixture = new CollectorFixture();
  private final ScriptedFetcher fetcher = new ScriptedFetcher();
  private final Scraper scraper = new Scraper(fixture.ingest, Scraper.Share.ALL, fixture.loop, fetcher, fixture.time,
      fixture.time.entropy(), fixture.metrics);

  private static CollectorConfig config(String yaml) {
    var problems = new Problems("test.yml");
    var config = CollectorConfig.read(Yaml.parse(yaml, problems), 3_600_000);
    problems.throwIfAny();
    return config;
  }

  private void apply(String... jobLines) {
    var config = config("scrape_configs:\n- job_name: node\n  static_configs: [{targets: ['node:9100']}]\n  "
        + String.join("\n  ", jobLines) + "\n");
    fixture.loop.execute(() -> scraper.apply(config));
    fixture.settle();
  }

  /// Lets one scrape interval pass.
  private void scrape() {
    fixture.time.advance(15_000);
    fixture.settle();
  }

  private void scrape(String body) {
    fetcher.bodies.put(URL, body);
    scrape();
  }

  private Map<String, Double> valuesWithoutDuration() {
    var values = new TreeMap<>(fixture.values());
    values.keySet().removeIf(series -> series.startsWith("scrape_duration_seconds"));
    return values;
  }

  private boolean isStale(String series) {
    return Double.doubleToRawLongBits(fixture.values().get(series)) == Stale.BITS;
  }

  @Test
  void writesSamplesWithTargetLabelsAndTheSeriesAboutTheScrape() {
    apply();
    scrape("# TYPE x counter\nx{a=\"b\"} 5\ny 6\n");
    assertEquals(Map.of(
        "x{a=\"b\", instance=\"node:9100\", job=\"node\"}", 5.0,
        "y{instance=\"node:9100\", job=\"node\"}", 6.0,
        "up{instance=\"node:9100\", job=\"node\"}", 1.0,
        "scrape_samples_scraped{instance=\"node:9100\", job=\"node\"}", 2.0,
        "scrape_samples_post_metric_relabeling{instance=\"node:9100\", job=\"node\"}", 2.0,
        "scrape_series_added{instance=\"node:9100\", job=\"node\"}", 2.0), valuesWithoutDuration());
    scrape();
    assertEquals(0.0, fixture.values().get("scrape_series_added{instance=\"node:9100\", job=\"node\"}"));
    assertEquals("counter", fixture.metadata().getFirst().type());
    assertEquals(TargetView.Health.UP, scraper.targets().getFirst().health());
  }

  @Test
  void scrapesAtTheSamePlaceOfEachInterval() {
    apply();
    fetcher.bodies.put(URL, "x 1\n");
    for (int i = 0; i < 10; i++) {
      scrape();
    }
    var times = fixture.stored().stream().filter(s -> s.labels().metricName().equals("x")).map(s -> s.timestampMillis() % 15_000)
        .distinct().toList();
    assertEquals(1, times.size());
    assertEquals(10, fetcher.requests.size());
  }

  @Test
  void vanishedSeriesGetOneStalenessMarker() {
    apply();
    scrape("x 1\ny 1\n");
    scrape("x 2\n");
    assertTrue(isStale("y{instance=\"node:9100\", job=\"node\"}"));
    assertEquals(2.0, fixture.values().get("x{instance=\"node:9100\", job=\"node\"}"));
    scrape();
    assertEquals(2, fixture.stored().stream().filter(s -> s.labels().metricName().equals("y")).count());
    scrape("x 3\ny 3\n");
    assertEquals(3.0, fixture.values().get("y{instance=\"node:9100\", job=\"node\"}"));
  }

  @Test
  void failedScrapeMakesEverythingStaleAndUpZero() {
    apply();
    scrape("x 1\n");
    fetcher.bodies.clear();
    scrape();
    assertTrue(isStale("x{instance=\"node:9100\", job=\"node\"}"));
    assertEquals(0.0, fixture.values().get("up{instance=\"node:9100\", job=\"node\"}"));
    assertEquals("connection refused", scraper.targets().getFirst().lastError());
    assertEquals(TargetView.Health.DOWN, scraper.targets().getFirst().health());
  }

  /// C 5: one bad line fails the scrape as a whole, with its place.
  @Test
  void badBodyFailsTheScrapeAndAddsNothing() {
    apply();
    for (String bad : List.of("x 1\ny\n", "x 1\ny{a=\"b} 1\n", "x 1\ny 1 z\n", "x 1\n9y 1\n", "x 1\ny{a=\"1\",a=\"2\"} 1\n",
        "x 1\ny\0 1\n", "x 1\n" + "{".repeat(100_000) + "\n", "x 1\n# TYPE y wrong\n", "x 1\ny " + "1".repeat(1 << 20) + "\n")) {
      scrape(bad);
      assertTrue(scraper.targets().getFirst().lastError().startsWith("line 2"), scraper.targets().getFirst().lastError());
      assertEquals(0.0, fixture.values().get("up{instance=\"node:9100\", job=\"node\"}"));
    }
    assertTrue(fixture.stored().stream().noneMatch(s -> s.labels().metricName().equals("x")));
  }

  @Test
  void openMetricsMustEndWithEof() {
    apply();
    fetcher.contentType = "application/openmetrics-text; version=1.0.0";
    scrape("x 1\n");
    assertEquals("data does not end with # EOF", scraper.targets().getFirst().lastError());
    scrape("x 1 1704067201.5 # {trace_id=\"a\"} 1\n# EOF\n");
    assertEquals("", scraper.targets().getFirst().lastError());
    assertTrue(fixture.stored().stream().anyMatch(s -> s.timestampMillis() == 1_704_067_201_500L));
  }

  @Test
  void seriesWithTheirOwnTimestampsGetNoMarker() {
    apply();
    scrape("x 1 " + fixture.time.millis() + "\n");
    scrape("y 1\n");
    assertEquals(1.0, fixture.values().get("x{instance=\"node:9100\", job=\"node\"}"));
  }

  @Test
  void timestampsOfTheTargetCanBeIgnored() {
    apply("honor_timestamps: false");
    scrape("x 1 1704067201500\n");
    assertTrue(fixture.stored().stream().noneMatch(s -> s.timestampMillis() == 1_704_067_201_500L));
  }

  /// C 17.
  @Test
  void labelsOfTheTargetDoNotWinUnlessHonored() {
    apply();
    scrape("x{job=\"other\",instance=\"i\",exported_job=\"e\"} 1\n");
    assertEquals(1.0, fixture.values().get("x{exported_exported_job=\"other\", exported_instance=\"i\", exported_job=\"e\", "
        + "instance=\"node:9100\", job=\"node\"}"));
    apply("honor_labels: true");
    scrape();
    assertEquals(1.0, fixture.values().get("x{exported_job=\"e\", instance=\"i\", job=\"other\"}"));
    assertTrue(isStale("x{exported_exported_job=\"other\", exported_instance=\"i\", exported_job=\"e\", "
        + "instance=\"node:9100\", job=\"node\"}"));
  }

  @Test
  void metricRelabelingDropsAndRewrites() {
    apply("metric_relabel_configs:", "- {source_labels: [__name__], regex: 'go_.*', action: drop}",
        "- {source_labels: [a], target_label: b, replacement: '$1-$1'}", "- {regex: a, action: labeldrop}");
    scrape("go_threads 1\nx{a=\"1\"} 2\n");
    assertEquals(2.0, fixture.values().get("x{b=\"1-1\", instance=\"node:9100\", job=\"node\"}"));
    assertEquals(2.0, fixture.values().get("scrape_samples_scraped{instance=\"node:9100\", job=\"node\"}"));
    assertEquals(1.0, fixture.values().get("scrape_samples_post_metric_relabeling{instance=\"node:9100\", job=\"node\"}"));
  }

  @Test
  void limitsFailTheScrape() {
    var cases = new TreeMap<>(Map.of("sample_limit: 1", "sample limit exceeded: 2 samples, sample_limit is 1",
        "label_limit: 3", "label_limit exceeded: 4 labels, limit 3, metric x",
        "label_name_length_limit: 8", "label_name_length_limit exceeded: label long_name of metric x, limit 8",
        "label_value_length_limit: 9", "label_value_length_limit exceeded: value of label long_name of metric x, limit 9"));
    cases.forEach((limit, error) -> {
      apply(limit);
      scrape("x{long_name=\"long value\"} 1\ny 1\n");
      assertEquals(error, scraper.targets().getFirst().lastError());
    });
  }

  @Test
  void removedTargetEndsWithMarkersAndUnchangedOnesGoOn() {
    apply();
    scrape("x 1\n");
    var unchanged = scraper.targets().getFirst();
    apply();
    assertEquals(unchanged, scraper.targets().getFirst());
    int before = fixture.stored().size();
    fixture.loop.execute(() -> scraper.apply(config("")));
    fixture.settle();
    assertTrue(isStale("x{instance=\"node:9100\", job=\"node\"}"));
    assertTrue(isStale("up{instance=\"node:9100\", job=\"node\"}"));
    assertEquals(before + 6, fixture.stored().size());
    scrape();
    assertEquals(before + 6, fixture.stored().size());
    assertEquals(List.of(), scraper.targets());
  }

  @Test
  void relabelingMakesTargetsAndDropsThem() {
    fixture.loop.execute(() -> scraper.apply(config("""
        global: {scrape_interval: 30s}
        scrape_configs:
        - job_name: probe
          metrics_path: probe
          params: {module: [http_2xx]}
          static_configs:
          - targets: [a.example, b.example]
            labels: {env: prod}
          relabel_configs:
          - {source_labels: [__address__], target_label: __param_target}
          - {source_labels: [__param_target], target_label: instance}
          - {source_labels: [__address__], regex: 'b.*', action: drop}
          - {target_label: __address__, replacement: 'blackbox:9115'}
        """)));
    fixture.settle();
    var target = scraper.targets().getFirst();
    assertEquals("http://blackbox:9115/probe?module=http_2xx&target=a.example", target.url());
    assertEquals("{env=\"prod\", instance=\"a.example\", job=\"probe\"}", target.labels().toString());
    assertEquals(30_000, target.intervalMillis());
    assertEquals("b.example", scraper.dropped().getFirst().discovered().value("__address__"));
  }

  @Test
  void jobOverItsRateIsDownUntilItMayAgain() {
    var limits = IngestLimits.DEFAULT;
    var slow = new CollectorFixture(new IngestLimits(limits.requestBytesMax(), limits.inflatedBytesMax(), limits.inflightBytesMax(), 100,
        Map.of(), 10, limits.samples()));
    var slowScraper = new Scraper(slow.ingest, Scraper.Share.ALL, slow.loop, fetcher, slow.time, slow.time.entropy(), slow.metrics);
    var body = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      body.append("x{i=\"").append(i).append("\"} 1\n");
    }
    fetcher.bodies.put(URL, body.toString());
    slow.loop.execute(() -> slowScraper.apply(config("scrape_configs: [{job_name: node, static_configs: [{targets: ['node:9100']}]}]")));
    var health = new ArrayList<TargetView.Health>();
    for (int i = 0; i < 4; i++) {
      slow.time.advance(15_000);
      slow.settle();
      health.add(slowScraper.targets().getFirst().health());
    }
    assertEquals("[UP, DOWN, UP, DOWN]", health.toString());
  }
}
