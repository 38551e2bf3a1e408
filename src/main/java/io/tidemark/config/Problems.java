package io.tidemark.config;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Collects what is wrong with one file, so that all of it is told at once. Not thread-safe.
public final class Problems {
  private final String file;
  private final List<String> texts = new ArrayList<>();
  private final Map<String, Set<String>> knownKeys = new HashMap<>();
  private final Set<String> secretPaths = new HashSet<>();
  private final Set<String> setPaths = new HashSet<>();

  /// @param file the name that stands before each problem
  public Problems(String file) {
    this.file = file;
  }

  /// Notes a problem at a 1-based line and column.
  public void add(int line, int column, String text) {
    texts.add(file + ":" + line + ":" + column + ": " + text);
  }

  /// The keys that readers of the section at `path` have asked for so far; shared by all who read that section.
  Set<String> knownKeys(String path) {
    return knownKeys.computeIfAbsent(path, _ -> new LinkedHashSet<>());
  }

  /// Paths of the keys that were set beside the file.
  Set<String> setPaths() {
    return setPaths;
  }

  /// Paths of the keys that were read as secrets.
  Set<String> secretPaths() {
    return secretPaths;
  }

  public boolean isEmpty() {
    return texts.isEmpty();
  }

  /// `file:line:column: text`, in the order they were found.
  public List<String> texts() {
    return List.copyOf(texts);
  }

  /// @throws TidemarkException `BAD_DATA` with all problems, a line each, if there are any
  public void throwIfAny() {
    if (!texts.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, String.join("\n", texts));
    }
  }
}
