package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.BlockScrub;
import io.tidemark.storage.head.Head;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.VirtualTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every bit of a small file of each version that is read, flipped by itself: found, named by file and place, and never answered from.
class FlippedBitsTest {
  private static final Path RESOURCES = Path.of("src/test/resources/formats");
  private static final Path FOLDER = Path.of("/data");

  private final CrashingDisk disk = new CrashingDisk(1);

  static List<String> blocks() throws IOException {
    return files("block-v");
  }

  static List<String> checkpoints() throws IOException {
    return files("checkpoint-v");
  }

  private static List<String> files(String begin) throws IOException {
    try (Stream<Path> all = Files.list(RESOURCES)) {
      return all.map(path -> path.getFileName().toString()).filter(name -> name.startsWith(begin) && name.endsWith(".bin")).sorted()
          .toList();
    }
  }

  private static byte[] flipped(byte[] content, int bit) {
    byte[] damaged = content.clone();
    damaged[bit / 8] ^= (byte) (1 << bit % 8);
    return damaged;
  }

  /// All that a block says, as text that tells every bit.
  private static TreeMap<LabelSet, String> content(Block block) {
    var content = new TreeMap<LabelSet, String>();
    SeriesMerge all = SeriesMerge.all(List.of(block), TimeRange.ALL);
    var buffer = new SampleBuffer();
    for (int i = 0; i < all.count(); i++) {
      all.read(i, buffer);
      var text = new StringBuilder();
      for (int j = 0; j < buffer.count; j++) {
        long start = buffer.hasStarts() ? buffer.startsMillis[j] : 0;
        text.append(buffer.timestampsMillis[j]).append(' ').append(buffer.hasHistograms() && buffer.histograms[j] != null
            ? StorageFixture.text(buffer.histograms[j], start) : StorageFixture.text(buffer.values[j], start)).append('\n');
      }
      content.put(all.labels(i), text.toString());
    }
    return content;
  }

  private static BlockName name(byte[] block) {
    // Its own: the footer begins with it.
    int footer = block.length - 12 - intAt(block, block.length - 12);
    return new BlockName(longAt(block, footer), longAt(block, footer + 8), longAt(block, footer + 16), intAt(block, footer + 24));
  }

  private static int intAt(byte[] bytes, int at) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
  }

  private static long longAt(byte[] bytes, int at) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void ofABlock(String file) throws IOException {
    byte[] golden = Files.readAllBytes(RESOURCES.resolve(file));
    BlockName name = name(golden);
    Path path = FOLDER.resolve(name.fileName());
    disk.put(path, golden);
    TreeMap<LabelSet, String> expected = content(Block.open(disk, path, name));
    assertEquals(List.of(), BlockScrub.damages(disk, path, name));
    for (int bit = 0; bit < golden.length * 8; bit++) {
      disk.put(path, flipped(golden, bit));
      List<Damage> damages = BlockScrub.damages(disk, path, name);
      assertFalse(damages.isEmpty(), "bit " + bit + " went unnoticed");
      Damage damage = damages.getFirst();
      boolean isEnd = damage.part().equals("footer");
      assertTrue(damage.offset() <= bit / 8 || isEnd && bit / 8 >= golden.length - 12 - intAt(golden, golden.length - 12),
          "byte " + bit / 8 + ": " + damage);
      assertEquals(1, damages.size(), "only what was hit is named");
      try {
        assertEquals(expected, content(Block.open(disk, path, name)), "bit " + bit + " changes the answer");
      } catch (TidemarkException e) {
        assertTrue(e.code() == ErrorCode.CORRUPT || e.code() == ErrorCode.NOT_SUPPORTED, e.getMessage());
        assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
      }
    }
    for (int bytes = 0; bytes < golden.length; bytes++) {
      disk.put(path, Arrays.copyOf(golden, bytes));
      assertFalse(BlockScrub.damages(disk, path, name).isEmpty(), "cut to " + bytes);
    }
  }

  /// Of the version that is written. In one of an older version a flipped bit of the version's number can make it one of another old
  /// version; such files are gone with the second checkpoint after an upgrade.
  @ParameterizedTest
  @MethodSource("checkpoints")
  void ofACheckpoint(String file) throws IOException {
    byte[] golden = Files.readAllBytes(RESOURCES.resolve(file));
    boolean isPresent = golden[4] == CheckpointFormat.VERSION;
    var checkpoints = new Checkpoints(disk, FOLDER);
    Path path = checkpoints.path(7);
    var time = new VirtualTime(1, StorageFixture.NOW);
    for (int bit = -1; bit < golden.length * 8; bit++) {
      if (!isPresent && bit / 8 >= 4 && bit / 8 < 8) {
        continue;
      }
      byte[] content = bit < 0 ? golden : flipped(golden, bit);
      disk.put(path, content);
      var head = new Head(time.loop("test"), StorageConfig.DEFAULT.headLimits(1), Entropy.seeded(1), new Metrics(), "0");
      if (bit < 0) {
        checkpoints.read(7, head, StorageConfig.DEFAULT.windowMillis());
      } else {
        var damage = assertThrows(TidemarkException.class, () -> checkpoints.read(7, head, StorageConfig.DEFAULT.windowMillis()),
            "bit " + bit + " went unnoticed");
        assertTrue(damage.code() == ErrorCode.CORRUPT || damage.code() == ErrorCode.NOT_SUPPORTED, damage.getMessage());
        assertTrue(damage.getMessage().contains(path.toString()), damage.getMessage());
        assertTrue(damage.code() == ErrorCode.NOT_SUPPORTED || damage.getMessage().contains(" at byte "), damage.getMessage());
      }
    }
  }
}
