package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import java.util.List;
import org.junit.jupiter.api.Test;

class StorageConfigTest {
  @Test
  void anEmptySectionGivesTheDefaults() {
    var problems = new Problems("f");
    assertEquals(StorageConfig.DEFAULT, StorageConfig.read(Yaml.parse("", problems)));
    assertTrue(problems.isEmpty());
  }

  @Test
  void readsEveryKey() {
    var problems = new Problems("f");
    var config = StorageConfig.read(Yaml.parse("""
        retention: unlimited
        size_max: 10GiB
        out_of_order_window: unlimited
        block_duration_max: 2d
        checkpoint_interval: 1m
        head_windows_max: 200
        """, problems));
    assertTrue(problems.isEmpty(), problems.texts().toString());
    assertEquals(new StorageConfig(Long.MAX_VALUE, 10L << 30, Long.MAX_VALUE, 7_200_000, 172_800_000, 60_000, 200), config);
  }

  @Test
  void namesWhatIsWrong() {
    var problems = new Problems("f");
    StorageConfig.read(Yaml.parse("retention: 5m\nretenton: 3\n", problems));
    assertEquals(2, problems.texts().size());
    assertEquals("f:1:1: storage.retention: expected at least 1h", problems.texts().getFirst());
  }

  /// 0 is no bound in other systems; here it would have every block deleted.
  @Test
  void aSizeThatKeepsNothingIsRefused() {
    for (String size : List.of("0", "0B", "512", "1023KiB")) {
      var problems = new Problems("f");
      assertEquals(StorageConfig.DEFAULT, StorageConfig.read(Yaml.parse("size_max: " + size, problems)));
      assertEquals(List.of("f:1:1: storage.size_max: expected at least 1MiB, or unlimited for no bound"), problems.texts());
    }
    var problems = new Problems("f");
    assertEquals(1 << 20, StorageConfig.read(Yaml.parse("size_max: 1MiB", problems)).sizeMaxBytes());
    assertTrue(problems.isEmpty(), problems.texts().toString());
  }
}
