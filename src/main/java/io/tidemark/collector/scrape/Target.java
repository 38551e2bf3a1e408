package io.tidemark.collector.scrape;

import io.tidemark.collector.relabel.RelabelRule;
import io.tidemark.config.Durations;
import io.tidemark.model.LabelSet;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What is scraped: the outcome of relabelling one address.
///
/// @param discovered     labels before relabelling
/// @param labels         labels that every series of the target gets
/// @param url            where it is, with parameters
/// @param intervalMillis from scrape to scrape
/// @param timeoutMillis  of one scrape
public record Target(LabelSet discovered, LabelSet labels, URI url, long intervalMillis, long timeoutMillis) {
  private static final String ADDRESS = "__address__";
  private static final String SCHEME = "__scheme__";
  private static final String PATH = "__metrics_path__";
  private static final String INTERVAL = "__scrape_interval__";
  private static final String TIMEOUT = "__scrape_timeout__";
  private static final String PARAM = "__param_";

  /// The targets of a job: those to scrape, and the discovered labels of those dropped by rules or for want of an address.
  ///
  /// @param problems targets that cannot be scraped, and why
  public record Found(List<Target> active, List<LabelSet> dropped, List<String> problems) {}

  /// Relabels all addresses of `job`.
  public static Found of(ScrapeConfig job) {
    var active = new ArrayList<Target>();
    var dropped = new ArrayList<LabelSet>();
    var problems = new ArrayList<String>();
    for (StaticGroup group : job.groups()) {
      for (String address : group.targets()) {
        TreeMap<String, String> labels = discovered(job, group, address);
        LabelSet before = LabelSet.of(labels);
        if (!RelabelRule.apply(job.relabelRules(), labels) || labels.getOrDefault(ADDRESS, "").isEmpty()) {
          dropped.add(before);
          continue;
        }
        Optional<Target> target = of(job, before, labels);
        if (target.isEmpty()) {
          dropped.add(before);
          problems.add("target " + before + ": relabelling gave no valid address, interval or timeout");
        } else if (active.stream().noneMatch(target.get()::isSameAs)) {
          active.add(target.get());
        }
      }
    }
    return new Found(active, dropped, problems);
  }

  private static TreeMap<String, String> discovered(ScrapeConfig job, StaticGroup group, String address) {
    var labels = new TreeMap<>(group.labels());
    labels.put(ADDRESS, address);
    labels.putIfAbsent("job", job.jobName());
    labels.putIfAbsent(INTERVAL, Durations.print(job.intervalMillis()));
    labels.putIfAbsent(TIMEOUT, Durations.print(job.timeoutMillis()));
    labels.putIfAbsent(PATH, job.metricsPath());
    labels.putIfAbsent(SCHEME, job.scheme());
    job.params().forEach((name, values) -> {
      if (!values.isEmpty()) {
        labels.putIfAbsent(PARAM + name, values.getFirst());
      }
    });
    return labels;
  }

  private static Optional<Target> of(ScrapeConfig job, LabelSet before, TreeMap<String, String> labels) {
    var interval = Durations.parse(labels.getOrDefault(INTERVAL, ""));
    var timeout = Durations.parse(labels.getOrDefault(TIMEOUT, ""));
    if (interval.isEmpty() || timeout.isEmpty() || interval.getAsLong() == 0 || timeout.getAsLong() == 0
        || timeout.getAsLong() > interval.getAsLong()) {
      return Optional.empty();
    }
    URI url;
    try {
      url = URI.create(url(job, labels));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (url.getHost() == null || !url.getScheme().equals("http") && !url.getScheme().equals("https")) {
      return Optional.empty();
    }
    labels.putIfAbsent("instance", labels.get(ADDRESS));
    labels.keySet().removeIf(name -> name.startsWith("__"));
    return Optional.of(new Target(before, LabelSet.of(labels), url, interval.getAsLong(), timeout.getAsLong()));
  }

  private static String url(ScrapeConfig job, TreeMap<String, String> labels) {
    var params = new TreeMap<String, List<String>>(job.params());
    labels.forEach((name, value) -> {
      if (name.startsWith(PARAM)) {
        params.merge(name.substring(PARAM.length()), List.of(value), (old, first) -> {
          var values = new ArrayList<>(old);
          values.set(0, first.getFirst());
          return values;
        });
      }
    });
    var query = new StringBuilder();
    for (Map.Entry<String, List<String>> param : params.entrySet()) {
      for (String value : param.getValue()) {
        query.append(query.isEmpty() ? "?" : "&").append(URLEncoder.encode(param.getKey(), StandardCharsets.UTF_8)).append('=')
            .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
      }
    }
    String path = labels.getOrDefault(PATH, "");
    return labels.getOrDefault(SCHEME, "http") + "://" + labels.get(ADDRESS) + (path.startsWith("/") ? "" : "/") + path + query;
  }

  /// Whether a target of a new configuration is this one: it then keeps its state.
  public boolean isSameAs(Target other) {
    return labels.equals(other.labels) && url.equals(other.url) && intervalMillis == other.intervalMillis;
  }

  /// A number that spreads targets over time and loops and is the same after a restart.
  public long spread() {
    long hash = 0xcbf29ce484222325L;
    for (byte b : (url + " " + labels).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ b & 0xff) * 0x100000001b3L;
    }
    return (hash ^ hash >>> 29) * 0xbf58476d1ce4e5b9L >>> 1;
  }
}
