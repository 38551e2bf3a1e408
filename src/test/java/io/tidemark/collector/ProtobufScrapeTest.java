package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.collector.proto.BoundText;
import io.tidemark.collector.scrape.ScriptedFetcher;
import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Scraping of targets that answer in protobuf.
class ProtobufScrapeTest {
  private static final String URL = "http://node:9100/metrics";

  private final CollectorFixture fixture = new CollectorFixture();
  private final ScriptedFetcher fetcher = new ScriptedFetcher();
  private final Scraper scraper = new Scraper(fixture.ingest, Scraper.Share.ALL, fixture.loop, fetcher, fixture.time,
      fixture.time.entropy(), fixture.metrics);

  private void apply(String... lines) {
    var problems = new Problems("test.yml");
    var config = CollectorConfig.read(Yaml.parse("scrape_configs:\n- job_name: node\n  static_configs: [{targets: ['n']}]\n"
        + "  relabel_configs: [{replacement: 'node:9100', target_label: __address__}]\n  metric_relabel_configs: [{regex: instance|job, "
        + "action: labeldrop}]\n  " + String.join("\n  ", lines) + "\n", problems), 3_600_000);
    problems.throwIfAny();
    fetcher.contentType = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    fixture.loop.execute(() -> scraper.apply(config));
    fixture.settle();
  }

  private void scrape(byte[] body) {
    fetcher.messages.put(URL, body);
    fixture.time.advance(15_000);
    fixture.settle();
  }

  private Map<String, Double> values() {
    var values = new TreeMap<>(fixture.values());
    values.keySet().removeIf(series -> series.startsWith("scrape_") || series.startsWith("up{"));
    return values;
  }

  private static byte[] exposition(WriteRequests... families) {
    var out = new WriteRequests();
    for (WriteRequests family : families) {
      out.varint(family.bytes().length).raw(family.bytes());
    }
    return out.bytes();
  }

  private static WriteRequests family(String name, int type, WriteRequests... metrics) {
    var family = new WriteRequests().text(1, name).text(2, "Help of " + name + ".").number(3, type);
    for (WriteRequests metric : metrics) {
      family.field(4, metric.bytes());
    }
    return family;
  }

  private static byte[] time(long millis) {
    return new WriteRequests().number(1, millis / 1000).number(2, millis % 1000 * 1_000_000).bytes();
  }

  private WriteRequests exemplar(String id, double value) {
    return new WriteRequests().label("trace_id", id).fixed(2, value).field(3, time(fixture.time.millis()));
  }

  /// 7 observations: one in the zero bucket, 2, 3 and 1 in buckets -1, 0 and 4; and as classic buckets.
  private WriteRequests latency() {
    return new WriteRequests().number(1, 7).fixed(2, 12.5)
        .field(3, new WriteRequests().number(1, 3).fixed(2, 0.5).field(3, exemplar("classic", 0.4).bytes()).bytes())
        .field(3, new WriteRequests().number(1, 6).fixed(2, 1).bytes())
        .zigzag(5, 2).fixed(6, 0.01).number(7, 1)
        .field(12, new WriteRequests().zigzag(1, -1).number(2, 2).bytes()).field(12, new WriteRequests().zigzag(1, 3).number(2, 1).bytes())
        .field(13, new WriteRequests().packedZigzag(2, 1, -2).bytes())
        .field(15, time(1_000_000)).field(16, exemplar("native", 0.7).bytes());
  }

  private static final Histogram LATENCY = new Histogram(2, 7, 12.5, 0.01, 1, new Buckets(new int[] {-1, 0, 4}, new double[] {2, 3, 1}),
      Buckets.NONE, new double[0], Reset.UNKNOWN);

  @Test
  void storesEveryKindOfFamily() {
    apply();
    scrape(exposition(
        family("requests_total", 0, new WriteRequests().label("code", "200")
            .field(3, new WriteRequests().fixed(1, 5).field(2, exemplar("one", 1).bytes()).field(3, time(2_000_000)).bytes())),
        family("temperature", 1, new WriteRequests().field(2, new WriteRequests().fixed(1, 21.5).bytes())),
        family("size", 2, new WriteRequests().field(4, new WriteRequests().number(1, 2).fixed(2, 30)
            .field(3, new WriteRequests().fixed(1, 0.5).fixed(2, 10).bytes()).bytes())),
        family("other", 3, new WriteRequests().field(5, new WriteRequests().fixed(1, 3).bytes())),
        family("latency", 4, new WriteRequests().field(7, latency().bytes()))));
    assertEquals(Map.ofEntries(Map.entry("requests_total{code=\"200\"}", 5.0), Map.entry("temperature", 21.5), Map.entry("size_count", 2.0),
        Map.entry("size_sum", 30.0), Map.entry("size{quantile=\"0.5\"}", 10.0), Map.entry("other", 3.0),
        Map.entry("latency_bucket{le=\"0.5\"}", 3.0), Map.entry("latency_bucket{le=\"1.0\"}", 6.0),
        Map.entry("latency_bucket{le=\"+Inf\"}", 7.0), Map.entry("latency_count", 7.0), Map.entry("latency_sum", 12.5)),
        values());
    assertEquals(List.of("classic", "one"), fixture.exemplars().stream().map(found -> found.labels().value("trace_id")).sorted().toList());
    assertEquals("[latency histogram, other unknown, requests_total counter, size summary, temperature gauge]",
        fixture.metadata().stream().map(m -> m.metric() + " " + m.type()).sorted().toList().toString());
    assertTrue(fixture.starts().containsAll(List.of(1_000_000L, 2_000_000L)), () -> fixture.starts().toString());
    assertEquals(false, fetcher.requests.getFirst().prefersProtobuf());
  }

  @Test
  void nativeHistogramsAreOneSampleWhenAskedFor() {
    apply("scrape_native_histograms: true");
    scrape(exposition(family("latency", 4, new WriteRequests().field(7, latency().bytes()))));
    assertEquals(List.of(LATENCY), fixture.histograms());
    assertEquals(List.of("latency"), List.copyOf(values().keySet()));
    assertEquals(List.of("native"), fixture.exemplars().stream().map(found -> found.labels().value("trace_id")).toList());
    assertEquals(true, fetcher.requests.getFirst().prefersProtobuf());
    scrape(exposition());
    assertTrue(Stale.is(fixture.values().get("latency")));
  }

  @Test
  void classicBucketsComeBesideNativeOnesWhenAskedFor() {
    apply("scrape_native_histograms: true", "always_scrape_classic_histograms: true");
    scrape(exposition(family("latency", 4, new WriteRequests().field(7, latency().bytes()))));
    assertEquals(List.of(LATENCY), fixture.histograms());
    assertEquals(3.0, values().get("latency_bucket{le=\"0.5\"}"));
    Exemplar classic = fixture.exemplars().stream().filter(found -> found.value() == 0.4).findFirst().orElseThrow();
    assertEquals(LabelSet.of("trace_id", "classic"), classic.labels());
  }

  @Test
  void fractionsAndGaugesAreKept() {
    apply("scrape_native_histograms: true");
    scrape(exposition(family("load", 5, new WriteRequests().field(7, new WriteRequests().fixed(4, 1.5).fixed(2, 1).zigzag(5, 0)
        .fixed(8, 0.5).field(9, new WriteRequests().zigzag(1, 2).number(2, 1).bytes()).fixed(11, 1).bytes()))));
    assertEquals(List.of(new Histogram(0, 1.5, 1, 0, 0.5, Buckets.NONE, new Buckets(new int[] {2}, new double[] {1}), new double[0],
        Reset.GAUGE)), fixture.histograms());
  }

  @Test
  void aBadHistogramIsLeftOutAndTheRestIsKept() {
    apply("scrape_native_histograms: true");
    var bad = new WriteRequests().number(1, 7).field(13, new WriteRequests().packedZigzag(2).bytes());
    scrape(exposition(family("latency", 4, new WriteRequests().field(7, bad.bytes())),
        family("temperature", 1, new WriteRequests().field(2, new WriteRequests().fixed(1, 21.5).bytes()))));
    assertEquals(List.of("temperature"), List.copyOf(values().keySet()));
    assertTrue(fixture.metrics.print().contains("tidemark_collector_samples_rejected_total{protocol=\"scrape\",reason=\"histogram\"} 1"),
        () -> fixture.metrics.print());
  }

  @Test
  void damagedBodiesFailTheScrapeAndNothingElse() {
    apply("scrape_native_histograms: true");
    byte[] good = exposition(family("latency", 4, new WriteRequests().label("a", "b").field(7, latency().bytes())));
    var random = new Random(1);
    for (int i = 0; i < 500; i++) {
      byte[] bad = Arrays.copyOf(good, good.length - random.nextInt(3));
      bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      scrape(bad);
    }
    scrape(Arrays.copyOf(good, good.length - 1));
    assertTrue(scraper.targets().getFirst().lastError().startsWith("protobuf: the message is damaged at byte"),
        () -> scraper.targets().getFirst().lastError());
    scrape(good);
    assertEquals(TargetView.Health.UP, scraper.targets().getFirst().health());
  }

  @Test
  void boundsReadAsPrometheusWritesThem() {
    var texts = Map.of(0.005, "0.005", 1.0, "1.0", 1e-5, "1e-05", 2.5e-7, "2.5e-07", 100_000.0, "100000.0", 1e6, "1e+06", 1_234_567.0,
        "1.234567e+06", Double.POSITIVE_INFINITY, "+Inf", -3.0, "-3.0", 0.0, "0.0");
    texts.forEach((value, text) -> assertEquals(text, BoundText.of(value)));
  }
}
