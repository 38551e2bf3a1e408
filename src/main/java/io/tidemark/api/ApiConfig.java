package io.tidemark.api;

import io.tidemark.config.Section;

/// What clients of the HTTP API may ask for. Section `api` of the configuration.
///
/// @param remoteReadsMax            how many remote reads may be answered at once
/// @param remoteReadSamplesBytesMax largest answer of remote read's form `SAMPLES`, which is built as a whole, before compression
public record ApiConfig(int remoteReadsMax, int remoteReadSamplesBytesMax) {
  public static final ApiConfig DEFAULT = new ApiConfig(64, 64 * 1024 * 1024);

  /// Reads the section and ends it; what is wrong goes to its problems, with the default in its place.
  public static ApiConfig read(Section section) {
    Section read = section.sectionOrEmpty("remote_read");
    var config = new ApiConfig((int) read.number("concurrency", DEFAULT.remoteReadsMax, 1, 10_000),
        (int) Math.clamp(read.bytes("samples_max", DEFAULT.remoteReadSamplesBytesMax), 1, 1 << 30));
    read.done();
    section.done();
    return config;
  }
}
