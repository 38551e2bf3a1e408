package io.tidemark.collector.scrape;

import io.tidemark.config.Section;

/// Bounds of one scrape; 0 means none, as in Prometheus.
///
/// @param bodyBytesMax       bytes of the answer, as sent and inflated; never 0
/// @param samplesMax         samples left after `metric_relabel_configs`
/// @param labelsMax          labels of a series
/// @param labelNameBytesMax  bytes of a label name
/// @param labelValueBytesMax bytes of a label value
public record ScrapeLimits(int bodyBytesMax, long samplesMax, long labelsMax, long labelNameBytesMax, long labelValueBytesMax) {
  /// What a body may have at most when nothing is configured.
  private static final int BODY_BYTES_DEFAULT = 64 << 20;
  static final ScrapeLimits DEFAULT = new ScrapeLimits(BODY_BYTES_DEFAULT, 0, 0, 0, 0);

  static ScrapeLimits read(Section section, ScrapeLimits byDefault) {
    long bytes = section.bytes("body_size_limit", byDefault.bodyBytesMax);
    return new ScrapeLimits(bytes == 0 ? BODY_BYTES_DEFAULT : (int) Math.min(bytes, 1 << 30),
        section.number("sample_limit", byDefault.samplesMax, 0, Long.MAX_VALUE),
        section.number("label_limit", byDefault.labelsMax, 0, Long.MAX_VALUE),
        section.number("label_name_length_limit", byDefault.labelNameBytesMax, 0, Long.MAX_VALUE),
        section.number("label_value_length_limit", byDefault.labelValueBytesMax, 0, Long.MAX_VALUE));
  }
}
