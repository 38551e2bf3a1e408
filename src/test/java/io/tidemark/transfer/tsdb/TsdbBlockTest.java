package io.tidemark.transfer.tsdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.transfer.GoldenBlocks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Blocks that a real Prometheus wrote, whole and damaged.
class TsdbBlockTest {
  @TempDir
  private Path folder;
  /// The first block: several chunks of a series, and tombstones.
  private Path block = Path.of("");

  @BeforeEach
  void copy() throws IOException {
    block = GoldenBlocks.copy(folder).resolve(TsdbBlock.folders(folder).getFirst().getFileName());
  }

  /// What blocks hold, by series and time.
  private static final class Read implements TsdbBlock.Sink {
    final Map<LabelSet, TreeMap<Long, Long>> floats = new TreeMap<>();
    final Map<LabelSet, TreeMap<Long, String>> histograms = new TreeMap<>();
    final List<Reset> hints = new ArrayList<>();
    final List<String> damage = new ArrayList<>();
    private LabelSet labels = LabelSet.of(LabelSet.NAME, "none");

    @Override
    public void series(List<byte[]> namesAndValues) {
      labels = LabelSet.of(namesAndValues.stream().map(text -> new String(text, StandardCharsets.UTF_8)).toArray(String[]::new));
    }

    @Override
    public void sample(long timestampMillis, long valueBits) {
      floats.computeIfAbsent(labels, _ -> new TreeMap<>()).put(timestampMillis, valueBits);
    }

    @Override
    public void histogram(HistogramChunk chunk) {
      String text = chunk.isStale() ? "stale" : chunk.schema + " " + chunk.count + " " + Double.longBitsToDouble(chunk.sumBits) + " "
          + chunk.zeroThreshold + " " + chunk.zeroCount + " " + Arrays.toString(chunk.positiveSpans)
          + Arrays.toString(chunk.positiveCounts) + Arrays.toString(chunk.negativeSpans) + Arrays.toString(chunk.negativeCounts)
          + Arrays.toString(chunk.customBounds);
      histograms.computeIfAbsent(labels, _ -> new TreeMap<>()).put(chunk.timestampMillis(), text);
      hints.add(chunk.resetHint());
    }

    Read of(Path folder) {
      try (TsdbBlock open = TsdbBlock.open(TsdbBlock.meta(folder))) {
        open.seek(0);
        boolean more = true;
        while (more) {
          try {
            more = open.next();
            if (more) {
              open.read(TimeRange.ALL, this, e -> damage.add(e.getMessage()));
            }
          } catch (TidemarkException e) {
            damage.add(e.getMessage());
          }
        }
      }
      return this;
    }
  }

  private static Read read(Path folder) {
    var read = new Read();
    TsdbBlock.folders(folder).forEach(read::of);
    return read;
  }

  @Test
  void readsEverySampleThatPrometheusReads() throws IOException {
    Read read = read(folder);
    assertEquals(List.of(), read.damage);
    assertEquals(GoldenBlocks.floats(), read.floats);
    Map<LabelSet, TreeMap<Long, String>> dump = GoldenBlocks.dump();
    dump.values().forEach(samples -> samples.values().removeIf(text -> !text.startsWith("{")));
    dump.values().removeIf(TreeMap::isEmpty);
    assertEquals(dump.keySet(), read.histograms.keySet());
    // The tool looks for floats, then for histograms of the one and of the other kind, and loses a sample to each look in vain.
    dump.forEach((labels, samples) -> assertEquals(samples.keySet(),
        read.histograms.get(labels).tailMap(samples.firstKey()).keySet(), labels.toString()));
    dump.forEach((labels, samples) -> assertTrue(read.histograms.get(labels).headMap(samples.firstKey()).size() <= 2));
  }

  /// The script that made them tells every number.
  @Test
  void readsHistogramsNumberByNumber() {
    Read read = read(folder);
    long begin = GoldenBlocks.BEGIN + 12 * 3_600_000;
    TreeMap<Long, String> whole = read.histograms.get(LabelSet.of(LabelSet.NAME, "gold_hist_whole", "job", "h"));
    assertEquals(241, whole.size());
    assertEquals("3 45.0 10.5 " + Math.scalb(1.0, -128) + " 3.0 [-2, 2, 3, 1][7.0, 14.0, 21.0][1, 1][0.0][]",
        whole.get(begin + 7 * 15_000));
    assertEquals("stale", whole.get(begin + 240 * 15_000));
    TreeMap<Long, String> floats = read.histograms.get(LabelSet.of(LabelSet.NAME, "gold_hist_float", "job", "h"));
    assertEquals("-2 125.25 -187.5 0.001 0.25 [5, 2][75.0, 50.0][][][]", floats.get(begin + 50 * 15_000));
    TreeMap<Long, String> custom = read.histograms.get(LabelSet.of(LabelSet.NAME, "gold_hist_custom", "job", "h"));
    assertEquals("-53 600.0 100.0 0.0 0.0 [0, 2, 1, 1][200.0, 200.0, 200.0][][][0.005, 0.1, 12345.678901]",
        custom.get(begin + 200 * 15_000));
    TreeMap<Long, String> gauge = read.histograms.get(LabelSet.of(LabelSet.NAME, "gold_hist_gauge", "job", "h"));
    assertEquals("0 53.0 7.0 0.0 0.0 [0, 1][53.0][][][]", gauge.get(begin + 239 * 15_000 - 15_000 * 150));
    assertEquals(240, read.hints.stream().filter(Reset.GAUGE::equals).count());
    assertTrue(read.hints.contains(Reset.YES) && read.hints.contains(Reset.NO) && read.hints.contains(Reset.UNKNOWN));
  }

  /// What the receiver throws, as when a server refuses samples, is no damage of the chunk that is read.
  @Test
  void failuresOfTheReceiverComeThrough() {
    var refusal = new TidemarkException(ErrorCode.UNAVAILABLE, "answered 403");
    var sink = new TsdbBlock.Sink() {
      @Override
      public void series(List<byte[]> namesAndValues) {}

      @Override
      public void sample(long timestampMillis, long valueBits) {
        throw refusal;
      }

      @Override
      public void histogram(HistogramChunk chunk) {
        throw refusal;
      }
    };
    for (Path each : TsdbBlock.folders(folder)) {
      try (TsdbBlock open = TsdbBlock.open(TsdbBlock.meta(each))) {
        open.seek(0);
        while (open.next()) {
          var damage = new ArrayList<TidemarkException>();
          assertSame(refusal, assertThrows(TidemarkException.class, () -> open.read(TimeRange.ALL, sink, damage::add)));
          assertEquals(List.of(), damage);
        }
      }
    }
  }

  @Test
  void leavesOutWhatWasDeleted() throws IOException {
    LabelSet deleted = LabelSet.of(LabelSet.NAME, "gold_deleted", "job", "a");
    TreeMap<Long, Long> samples = read(folder).floats.get(deleted);
    assertTrue(samples.subMap(GoldenBlocks.BEGIN + 3_600_000, GoldenBlocks.BEGIN + 3 * 3_600_000).isEmpty());
    assertEquals(96, samples.size());
    for (Path each : TsdbBlock.folders(folder)) {
      Files.delete(each.resolve("tombstones"));
    }
    assertEquals(120, read(folder).floats.get(deleted).size());
  }

  private void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 0x40;
    Files.write(file, bytes);
  }

  private long contents(int part) throws IOException {
    byte[] index = Files.readAllBytes(block.resolve("index"));
    return ByteBuffer.wrap(index).getLong(index.length - 52 + 8 * part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"symbols", "postings", "postings offset table", "label offset table"})
  void namesTheDamagedPartOfTheIndex(String part) throws IOException {
    List<String> parts = List.of("symbols", "series", "label indices", "label offset table", "postings", "postings offset table");
    long at = contents(parts.indexOf(part)) + (part.equals("postings") ? 3 : 0) & (part.equals("postings") ? -4 : -1);
    flip(block.resolve("index"), at + 6);
    TidemarkException e = assertThrows(TidemarkException.class, () -> TsdbBlock.open(TsdbBlock.meta(block)));
    assertEquals(ErrorCode.CORRUPT, e.code());
    assertTrue(e.getMessage().startsWith(block.resolve("index") + ": " + part + " at byte " + (at + 4) + ": expected checksum "),
        e.getMessage());
  }

  @Test
  void namesADamagedSeriesAndReadsTheOthers() throws IOException {
    int series = read(folder).of(block).floats.size();
    long at = contents(1) + 15 & -16;
    flip(block.resolve("index"), at + 4);
    Read read = new Read().of(block);
    assertEquals(1, read.damage.size());
    assertTrue(read.damage.getFirst().contains("index: series at byte " + (at + 1) + ": expected checksum "), read.damage.getFirst());
    assertEquals(5, read.floats.size(), series + " before");
  }

  @Test
  void namesADamagedChunkAndReadsTheOthers() throws IOException {
    long before = new Read().of(block).floats.values().stream().mapToLong(TreeMap::size).sum();
    flip(block.resolve("chunks/000001"), 100);
    Read read = new Read().of(block);
    assertEquals(1, read.damage.size());
    assertTrue(read.damage.getFirst().contains("chunks/000001: chunk at byte "), read.damage.getFirst());
    long after = read.floats.values().stream().mapToLong(TreeMap::size).sum();
    assertTrue(after < before && after >= before - 120, before + " before, " + after + " after");
  }

  @Test
  void namesDamagedHeadersTombstonesAndMeta() throws IOException {
    for (String file : List.of("index", "chunks/000001", "tombstones")) {
      Path path = block.resolve(file);
      flip(path, 1);
      TidemarkException magic = assertThrows(TidemarkException.class, () -> TsdbBlock.open(TsdbBlock.meta(block)));
      assertTrue(magic.getMessage().startsWith(path.toString()) && magic.getMessage().contains("magic"), magic.getMessage());
      flip(path, 1);
      flip(path, 4);
      TidemarkException version = assertThrows(TidemarkException.class, () -> TsdbBlock.open(TsdbBlock.meta(block)));
      assertEquals(ErrorCode.NOT_SUPPORTED, version.code(), version.getMessage());
      flip(path, 4);
    }
    flip(block.resolve("tombstones"), 7);
    assertTrue(assertThrows(TidemarkException.class, () -> TsdbBlock.open(TsdbBlock.meta(block))).getMessage().contains("checksum"));
    Files.writeString(block.resolve("meta.json"), "{\"version\":1}");
    assertTrue(assertThrows(TidemarkException.class, () -> TsdbBlock.meta(block)).getMessage().contains("meta.json"));
    Files.delete(block.resolve("chunks/000001"));
  }

  /// Whatever byte is damaged: it is found, or it says nothing.
  @ParameterizedTest
  @ValueSource(strings = {"index", "chunks/000001", "tombstones"})
  void findsEveryDamagedByte(String file) throws IOException {
    Read whole = new Read().of(block);
    byte[] bytes = Files.readAllBytes(block.resolve(file));
    for (int at = 0; at < bytes.length; at++) {
      flip(block.resolve(file), at);
      try {
        Read read = new Read().of(block);
        assertTrue(!read.damage.isEmpty() || read.floats.equals(whole.floats), "byte " + at);
      } catch (TidemarkException e) {
        assertTrue(e.code() == ErrorCode.CORRUPT || e.code() == ErrorCode.NOT_SUPPORTED, e.getMessage());
      }
      Files.write(block.resolve(file), bytes);
    }
  }

  @Test
  void findsEveryCutFile() throws IOException {
    for (String file : List.of("index", "chunks/000001", "tombstones")) {
      byte[] bytes = Files.readAllBytes(block.resolve(file));
      for (int length = 0; length < bytes.length; length++) {
        Files.write(block.resolve(file), Arrays.copyOf(bytes, length));
        try {
          assertTrue(!new Read().of(block).damage.isEmpty(), file + " of " + length + " bytes");
        } catch (TidemarkException e) {
          assertTrue(e.getMessage().startsWith(block.resolve(file).toString()), e.getMessage());
        }
      }
      Files.write(block.resolve(file), bytes);
    }
  }

  @Test
  void refusesEncodingsOfALaterPrometheus() throws IOException {
    Path file = block.resolve("chunks/000001");
    byte[] bytes = Files.readAllBytes(file);
    int count = (bytes[8] & 0x7f) | (bytes[8] < 0 ? bytes[9] << 7 : 0);
    int encodingAt = bytes[8] < 0 ? 10 : 9;
    bytes[encodingAt] = 5;
    ByteBuffer.wrap(bytes).putInt(encodingAt + 1 + count, Checksum.crc32c(bytes, encodingAt, count + 1));
    Files.write(file, bytes);
    List<String> damage = new Read().of(block).damage;
    assertEquals(List.of(file + ": chunk at byte 8: encoding 5; this release reads 1 (floats), 2 (histograms) and 3 (float histograms)"),
        damage);
  }
}
