package io.tidemark.rules;

import io.tidemark.template.Template;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// One rule as written, checked. Immutable.
public sealed interface Rule {
  /// The alert's name, or the name of the series that is recorded.
  String name();

  /// The expression as the parser prints it.
  String query();

  /// Static labels, or templates of them, the group's included.
  Map<String, String> labels();

  Place place();

  /// Where the rule stands in its file, 1-based; 0 and 0 for a rule made through the API.
  record Place(int line, int column) {
    public static final Place NONE = new Place(0, 0);
  }

  record Recording(String name, String query, Map<String, String> labels, Place place) implements Rule {
    public Recording {
      labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    }
  }

  /// @param forMillis           how long the expression must hold before the alert fires
  /// @param keepFiringForMillis how long the alert goes on firing after the expression stopped to hold
  /// @param annotations         texts as written
  /// @param texts               the parsed templates of labels and annotations
  record Alerting(String name, String query, long forMillis, long keepFiringForMillis, Map<String, String> labels,
      Map<String, String> annotations, Texts texts, Place place) implements Rule {
    public Alerting {
      labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
      annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }
  }

  /// Parsed templates by label and by annotation name. Two are always equal: the texts they come from are compared instead.
  record Texts(Map<String, Template> labels, Map<String, Template> annotations) {
    public Texts {
      labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
      annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Texts;
    }

    @Override
    public int hashCode() {
      return 1;
    }
  }
}
