package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.BlockDump;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Files of the storage as text, for people. Calls block.
public final class StorageDump {
  private StorageDump() {}

  /// Writes what a block's file holds, a line a fact, and gives what is damaged.
  ///
  /// @param goesOn  whether to go on past damage with what can be read
  /// @param samples whether to write every sample
  /// @throws TidemarkException `CORRUPT` when its end is damaged, which tells where everything is
  public static List<Damage> block(Disk disk, Path file, boolean goesOn, boolean samples, Consumer<String> out) {
    return new BlockDump(disk, file, out).run(goesOn, samples);
  }

  /// Writes a line a frame of a checkpoint, and gives what is damaged.
  ///
  /// @param goesOn whether to go on past damage, and into one of a version that this release does not know
  /// @throws TidemarkException `NOT_SUPPORTED` for such a version
  public static List<Damage> checkpoint(Disk disk, Path file, boolean goesOn, Consumer<String> out) {
    Optional<Integer> unknown = unknownVersion(disk, file);
    if (unknown.isPresent() && !goesOn) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, file + ": checkpoint version " + unknown.get() + ", this release reads "
          + CheckpointFormat.VERSION_MIN + " to " + CheckpointFormat.VERSION + "; dump it with the release that wrote it");
    }
    var damages = new ArrayList<Damage>();
    unknown.ifPresent(version -> damages.add(new Damage("version", CheckpointFormat.VERSION_AT,
        CheckpointFormat.VERSION_MIN + " to " + CheckpointFormat.VERSION + ", which this release reads", String.valueOf(version))));
    damages.addAll(Checkpoints.dump(disk, file, goesOn, out));
    return damages;
  }

  private static Optional<Integer> unknownVersion(Disk disk, Path file) {
    var header = ByteBuffer.allocate(CheckpointFormat.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (DiskFile open = disk.openForRead(file)) {
      if (open.read(header, 0) < CheckpointFormat.HEADER_BYTES) {
        return Optional.empty();
      }
    }
    int version = header.getInt(CheckpointFormat.VERSION_AT);
    return version < CheckpointFormat.VERSION_MIN || version > CheckpointFormat.VERSION ? Optional.of(version) : Optional.empty();
  }
}
