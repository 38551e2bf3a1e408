package io.tidemark.api;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;

/// How the body of an answer may be compressed on its way.
enum Compression {
  NONE(""), GZIP("gzip"), ZSTD("zstd");

  /// Below this an answer fits a packet and is not worth compressing.
  private static final int BYTES_MIN = 1_400;

  private final String text;

  Compression(String text) {
    this.text = text;
  }

  /// The word of the `Content-Encoding` header; empty for none.
  String text() {
    return text;
  }

  /// The best for the answer to `request`.
  ///
  /// @param bytes how long the answer is at least
  static Compression of(HttpServerRequest request, int bytes) {
    String accepted = request.getHeader(HttpHeaders.ACCEPT_ENCODING);
    return accepted == null || bytes < BYTES_MIN ? NONE : of(accepted);
  }

  /// The best that an `Accept-Encoding` header allows: the one with the higher weight, zstd when they are equal, for it costs a
  /// fraction of the other. Source: RFC 9110 section 12.5.3. A part that cannot be read does not count.
  static Compression of(String header) {
    double gzip = -1;
    double zstd = -1;
    double rest = 0;
    for (String part : header.toLowerCase(Locale.ROOT).split(",")) {
      int semicolon = part.indexOf(';');
      double weight = weight(semicolon < 0 ? "" : part.substring(semicolon + 1).strip());
      switch ((semicolon < 0 ? part : part.substring(0, semicolon)).strip()) {
        case "gzip", "x-gzip" -> gzip = weight;
        case "zstd" -> zstd = weight;
        case "*" -> rest = weight;
        default -> { }
      }
    }
    double gzipWeight = gzip < 0 ? rest : gzip;
    if (zstd > 0 && zstd >= gzipWeight) {
      return ZSTD;
    }
    return gzipWeight > 0 ? GZIP : NONE;
  }

  private static double weight(String parameter) {
    if (!parameter.startsWith("q=")) {
      return 1;
    }
    try {
      return Double.parseDouble(parameter.substring(2));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
