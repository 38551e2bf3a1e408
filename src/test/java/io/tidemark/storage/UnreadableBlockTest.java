package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnreadableBlockTest {
  @TempDir
  Path folder;

  /// A mapped page that the disk does not give is SIGBUS, which the JVM makes an error of: here of a file that was cut, else of a sector.
  @Test
  void aPageThatTheDiskDoesNotGiveIsDamage() throws IOException {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    var random = new Random(1);
    for (int i = 0; i < 8_000; i++) {
      f.add(LabelSet.of(LabelSet.NAME, "a", "s", "" + i % 40), StorageFixture.NOW - 3_600_000L + i * 100L, random.nextDouble());
    }
    f.settle();
    f.await(f.storage.seal());
    Path made = f.disk.files(StorageFixture.DIRECTORY.resolve("shard-0000")).stream().filter(path -> path.toString().endsWith(".tmb"))
        .findFirst().orElseThrow();
    Path file = folder.resolve(made.getFileName());
    Files.write(file, f.disk.content(made));
    Block block = Block.open(Disk.local(), file, BlockName.parse(file.getFileName().toString()).orElseThrow());
    block.verify();
    try (var cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
      cut.truncate(0);
    }
    var damage = assertThrows(TidemarkException.class, block::verify);
    assertEquals(ErrorCode.CORRUPT, damage.code());
    assertTrue(damage.getMessage().contains(file.getFileName().toString()), damage.getMessage());
  }
}
