package io.tidemark.cli;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.log.LogDump;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.StorageDump;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `tidemark dump`: a file of the data directory as text, and whether it is whole.
@Command(name = "dump", description = "Prints what a block, a log segment or a checkpoint holds and whether it is whole.",
    footer = {"", "The file is only read. A damaged one ends with exit code 1, after a line for each damage with its byte."})
final class Dump implements Callable<Integer> {
  private static final int MAGIC_BYTES = 4;

  @Parameters(paramLabel = "FILE", description = "A file such as block_….tmb, ….tmb.damaged, ….segment or checkpoint-….ckpt.")
  private Path file = Path.of("");

  @Option(names = "--samples", description = "Print every sample too.")
  private boolean samples;

  @Option(names = "--go-on", description = "Go on past damage with what can be read.")
  private boolean goesOn;

  @Override
  public Integer call() throws IOException {
    try (var out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)))) {
      List<String> damages = dump(out::println);
      damages.forEach(damage -> out.println("DAMAGED " + damage));
      return damages.isEmpty() ? 0 : Main.FAILED;
    }
  }

  private List<String> dump(Consumer<String> out) {
    Disk disk = Disk.local();
    String magic = magic(disk);
    return switch (magic) {
      case "TMBK" -> StorageDump.block(disk, file, goesOn, samples, out).stream().map(Object::toString).toList();
      case "TMCK" -> StorageDump.checkpoint(disk, file, goesOn, out).stream().map(Object::toString).toList();
      case "TMLS" -> LogDump.segment(disk, file, samples, out);
      default -> byName(disk, magic, out);
    };
  }

  /// The first bytes of a file may be what is damaged.
  private List<String> byName(Disk disk, String magic, Consumer<String> out) {
    String name = file.getFileName().toString();
    if (name.contains(".tmb")) {
      return StorageDump.block(disk, file, goesOn, samples, out).stream().map(Object::toString).toList();
    }
    if (name.endsWith(".segment")) {
      return LogDump.segment(disk, file, samples, out);
    }
    throw new TidemarkException(ErrorCode.BAD_DATA, file + ": expected a block (TMBK), a log segment (TMLS) or a checkpoint (TMCK), found "
        + '"' + magic + '"');
  }

  private String magic(Disk disk) {
    try (DiskFile open = disk.openForRead(file)) {
      var bytes = ByteBuffer.allocate(MAGIC_BYTES);
      int n = open.read(bytes, 0);
      return new String(bytes.array(), 0, n, StandardCharsets.ISO_8859_1);
    }
  }
}
