package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TierConfigTest {
  private static final long DAY = 24 * 3_600_000L;
  private final Problems problems = new Problems("f");

  private TierConfig read(String yaml, TierConfig standard) {
    Section section = Yaml.parse(yaml, problems);
    TierConfig config = TierConfig.read(section, standard);
    StorageConfig.read(section);
    return config;
  }

  @Test
  void anEmptySectionGivesTheDefaultsOfTheStore() {
    assertEquals(TierConfig.DIRECTORY, read("", TierConfig.DIRECTORY));
    assertEquals(TierConfig.REMOTE, read("", TierConfig.REMOTE));
    assertEquals(0, TierConfig.REMOTE.uploadAfterMillis());
    assertEquals(30 * DAY, TierConfig.DIRECTORY.uploadAfterMillis());
    assertTrue(problems.isEmpty());
  }

  @Test
  void readsEveryKeyBesideThoseOfStorage() {
    assertEquals(new TierConfig(2 * DAY, Long.MAX_VALUE, 3_600_000, 60_000, 1L << 30, 1L << 20, Set.of(Resolution.HOUR)), read("""
        retention: 10d
        hot_retention: 2d
        cold_retention: unlimited
        upload_after: 1h
        checkpoint_upload: 1m
        size_max: 1GiB
        cold_cache: 1MiB
        companions: [1h]
        """, TierConfig.REMOTE));
    assertTrue(problems.isEmpty(), problems.texts().toString());
  }

  @Test
  void aShorterHotRetentionAloneMovesTheUploadToo() {
    assertEquals(DAY, read("hot_retention: 1d", TierConfig.DIRECTORY).uploadAfterMillis());
    assertEquals(500 * DAY, read("hot_retention: 500d", TierConfig.DIRECTORY).coldRetentionMillis());
  }

  @Test
  void companionsCanBeTurnedOff() {
    assertEquals(Set.of(), read("companions: []", TierConfig.DIRECTORY).companions());
    assertTrue(problems.isEmpty(), problems.texts().toString());
    Section set = Yaml.parse("", problems);
    set.override("companions", "[]");
    assertEquals(Set.of(), TierConfig.read(set, TierConfig.DIRECTORY).companions());
    assertTrue(problems.isEmpty(), problems.texts().toString());
    read("companions: [5m, 2h]", TierConfig.DIRECTORY);
    assertEquals(List.of("f:1:18: unknown resolution \"2h\" in storage.companions; known are 5m, 1h"), problems.texts());
  }

  @Test
  void namesWhatIsWrong() {
    read("hot_retention: 2d\ncold_retention: 1d\nupload_after: 3d\n", TierConfig.REMOTE);
    assertEquals(List.of("f:2:1: storage.cold_retention: expected at least storage.hot_retention",
        "f:3:1: storage.upload_after: expected at most storage.hot_retention"), problems.texts());
  }
}
