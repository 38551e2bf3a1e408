package io.tidemark.rules;

import java.util.List;

/// Rules that are evaluated together, in order, at one interval. Immutable.
///
/// @param file              where it was read, or `api`
/// @param limit             most alerts or series of one rule; 0 for the engine's own bound
/// @param queryOffsetMillis how far behind the evaluation time queries look
public record RuleGroup(String file, String name, long intervalMillis, int limit, long queryOffsetMillis, List<Rule> rules) {
  public RuleGroup {
    rules = List.copyOf(rules);
    if (intervalMillis < 1 || limit < 0 || queryOffsetMillis < 0) {
      throw new IllegalArgumentException("group " + name + ": interval " + intervalMillis + " ms, limit " + limit + ", query offset "
          + queryOffsetMillis + " ms; expected an interval above zero and nothing negative");
    }
  }

  /// Groups of different files may share a name, groups of one file do not.
  record Key(String file, String name) {}

  /// This group under another name.
  RuleGroup named(String otherName) {
    return new RuleGroup(file, otherName, intervalMillis, limit, queryOffsetMillis, rules);
  }

  Key key() {
    return new Key(file, name);
  }
}
