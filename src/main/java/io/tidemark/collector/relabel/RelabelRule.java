package io.tidemark.collector.relabel;

import io.tidemark.config.Section;
import io.tidemark.model.TidemarkException;
import io.tidemark.regex.Regex;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// One entry of `relabel_configs` or `metric_relabel_configs`.
///
/// @param action       what to do
/// @param sourceLabels labels whose values are joined
/// @param separator    what stands between them
/// @param regex        matched against the whole joined value, or against label names
/// @param modulus      of HASHMOD
/// @param targetLabel  the label that is set or compared
/// @param replacement  its value, with `$1`, `${1}`, `${name}`
public record RelabelRule(Action action, List<String> sourceLabels, String separator, Regex regex, long modulus, String targetLabel,
    String replacement) {
  /// What a rule can do.
  public enum Action { REPLACE, KEEP, DROP, KEEPEQUAL, DROPEQUAL, HASHMOD, LABELMAP, LABELDROP, LABELKEEP, LOWERCASE, UPPERCASE }

  private static final String[] ACTIONS = List.of(Action.values()).stream().map(a -> a.name().toLowerCase(Locale.ROOT))
      .toArray(String[]::new);

  public RelabelRule {
    sourceLabels = List.copyOf(sourceLabels);
  }

  /// Reads the list of rules under `key`.
  public static List<RelabelRule> readAll(Section parent, String key) {
    var rules = new ArrayList<RelabelRule>();
    for (Section section : parent.sections(key)) {
      read(section).ifPresent(rules::add);
    }
    return List.copyOf(rules);
  }

  private static Optional<RelabelRule> read(Section section) {
    // Prometheus takes the action in any case.
    String word = section.text("action", "replace").toLowerCase(Locale.ROOT);
    if (!Set.of(ACTIONS).contains(word)) {
      section.problem("action", "unknown relabel action \"" + word + "\"; one of " + String.join(", ", ACTIONS));
      word = "replace";
    }
    Action action = Action.valueOf(word.toUpperCase(Locale.ROOT));
    Regex regex = regex(section);
    var rule = new RelabelRule(action, section.texts("source_labels"), section.text("separator", ";"), regex,
        section.number("modulus", 0, 0, Long.MAX_VALUE), section.text("target_label", ""), section.text("replacement", "$1"));
    rule.check(section);
    section.done();
    return Optional.of(rule);
  }

  private static Regex regex(Section section) {
    try {
      return Regex.compile(section.text("regex", "(.*)"));
    } catch (TidemarkException e) {
      section.problem("regex", e.getMessage());
      return Regex.compile("(.*)");
    }
  }

  private void check(Section section) {
    boolean needsTarget = switch (action) {
      case REPLACE, KEEPEQUAL, DROPEQUAL, HASHMOD, LOWERCASE, UPPERCASE -> true;
      case KEEP, DROP, LABELMAP, LABELDROP, LABELKEEP -> false;
    };
    if (needsTarget && targetLabel.isEmpty()) {
      section.problem("target_label", "relabel action " + action.name().toLowerCase(Locale.ROOT) + " requires target_label");
    }
    if (action == Action.HASHMOD && modulus == 0) {
      section.problem("modulus", "relabel action hashmod requires a modulus above 0");
    }
    boolean namesOnly = action == Action.LABELDROP || action == Action.LABELKEEP;
    if (namesOnly && (!sourceLabels.isEmpty() || !targetLabel.isEmpty())) {
      section.problem("action", "relabel action " + action.name().toLowerCase(Locale.ROOT) + " takes only regex");
    }
  }

  /// Runs `rules` in order over `labels`, which are changed; false when a rule drops them. Empty values are removed.
  public static boolean apply(List<RelabelRule> rules, TreeMap<String, String> labels) {
    for (RelabelRule rule : rules) {
      if (!rule.apply(labels)) {
        return false;
      }
    }
    return true;
  }

  private boolean apply(TreeMap<String, String> labels) {
    String value = joined(labels);
    switch (action) {
      case DROP -> {
        return !regex.matches(value);
      }
      case KEEP -> {
        return regex.matches(value);
      }
      case DROPEQUAL -> {
        return !labels.getOrDefault(targetLabel, "").equals(value);
      }
      case KEEPEQUAL -> {
        return labels.getOrDefault(targetLabel, "").equals(value);
      }
      case REPLACE -> replace(labels, value);
      case LOWERCASE -> set(labels, targetLabel, value.toLowerCase(Locale.ROOT));
      case UPPERCASE -> set(labels, targetLabel, value.toUpperCase(Locale.ROOT));
      case HASHMOD -> set(labels, targetLabel, Long.toString(Long.remainderUnsigned(md5(value), modulus)));
      case LABELMAP -> {
        for (var entry : new TreeMap<>(labels).entrySet()) {
          if (regex.matches(entry.getKey())) {
            set(labels, regex.expand(entry.getKey(), replacement), entry.getValue());
          }
        }
      }
      case LABELDROP -> labels.keySet().removeIf(regex::matches);
      case LABELKEEP -> labels.keySet().removeIf(name -> !regex.matches(name));
    }
    return true;
  }

  private String joined(TreeMap<String, String> labels) {
    var parts = new ArrayList<String>(sourceLabels.size());
    for (String name : sourceLabels) {
      parts.add(labels.getOrDefault(name, ""));
    }
    return String.join(separator, parts);
  }

  private void replace(TreeMap<String, String> labels, String value) {
    if (!regex.matches(value)) {
      return;
    }
    String target = regex.expand(value, targetLabel);
    if (!target.isEmpty()) {
      set(labels, target, regex.expand(value, replacement));
    }
  }

  private static void set(TreeMap<String, String> labels, String name, String value) {
    if (value.isEmpty()) {
      labels.remove(name);
    } else {
      labels.put(name, value);
    }
  }

  /// The last eight bytes of the MD5, big endian, as Prometheus' `sum64`.
  private static long md5(String value) {
    try {
      byte[] sum = MessageDigest.getInstance("MD5").digest(value.getBytes(StandardCharsets.UTF_8));
      long hash = 0;
      for (int i = 0; i < 8; i++) {
        hash = hash << 8 | sum[8 + i] & 0xff;
      }
      return hash;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has MD5", e);
    }
  }
}
