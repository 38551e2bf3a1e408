package io.tidemark.api;

import io.tidemark.config.Section;
import io.tidemark.model.TidemarkException;
import io.tidemark.regex.Regex;

/// What clients of the HTTP API may ask for. Section `api` of the configuration.
///
/// @param corsOrigin                origins of pages of other sites that may read `/api/v1`, as Prometheus' `--web.cors.origin`, but none
///                                  by default: this version knows no login
/// @param remoteReadsMax            how many remote reads may be answered at once
/// @param remoteReadSamplesBytesMax largest answer of remote read's form `SAMPLES`, which is built as a whole, before compression
public record ApiConfig(Regex corsOrigin, int remoteReadsMax, int remoteReadSamplesBytesMax) {
  public static final ApiConfig DEFAULT = new ApiConfig(Regex.compile(""), 64, 64 * 1024 * 1024);

  /// Reads the section and ends it; what is wrong goes to its problems, with the default in its place.
  public static ApiConfig read(Section section) {
    Section read = section.sectionOrEmpty("remote_read");
    var config = new ApiConfig(origins(section), (int) read.number("concurrency", DEFAULT.remoteReadsMax, 1, 10_000),
        Math.clamp(read.bytes("samples_max", DEFAULT.remoteReadSamplesBytesMax), 1, 1 << 30));
    read.done();
    section.done();
    return config;
  }

  private static Regex origins(Section section) {
    String text = section.text("cors_origin", "");
    try {
      return Regex.compile(text);
    } catch (TidemarkException e) {
      section.problem("cors_origin", "cors_origin: " + e.getMessage());
      return DEFAULT.corsOrigin;
    }
  }
}
