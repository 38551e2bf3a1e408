package io.tidemark.query.script;

import io.tidemark.model.LabelSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/// One command of a script.
sealed interface Command {
  /// Forgets all samples.
  record Clear() implements Command {}

  /// Adds samples, the first of each line at time 0.
  ///
  /// @param starts     lines of start times, relative to the samples of the line with the same labels
  /// @param alsoNative whether classic histograms are loaded as native ones too
  record Load(long stepMillis, List<SeriesLine> lines, List<SeriesLine> starts, boolean alsoNative) implements Command {}

  /// Runs a query and checks its answer.
  ///
  /// @param name       `file:line`, from the tag above the case where there is one
  /// @param times      one time for an instant query
  record Eval(String name, String tier, Set<String> tags, String query, Times times, Expectation expectation) implements Command {}

  /// Evaluation times.
  record Times(boolean instant, long startMillis, long endMillis, long stepMillis) {}

  /// What the answer must be.
  ///
  /// @param series  series in the order of the script
  /// @param scalar  a bare number
  /// @param points  where the points of an instant query's matrix lie
  record Expectation(List<SeriesLine> series, OptionalDouble scalar, Optional<String> string, Optional<Times> points, boolean ordered,
      boolean fail, List<Text> failTexts, Notes warnings, Notes infos) {
    /// The series with `labels`, if one is expected.
    Optional<SeriesLine> find(LabelSet labels) {
      return series.stream().filter(line -> line.labels().equals(labels)).findFirst();
    }
  }

  /// What annotations of one kind there must be.
  record Notes(boolean some, boolean none, List<Text> texts) {}

  /// A text to compare with; `pattern` is searched for, else `text` must be equal.
  record Text(String text, Optional<Pattern> pattern) {
    boolean accepts(String found) {
      return pattern.map(p -> p.matcher(found).find()).orElse(text.equals(found));
    }
  }
}
