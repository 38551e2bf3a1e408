package io.tidemark.collector;

import java.util.Locale;
import java.util.Optional;

/// How a pushed text or JSON body is compressed.
public enum BodyEncoding {
  IDENTITY, GZIP;

  /// The encoding that a `Content-Encoding` header names; empty when it is not supported.
  public static Optional<BodyEncoding> of(String header) {
    return switch (header.strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> Optional.of(IDENTITY);
      case "gzip", "x-gzip" -> Optional.of(GZIP);
      default -> Optional.empty();
    };
  }
}
