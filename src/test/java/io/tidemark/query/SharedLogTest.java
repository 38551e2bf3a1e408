package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.codec.Histograms;
import io.tidemark.disk.Disk;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.Log;
import io.tidemark.log.Partitioner;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader.Metadata;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.Storage;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.StorageParts;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real storages that follow one log and share its shards.
class SharedLogTest {
  private static final int PARTITIONS = 4;
  private static final int ROUNDS = 100;
  private static final ReadPolicy ALL_OR_NOTHING = new ReadPolicy(false, 120_000);

  @TempDir
  private Path folder;

  private final PeerCluster cluster = new PeerCluster(PARTITIONS, 0);

  private Storage storage(String name, Log log, Set<Integer> shards) {
    var storage = Storage.open(StorageConfig.DEFAULT, new StorageParts(folder.resolve(name), Disk.local(), log,
        _ -> new ContextLoop(cluster.vertx), cluster.workers, Clock.system(), Entropy.system(), new Metrics()));
    PeerCluster.await(storage.own(shards));
    return storage;
  }

  private static int samples(SeriesView view, SampleBuffer buffer) {
    int samples = 0;
    try (Selection selection = view.select(List.of(Matcher.equal(LabelSet.NAME, "written")), TimeRange.ALL, 100)) {
      for (int i = 0; i < selection.count(); i++) {
        selection.read(i, buffer);
        samples += buffer.count;
      }
    }
    return samples;
  }

  private static void checkHistograms(SeriesView view, long now) {
    var buffer = new SampleBuffer();
    try (Selection selection = view.select(List.of(Matcher.equal(LabelSet.NAME, "latency")), TimeRange.ALL, 100)) {
      assertEquals(20, selection.count());
      for (int i = 0; i < 20; i++) {
        selection.read(i, buffer);
        assertEquals(Histograms.latency(Integer.parseInt(selection.labels(i).value("i"))), buffer.histograms[0]);
        assertEquals(now - 1000, buffer.startsMillis[0]);
      }
    }
  }

  @Test
  void whatWasAcknowledgedIsSeenByTheNextQueryOnAnyNode() {
    Log log = PeerCluster.await(Log.open(new SegmentLogConfig("ingest", PARTITIONS, 64L << 20, 128L << 20, 4 << 20, 16L << 20),
        folder.resolve("log"), Disk.local(), cluster.workers, Clock.system(), new Metrics()));
    Storage a = storage("a", log, Set.of(0, 1));
    Storage b = storage("b", log, Set.of(2, 3));
    cluster.node("a", a);
    cluster.node("b", b);
    cluster.ends = log::ends;
    var writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, Clock.system(), new Metrics());
    List<ClusterReader> readers = List.of(cluster.reader(PeerConfig.DEFAULT, "a", a), cluster.reader(PeerConfig.DEFAULT, "b", b),
        cluster.reader(PeerConfig.DEFAULT));
    var partitioner = new Partitioner(PARTITIONS, 0);
    var used = new TreeSet<Integer>();
    long now = Clock.system().millis();
    var buffer = new SampleBuffer();
    writer.metadata("written", "gauge", "What this test writes.", "");
    for (int round = 1; round <= ROUNDS; round++) {
      for (int i = 0; i < 20; i++) {
        LabelSet labels = LabelSet.of(LabelSet.NAME, "written", "i", "" + i);
        used.add(partitioner.partition(labels));
        writer.add(writer.define(labels), now + round, round);
        if (round == ROUNDS) {
          writer.add(writer.define(labels), new Exemplar(LabelSet.of("trace_id", "t" + i), i, now));
          writer.add(writer.define(LabelSet.of(LabelSet.NAME, "latency", "i", "" + i)), now, Histograms.latency(i), now - 1000);
        }
      }
      PeerCluster.await(writer.flush());
      for (ClusterReader reader : readers) {
        try (SeriesView view = PeerCluster.await(reader.view(ALL_OR_NOTHING))) {
          assertEquals(20 * round, samples(view, buffer));
          assertEquals(List.of(), view.warnings());
        }
      }
    }
    assertEquals(Set.of(0, 1, 2, 3), used, "the series must lie on both nodes");
    try (SeriesView view = PeerCluster.await(readers.getLast().view(ALL_OR_NOTHING))) {
      assertEquals(Map.of("written", List.of(new Metadata("gauge", "What this test writes.", ""))), view.metadata());
      assertEquals(List.of("3", "7"), view.labelValues("i", List.of(new Matcher("i", Matcher.Op.MATCH, "[37]")), TimeRange.ALL));
      assertEquals(List.of("__name__", "i"),
          view.labelNames(List.of(Matcher.equal(LabelSet.NAME, "written"), Matcher.equal("i", "3")), TimeRange.ALL));
      assertEquals(List.of(), view.labelNames(List.of(Matcher.equal(LabelSet.NAME, "other")), TimeRange.ALL));
      List<SeriesExemplars> exemplars = view.exemplars(List.of(Matcher.equal(LabelSet.NAME, "written")), TimeRange.ALL);
      assertEquals(20, exemplars.size());
      exemplars.forEach(of -> assertEquals("t" + of.series().value("i"), of.exemplars().getFirst().labels().value("trace_id")));
      checkHistograms(view, now);
    }
    PeerCluster.await(Future.all(a.close(), b.close()));
    PeerCluster.await(log.close());
    cluster.close();
  }
}
