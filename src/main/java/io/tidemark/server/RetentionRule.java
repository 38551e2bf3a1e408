package io.tidemark.server;

import io.tidemark.config.Section;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.PromQL;
import java.util.ArrayList;
import java.util.List;

/// One of `storage.retention_rules`: series that go before the others.
///
/// @param matchers        at least one of them does not pass the empty text
/// @param retentionMillis whole days
record RetentionRule(List<Matcher> matchers, long retentionMillis) {
  static final long DAY_MILLIS = 86_400_000;
  private static final int RULES_MAX = 100;
  private static final int RETENTIONS_MAX = 20;

  RetentionRule {
    matchers = List.copyOf(matchers);
  }

  /// Reads the rules; what is wrong goes to the section's problems, and the rule is left out.
  ///
  /// @param storage the section `storage`
  static List<RetentionRule> read(Section storage) {
    var rules = new ArrayList<RetentionRule>();
    for (Section section : storage.sections("retention_rules")) {
      String selector = section.requiredText("match");
      long retention = section.durationMillis("retention", 0);
      if (retention < DAY_MILLIS || retention % DAY_MILLIS != 0) {
        section.problem("retention", "retention: expected whole days, at least 1d");
      } else if (!selector.isEmpty()) {
        try {
          rules.add(new RetentionRule(PromQL.parseSelector(selector), retention));
        } catch (TidemarkException e) {
          section.problem("match", "match: " + e.getMessage());
        }
      }
      section.done();
    }
    if (rules.size() > RULES_MAX || rules.stream().mapToLong(RetentionRule::retentionMillis).distinct().count() > RETENTIONS_MAX) {
      storage.problem("retention_rules", "storage.retention_rules: expected at most " + RULES_MAX + " rules with at most "
          + RETENTIONS_MAX + " retentions, found " + rules.size());
      return List.of();
    }
    return List.copyOf(rules);
  }
}
