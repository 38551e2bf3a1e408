package io.tidemark.storage.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Checksum;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.disk.GoldenBytes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.SampleBuffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// The index header of the block whose bytes are `block-v4.bin`.
class IndexHeaderTest {
  private static final Path PATH = Path.of("/cold/shard-0000/x.tmi");

  private final CrashingDisk disk = new CrashingDisk(1);
  private final byte[] block = Files.readAllBytes(Path.of("src/test/resources/formats/block-v4.bin"));
  private final int checksum = Checksum.crc32c(block, 0, block.length);
  private final BlockName name = BlockFooter.read("block", MemorySegment.ofArray(block), 0).name();

  IndexHeaderTest() throws IOException {
    disk.createDirectories(PATH.getParent());
  }

  private void write(boolean isReadBack) {
    int offset = (int) IndexHeader.indexOffset("block", block, block.length);
    IndexHeader.write(disk, PATH, block.length, checksum, isReadBack, Arrays.copyOfRange(block, offset, block.length));
  }

  /// A cold block whose pages lie in memory.
  private Block open() {
    return Block.openCold(IndexHeader.open(disk, PATH), "object x", name, pages -> new MappedPages(MemorySegment.ofArray(block), pages));
  }

  @Test
  void version1() {
    write(true);
    GoldenBytes.check("index-header-v1-block-v4", disk.content(PATH));
    disk.put(PATH, GoldenBytes.read("index-header-v1-block-v4"));
    IndexHeader header = IndexHeader.open(disk, PATH);
    assertEquals(block.length, header.blockBytes());
    assertEquals(checksum, header.checksum());
    assertTrue(header.isReadBack());
    assertEquals(8, open().refsEnd());
  }

  @Test
  void oneOfABlockOfVersion3IsRead() throws IOException {
    byte[] older = Files.readAllBytes(Path.of("src/test/resources/formats/block-v3.bin"));
    disk.put(PATH, GoldenBytes.read("index-header-v1-block-v3"));
    IndexHeader header = IndexHeader.open(disk, PATH);
    BlockName nameOfOlder = BlockFooter.read("block", MemorySegment.ofArray(older), 0).name();
    Block cold = Block.openCold(header, "object x", nameOfOlder, pages -> new MappedPages(MemorySegment.ofArray(older), pages));
    assertEquals(7, cold.refsEnd());
    var samples = new SampleBuffer();
    cold.read(0, Long.MIN_VALUE, Long.MAX_VALUE, samples);
    assertTrue(samples.count > 0);
  }

  @Test
  void aColdBlockFindsAndReadsWhatTheFileHolds() {
    write(false);
    assertFalse(IndexHeader.open(disk, PATH).isReadBack());
    Path file = Path.of("/block", name.fileName());
    disk.put(file, block);
    Block hot = Block.open(disk, file, name);
    Block cold = open();
    assertTrue(cold.isCold() && !hot.isCold());
    assertEquals(hot.bytes(), cold.bytes());
    assertEquals(hot.names(), cold.names());
    for (int ref = 0; ref < hot.refsEnd(); ref++) {
      assertEquals(hot.labels(ref), cold.labels(ref));
      var a = new SampleBuffer();
      var b = new SampleBuffer();
      hot.read(ref, Long.MIN_VALUE, Long.MAX_VALUE, a);
      cold.read(ref, Long.MIN_VALUE, Long.MAX_VALUE, b);
      assertTrue(Arrays.equals(a.timestampsMillis, 0, a.count, b.timestampsMillis, 0, b.count));
      for (int i = 0; i < a.count; i++) {
        assertEquals(Double.doubleToRawLongBits(a.values[i]), Double.doubleToRawLongBits(b.values[i]));
      }
    }
  }

  @Test
  void everyFlippedBitAndEveryCutIsFound() {
    write(true);
    byte[] whole = disk.content(PATH);
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) (1 << at % 8);
      disk.put(PATH, damaged);
      var damage = assertThrows(TidemarkException.class, () -> IndexHeader.open(disk, PATH), "byte " + at);
      assertTrue(damage.code() == ErrorCode.CORRUPT || damage.code() == ErrorCode.NOT_SUPPORTED, damage.getMessage());
      assertTrue(damage.getMessage().contains(PATH.toString()), damage.getMessage());
    }
    for (int bytes = 0; bytes < whole.length; bytes++) {
      disk.put(PATH, Arrays.copyOf(whole, bytes));
      assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> IndexHeader.open(disk, PATH)).code());
    }
  }

  @Test
  void anIndexOfADamagedBlockIsRefused() {
    byte[] end = Arrays.copyOfRange(block, block.length - 100, block.length);
    assertEquals(ErrorCode.CORRUPT, code(() -> IndexHeader.indexOffset("object x", end, block.length)));
    byte[] flipped = block.clone();
    flipped[block.length - 60] ^= 1;
    assertEquals(ErrorCode.CORRUPT, code(() -> IndexHeader.indexOffset("object x", flipped, block.length)));
    assertEquals(ErrorCode.CORRUPT, code(() -> IndexHeader.checkBegin("object x", new byte[8])));
    byte[] newer = Arrays.copyOf(block, 8);
    newer[4] = 5;
    assertEquals(ErrorCode.NOT_SUPPORTED, code(() -> IndexHeader.checkBegin("object x", newer)));
  }

  private static ErrorCode code(org.junit.jupiter.api.function.Executable call) {
    return assertThrows(TidemarkException.class, call).code();
  }
}
