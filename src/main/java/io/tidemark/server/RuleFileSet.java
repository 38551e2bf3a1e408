package io.tidemark.server;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.rules.RuleFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// Finds and reads the rule files that a configuration names: paths relative to it, with `*`, `?` and `[…]` in the last part.
final class RuleFileSet {
  private static final long FILE_BYTES_MAX = 16 * 1024 * 1024;
  private static final int FILES_MAX = 10_000;

  private RuleFileSet() {}

  /// Reads all files, each once, in the order of the patterns and sorted within one.
  ///
  /// @throws TidemarkException `BAD_DATA` for a file that is missing, unreadable or too large
  static List<RuleFile> read(Path base, List<String> patterns) {
    var files = new ArrayList<RuleFile>();
    var seen = new TreeSet<Path>();
    for (String pattern : patterns) {
      for (Path path : expand(base, pattern)) {
        if (seen.add(path)) {
          files.add(new RuleFile(path.toString(), text(path)));
        }
        if (files.size() > FILES_MAX) {
          throw new TidemarkException(ErrorCode.BAD_DATA, "rule_files: more than " + FILES_MAX + " files");
        }
      }
    }
    return files;
  }

  private static List<Path> expand(Path base, String pattern) {
    Path path = base.resolve(pattern).normalize();
    String last = path.getFileName().toString();
    if (last.chars().noneMatch(c -> "*?[{".indexOf(c) >= 0)) {
      return List.of(path);
    }
    Path folder = path.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, last)) {
      var paths = new ArrayList<Path>();
      found.forEach(paths::add);
      paths.sort(null);
      return paths;
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "rule_files: cannot list " + folder + ": " + e.getMessage(), e);
    }
  }

  private static String text(Path path) {
    try {
      long bytes = Files.size(path);
      if (bytes > FILE_BYTES_MAX) {
        throw new TidemarkException(ErrorCode.BAD_DATA, path + ": " + bytes + " bytes; rule files have at most " + FILE_BYTES_MAX);
      }
      return Files.readString(path);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "rule_files: cannot read " + path + ": " + e.getMessage(), e);
    }
  }
}
