package io.tidemark.log.kafka;

import io.tidemark.log.LogRecord;
import io.vertx.core.Promise;
import java.util.List;

/// A read that waits for its records.
record Read(long from, int bytesMax, Promise<List<LogRecord>> promise) {}
