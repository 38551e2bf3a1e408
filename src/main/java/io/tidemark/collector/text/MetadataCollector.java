package io.tidemark.collector.text;

import java.util.LinkedHashMap;
import java.util.Map;

/// Joins the HELP, TYPE and UNIT lines of one body by metric name, or what families of messages say. Bounded; one thread.
public final class MetadataCollector {
  /// Metrics with metadata in one body; further ones are left out.
  private static final int METRICS_MAX = 20_000;

  /// What a body says about one metric; empty texts for what it does not say.
  public record Entry(String type, String help, String unit) {
    static final Entry NONE = new Entry("unknown", "", "");
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>();

  public void clear() {
    entries.clear();
  }

  /// Takes over the parser's current metadata line.
  public void add(ExpositionParser line) {
    if (entries.size() >= METRICS_MAX && !entries.containsKey(line.metadataName())) {
      return;
    }
    Entry old = entries.getOrDefault(line.metadataName(), Entry.NONE);
    String text = line.metadataText();
    entries.put(line.metadataName(), switch (line.kind()) {
      case TYPE -> new Entry(text, old.help, old.unit);
      case HELP -> new Entry(old.type, text, old.unit);
      case UNIT -> new Entry(old.type, old.help, text);
    });
  }

  /// Takes over all that a family says.
  public void add(String metric, String type, String help, String unit) {
    if (entries.size() < METRICS_MAX || entries.containsKey(metric)) {
      entries.put(metric, new Entry(type, help, unit));
    }
  }

  /// By metric name, in the order of the body.
  public Map<String, Entry> entries() {
    return entries;
  }
}
