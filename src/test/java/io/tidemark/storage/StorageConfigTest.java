package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
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
}
