package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.storage.block.BlockDump;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// Files of the storage as text, for people. Calls block.
public final class StorageDump {
  private StorageDump() {}

  /// Writes what a block's file holds, a line a fact, and gives what is damaged.
  ///
  /// @param goesOn  whether to go on past damage with what can be read
  /// @param samples whether to write every sample
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when its end is damaged, which tells where everything is
  public static List<Damage> block(Disk disk, Path file, boolean goesOn, boolean samples, Consumer<String> out) {
    return new BlockDump(disk, file, out).run(goesOn, samples);
  }

  /// Writes a line a frame of a checkpoint, and gives what is damaged.
  public static List<Damage> checkpoint(Disk disk, Path file, boolean goesOn, Consumer<String> out) {
    return Checkpoints.dump(disk, file, goesOn, out);
  }
}
