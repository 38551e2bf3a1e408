package io.tidemark.rules;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Alerts in the state store, one key each: `rules/alert/<slot>/<hash of rule>/<hash of labels>`, a JSON object as value. Any thread.
///
/// A slot's alerts are read by who gains it and written under its lease, so that a node that lost it spoils nothing. A rule is known by
/// file, group, name and labels, so that its alerts outlive a restart and an edit of its expression.
final class SavedAlerts {
  private static final String PREFIX = "rules/alert/";
  private static final int HASH_HEX_CHARS = 32;

  private static final Logger LOG = LoggerFactory.getLogger(SavedAlerts.class);

  private final State state;
  private final Counter unreadable;

  SavedAlerts(State state, Counter unreadable) {
    this.state = state;
    this.unreadable = unreadable;
  }

  /// The rule's part of the keys.
  static String ruleId(RuleGroup group, Rule rule) {
    return hash(String.join("\u0000", group.file(), group.name(), rule.name(), new TreeMap<>(rule.labels()).toString()));
  }

  private static String prefix(int slot) {
    return PREFIX + String.format("%02d/", slot);
  }

  private static String key(int slot, String ruleId, LabelSet labels) {
    return prefix(slot) + ruleId + "/" + hash(new String(labels.toCanonicalBytes(), StandardCharsets.ISO_8859_1));
  }

  static String hash(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_HEX_CHARS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Everything saved of a slot, by rule id. What cannot be read is left out and counted: it must not keep other rules from running.
  Future<Map<String, List<ActiveAlert>>> load(int slot) {
    return state.scan(prefix(slot)).map(entries -> {
      var byRule = new HashMap<String, List<ActiveAlert>>();
      for (State.Entry entry : entries) {
        String ruleId = entry.key().substring(prefix(slot).length(), entry.key().lastIndexOf('/'));
        try {
          byRule.computeIfAbsent(ruleId, _ -> new ArrayList<>()).add(decode(entry));
        } catch (TidemarkException e) {
          unreadable.increment();
          LOG.error(e.getMessage());
        }
      }
      return byRule;
    });
  }

  Future<Void> save(LeaseTenure tenure, String ruleId, ActiveAlert alert) {
    return tenure.put(key(tenure.slot(), ruleId, alert.labels), encode(alert));
  }

  Future<Void> remove(LeaseTenure tenure, String ruleId, LabelSet labels) {
    return tenure.remove(key(tenure.slot(), ruleId, labels));
  }

  private static byte[] encode(ActiveAlert alert) {
    return new JsonObject().put("labels", json(alert.labels)).put("annotations", json(alert.annotations))
        .put("state", alert.state.text()).put("valueBits", Double.doubleToRawLongBits(alert.value))
        .put("activeAt", alert.activeAtMillis).put("firedAt", alert.firedAtMillis).put("resolvedAt", alert.resolvedAtMillis)
        .put("keepFiringSince", alert.keepFiringSinceMillis).put("heldUntil", alert.heldUntilMillis).encode()
        .getBytes(StandardCharsets.UTF_8);
  }

  private static JsonObject json(LabelSet labels) {
    return new JsonObject(new TreeMap<String, Object>(labels.toMap()));
  }

  private static ActiveAlert decode(State.Entry entry) {
    try {
      var json = new JsonObject(new String(entry.value(), StandardCharsets.UTF_8));
      var alert = new ActiveAlert(labels(json, "labels"), labels(json, "annotations"),
          Double.longBitsToDouble(json.getLong("valueBits")), json.getLong("activeAt"));
      alert.state = state(json.getString("state"));
      alert.firedAtMillis = json.getLong("firedAt");
      alert.resolvedAtMillis = json.getLong("resolvedAt");
      alert.keepFiringSinceMillis = json.getLong("keepFiringSince");
      alert.heldBeforeMillis = json.getLong("heldUntil", 0L);
      return alert;
    } catch (RuntimeException e) {
      throw new TidemarkException(ErrorCode.CORRUPT, "state key " + entry.key() + ": not a saved alert: " + e.getMessage()
          + "; the alert is left out", e);
    }
  }

  private static AlertState state(String text) {
    for (AlertState state : AlertState.values()) {
      if (state.text().equals(text)) {
        return state;
      }
    }
    throw new IllegalArgumentException("unknown alert state " + text);
  }

  private static LabelSet labels(JsonObject json, String key) {
    var labels = new TreeMap<String, String>();
    json.getJsonObject(key).forEach(entry -> labels.put(entry.getKey(), String.valueOf(entry.getValue())));
    return LabelSet.of(labels);
  }
}
