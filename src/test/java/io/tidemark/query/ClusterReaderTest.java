package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.ShardReader;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A cluster of nodes in one process, read over real connections.
class ClusterReaderTest {
  private static final List<Matcher> EVERYTHING = List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, ""));
  private static final ReadPolicy ALL_OR_NOTHING = new ReadPolicy(false, 120_000);
  /// For tests in which silence must not be what ends a call.
  private static final PeerConfig PATIENT = silence(100_000);
  /// For tests in which it must.
  private static final PeerConfig HASTY = silence(2_000);

  private final PeerCluster cluster = new PeerCluster(4, 0);

  @AfterEach
  void close() {
    cluster.close();
  }

  private static PeerConfig silence(long millis) {
    PeerConfig d = PeerConfig.DEFAULT;
    return new PeerConfig(millis, d.connectMillis(), d.connectionsMax(), d.waitingMax(), d.viewBytesMax(), d.requestsMax(),
        d.unsentBytesMax());
  }

  private static LabelSet up(String instance) {
    return LabelSet.of(LabelSet.NAME, "up", "instance", instance);
  }

  private static SeriesView view(ClusterReader reader, ReadPolicy policy) {
    return PeerCluster.await(reader.view(policy));
  }

  private static Map<LabelSet, Map<Long, Long>> read(SeriesView view) {
    return read(view, EVERYTHING);
  }

  /// Samples as raw bits.
  private static Map<LabelSet, Map<Long, Long>> read(SeriesView view, List<Matcher> matchers) {
    var found = new TreeMap<LabelSet, Map<Long, Long>>();
    var buffer = new SampleBuffer();
    try (Selection selection = view.select(matchers, TimeRange.ALL, 1_000)) {
      for (int i = 0; i < selection.count(); i++) {
        selection.read(i, buffer);
        var samples = new TreeMap<Long, Long>();
        for (int j = 0; j < buffer.count; j++) {
          samples.put(buffer.timestampsMillis[j], Double.doubleToRawLongBits(buffer.values[j]));
        }
        found.put(selection.labels(i), samples);
      }
    }
    return found;
  }

  private static Map<Long, Long> samples(Object... timesAndValues) {
    var samples = new TreeMap<Long, Long>();
    for (int i = 0; i < timesAndValues.length; i += 2) {
      samples.put(((Number) timesAndValues[i]).longValue(),
          Double.doubleToRawLongBits(((Number) timesAndValues[i + 1]).doubleValue()));
    }
    return samples;
  }

  private static MemoryShards shards(long position, int... numbers) {
    var shards = new MemoryShards();
    for (int number : numbers) {
      shards.at(number, position).add(number, up("of shard " + number), 1_000, number + 0.1);
    }
    return shards;
  }

  private static Map<LabelSet, Map<Long, Long>> dataOf(int... numbers) {
    var data = new TreeMap<LabelSet, Map<Long, Long>>();
    for (int number : numbers) {
      data.put(up("of shard " + number), samples(1_000, number + 0.1));
    }
    return data;
  }

  /// A series that takes many frames, of values that do not compress.
  private static MemoryShards large(MemoryShards shards, int shard, int samples) {
    for (int i = 0; i < samples; i++) {
      shards.add(shard, up("large"), i * 1_000L, i == 7 ? Stale.VALUE : i == 8 ? -0.0 : Math.sqrt(i) * 1e-7);
    }
    return shards;
  }

  private double retries() {
    return PeerCluster.metric(cluster.metrics, "tidemark_peer_retries_total");
  }

  @Test
  void readsEveryShardFromTheNodeThatHasIt() {
    cluster.node("a", shards(0, 0, 1));
    cluster.node("b", shards(0, 2, 3));
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
      assertEquals(List.of("__name__", "instance"), view.labelNames(List.of(), TimeRange.ALL));
      assertEquals(List.of("of shard 0", "of shard 1", "of shard 2", "of shard 3"),
          view.labelValues("instance", List.of(), TimeRange.ALL));
      assertEquals(List.of(), view.warnings());
    }
    assertEquals(0.0, PeerCluster.metric(cluster.metrics, "tidemark_peer_held_bytes"));
  }

  @Test
  void saysWhenANodeHoldsRecordsBack() {
    cluster.node("a", shards(0, 0, 1, 2, 3));
    cluster.heldBack.set(7);
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
      assertEquals(List.of("a holds 7 acknowledged records until Kafka takes them; the newest samples may be missing"), view.warnings());
    }
  }

  @Test
  void readsOwnShardsWithoutAskingAnybody() {
    cluster.node("a", shards(0, 0, 1, 2, 3));
    MemoryShards local = shards(0, 0, 1, 2);
    ClusterReader reader = cluster.reader(PATIENT, "me", local);
    try (SeriesView view = view(reader, ALL_OR_NOTHING)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
    }
    assertEquals(1.0, PeerCluster.metric(cluster.metrics, "tidemark_peer_requests_total"));
  }

  @Test
  void joinsASeriesThatTwoShardsHold() {
    cluster.node("a", new MemoryShards().at(0, 0).at(1, 0).at(2, 0).add(0, up("x"), 10, 1).add(0, up("x"), 30, 3));
    cluster.node("b", new MemoryShards().at(3, 0).add(3, up("x"), 20, 2));
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      assertEquals(Map.of(up("x"), samples(10, 1, 20, 2, 30, 3)), read(view));
    }
  }

  @Test
  void keepsEveryBitOfASeriesOfManyFrames() {
    MemoryShards one = large(shards(0, 0, 1, 2, 3), 2, 200_000);
    cluster.node("a", one);
    Map<LabelSet, Map<Long, Long>> expected = read(PeerCluster.await(one.view(Map.of(0, 0L, 1, 0L, 2, 0L, 3, 0L))));
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      assertEquals(expected, read(view));
    }
  }

  /// Two replicas of all shards, one behind a wire that fails.
  private Map<LabelSet, Map<Long, Long>> readPast(FaultyPeer.Fault fault, PeerConfig config) {
    PeerCluster.Node real = cluster.node("a", large(shards(0, 0, 1, 2, 3), 0, 20_000));
    var wire = new FaultyPeer(cluster.vertx, real.address);
    cluster.say("a", wire.address, real.shards::applied);
    Map<LabelSet, Map<Long, Long>> expected;
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      expected = read(view);
    }
    cluster.node("b", large(shards(0, 0, 1, 2, 3), 0, 20_000));
    // The other replica only comes to be asked when this one has failed.
    cluster.say("b", cluster.address("b"), () -> Map.of(0, -2_000L, 1, -2_000L, 2, -2_000L, 3, -2_000L));
    wire.fault = fault;
    try (SeriesView view = view(cluster.reader(config), ALL_OR_NOTHING)) {
      assertEquals(expected, read(view));
      assertEquals(List.of(), view.warnings());
    }
    assertEquals(1.0, retries());
    return expected;
  }

  @Test
  void asksElsewhereWhenANodeDiesInTheMiddleOfItsAnswer() {
    assertEquals(5, readPast(new FaultyPeer.Fault.Cut(50_000), PATIENT).size());
  }

  @Test
  void asksElsewhereWhenAnAnswerIsDamagedOnItsWay() {
    assertEquals(5, readPast(new FaultyPeer.Fault.Flip(50_000), PATIENT).size());
  }

  @Test
  void asksElsewhereWhenANodeFallsSilent() {
    assertEquals(5, readPast(new FaultyPeer.Fault.Mute(50_000), HASTY).size());
  }

  @Test
  void asksElsewhereAtOnceWhenNobodyListens() {
    PeerCluster.Node dead = cluster.node("a", shards(0, 0, 1, 2, 3));
    cluster.node("b", shards(0, 0, 1, 2, 3));
    cluster.say("b", cluster.address("b"), () -> Map.of(0, -2_000L, 1, -2_000L, 2, -2_000L, 3, -2_000L));
    dead.kill();
    long begin = Clock.system().nanos();
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
      assertEquals(dataOf(0, 1, 2, 3), read(view));
      assertEquals(List.of(), view.warnings());
    }
    assertTrue(Clock.system().nanos() - begin < TimeUnit.SECONDS.toNanos(50), "waited for a node that is gone");
    assertEquals(1.0, retries(), "a view asks a node that failed only once");
  }

  @Test
  void namesTheShardsThatNobodyAnswersFor() {
    PeerCluster.Node a = cluster.node("a", shards(0, 0, 1));
    cluster.node("c", shards(0, 2, 3));
    a.kill();
    ClusterReader reader = cluster.reader(PATIENT);
    try (SeriesView view = view(reader, ReadPolicy.DEFAULT)) {
      assertEquals(dataOf(2, 3), read(view));
      assertEquals(1, view.warnings().size(), view.warnings().toString());
      String warning = view.warnings().getFirst();
      assertTrue(warning.matches("shards 0, 1 did not answer: peer 127\\.0\\.0\\.1:\\d+ does not answer: .*; the result is partial"),
          warning);
    }
    try (SeriesView view = view(reader, ALL_OR_NOTHING)) {
      var failure = assertThrows(TidemarkException.class, () -> read(view));
      assertEquals(ErrorCode.UNAVAILABLE, failure.code());
      assertTrue(failure.getMessage().startsWith("shards 0, 1 did not answer: "), failure.getMessage());
    }
    assertEquals(2.0, PeerCluster.metric(cluster.metrics, "tidemark_peer_partial_total"));
  }

  @Test
  void answersPartlyWhenBothReplicasAreAway() {
    cluster.node("a", shards(0, 0, 1)).kill();
    cluster.node("b", shards(0, 0, 1)).kill();
    cluster.node("c", shards(0, 2, 3));
    try (SeriesView view = view(cluster.reader(PATIENT), ReadPolicy.DEFAULT)) {
      assertEquals(dataOf(2, 3), read(view));
      String warnings = view.warnings().toString();
      assertTrue(warnings.matches(".*shards? (0|1|0, 1) did not answer.*"), warnings);
    }
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      assertEquals(ErrorCode.UNAVAILABLE, assertThrows(TidemarkException.class, () -> read(view)).code());
    }
  }

  @Test
  void namesTheShardsThatNobodyHas() {
    cluster.node("a", shards(0, 0, 1, 2));
    try (SeriesView view = view(cluster.reader(PATIENT), ReadPolicy.DEFAULT)) {
      assertEquals(dataOf(0, 1, 2), read(view));
      assertEquals(List.of("shard 3 did not answer: no node has it; the result is partial"), view.warnings());
    }
  }

  @Test
  void asksElsewhereOnlyForWhatANodeDoesNotHaveAnyMore() {
    MemoryShards left = shards(0, 0, 1, 2, 3);
    PeerCluster.Node a = cluster.node("a", left);
    left.drop(1);
    cluster.say("a", a.address, () -> Map.of(0, 0L, 1, 0L, 2, 0L, 3, 0L));
    ClusterReader reader = cluster.reader(PATIENT);
    try (SeriesView view = view(reader, ReadPolicy.DEFAULT)) {
      assertEquals(dataOf(0, 2, 3), read(view));
      assertEquals(List.of("shard 1 did not answer: node a does not have shard 1 any more; the result is partial"), view.warnings());
    }
    cluster.node("b", shards(0, 1));
    cluster.say("b", cluster.address("b"), () -> Map.of(1, -2_000L));
    try (SeriesView view = view(reader, ALL_OR_NOTHING)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
    }
    assertEquals(1.0, retries());
  }

  @Test
  void waitsForWhatTheLogHeldWhenTheQueryCame() throws Exception {
    MemoryShards slow = shards(3, 0, 1, 2, 3);
    cluster.node("a", slow);
    cluster.ends = () -> Future.succeededFuture(new long[] {3, 5, 3, 3});
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      CompletableFuture<Map<LabelSet, Map<Long, Long>>> answer = CompletableFuture.supplyAsync(() -> read(view));
      PeerCluster.until(() -> slow.waiting() == 1);
      slow.add(1, up("of shard 1"), 2_000, 7).at(1, 5);
      assertEquals(samples(1_000, 1.1, 2_000, 7), answer.get(60, TimeUnit.SECONDS).get(up("of shard 1")));
      assertEquals(List.of(), view.warnings());
    }
  }

  @Test
  void answersWithWhatIsThereAndSaysSoWhenANodeStaysBehind() {
    cluster.node("a", shards(3, 0, 1, 2, 3));
    cluster.ends = () -> Future.succeededFuture(new long[] {3, 5, 3, 3});
    ClusterReader reader = cluster.reader(HASTY);
    try (SeriesView view = view(reader, ReadPolicy.DEFAULT)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
      assertEquals(List.of("shard 1 of node a lacked some of what the ingest log held when the query came; the newest samples may be "
          + "missing"), view.warnings());
    }
    try (SeriesView view = view(reader, ALL_OR_NOTHING)) {
      var failure = assertThrows(TidemarkException.class, () -> read(view));
      assertEquals(ErrorCode.UNAVAILABLE, failure.code());
      assertTrue(failure.getMessage().contains("shard 1 has everything before position 3"), failure.getMessage());
    }
  }

  @Test
  void prefersTheReplicaThatIsAsFarAsTheLog() {
    cluster.node("a", shards(3, 0, 1, 2, 3));
    PeerCluster.Node far = cluster.node("b", shards(5, 0, 1, 2, 3));
    cluster.ends = () -> Future.succeededFuture(new long[] {5, 5, 5, 5});
    for (int i = 0; i < 8; i++) {
      try (SeriesView view = view(cluster.reader(PATIENT, "me", shards(-5_000, 0, 1, 2, 3)), ALL_OR_NOTHING)) {
        assertEquals(dataOf(0, 1, 2, 3), read(view));
      }
    }
    assertEquals(8.0, PeerCluster.metric(far.metrics, "tidemark_peer_served_total"));
  }

  @Test
  void spreadsShardsOverEquallyGoodReplicas() {
    PeerCluster.Node a = cluster.node("a", shards(0, 0, 1, 2, 3));
    PeerCluster.Node b = cluster.node("b", shards(0, 0, 1, 2, 3));
    ClusterReader reader = cluster.reader(PATIENT);
    for (int i = 0; i < 4; i++) {
      try (SeriesView view = view(reader, ALL_OR_NOTHING)) {
        assertEquals(dataOf(0, 1, 2, 3), read(view));
      }
    }
    assertEquals(4.0, PeerCluster.metric(a.metrics, "tidemark_peer_served_total"));
    assertEquals(4.0, PeerCluster.metric(b.metrics, "tidemark_peer_served_total"));
  }

  @Test
  void goesOnWithoutTheLogAndSaysSo() {
    cluster.node("a", shards(3, 0, 1, 2, 3));
    cluster.ends = () -> Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "kafka is away"));
    ClusterReader reader = cluster.reader(PATIENT);
    try (SeriesView view = view(reader, ReadPolicy.DEFAULT)) {
      assertEquals(dataOf(0, 1, 2, 3), read(view));
      assertEquals(List.of("the ingest log does not say how far it is (kafka is away); the newest samples may be missing"),
          view.warnings());
    }
    assertEquals(ErrorCode.UNAVAILABLE, assertThrows(TidemarkException.class, () -> view(reader, ALL_OR_NOTHING)).code());
    Promise<long[]> never = Promise.promise();
    cluster.ends = never::future;
    try (SeriesView view = view(reader, new ReadPolicy(true, 1_000))) {
      assertTrue(view.warnings().getFirst().contains("no answer within 500 ms"), view.warnings().toString());
    }
  }

  @Test
  void holdsToItsDeadlineWhenAllReplicasAreSilent() {
    for (String id : List.of("a", "b")) {
      PeerCluster.Node real = cluster.node(id, shards(0, 0, 1, 2, 3));
      var wire = new FaultyPeer(cluster.vertx, real.address);
      wire.fault = new FaultyPeer.Fault.Mute(0);
      cluster.say(id, wire.address, real.shards::applied);
    }
    long begin = Clock.system().nanos();
    try (SeriesView view = view(cluster.reader(PATIENT), new ReadPolicy(true, 1_000))) {
      assertEquals(Map.of(), read(view));
      assertTrue(view.warnings().getFirst().contains("sent nothing for"), view.warnings().toString());
      assertEquals(ErrorCode.TIMEOUT, assertThrows(TidemarkException.class, () -> read(view)).code());
    }
    assertTrue(Clock.system().nanos() - begin < TimeUnit.SECONDS.toNanos(60), "waited for nodes that say nothing");
  }

  @Test
  void endsReadsUnderWayWhenTheViewIsClosed() throws Exception {
    PeerCluster.Node real = cluster.node("a", shards(0, 0, 1, 2, 3));
    var wire = new FaultyPeer(cluster.vertx, real.address);
    wire.fault = new FaultyPeer.Fault.Mute(0);
    cluster.say("a", wire.address, real.shards::applied);
    SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING);
    CompletableFuture<Map<LabelSet, Map<Long, Long>>> answer = CompletableFuture.supplyAsync(() -> read(view));
    PeerCluster.until(() -> PeerCluster.metric(real.metrics, "tidemark_peer_served_total") == 1);
    view.close();
    var failure = assertThrows(ExecutionException.class, () -> answer.get(60, TimeUnit.SECONDS));
    assertEquals(ErrorCode.CANCELED, ((TidemarkException) failure.getCause()).code());
  }

  @Test
  void refusesMoreSeriesThanAllowedInTheSameWordsAsOneNode() {
    cluster.node("a", shards(0, 0, 1, 2));
    cluster.node("b", shards(0, 3));
    try (SeriesView view = view(cluster.reader(PATIENT), ALL_OR_NOTHING)) {
      var failure = assertThrows(TidemarkException.class, () -> view.select(EVERYTHING, TimeRange.ALL, 3));
      assertEquals(ErrorCode.TOO_EXPENSIVE, failure.code());
      assertEquals("the selector matches more than 3 series; add matchers, or raise the limit of series a query", failure.getMessage());
      assertEquals(ErrorCode.TOO_EXPENSIVE,
          assertThrows(TidemarkException.class, () -> view.select(EVERYTHING, TimeRange.ALL, 1)).code());
    }
    assertEquals(0.0, retries(), "another replica would refuse as well");
  }

  @Test
  void holdsNoMoreBytesThanAllowed() {
    cluster.node("a", large(shards(0, 0, 1, 2, 3), 0, 50_000));
    PeerConfig d = PATIENT;
    var small = new PeerConfig(d.silenceMillis(), d.connectMillis(), d.connectionsMax(), d.waitingMax(), 100_000, d.requestsMax(),
        d.unsentBytesMax());
    try (SeriesView view = view(cluster.reader(small), ALL_OR_NOTHING)) {
      var failure = assertThrows(TidemarkException.class, () -> read(view));
      assertEquals(ErrorCode.TOO_EXPENSIVE, failure.code());
      assertTrue(failure.getMessage().contains("query.peer.memory_max = 100000"), failure.getMessage());
    }
    assertEquals(0.0, PeerCluster.metric(cluster.metrics, "tidemark_peer_held_bytes"));
  }

  @Test
  void forgetsTheGuardsOfNodesThatLeft() {
    cluster.node("a", shards(0, 0, 1, 2, 3));
    cluster.node("b", shards(0, 0, 1, 2, 3));
    ClusterReader reader = cluster.reader(PATIENT);
    try (SeriesView view = view(reader, ALL_OR_NOTHING)) {
      read(view);
    }
    assertEquals(2, cluster.guards.list().size());
    cluster.forget("b");
    view(reader, ALL_OR_NOTHING).close();
    assertEquals(List.of(cluster.address("a")), cluster.guards.list().stream().map(guarded -> guarded.address()).toList());
    assertTrue(cluster.metrics.print().contains("system=\"peer " + cluster.address("a") + "\""));
    assertEquals(1, cluster.metrics.print().lines().filter(line -> line.startsWith("tidemark_guard_state{")).count());
  }

  @Test
  void asksOnlyTheShardsThatMayHoldAName() {
    var narrow = new PeerCluster(4, 1);
    try {
      int shard = narrow.names.of(List.of(Matcher.equal(LabelSet.NAME, "up"))).iterator().next();
      var asked = new AtomicReference<Map<Integer, Long>>(Map.of());
      MemoryShards real = shards(0, 0, 1, 2, 3);
      narrow.node("a", new ShardReader() {
        @Override
        public Map<Integer, Long> applied() {
          return real.applied();
        }

        @Override
        public Future<SeriesView> view(Map<Integer, Long> positions) {
          asked.set(positions);
          return real.view(positions);
        }
      });
      try (SeriesView view = view(narrow.reader(PATIENT), ALL_OR_NOTHING)) {
        assertEquals(dataOf(shard), read(view, List.of(Matcher.equal(LabelSet.NAME, "up"))));
        assertEquals(Map.of(shard, 0L), asked.get());
        view.labelValues("instance", List.of(new Matcher(LabelSet.NAME, Matcher.Op.MATCH, "up")), TimeRange.ALL);
        assertEquals(Map.of(shard, 0L), asked.get());
        view.labelNames(EVERYTHING, TimeRange.ALL);
        assertEquals(4, asked.get().size());
        assertEquals(Map.of(), read(view, List.of(Matcher.equal(LabelSet.NAME, "up"), Matcher.equal(LabelSet.NAME, "down"))));
      }
    } finally {
      narrow.close();
    }
  }

  @Test
  void passesOnWhatMayBeAskedOnlyOnce() {
    var bad = List.of(new Matcher("instance", Matcher.Op.MATCH, "("));
    cluster.node("a", shards(0, 0, 1, 2, 3));
    try (SeriesView view = view(cluster.reader(PATIENT), ReadPolicy.DEFAULT)) {
      assertEquals(ErrorCode.BAD_DATA, assertThrows(TidemarkException.class, () -> read(view, bad)).code());
      assertEquals(List.of(), view.warnings());
    }
  }
}
