package io.tidemark.collector;

import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.admit.Tally;
import io.tidemark.collector.admit.TallyMetrics;
import io.tidemark.collector.statsd.Aggregator;
import io.tidemark.collector.statsd.StatsdConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The StatsD server: a UDP socket, an aggregator, and a flush at its interval. Owned by one loop.
public final class Statsd {
  private static final Logger LOG = LoggerFactory.getLogger(Statsd.class);
  /// The largest datagram there is.
  private static final int PACKET_BYTES_MAX = 65_535;
  /// What the kernel keeps while the loop is busy; it may grant less.
  private static final int SOCKET_BUFFER_BYTES = 4 << 20;

  private final StatsdConfig config;
  private final Loop loop;
  private final Clock clock;
  private final Aggregator aggregator;
  private final Admission admission;
  private final TallyMetrics lines;
  private final TallyMetrics samples;
  private final Counter packets;
  private final byte[] packet = new byte[PACKET_BYTES_MAX];
  private Optional<DatagramSocket> socket = Optional.empty();
  private Optional<Timers.Timer> timer = Optional.empty();

  /// @param collectors with a StatsD server
  /// @param ingest     the pushes of the same loop, whose batches are shared
  public Statsd(CollectorConfig collectors, Ingest ingest, Loop loop, Clock clock, Entropy entropy, Metrics metrics) {
    this.config = collectors.statsd();
    this.loop = loop;
    this.clock = clock;
    aggregator = new Aggregator(config, ingest.limits().samples(), entropy);
    admission = new Admission(ingest.batcher(), ingest.limits().samples(), ingest.budgets(), clock);
    lines = new TallyMetrics("statsd", metrics);
    samples = new TallyMetrics("statsd_flush", metrics);
    packets = metrics.counter("tidemark_statsd_packets_total", "Datagrams received.");
    metrics.gauge("tidemark_statsd_meters", "Meters kept.", aggregator::meters);
    metrics.gauge("tidemark_statsd_meters_max", "Bound of the meters.", config::metersMax);
  }

  /// Binds the socket and begins to flush. Completes with the port that was bound.
  public Future<Integer> open(Vertx vertx) {
    assert loop.isCurrent();
    var options = new DatagramSocketOptions().setReceiveBufferSize(SOCKET_BUFFER_BYTES);
    DatagramSocket bound = vertx.createDatagramSocket(options);
    bound.handler(datagram -> receive(datagram.data()));
    return bound.listen(config.port(), config.host()).transform(result -> {
      if (result.failed()) {
        return Future.failedFuture(new TidemarkException(ErrorCode.BAD_DATA, "statsd.listen: cannot bind UDP " + config.listen() + ": "
            + result.cause().getMessage(), result.cause()));
      }
      socket = Optional.of(bound);
      schedule();
      return Future.succeededFuture(bound.localAddress().port());
    });
  }

  private void receive(Buffer data) {
    int length = Math.min(data.length(), PACKET_BYTES_MAX);
    data.getBytes(0, length, packet);
    receive(packet, length);
  }

  /// Takes one datagram.
  void receive(byte[] bytes, int length) {
    packets.increment();
    aggregator.receive(bytes, length, clock.millis());
  }

  /// Flushes fall on multiples of the interval, so that timestamps are regular.
  private void schedule() {
    long interval = config.flushIntervalMillis();
    timer = Optional.of(loop.after(interval - Math.floorMod(clock.millis(), interval), () -> {
      flush();
      schedule();
    }));
  }

  /// Writes all meters. Completes when the log has them; totals of a flush that the log refused are in the next one.
  Future<Void> flush() {
    Tally received = aggregator.takeTally();
    lines.count(received, true);
    for (Rule rule : Rule.values()) {
      if (received.rejected(rule) > 0) {
        LOG.warn("StatsD lines refused rule={} lines={} first={}", rule.label(), received.rejected(rule), received.example(rule));
      }
    }
    var tally = new Tally();
    admission.begin(tally, "statsd");
    aggregator.flush(admission);
    return admission.finish().onComplete(durable -> samples.count(tally, durable.succeeded()));
  }

  /// Flushes once more and closes the socket.
  public Future<Void> close() {
    timer.ifPresent(Timers.Timer::cancel);
    Future<Void> closed = socket.isPresent() ? socket.get().close() : Future.succeededFuture();
    return Future.join(flush(), closed).mapEmpty();
  }
}
