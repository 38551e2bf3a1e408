package io.tidemark.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/// Bytes of released format versions, kept as hex text in `src/test/resources/formats/`; rewritten with `-Dgolden.update=true`.
public final class GoldenBytes {
  private static final int LINE_BYTES = 32;

  private GoldenBytes() {}

  private static Path path(String name) {
    return Path.of("src/test/resources/formats", name + ".hex");
  }

  /// The bytes stored under `name`.
  public static byte[] read(String name) {
    try {
      return HexFormat.of().parseHex(Files.readString(path(name)).replaceAll("\\s", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Checks that today's writer makes the very same bytes.
  public static void check(String name, byte[] written) {
    if (Boolean.getBoolean("golden.update")) {
      write(name, written);
    }
    assertEquals(lines(read(name)), lines(written), path(name) + " differs from what is written today");
  }

  private static void write(String name, byte[] bytes) {
    try {
      Files.createDirectories(path(name).getParent());
      Files.writeString(path(name), lines(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String lines(byte[] bytes) {
    var out = new StringBuilder();
    for (int at = 0; at < bytes.length; at += LINE_BYTES) {
      out.append(HexFormat.of().formatHex(bytes, at, Math.min(bytes.length, at + LINE_BYTES))).append('\n');
    }
    return out.toString();
  }
}
