package io.tidemark.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The functions a template may call, by name. Immutable; `with` gives a larger set.
///
/// Names are checked when a template is parsed. A rendering may bring its own set, so that functions can close over the moment
/// (`now`, `query`) while the parsed template is shared.
public final class Functions {
  private static final Functions NONE = new Functions(Map.of());

  /// A function and how many arguments it takes, both bounds inclusive.
  record Entry(int argumentsMin, int argumentsMax, TemplateFunction function) {}

  private final Map<String, Entry> entries;

  private Functions(Map<String, Entry> entries) {
    this.entries = entries;
  }

  /// Go's own functions only: `and or not eq ne lt le gt ge len index slice print printf println html js urlquery call`.
  public static Functions builtin() {
    return NONE;
  }

  /// Prometheus' functions, bound to one moment.
  public static Functions prometheus(PrometheusScope scope) {
    return PrometheusFunctions.of(scope);
  }

  /// Alertmanager's functions; `since` is measured at `nowMillis`.
  public static Functions alertmanager(long nowMillis) {
    return AlertmanagerFunctions.of(nowMillis);
  }

  /// This set and one more function, which takes from `argumentsMin` to `argumentsMax` arguments.
  public Functions with(String name, int argumentsMin, int argumentsMax, TemplateFunction function) {
    return with(Map.of(name, new Entry(argumentsMin, argumentsMax, function)));
  }

  Functions with(Map<String, Entry> more) {
    var all = new HashMap<>(entries);
    all.putAll(more);
    return new Functions(all);
  }

  Optional<Entry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /// The names added to Go's own.
  public Set<String> names() {
    return Set.copyOf(entries.keySet());
  }
}
