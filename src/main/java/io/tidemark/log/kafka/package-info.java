/// The ingest log as a Kafka topic, and the spool that takes over while Kafka is away.
///
/// **Purpose** the log that several processes share.
/// **Invariants** a record is acknowledged only when `min.insync.replicas` brokers have it or the spool has it on disk; appends of one
/// process reach a partition in the order in which they were made, or are refused.
/// **Threading** any thread; a producer thread, an admin thread and up to three fetching threads of its own. **Plane** control.
/// **Formats** docs/kafka.md, docs/formats/spool.md  **Start at** {@link io.tidemark.log.kafka.KafkaLog}
@NullMarked
package io.tidemark.log.kafka;

import org.jspecify.annotations.NullMarked;
