package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.log.AlertEvents;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.Notifier;
import io.tidemark.notify.NotifyConfig;
import io.tidemark.notify.NotifyLimits;
import io.tidemark.notify.NotifyPorts;
import io.tidemark.notify.Silences;
import io.tidemark.state.MemoryState;
import io.tidemark.storage.MemoryLog;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AlertTailTest {
  private static final int PARTITIONS = 4;
  private static final NotifyConfig CONFIG = NotifyConfig.parse("""
      route: {receiver: team, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 100h}
      receivers:
        - name: team
          webhook_configs: [{url: "http://hook.test/"}]
      """, "test.yml", Path.of("."));

  private final VirtualTime time = new VirtualTime(9);
  private final MemoryLog records = new MemoryLog(PARTITIONS);
  private final MemoryState state = new MemoryState(time);
  private final SimulationReceiver receiver = new SimulationReceiver(time);
  private final KeepingLog log = new KeepingLog();
  private Metrics metrics = new Metrics();
  private Loop loop;
  private Notifier notifier;
  private AlertTail tail;
  private Future<Void> begun;

  /// As Kafka's: trimming drops nothing. Partitions can be slow or refuse.
  private final class KeepingLog implements Log {
    final List<Long> readFrom = new ArrayList<>();
    long slowMillis;
    int slowPartition = -1;
    boolean refusing;

    @Override
    public int partitions() {
      return PARTITIONS;
    }

    @Override
    public Future<Long> append(int partition, byte[] record) {
      return refusing ? Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "refused, as the test asked for"))
          : records.append(partition, record);
    }

    @Override
    public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
      readFrom.add(from);
      if (partition != slowPartition) {
        return records.read(partition, from, bytesMax);
      }
      Promise<List<LogRecord>> later = Promise.promise();
      loop.after(slowMillis, () -> records.read(partition, from, bytesMax).onComplete(later));
      return later.future();
    }

    @Override
    public long begin(int partition) {
      return 0;
    }

    @Override
    public long end(int partition) {
      return records.end(partition);
    }

    @Override
    public void trim(int partition, long upTo) {}

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  private void start() {
    metrics = new Metrics();
    loop = time.loop("notifier");
    Silences silences = Silences.open(new MemoryCatalog(), time, time.entropy(), metrics).result();
    notifier = new Notifier(CONFIG, new NotifyPorts(receiver, state, LeaseConfig.SINGLE, silences, loop, time, time.entropy(), metrics,
        "http://tidemark.test", NotifyLimits.DEFAULT));
    tail = new AlertTail(log, state, notifier, loop, time, metrics);
    log.readFrom.clear();
    begun = tail.start();
    begun.onComplete(_ -> notifier.start(tail::caughtUp));
    time.run();
  }

  private Alert firing(String severity) {
    return new Alert(LabelSet.of("alertname", "Down", "severity", severity), LabelSet.EMPTY, time.millis() - 60_000,
        time.millis() + 240_000, "");
  }

  private Alert over(String severity) {
    return new Alert(firing(severity).labels(), LabelSet.EMPTY, time.millis() - 60_000, time.millis(), "");
  }

  /// Two severities whose events lie in different partitions.
  private List<String> severities() {
    return List.of("critical", IntStream.range(0, 100).mapToObj(i -> "s" + i)
        .filter(s -> partition(s) != partition("critical")).findFirst().orElseThrow());
  }

  private int partition(String severity) {
    return AlertOutbox.partition(firing(severity), PARTITIONS);
  }

  private void send(Alert... alerts) {
    assertTrue(AlertOutbox.of(log, metrics).send(List.of(alerts)).succeeded());
    time.run();
  }

  private List<String> told() {
    return receiver.deliveries().stream().map(d -> d.notification().status()).toList();
  }

  @Test
  void eventsOfAllPartitionsReachTheNotifier() {
    start();
    List<String> severities = severities();
    send(firing(severities.get(0)), firing(severities.get(1)));
    assertEquals(1, records.end(partition(severities.get(0))));
    assertEquals(1, records.end(partition(severities.get(1))));
    time.advance(15_000);
    assertEquals(1, receiver.deliveries().size());
    assertEquals(2, receiver.deliveries().getFirst().notification().firing().size());
  }

  @Test
  void aSlowPartitionMakesNoGroupLookResolvedAfterARestart() {
    start();
    List<String> severities = severities();
    send(firing(severities.get(0)), firing(severities.get(1)));
    time.advance(15_000);
    send(over(severities.get(0)));
    time.advance(60_000);
    List<String> before = told();
    time.crash();
    log.slowPartition = partition(severities.get(1));
    log.slowMillis = 20_000;
    start();
    time.advance(90_000);
    assertEquals(before, told(), "half of the group is over, the other half fires on");
    assertTrue(begun.succeeded());
  }

  @Test
  void aPartitionThatNeverAnswersKeepsNoPageBack() {
    log.slowPartition = partition(severities().get(1));
    log.slowMillis = 10_000_000;
    records.append(log.slowPartition, AlertEvents.encode(List.of(firing(severities().get(1)))));
    start();
    send(firing("critical"));
    time.advance(29_000);
    assertFalse(begun.isComplete());
    time.advance(15_000);
    assertEquals(List.of("firing"), told());
  }

  @Test
  void aStartReadsNoMoreThanMatters() {
    start();
    for (int minute = 0; minute < 60; minute++) {
      send(firing("critical"));
      time.advance(60_000);
    }
    time.crash();
    start();
    long end = records.end(partition("critical"));
    assertEquals(60, end);
    assertTrue(log.readFrom.stream().anyMatch(from -> from >= end - 17 && from <= end - 14), log.readFrom::toString);
    time.advance(60_000);
    assertEquals(List.of("firing"), told());
  }

  @Test
  void marksOfALogThatIsGoneAreLeftAlone() {
    start();
    for (int minute = 0; minute < 30; minute++) {
      send(firing("critical"));
      time.advance(60_000);
    }
    time.crash();
    records.lose(partition("critical"));
    start();
    send(firing("other"), over("critical"));
    time.advance(15_000);
    assertTrue(log.readFrom.contains(0L));
    assertEquals(1, receiver.deliveries().getLast().notification().firing().size());
  }

  @Test
  void hasCaughtUpWhenEverythingThatWasDurableIsRead() {
    log.slowPartition = partition("critical");
    log.slowMillis = 3_000;
    start();
    time.advance(31_000);
    send(firing("critical"));
    // The reading that follows the first event is slow.
    send(firing("critical"));
    Future<Void> caughtUp = tail.caughtUp();
    time.run();
    assertFalse(caughtUp.isComplete());
    time.advance(6_000);
    assertTrue(caughtUp.succeeded());
  }

  @Test
  void whatTheLogRefusesGoesPastItOrIsRefused() {
    start();
    log.refusing = true;
    assertTrue(AlertOutbox.of(log, metrics).send(List.of(firing("critical"))).failed());
    var past = new ArrayList<Alert>();
    assertTrue(AlertOutbox.of(log, past::addAll, metrics).send(List.of(firing("critical"), firing("other"))).succeeded());
    assertEquals(2, past.size());
    assertTrue(metrics.print().contains("tidemark_alert_events_undurable_total 2"));
  }

  @Test
  void aDamagedEventIsSkippedAndCounted() {
    start();
    records.append(0, new byte[] {1, 2, 3});
    send(firing("critical"));
    time.advance(15_000);
    assertEquals(List.of("firing"), told());
    assertTrue(metrics.print().contains("tidemark_alert_events_damaged_total 1"));
  }
}
