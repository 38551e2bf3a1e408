package io.tidemark.log;

import java.util.regex.Pattern;

/// What follows a request through the system.
///
/// @param traceparent   W3C trace context, or empty (https://www.w3.org/TR/trace-context/#traceparent-header)
/// @param correlationId the id that every log line of the request carries
public record Trace(String traceparent, String correlationId) {
  /// Requests remembered with one record. A record that more of them share carries the first ones.
  public static final int RECORD_MAX = 16;
  public static final int CORRELATION_CHARS_MAX = 128;
  private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  public Trace {
    if (correlationId.length() > CORRELATION_CHARS_MAX) {
      throw new IllegalArgumentException("correlation id of " + correlationId.length() + " characters, at most " + CORRELATION_CHARS_MAX);
    }
  }

  /// The trace of a request whose headers hold these; a `traceparent` that is none is left away.
  public static Trace of(String traceparent, String correlationId) {
    return new Trace(TRACEPARENT.matcher(traceparent).matches() ? traceparent : "", correlationId);
  }
}
