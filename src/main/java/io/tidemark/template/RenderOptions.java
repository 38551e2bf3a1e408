package io.tidemark.template;

/// How a template is rendered and how much it may cost.
///
/// @param missingKey     what a missing map key gives
/// @param escape         whether printed values are escaped for HTML
/// @param outputCharsMax longest result, in characters
/// @param stepsMax       most nodes and operands evaluated
/// @param depthMax       deepest nesting of template calls
public record RenderOptions(MissingKey missingKey, Escape escape, int outputCharsMax, int stepsMax, int depthMax) {
  /// What a missing map key gives: Go's `missingkey=default` (`<no value>`) or `missingkey=zero` (the empty text for labels).
  public enum MissingKey { NO_VALUE, ZERO }

  /// Escaping of printed values; {@link SafeText} is never escaped.
  public enum Escape { NONE, HTML }

  /// As Prometheus and Alertmanager expand texts: missing labels are empty, nothing is escaped.
  public static final RenderOptions TEXT = new RenderOptions(MissingKey.ZERO, Escape.NONE, 1 << 20, 1_000_000, 100);
  /// As {@link #TEXT}, with values escaped for HTML mail bodies.
  public static final RenderOptions HTML = new RenderOptions(MissingKey.ZERO, Escape.HTML, 1 << 20, 1_000_000, 100);
  /// As Go does without options: a missing key prints `<no value>`.
  public static final RenderOptions GO = new RenderOptions(MissingKey.NO_VALUE, Escape.NONE, 1 << 20, 1_000_000, 100);

  public RenderOptions {
    if (outputCharsMax < 0 || stepsMax < 1 || depthMax < 1 || depthMax > 500) {
      throw new IllegalArgumentException("render bounds: output " + outputCharsMax + ", steps " + stepsMax + ", depth " + depthMax
          + "; expected at least 0, 1 and 1 to 500");
    }
  }

  /// These options with another bound on the output.
  public RenderOptions outputCharsMax(int charsMax) {
    return new RenderOptions(missingKey, escape, charsMax, stepsMax, depthMax);
  }
}
