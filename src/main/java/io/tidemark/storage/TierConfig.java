package io.tidemark.storage;

import io.tidemark.config.Item;
import io.tidemark.config.Section;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// When blocks move between disk and object store: keys of the section `storage` that count when there is an object store.
///
/// Ages are measured from a shard's newest block, so that a system that stands still loses nothing.
///
/// @param hotRetentionMillis     age after which the local copy of a block goes
/// @param coldRetentionMillis    age after which the object goes too; `Long.MAX_VALUE` for never
/// @param uploadAfterMillis      age from which a block is in the store; 0 for at once, then checkpoints go there too
/// @param checkpointUploadMillis least time between two checkpoints of a shard that go to the store
/// @param localBytesMax          bytes of local blocks above which the oldest go before their time; never before they are in the store
/// @param companions             the resolutions that companions of cold blocks tell; none for no companions
/// @param cacheBytes             bytes of pages of cold blocks that are kept in memory, for all shards together
public record TierConfig(long hotRetentionMillis, long coldRetentionMillis, long uploadAfterMillis, long checkpointUploadMillis,
    long localBytesMax, long cacheBytes, Set<Resolution> companions) {
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final Set<Resolution> COMPANIONS = Set.of(Resolution.FIVE_MINUTES, Resolution.HOUR);
  /// For a store that is as near as the disk: a block moves when it leaves the disk.
  public static final TierConfig DIRECTORY = new TierConfig(30 * DAY, 365 * DAY, 30 * DAY, 900_000, Long.MAX_VALUE, 256L << 20,
      COMPANIONS);
  /// For a store that outlives the node: blocks are there at once.
  public static final TierConfig REMOTE = new TierConfig(30 * DAY, 365 * DAY, 0, 900_000, Long.MAX_VALUE, 256L << 20, COMPANIONS);

  /// Without companions.
  public TierConfig(long hotRetentionMillis, long coldRetentionMillis, long uploadAfterMillis, long checkpointUploadMillis,
      long localBytesMax, long cacheBytes) {
    this(hotRetentionMillis, coldRetentionMillis, uploadAfterMillis, checkpointUploadMillis, localBytesMax, cacheBytes, Set.of());
  }

  public TierConfig {
    companions = Set.copyOf(companions);
    if (hotRetentionMillis < 0 || coldRetentionMillis < hotRetentionMillis || uploadAfterMillis < 0
        || uploadAfterMillis > hotRetentionMillis || checkpointUploadMillis < 1 || localBytesMax < 0 || cacheBytes < 1) {
      throw new IllegalArgumentException("tier limits out of bounds: upload after " + uploadAfterMillis + ", hot " + hotRetentionMillis
          + ", cold " + coldRetentionMillis + ", cache " + cacheBytes);
    }
  }

  /// Reads `hot_retention`, `cold_retention`, `upload_after`, `checkpoint_upload`, `size_max`, `cold_cache` and `companions`. To be
  /// called before {@link StorageConfig#read}, which ends the reading of the section.
  ///
  /// @param standard what holds for keys that are missing
  public static TierConfig read(Section section, TierConfig standard) {
    long hot = section.durationMillis("hot_retention", standard.hotRetentionMillis);
    long cold = section.durationMillisOrUnlimited("cold_retention", Math.max(hot, standard.coldRetentionMillis));
    long after = section.durationMillis("upload_after", Math.min(hot, standard.uploadAfterMillis));
    if (cold < hot) {
      section.problem("cold_retention", "storage.cold_retention: expected at least storage.hot_retention");
      cold = Math.max(hot, standard.coldRetentionMillis);
    }
    if (after > hot) {
      section.problem("upload_after", "storage.upload_after: expected at most storage.hot_retention");
      after = hot;
    }
    return new TierConfig(hot, cold, after, Math.max(1, section.durationMillis("checkpoint_upload", standard.checkpointUploadMillis)),
        section.bytes("size_max", standard.localBytesMax), Math.max(1, section.bytes("cold_cache", standard.cacheBytes)),
        companions(section, standard.companions));
  }

  private static Set<Resolution> companions(Section section, Set<Resolution> standard) {
    if (!section.has("companions")) {
      return standard;
    }
    var resolutions = new TreeSet<Resolution>();
    for (Item item : section.items("companions")) {
      Optional<Resolution> known = standard.stream().filter(resolution -> resolution.text().equals(item.text())).findFirst();
      if (known.isEmpty()) {
        section.problems().add(item.line(), item.column(),
            "unknown resolution \"" + item.text() + "\" in storage.companions; known are 5m, 1h");
      }
      known.ifPresent(resolutions::add);
    }
    return resolutions;
  }
}
