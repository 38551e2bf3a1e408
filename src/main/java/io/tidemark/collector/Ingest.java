package io.tidemark.collector;

import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.Batcher;
import io.tidemark.collector.admit.BatcherLimits;
import io.tidemark.collector.admit.Gunzip;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.admit.Tally;
import io.tidemark.collector.admit.TallyMetrics;
import io.tidemark.collector.json.JsonDecoder;
import io.tidemark.collector.remotewrite.RemoteWrite2Decoder;
import io.tidemark.collector.remotewrite.RemoteWriteDecoder;
import io.tidemark.collector.remotewrite.SnappyBlock;
import io.tidemark.collector.text.Dialect;
import io.tidemark.collector.text.TextDecoder;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.SeriesHash;
import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// The pushes of one loop: bodies in, samples into the open batch, an outcome when the log has them.
///
/// Requests of one loop share batches (see {@link Batcher}); the log learns the trace of each. Every call and completion is on the loop.
public final class Ingest {
  /// What a sender is told to wait when the log is full.
  private static final long LOG_RETRY_MILLIS = 1000;

  private final IngestLimits limits;
  private final Gate gate;
  private final SeriesBudgets budgets;
  private final Loop loop;
  private final Supplier<Ingest> backfilling;
  private Optional<Ingest> backfill = Optional.empty();
  private final Batcher batcher;
  private final Admission admission;
  private final SnappyBlock snappy = new SnappyBlock();
  private final RemoteWriteDecoder remoteWriteDecoder;
  private final RemoteWrite2Decoder remoteWrite2Decoder;
  private final TextDecoder textDecoder;
  private final JsonDecoder jsonDecoder;
  private final TallyMetrics remoteWriteMetrics;
  private final TallyMetrics remoteWrite2Metrics;
  private final TallyMetrics textMetrics;
  private final TallyMetrics jsonMetrics;
  private final Counter oversized;
  private final Counter damaged;

  /// @param gate    shared by all loops, as the budgets are
  /// @param writer  this loop's own
  public Ingest(IngestLimits limits, Gate gate, SeriesBudgets budgets, Loop loop, BatchWriter writer, Clock clock, Entropy entropy,
      Metrics metrics) {
    this.limits = limits;
    this.gate = gate;
    this.budgets = budgets;
    this.loop = loop;
    backfilling = () -> new Ingest(limits, gate, budgets, loop, writer.backfilling((int) entropy.nextLong()), clock,
        entropy, metrics);
    batcher = new Batcher(writer, loop, BatcherLimits.DEFAULT, clock, metrics);
    admission = new Admission(batcher, limits.samples(), budgets, clock);
    remoteWriteDecoder = new RemoteWriteDecoder(admission, new SeriesHash(entropy));
    remoteWrite2Decoder = new RemoteWrite2Decoder(admission, new SeriesHash(entropy));
    textDecoder = new TextDecoder(admission, new SeriesHash(entropy));
    jsonDecoder = new JsonDecoder(admission);
    remoteWriteMetrics = new TallyMetrics("remote_write", metrics);
    textMetrics = new TallyMetrics("text", metrics);
    remoteWrite2Metrics = new TallyMetrics("remote_write_2", metrics);
    jsonMetrics = new TallyMetrics("json", metrics);
    oversized = metrics.counter("tidemark_collector_oversized_requests_total", "Requests above a size limit, inflated or not.");
    damaged = metrics.counter("tidemark_collector_damaged_requests_total", "Requests whose compression or framing is broken.");
  }

  /// The way in for samples that are brought in later, which fill batches of their own: shards take those as far back as they keep any.
  Ingest backfill() {
    assert loop.isCurrent();
    if (backfill.isEmpty()) {
      backfill = Optional.of(backfilling.get());
    }
    return backfill.get();
  }

  /// The way into the same batches for the scraper and the StatsD server of this loop.
  Batcher batcher() {
    return batcher;
  }

  Gate gate() {
    return gate;
  }

  SeriesBudgets budgets() {
    return budgets;
  }

  IngestLimits limits() {
    return limits;
  }

  /// Takes a remote write 1.0 body: a snappy block with a `WriteRequest`.
  public Future<IngestResult> remoteWrite(byte[] body, String service, Trace trace) {
    return take(remoteWriteMetrics, service, trace, () -> decodeSnappy(body, remoteWriteDecoder::decode));
  }

  /// Takes a remote write 2.0 body: a snappy block with an `io.prometheus.write.v2.Request`.
  public Future<IngestResult> remoteWrite2(byte[] body, String service, Trace trace) {
    return take(remoteWrite2Metrics, service, trace, () -> decodeSnappy(body, remoteWrite2Decoder::decode));
  }

  private interface Decoder {
    void decode(byte[] bytes, int length);
  }

  private void decodeSnappy(byte[] body, Decoder decoder) {
    try {
      int length = snappy.inflate(body, limits.inflatedBytesMax());
      decoder.decode(snappy.bytes(), length);
    } finally {
      snappy.release();
    }
  }

  /// Takes a text exposition; `contentType` tells OpenMetrics from 0.0.4.
  public Future<IngestResult> text(byte[] body, BodyEncoding encoding, String contentType, String service, Trace trace) {
    return take(textMetrics, service, trace, () -> {
      byte[] bytes = inflated(body, encoding);
      textDecoder.decode(bytes, bytes.length, Dialect.of(contentType));
    });
  }

  /// Takes JSON samples: one object, an array, or an object a line.
  public Future<IngestResult> json(byte[] body, BodyEncoding encoding, String service, Trace trace) {
    return take(jsonMetrics, service, trace, () -> jsonDecoder.decode(inflated(body, encoding)));
  }

  private byte[] inflated(byte[] body, BodyEncoding encoding) {
    return switch (encoding) {
      case IDENTITY -> body;
      case GZIP -> Gunzip.inflate(body, limits.inflatedBytesMax());
    };
  }

  private Future<IngestResult> take(TallyMetrics metrics, String service, Trace trace, Runnable decode) {
    assert loop.isCurrent();
    long waitMillis = gate.waitMillis(service);
    if (waitMillis > 0) {
      return Future.succeededFuture(new IngestResult.Refused(ErrorCode.RATE_LIMITED, "service \"" + Tally.shorten(service, 100)
          + "\" sends more samples per second than its limit (limits.samples_per_second); come again in " + waitMillis + " ms",
          waitMillis));
    }
    var tally = new Tally();
    admission.begin(tally, service);
    batcher.writer().beginTrace(trace);
    try {
      decode.run();
    } catch (TidemarkException e) {
      (e.code() == ErrorCode.TOO_LARGE ? oversized : damaged).increment();
      return Future.succeededFuture(new IngestResult.Refused(e.code(), e.getMessage(), 0));
    } finally {
      batcher.writer().endTrace();
    }
    gate.charge(service, tally.accepted() + tally.rejected());
    return admission.finish().transform(durable -> {
      metrics.count(tally, durable.succeeded());
      return durable.succeeded() ? Future.succeededFuture(stored(tally)) : refused(durable.cause());
    });
  }

  private static IngestResult stored(Tally tally) {
    List<IngestResult.Rejection> rejections = new ArrayList<>();
    for (Rule rule : Rule.values()) {
      if (tally.rejected(rule) > 0) {
        rejections.add(new IngestResult.Rejection(rule.label(), tally.rejected(rule), tally.example(rule)));
      }
    }
    return new IngestResult.Stored(tally.accepted(), tally.histograms(), tally.exemplars(), rejections);
  }

  private static Future<IngestResult> refused(Throwable cause) {
    if (cause instanceof TidemarkException e) {
      long retryMillis = e.code() == ErrorCode.UNAVAILABLE ? LOG_RETRY_MILLIS : 0;
      return Future.succeededFuture(new IngestResult.Refused(e.code(), e.getMessage(), retryMillis));
    }
    return Future.failedFuture(cause);
  }
}
