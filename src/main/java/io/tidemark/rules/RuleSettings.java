package io.tidemark.rules;

import io.tidemark.config.Section;
import io.tidemark.model.LabelSet;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;

/// What all rule groups share.
///
/// @param ruleFiles               names or patterns of rule files, as written
/// @param evaluationIntervalMillis interval of groups that name none
/// @param evaluationTimeoutMillis longest evaluation of one rule
/// @param queryOffsetMillis       how far behind queries of groups look that name no offset
/// @param resendDelayMillis       how often a firing alert is told again
/// @param refreshMillis           how often the rules of the catalog are looked at for changes made through other nodes
/// @param alertsMax               most alerts or series of one rule, whatever its group says
/// @param externalUrl             where people reach this server, for links and templates; without a slash at the end
/// @param externalLabels          labels that every alert sent gets unless it has them
public record RuleSettings(List<String> ruleFiles, long evaluationIntervalMillis, long evaluationTimeoutMillis, long queryOffsetMillis,
    long resendDelayMillis, long refreshMillis, int alertsMax, URI externalUrl, LabelSet externalLabels) {
  /// How long a resolved alert is told again.
  static final long RESOLVED_RETENTION_MILLIS = 15 * 60_000L;
  /// How long an alert outlives a restart at most without an answer that has it.
  static final long RESTORED_HOLD_MILLIS_MAX = 10 * 60_000L;

  public static final RuleSettings DEFAULT = new RuleSettings(List.of(), 15_000, 30_000, 0, 60_000, 5_000, 10_000,
      URI.create("http://127.0.0.1:9070"), LabelSet.EMPTY);

  public RuleSettings {
    ruleFiles = List.copyOf(ruleFiles);
  }

  /// Reads `rule_files`, from `global` the keys `evaluation_interval`, `rule_query_offset` and `external_labels`, and the section
  /// `rules`. Other houses read `global` too, so its end is not checked here.
  public static RuleSettings read(Section top) {
    Section global = top.sectionOrEmpty("global");
    Section rules = top.sectionOrEmpty("rules");
    var settings = new RuleSettings(top.texts("rule_files"),
        positive(global, "evaluation_interval", DEFAULT.evaluationIntervalMillis),
        positive(rules, "evaluation_timeout", DEFAULT.evaluationTimeoutMillis),
        global.durationMillis("rule_query_offset", DEFAULT.queryOffsetMillis),
        positive(rules, "resend_delay", DEFAULT.resendDelayMillis),
        positive(rules, "refresh_interval", DEFAULT.refreshMillis),
        (int) rules.number("alerts_max", DEFAULT.alertsMax, 1, 1_000_000),
        url(rules), LabelSet.of(new LinkedHashMap<>(global.textMap("external_labels"))));
    rules.done();
    return settings;
  }

  private static long positive(Section section, String key, long byDefaultMillis) {
    long millis = section.durationMillis(key, byDefaultMillis);
    if (millis == 0) {
      section.problem(key, key + ": expected a duration above zero, found 0");
      return byDefaultMillis;
    }
    return millis;
  }

  private static URI url(Section rules) {
    String text = rules.text("external_url", DEFAULT.externalUrl.toString());
    try {
      return new URI(text.replaceFirst("/+$", ""));
    } catch (URISyntaxException e) {
      rules.problem("external_url", "rules.external_url: expected a URL, found \"" + text + "\": " + e.getReason());
      return DEFAULT.externalUrl;
    }
  }
}
