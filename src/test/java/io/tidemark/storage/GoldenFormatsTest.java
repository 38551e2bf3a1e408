package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Files of every released version decode for ever, and today's writers make the same bytes. `-Dgolden.update=true` rewrites the
/// files of the present version.
class GoldenFormatsTest {
  private static final long T0 = 1_704_067_200_000L;
  private static final Path RESOURCES = Path.of("src/test/resources/formats");
  private static final Path SHARD = StorageFixture.DIRECTORY.resolve("shard-0000");

  private static LabelSet up(String instance) {
    return LabelSet.of(LabelSet.NAME, "up", "instance", instance);
  }

  /// Series with every kind of column: constant, regular and jittered times, counter, decimals, full doubles, special values.
  private static StorageFixture sample() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 130; i++) {
      long t = T0 + i * 15_000L;
      f.add(up("a"), t, 1);
      f.add(up("b"), t + i % 3, i * 1000);
      f.add(LabelSet.of(LabelSet.NAME, "temperature", "ort", "Köln"), t, 20 + i % 7 / 10.0);
      f.add(LabelSet.of(LabelSet.NAME, "ratio"), t, 1.0 / (i + 1));
      f.add(LabelSet.of(LabelSet.NAME, "odd"), t, i % 40 == 0 ? Double.NaN : i % 40 == 1 ? -0.0 : i == 129 ? Stale.VALUE : i);
    }
    f.add(up("a"), T0 + 7_000, 2);
    f.add(up("a"), T0 + 15_000, 3);
    f.metadata("up", "gauge", "Whether the target answers.", "");
    f.settle();
    return f;
  }

  private static byte[] golden(String name, byte[] now) throws IOException {
    Path path = RESOURCES.resolve(name);
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(RESOURCES);
      Files.write(path, now);
    }
    return Files.readAllBytes(path);
  }

  private static Path only(StorageFixture f, String suffix) {
    return f.disk.files(SHARD).stream().filter(path -> path.toString().endsWith(suffix)).reduce((a, b) -> {
      throw new AssertionError(a + " and " + b);
    }).orElseThrow();
  }

  @Test
  void checkpointVersion1() throws IOException {
    var f = sample();
    Map<LabelSet, TreeMap<Long, Long>> expected = f.readAll();
    f.await(f.storage.close());
    answersFrom(f, Files.readAllBytes(RESOURCES.resolve("checkpoint-v1.bin")), expected);
  }

  @Test
  void checkpointVersion2() throws IOException {
    var f = sample();
    Map<LabelSet, TreeMap<Long, Long>> expected = f.readAll();
    f.await(f.storage.close());
    answersFrom(f, Files.readAllBytes(RESOURCES.resolve("checkpoint-v2.bin")), expected);
  }

  /// Besides {@link #sample}: histograms and start times, in order and out of it, and exemplars.
  private static StorageFixture mixed() {
    StorageFixture f = sample();
    LabelSet latency = LabelSet.of(LabelSet.NAME, "latency");
    for (int i = 0; i < 130; i++) {
      long t = T0 + i * 15_000L;
      f.add(latency, t, Histograms.latency(i / 10), T0 - 60_000);
      f.add(LabelSet.of(LabelSet.NAME, "requests_total"), t, i, i < 100 ? T0 - 60_000 : T0 + 1_490_000);
      if (i % 30 == 0) {
        f.add(latency, t + 1, 7);
        f.add(latency, new Exemplar(LabelSet.of("trace_id", "t" + i), i / 100.0, t));
      }
    }
    f.add(latency, T0 + 7_000, Histograms.latency(1), 0);
    f.settle();
    return f;
  }

  @Test
  void checkpointVersion3() throws IOException {
    checkMixed(mixed(), Files.readAllBytes(RESOURCES.resolve("checkpoint-v3.bin")));
  }

  @Test
  void checkpointVersion4() throws IOException {
    checkMixedAndDelete(Files.readAllBytes(RESOURCES.resolve("checkpoint-v4.bin")));
  }

  @Test
  void checkpointVersion5() throws IOException {
    checkMixedAndDelete(Files.readAllBytes(RESOURCES.resolve("checkpoint-v5.bin")));
  }

  @Test
  void checkpointVersion6() throws IOException {
    checkMixedAndDelete(Files.readAllBytes(RESOURCES.resolve("checkpoint-v6.bin")));
  }

  @Test
  void checkpointVersion7() throws IOException {
    checkMixedAndDelete(Files.readAllBytes(RESOURCES.resolve("checkpoint-v7.bin")));
  }

  @Test
  void checkpointVersion8() throws IOException {
    byte[] written = checkMixedAndDelete(null);
    byte[] golden = golden("checkpoint-v8.bin", written);
    assertArrayEquals(golden, written);
    checkMixedAndDelete(golden);
  }

  /// @param checkpoint null for what is written now, which is returned
  private static byte[] checkMixedAndDelete(byte @Nullable [] checkpoint) {
    var f = mixed();
    f.delete(new TimeRange(0, T0), Matcher.equal("instance", "a"));
    f.settle();
    f.await(f.storage.close());
    byte[] written = f.disk.content(only(f, ".ckpt"));
    checkMixed(f, checkpoint == null ? written : checkpoint);
    assertEquals(1, f.storage.tombstones());
    return written;
  }

  private static void checkMixed(StorageFixture f, byte[] checkpoint) {
    Map<LabelSet, TreeMap<Long, String>> expected = f.readTexts(TimeRange.ALL);
    f.await(f.storage.close());
    answersFrom(f, checkpoint, f.readAll());
    assertEquals(expected, f.readTexts(TimeRange.ALL));
    List<SeriesExemplars> exemplars = f.storage.now().exemplars(List.of(Matcher.equal(LabelSet.NAME, "latency")), TimeRange.ALL);
    assertEquals(5, exemplars.getFirst().exemplars().size());
  }

  private static void answersFrom(StorageFixture f, byte[] checkpoint, Map<LabelSet, TreeMap<Long, Long>> expected) {
    Path path = only(f, ".ckpt");
    f.kill();
    f.disk.put(path, checkpoint);
    f.log.trim(0, f.log.end(0));
    f.open();
    assertEquals(expected, f.readAll());
    assertEquals("Whether the target answers.", f.storage.now().metadata().get("up").getFirst().help());
  }

  @Test
  void blockVersion3() throws IOException {
    var f = mixed();
    Map<LabelSet, TreeMap<Long, String>> expected = f.readTexts(TimeRange.ALL);
    f.await(f.storage.seal());
    answersFromBlock(f, Files.readAllBytes(RESOURCES.resolve("block-v3.bin")), expected);
  }

  /// Besides {@link #mixed}: a series that has a sample now and then.
  private static StorageFixture sparse() {
    StorageFixture f = mixed();
    for (int i = 0; i < 20; i++) {
      f.add(LabelSet.of(LabelSet.NAME, "errors"), T0 + 10_000L * i * i, i);
    }
    f.settle();
    return f;
  }

  @Test
  void blockVersion4() throws IOException {
    var f = sparse();
    Map<LabelSet, TreeMap<Long, String>> expected = f.readTexts(TimeRange.ALL);
    f.await(f.storage.seal());
    byte[] written = f.disk.content(only(f, ".tmb"));
    byte[] golden = golden("block-v4.bin", written);
    assertArrayEquals(golden, written);
    answersFromBlock(f, golden, expected);
  }

  private static void answersFromBlock(StorageFixture f, byte[] block, Map<LabelSet, TreeMap<Long, String>> expected) {
    Path path = only(f, ".tmb");
    f.kill();
    f.disk.put(path, block);
    f.open();
    assertEquals(expected, f.readTexts(TimeRange.ALL));
  }

  @Test
  void everyFlippedBitAndEveryCutOfABlockIsFound() throws IOException {
    byte[] golden = Files.readAllBytes(RESOURCES.resolve("block-v4.bin"));
    var name = new BlockName(T0, T0 + 7_200_000, position(), 0);
    Path path = SHARD.resolve(name.fileName());
    var disk = new CrashingDisk(1);
    disk.put(path, golden);
    Block.open(disk, path, name).verify();
    for (int bit = 0; bit < golden.length * 8; bit++) {
      byte[] damaged = golden.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      disk.put(path, damaged);
      var damage = assertThrows(TidemarkException.class, () -> Block.open(disk, path, name).verify(), "bit " + bit);
      assertTrue(damage.code() == ErrorCode.CORRUPT || damage.code() == ErrorCode.NOT_SUPPORTED, damage.getMessage());
      assertTrue(damage.getMessage().contains(path.toString()), damage.getMessage());
    }
    for (int bytes = 0; bytes < golden.length; bytes++) {
      disk.put(path, Arrays.copyOf(golden, bytes));
      assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> Block.open(disk, path, name)).code());
    }
  }

  @Test
  void dumpsTellWhatIsInAFile() throws IOException {
    for (String file : List.of("block-v3", "block-v4", "checkpoint-v4", "checkpoint-v5", "checkpoint-v6",
        "checkpoint-v7", "checkpoint-v8")) {
      Path path = Path.of("/data").resolve(file);
      var disk = new CrashingDisk(1);
      disk.put(path, Files.readAllBytes(RESOURCES.resolve(file + ".bin")));
      var lines = new StringBuilder();
      assertEquals(List.of(), dump(disk, path, false, lines));
      assertEquals(new String(golden(file + ".dump", lines.toString().getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8),
          lines.toString());
      disk.flip(path, 70, 1);
      var damaged = new StringBuilder();
      assertEquals(1, dump(disk, path, false, damaged).size());
      assertTrue(damaged.toString().contains("DAMAGED, checksum "), damaged.toString());
      assertTrue(damaged.length() < lines.length(), "what is behind the damage needs a word of the reader");
      var goneOn = new StringBuilder();
      assertEquals(1, dump(disk, path, true, goneOn).size());
      assertEquals(lines.toString().lines().count(), goneOn.toString().lines().count());
    }
  }

  private static List<Damage> dump(CrashingDisk disk, Path path, boolean goesOn, StringBuilder into) {
    return path.toString().contains("block") ? StorageDump.block(disk, path, goesOn, false, line -> into.append(line).append('\n'))
        : StorageDump.checkpoint(disk, path, goesOn, line -> into.append(line).append('\n'));
  }

  private static long position() {
    StorageFixture f = sparse();
    return f.log.end(0);
  }
}
