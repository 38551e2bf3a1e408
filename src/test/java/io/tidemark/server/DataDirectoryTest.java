package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Entropy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir
  private Path folder;
  private DataDirectory directory;

  @BeforeEach
  void take() {
    directory = DataDirectory.take(folder);
  }

  @AfterEach
  void release() {
    directory.close();
  }

  private Identity identity(long seed) {
    return directory.identity("", Entropy.seeded(seed), 0);
  }

  @Test
  void keepsTheIdOfTheFirstStart() {
    Identity first = identity(1);
    assertTrue(first.home().matches("[0-9a-f]{16}"), first.home());
    assertEquals("node-" + first.home().substring(0, 8), first.id());
    assertEquals(first, identity(2));
  }

  @Test
  void anIdThatIsNoneIsRefusedWithItsPlaceAndWhatToDo() throws IOException {
    Path home = folder.resolve("home");
    byte[][] damages = {{}, {(byte) 0xff, (byte) 0xfe, 0, 1}, "0123456789abcde".getBytes(), "0123456789abcdeg".getBytes()};
    for (byte[] damage : damages) {
      Files.write(home, damage);
      var refused = assertThrows(TidemarkException.class, () -> identity(1));
      assertEquals(ErrorCode.CORRUPT, refused.code());
      assertTrue(refused.getMessage().startsWith(home + ": expected the id of this data directory, 16 hex digits, found "
          + (damage.length == 0 ? "an empty file" : damage.length + " bytes that are none") + "; restore it"), refused.getMessage());
    }
    Files.delete(home);
    identity(1);
  }
}
