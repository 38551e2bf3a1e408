package io.tidemark.template;

import java.net.URI;
import java.util.List;
import java.util.function.Function;

/// The moment that Prometheus' template functions are bound to.
///
/// @param nowMillis   the evaluation time
/// @param externalUrl where people reach this server
/// @param query       runs an instant query at the evaluation time and waits for its answer; may fail with a `TidemarkException`
public record PrometheusScope(long nowMillis, URI externalUrl, Function<String, List<QuerySample>> query) {
  /// A scope for checking names only: queries give nothing.
  public static final PrometheusScope NOTHING = new PrometheusScope(0, URI.create(""), _ -> List.of());
}
