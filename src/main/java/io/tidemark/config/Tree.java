package io.tidemark.config;

import java.util.List;
import java.util.Map;

/// A node of a parsed file with the 1-based place where it (or the key that holds it) starts.
sealed interface Tree {
  int line();

  int column();

  /// For messages: "a mapping", "a list", "a text", "nothing". Never the text itself: in the wrong place it may be a secret, as in
  /// `password:text`, where a space is missing.
  String kind();

  Tree at(int line, int column);

  record Mapping(Map<String, Tree> children, int line, int column) implements Tree {
    @Override
    public String kind() {
      return "a mapping";
    }

    @Override
    public Tree at(int line, int column) {
      return new Mapping(children, line, column);
    }
  }

  record Sequence(List<Tree> items, int line, int column) implements Tree {
    @Override
    public String kind() {
      return "a list";
    }

    @Override
    public Tree at(int line, int column) {
      return new Sequence(items, line, column);
    }
  }

  record Text(String text, boolean isNull, int line, int column) implements Tree {
    @Override
    public String kind() {
      return isNull ? "nothing" : "a text";
    }

    @Override
    public Tree at(int line, int column) {
      return new Text(text, isNull, line, column);
    }
  }
}
