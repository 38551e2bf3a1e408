package io.tidemark.log;

import io.tidemark.config.Section;

/// Where the ingest log lies: in files of this machine, or in a Kafka topic.
public sealed interface LogConfig permits SegmentLogConfig, KafkaLogConfig {
  /// What metrics and messages call the log.
  String name();

  int partitions();

  /// Reads the section `log`: `backend` (`files` or `kafka`), the keys of {@link SegmentLogConfig}, and those of
  /// {@link KafkaLogConfig} in `kafka` and `spool`. The keys of the backend that was not chosen are checked all the same.
  static LogConfig read(Section section) {
    String backend = section.oneOf("backend", "files", "files", "kafka");
    SegmentLogConfig files = SegmentLogConfig.readKeys(section);
    KafkaLogConfig kafka = KafkaLogConfig.read(section);
    section.done();
    return backend.equals("kafka") ? kafka : files;
  }

  /// The log that carries alert events beside this one.
  LogConfig alerts();
}
