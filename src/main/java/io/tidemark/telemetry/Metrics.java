package io.tidemark.telemetry;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;

/// The engine's own metrics: houses register what they count, `/metrics` prints it. Safe on any thread.
///
/// Asking twice for the same name and labels gives the same counter or histogram; registering a gauge again replaces its supplier.
/// Label pairs are alternating names and values and belong to the code, not to input, so that their number is bounded.
public final class Metrics {
  private enum Kind { COUNTER, GAUGE, HISTOGRAM }

  private record Family(Kind kind, String help, Map<String, Object> children) {}

  private final Map<String, Family> families = new ConcurrentHashMap<>();

  /// The counter called `name` (ending in `_total`).
  public Counter counter(String name, String help, String... labelPairs) {
    return (Counter) family(name, help, Kind.COUNTER).children.computeIfAbsent(labels(labelPairs), _ -> new Counter());
  }

  /// A gauge whose value is asked for at each print. `value` must not block.
  public void gauge(String name, String help, DoubleSupplier value, String... labelPairs) {
    family(name, help, Kind.GAUGE).children.put(labels(labelPairs), value);
  }

  /// A counter kept elsewhere: its running total is asked for at each print.
  public void counterFrom(String name, String help, DoubleSupplier total, String... labelPairs) {
    family(name, help, Kind.COUNTER).children.put(labels(labelPairs), total);
  }

  /// The histogram called `name` with these upper bounds, ascending, `+Inf` left out.
  public Histogram histogram(String name, String help, double[] bounds, String... labelPairs) {
    return (Histogram) family(name, help, Kind.HISTOGRAM).children.computeIfAbsent(labels(labelPairs), _ -> new Histogram(bounds));
  }

  /// Forgets every counter, gauge and histogram that carries this label pair: what they told of is gone. Holders of a forgotten counter
  /// count on unseen.
  public void forget(String label, String value) {
    String pair = labels(label, value);
    for (Family family : families.values()) {
      family.children.keySet().removeIf(labels -> labels.equals(pair) || labels.startsWith(pair + ",") || labels.endsWith("," + pair)
          || labels.contains("," + pair + ","));
    }
  }

  private Family family(String name, String help, Kind kind) {
    Family family = families.computeIfAbsent(name, _ -> new Family(kind, help, new ConcurrentHashMap<>()));
    if (family.kind != kind) {
      throw new IllegalStateException("metric " + name + " is a " + family.kind + ", not a " + kind);
    }
    return family;
  }

  private static String labels(String... pairs) {
    if (pairs.length % 2 != 0) {
      throw new IllegalArgumentException("labels come in pairs, got " + pairs.length + " strings");
    }
    var out = new StringBuilder();
    for (int i = 0; i < pairs.length; i += 2) {
      String value = pairs[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
      out.append(i == 0 ? "" : ",").append(pairs[i]).append("=\"").append(value).append('"');
    }
    return out.toString();
  }

  /// Everything in the text exposition format 0.0.4, sorted by name.
  /// Source: https://prometheus.io/docs/instrumenting/exposition_formats/.
  public String print() {
    var out = new StringBuilder(16 * 1024);
    for (var entry : new TreeMap<>(families).entrySet()) {
      String name = entry.getKey();
      Family family = entry.getValue();
      if (family.children.isEmpty()) {
        continue;
      }
      out.append("# HELP ").append(name).append(' ').append(family.help.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
      out.append("# TYPE ").append(name).append(' ').append(family.kind.name().toLowerCase(Locale.ROOT)).append('\n');
      for (var child : new TreeMap<>(family.children).entrySet()) {
        String labels = child.getKey();
        switch (child.getValue()) {
          case Histogram histogram -> histogram.print(out, name, labels);
          case Counter counter -> line(out, name, labels, counter.value());
          case DoubleSupplier gauge -> line(out, name, labels, gauge.getAsDouble());
          default -> throw new IllegalStateException("unknown metric " + child.getValue());
        }
      }
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String name, String labels, double value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(number(value)).append('\n');
  }

  static String number(double value) {
    if (value == Double.POSITIVE_INFINITY) {
      return "+Inf";
    }
    if (value == Double.NEGATIVE_INFINITY) {
      return "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
  }
}
