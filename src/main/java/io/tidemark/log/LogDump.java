package io.tidemark.log;

import io.tidemark.disk.Disk;
import io.tidemark.log.segment.SegmentDump;
import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// Segments of the log as text, for people. Calls block.
public final class LogDump {
  private final BatchReader reader = new BatchReader();
  private final Consumer<String> out;

  private LogDump(Consumer<String> out) {
    this.out = out;
  }

  /// Writes a line a record of a segment, and gives a sentence for each stretch of damage, which is passed over.
  ///
  /// @param samples whether to write every sample of batch records too
  public static List<String> segment(Disk disk, Path file, boolean samples, Consumer<String> out) {
    var dump = new LogDump(out);
    return SegmentDump.run(disk, file, (position, record) -> dump.record(position, record, samples));
  }

  private void record(long position, byte[] record, boolean samples) {
    String begin = "record " + position + ": " + record.length + " bytes, ";
    try {
      if (DeleteRecord.is(record)) {
        out.accept(begin + "delete " + DeleteRecord.decode(record));
        return;
      }
      reader.read(record);
    } catch (TidemarkException e) {
      out.accept(begin + "no batch: " + e.getMessage());
      return;
    }
    out.accept(begin + "batch of writer " + Integer.toHexString(reader.writer()) + ", epoch " + reader.epoch() + ": "
        + reader.definitions() + " definitions, " + reader.samples() + " samples");
    if (samples) {
      for (int i = 0; i < reader.samples(); i++) {
        out.accept("  ref " + reader.refs()[i] + " " + reader.timestampsMillis()[i] + " "
            + Double.longBitsToDouble(reader.valueBits()[i]));
      }
    }
  }
}
