package io.tidemark.query.evaluate;

import io.tidemark.promql.Span;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Warnings and remarks of one query, each text once. Safe on any thread.
final class Notes {
  /// Most texts kept of each kind; more say nothing new.
  static final int TEXTS_MAX = 100;

  private final String query;
  private final Set<String> warnings = new LinkedHashSet<>();
  private final Set<String> infos = new LinkedHashSet<>();

  Notes(String query) {
    this.query = query;
  }

  void warn(String text, Span place) {
    add(warnings, "PromQL warning: " + text + position(place));
  }

  void info(String text, Span place) {
    add(infos, "PromQL info: " + text + position(place));
  }

  /// A warning that is about the engine, not about a place in the query.
  void warn(String text) {
    add(warnings, text);
  }

  private synchronized void add(Set<String> texts, String text) {
    if (texts.size() < TEXTS_MAX) {
      texts.add(text);
    }
  }

  synchronized List<String> warnings() {
    return List.copyOf(warnings);
  }

  synchronized List<String> infos() {
    return List.copyOf(infos);
  }

  /// ` (line:column)`, 1-based, as Prometheus ends its annotations.
  private String position(Span place) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < place.start() && i < query.length(); i++) {
      if (query.charAt(i) == '\n') {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
    return " (" + line + ":" + column + ")";
  }
}
