package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What the collectors read of a configuration, and what they refuse.
class CollectorConfigTest {
  private final Problems problems = new Problems("t.yml");

  private CollectorConfig read(String yaml) {
    Section root = Yaml.parse(yaml, problems);
    CollectorConfig config = CollectorConfig.read(root, 3_600_000);
    root.sectionOrEmpty("global").done();
    root.done();
    return config;
  }

  @Test
  void defaultsAreAsDocumented() {
    CollectorConfig config = read("");
    assertEquals(List.of(), problems.texts());
    assertEquals(IngestLimits.DEFAULT, config.limits());
    assertEquals(100_000, config.limits().samplesPerSecond());
    assertEquals(false, config.hasStatsd());
    assertEquals(List.of(), config.scrapeConfigs());
  }

  @Test
  void readsLimitsOfServices() {
    CollectorConfig config = read("""
        limits:
          samples_per_second: unlimited
          service_samples_per_second: {payment: 500000, batch: unlimited}
          past_tolerance: unlimited
          request_bytes: 16MiB
        """);
    assertEquals(List.of(), problems.texts());
    assertEquals(Long.MAX_VALUE, config.limits().samplesPerSecond());
    assertEquals(Map.of("payment", 500_000L, "batch", Long.MAX_VALUE, "default", Long.MAX_VALUE), config.limits().serviceRates());
    assertEquals(16 << 20, config.limits().requestBytesMax());
    assertEquals(86_400_000, config.limits().samples().oldestMillis(1_704_067_200_000L));
  }

  @Test
  void readsWholeScrapeConfiguration() {
    CollectorConfig config = read("""
        global:
          scrape_interval: 10s
          sample_limit: 5
        scrape_configs:
        - job_name: a
          metrics_path: /m
          scheme: https
          params: {x: [y, z]}
          honor_labels: true
          honor_timestamps: false
          scrape_timeout: 5s
          basic_auth: {username: u, password: canary}
          static_configs: [{targets: [h:1, h:2], labels: {env: prod}}]
          relabel_configs: [{action: KeepEqual, source_labels: [a], target_label: b}]
          body_size_limit: 1MB
        - job_name: b
          authorization: {credentials: canary}
          sample_limit: 0
        """);
    assertEquals(List.of(), problems.texts());
    var first = config.scrapeConfigs().getFirst();
    assertEquals("10000 5000 /m https {x=[y, z]} true false 5 1000000", first.intervalMillis() + " " + first.timeoutMillis() + " "
        + first.metricsPath() + " " + first.scheme() + " " + first.params() + " " + first.honorLabels() + " " + first.honorTimestamps()
        + " " + first.limits().samplesMax() + " " + first.limits().bodyBytesMax());
    assertEquals("Basic dTpjYW5hcnk=", first.credentials().header());
    assertEquals("Bearer canary", config.scrapeConfigs().getLast().credentials().header());
    assertEquals(0, config.scrapeConfigs().getLast().limits().samplesMax());
    // C 37: a secret is in no text that a record prints.
    assertEquals(false, config.toString().contains("canary"));
  }

  @Test
  void refusesWhatItDoesNotKnowWithPlaceAndReason() {
    read("""
        limits: {samples_per_secnd: 1}
        statsd: {listen: nowhere, flush_interval: 1ms}
        scrape_configs:
        - job_name: a
          scrape_interval: 5s
          scrape_timeout: 6s
          kubernetes_sd_configs: [{role: node}]
          tls_config: {insecure_skip_verify: true}
          metric_path: /x
          static_configs: [{targets: ['http://h:1/metrics']}]
          relabel_configs: [{action: hashmod, source_labels: [a], target_label: b}, {regex: '(', target_label: c}, {action: nonsense}]
        - job_name: a
        """);
    assertEquals(List.of(
        "t.yml:1:10: unknown key \"samples_per_secnd\" in limits; nearest is \"samples_per_second\"",
        "t.yml:2:27: statsd.flush_interval must be at least 100ms",
        "t.yml:2:10: statsd.listen: expected host:port, found \"nowhere\"",
        "t.yml:6:3: scrape_timeout must be above 0 and at most the scrape_interval of this job",
        "t.yml:7:3: kubernetes_sd_configs is not supported yet; use static_configs",
        "t.yml:8:3: tls_config is not supported yet; leave it out",
        "t.yml:10:31: \"http://h:1/metrics\" is not a valid hostname: give host:port; scheme and metrics_path are keys of their own",
        "t.yml:11:21: relabel action hashmod requires a modulus above 0",
        "t.yml:11:78: error parsing regexp: missing closing ): `^(?s:()$`",
        "t.yml:11:109: unknown relabel action \"nonsense\"; one of replace, keep, drop, keepequal, dropequal, hashmod, labelmap, "
            + "labeldrop, labelkeep, lowercase, uppercase",
        "t.yml:11:108: relabel action replace requires target_label",
        "t.yml:9:3: unknown key \"metric_path\" in scrape_configs[0]; nearest is \"metrics_path\"",
        "t.yml:12:3: job_name \"a\" is used by another scrape configuration; names must be unique"), problems.texts());
  }
}
