package io.tidemark.notify;

import io.tidemark.config.Item;
import io.tidemark.config.Problems;
import io.tidemark.model.TidemarkException;
import io.tidemark.template.Functions;
import io.tidemark.template.Template;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Reads the files that `templates` names. The last part of a path may be a pattern (`*.tmpl`).
final class TemplateFiles {
  private static final int FILES_MAX = 1_000;
  private static final int FILE_BYTES_MAX = 1024 * 1024;

  private TemplateFiles() {}

  static List<String> read(List<Item> patterns, Path directory, Problems problems) {
    var texts = new ArrayList<String>();
    for (Item pattern : patterns) {
      try {
        for (Path file : files(directory.resolve(pattern.text()))) {
          if (texts.size() == FILES_MAX || Files.size(file) > FILE_BYTES_MAX) {
            problems.add(pattern.line(), pattern.column(), "templates: " + file + " is too much; at most " + FILES_MAX + " files of "
                + FILE_BYTES_MAX + " bytes are read");
            return texts;
          }
          String text = Files.readString(file);
          Template.parse(String.valueOf(file.getFileName()), text, Functions.alertmanager(0));
          texts.add(text);
        }
      } catch (TidemarkException e) {
        problems.add(pattern.line(), pattern.column(), "templates: " + e.getMessage());
      } catch (IOException e) {
        problems.add(pattern.line(), pattern.column(), "templates: cannot read " + pattern.text() + " (" + e + ")");
      }
    }
    return texts;
  }

  /// A pattern that finds nothing is no error, as in Alertmanager; a plain name must be there.
  private static List<Path> files(Path path) throws IOException {
    String last = String.valueOf(path.getFileName());
    if (last.chars().noneMatch(c -> "*?[".indexOf(c) >= 0)) {
      return List.of(path);
    }
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      return List.of();
    }
    var found = new ArrayList<Path>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent, last)) {
      stream.forEach(found::add);
    }
    return found.stream().sorted().toList();
  }
}
