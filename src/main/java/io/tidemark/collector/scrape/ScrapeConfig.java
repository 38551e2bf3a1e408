package io.tidemark.collector.scrape;

import io.tidemark.collector.relabel.RelabelRule;
import io.tidemark.config.Section;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// One entry of `scrape_configs`.
///
/// @param jobName              the job's name, unique
/// @param intervalMillis       from scrape to scrape
/// @param timeoutMillis        of one scrape, at most the interval
/// @param metricsPath          path of the URL
/// @param scheme               `http` or `https`
/// @param params               query parameters of the URL
/// @param honorLabels          whether labels of the target win over those of the configuration
/// @param honorTimestamps      whether timestamps of the target count
/// @param followRedirects      whether redirects are followed
/// @param groups               where the targets are
/// @param relabelRules         rules on targets
/// @param metricRelabelRules   rules on series
/// @param nativeHistograms     whether native histograms are asked for and kept
/// @param classicHistogramsToo whether the classic buckets beside native ones are kept too
/// @param credentials          what is sent for authorization
/// @param limits               bounds of one scrape
public record ScrapeConfig(String jobName, long intervalMillis, long timeoutMillis, String metricsPath, String scheme,
    Map<String, List<String>> params, boolean honorLabels, boolean honorTimestamps, boolean followRedirects, List<StaticGroup> groups,
    List<RelabelRule> relabelRules, List<RelabelRule> metricRelabelRules, boolean nativeHistograms,
    boolean classicHistogramsToo, Credentials credentials, ScrapeLimits limits) {
  private static final String[] NOT_YET = {"azure_sd_configs", "consul_sd_configs", "digitalocean_sd_configs", "dns_sd_configs",
      "docker_sd_configs", "dockerswarm_sd_configs", "ec2_sd_configs", "eureka_sd_configs", "file_sd_configs", "gce_sd_configs",
      "hetzner_sd_configs", "http_sd_configs", "ionos_sd_configs", "kubernetes_sd_configs", "kuma_sd_configs", "lightsail_sd_configs",
      "linode_sd_configs", "marathon_sd_configs", "nerve_sd_configs", "nomad_sd_configs", "openstack_sd_configs", "ovhcloud_sd_configs",
      "puppetdb_sd_configs", "scaleway_sd_configs", "serverset_sd_configs", "stackit_sd_configs", "triton_sd_configs",
      "uyuni_sd_configs", "vultr_sd_configs", "tls_config", "oauth2", "proxy_url", "proxy_from_environment", "proxy_connect_header",
      "no_proxy", "http_headers", "target_limit", "keep_dropped_targets", "scrape_protocols", "fallback_scrape_protocol",
      "metric_name_validation_scheme", "metric_name_escaping_scheme", "scrape_failure_log_file", "native_histogram_bucket_limit",
      "native_histogram_min_bucket_factor", "scrape_classic_histograms", "convert_classic_histograms_to_nhcb",
      "track_timestamps_staleness", "enable_compression", "enable_http2"};

  public ScrapeConfig {
    params = Map.copyOf(params);
    groups = List.copyOf(groups);
    relabelRules = List.copyOf(relabelRules);
    metricRelabelRules = List.copyOf(metricRelabelRules);
  }

  /// Reads `scrape_configs` of the root section, with defaults from `global`.
  public static List<ScrapeConfig> readAll(Section root) {
    var globals = ScrapeGlobals.read(root.sectionOrEmpty("global"));
    var jobs = new ArrayList<ScrapeConfig>();
    Set<String> names = new HashSet<>();
    for (Section section : root.sections("scrape_configs")) {
      ScrapeConfig job = read(section, globals);
      if (!job.jobName.isEmpty() && !names.add(job.jobName)) {
        section.problem("job_name", "job_name \"" + job.jobName + "\" is used by another scrape configuration; names must be unique");
      }
      jobs.add(job);
    }
    return List.copyOf(jobs);
  }

  private static ScrapeConfig read(Section section, ScrapeGlobals globals) {
    long interval = section.durationMillis("scrape_interval", globals.intervalMillis());
    if (interval == 0) {
      section.problem("scrape_interval", "scrape_interval must be above 0");
      interval = globals.intervalMillis();
    }
    long timeout = section.durationMillis("scrape_timeout", Math.min(globals.timeoutMillis(), interval));
    if (timeout == 0 || timeout > interval) {
      section.problem("scrape_timeout", "scrape_timeout must be above 0 and at most the scrape_interval of this job");
      timeout = interval;
    }
    for (String key : NOT_YET) {
      if (section.has(key)) {
        section.problem(key, key + " is not supported yet; " + (key.endsWith("_sd_configs") ? "use static_configs" : "leave it out"));
      }
    }
    var job = new ScrapeConfig(section.requiredText("job_name"), interval, timeout, section.text("metrics_path", "/metrics"),
        section.oneOf("scheme", "http", "http", "https"), params(section), section.flag("honor_labels", false),
        section.flag("honor_timestamps", true), section.flag("follow_redirects", true), groups(section),
        RelabelRule.readAll(section, "relabel_configs"), RelabelRule.readAll(section, "metric_relabel_configs"),
        section.flag("scrape_native_histograms", globals.nativeHistograms()),
        section.flag("always_scrape_classic_histograms", globals.classicHistogramsToo()), Credentials.read(section),
        ScrapeLimits.read(section, globals.limits()));
    section.done();
    return job;
  }

  private static Map<String, List<String>> params(Section section) {
    var params = new LinkedHashMap<String, List<String>>();
    section.section("params").ifPresent(given -> {
      for (String name : given.keys()) {
        params.put(name, given.texts(name));
      }
    });
    return params;
  }

  private static List<StaticGroup> groups(Section section) {
    var groups = new ArrayList<StaticGroup>();
    for (Section group : section.sections("static_configs")) {
      for (var target : group.items("targets")) {
        if (target.text().contains("/")) {
          group.problems().add(target.line(), target.column(),
              "\"" + target.text() + "\" is not a valid hostname: give host:port; scheme and metrics_path are keys of their own");
        }
      }
      groups.add(new StaticGroup(group.texts("targets"), group.textMap("labels")));
      group.done();
    }
    return groups;
  }
}
