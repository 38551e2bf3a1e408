package io.tidemark.server;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// A share of the work that a process takes on.
public enum Role {
  /// Takes samples in: pushes, scraping, StatsD.
  COLLECTOR,
  /// Keeps shards and answers for them.
  STORAGE,
  /// Answers PromQL and look-ups of series.
  QUERY,
  /// Evaluates rule groups.
  RULES,
  /// Tells people.
  NOTIFIER,
  /// Rules and alerts for people and programs, and the user interface.
  API;

  static final Set<Role> ALL = Set.copyOf(EnumSet.allOf(Role.class));

  /// As the configuration calls it.
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Role> named(String text) {
    return Arrays.stream(values()).filter(role -> role.text().equals(text)).findFirst();
  }

  /// Several, in the order of the data, as the configuration lists them.
  static String list(Set<Role> roles) {
    return Arrays.stream(values()).filter(roles::contains).map(Role::text).collect(Collectors.joining(","));
  }

  static Set<String> texts(Set<Role> roles) {
    return roles.stream().map(Role::text).collect(Collectors.toSet());
  }
}
