package io.tidemark.guard;

import io.tidemark.config.Section;
import java.util.List;

/// How calls to one outside system are guarded.
///
/// @param system         what metrics and messages call it, e.g. `redis`
/// @param timeoutMillis  longest wait for one attempt
/// @param retryMillis    the pause before each further attempt; empty for none
/// @param failuresToOpen failures in a row after which calls fail at once
/// @param openMillis     how long they do, before one is let through to probe
public record GuardConfig(String system, long timeoutMillis, List<Long> retryMillis, int failuresToOpen, long openMillis) {
  public GuardConfig {
    retryMillis = List.copyOf(retryMillis);
    if (timeoutMillis < 1 || failuresToOpen < 1 || openMillis < 1) {
      throw new IllegalArgumentException("guard of " + system + ": timeout, failures and pause must be positive");
    }
  }

  /// Reads `timeout`, `circuit_failures` and `circuit_pause` of a backend's section; what is missing stays as here.
  public GuardConfig read(Section section) {
    return new GuardConfig(system, Math.max(1, section.durationMillis("timeout", timeoutMillis)), retryMillis,
        (int) section.number("circuit_failures", failuresToOpen, 1, 1_000_000),
        Math.max(1, section.durationMillis("circuit_pause", openMillis)));
  }
}
